"""The query options of the list of analyzed emails: what the original takes, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from starlette.requests import Request

from clawback.api.graph.filters import read_filter
from clawback.api.graph.shapes import PROPERTIES
from clawback.api.paging import read_cursor, written
from clawback.api.problems import Refusal
from clawback.core.timespans import read_moment
from clawback.errors import BadInput
from models.analyzed_emails import AllOf, EmailMark, EmailQuestion

DEFAULT_TOP = 100
TOP = 1_000
"""Emails on a page at most; who asks for more gets pages of this size."""

SKIP = 1_000_000
WINDOW = timedelta(days=30)
"""What is looked through where no time is given, as the original keeps mail for."""

_NAME = "analyzedEmails"
_OPTIONS = (
    "startTime", "endTime", "$filter", "$top", "$skip", "$skiptoken", "$count", "$select",
)  # fmt: skip
_BY_NAME = {name.lower().lstrip("$"): name for name in _OPTIONS}
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Asking:
    """One page that is asked for."""

    question: EmailQuestion
    filter: str
    top: int
    skip: int
    after: EmailMark | None
    counts: bool
    select: tuple[str, ...]

    def next_query(self, mark: EmailMark) -> str:
        """The query of the page after the mark, over the same window whatever the time is by then."""
        given = {
            "startTime": self.question.since.isoformat(),
            "endTime": self.question.until.isoformat(),
            "$filter": self.filter,
            "$top": str(self.top),
            "$count": "true" if self.counts else "",
            "$select": ",".join(self.select),
            "$skiptoken": written([_NAME, mark.at.isoformat(), mark.id]),
        }
        kept = {name: value for name, value in given.items() if value}
        return urlencode(kept, quote_via=quote, safe="$,:")


def read_asking(request: Request, now: datetime) -> Asking:
    """The options of a list. Raises `BadInput`."""
    given = _options(request, _OPTIONS)
    text = given.get("$filter", "")
    return Asking(
        question=_question(given, now),
        filter=text,
        top=min(TOP, _number(given, "$top", DEFAULT_TOP, least=1)),
        skip=_number(given, "$skip", 0, least=0),
        after=_mark(given.get("$skiptoken", "")),
        counts=_flag(given.get("$count", "false")),
        select=read_select(given.get("$select", "")),
    )


def read_question(request: Request, now: datetime) -> EmailQuestion:
    """The options of a count: a time range and a filter."""
    return _question(_options(request, ("startTime", "endTime", "$filter")), now)


def read_selection(request: Request) -> tuple[str, ...]:
    """The only option of a single email."""
    return read_select(_options(request, ("$select",)).get("$select", ""))


def read_select(text: str) -> tuple[str, ...]:
    """The properties that are wanted, all where none is named. Raises `BadInput`."""
    names = {name.lower(): name for name in PROPERTIES}
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    for name in wanted:
        if name.lower() not in names:
            raise BadInput(f"$select: {name[:60]} is no property of an analyzedEmail")
    return tuple(dict.fromkeys(names[name.lower()] for name in wanted))


def _options(request: Request, allowed: tuple[str, ...]) -> dict[str, str]:
    """What is given, by the names that documentation uses; a dollar sign may be left out."""
    found: dict[str, str] = {}
    for key, value in request.query_params.multi_items():
        name = _BY_NAME.get(key.lower().removeprefix("$"))
        if name is None or name not in allowed:
            raise BadInput(f"{key[:60]} is not supported here: {', '.join(allowed)} are")
        if name in found:
            raise BadInput(f"{name} is given twice")
        found[name] = value
    return found


def _question(given: dict[str, str], now: datetime) -> EmailQuestion:
    until = read_moment(given["endTime"]) if "endTime" in given else now
    try:
        since = read_moment(given["startTime"]) if "startTime" in given else until - WINDOW
    except OverflowError:
        raise BadInput("endTime is before all mail: give startTime, too") from None
    text = given.get("$filter", "")
    return EmailQuestion(since, until, read_filter(text) if text.strip() else AllOf())


def _number(given: dict[str, str], name: str, default: int, *, least: int) -> int:
    text = given.get(name, str(default)).strip()
    is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS
    if not is_number or not least <= int(text) <= SKIP:
        raise BadInput(f"{name} is a whole number from {least} to {SKIP:,}")
    return int(text)


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise BadInput("$count is true or false")
    return text.lower() == "true"


def _mark(token: str) -> EmailMark | None:
    try:
        place = read_cursor(token, _NAME, [str, str])
    except Refusal:
        raise BadInput("$skiptoken: follow the @odata.nextLink of a page as it is") from None
    if place is None:
        return None
    return EmailMark(read_moment(str(place[0])), str(place[1]))
