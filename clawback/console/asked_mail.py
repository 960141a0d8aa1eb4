"""Which mail an address asks for: filters, view and time range, spelled alike on all pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import assert_never

from clawback.console.here import Here
from clawback.core.moments import in_utc
from clawback.errors import BadInput
from clawback.services.explore import read_filter
from models.explore import ExploreFilter, ExploreView, Match

NAMES = frozenset({"filter", "match", "view", "range", "since", "until"})
"""What an address asks by."""


class TimeRange(StrEnum):
    """When the mail was delivered; the values are those of `range` in an address."""

    DAY = "24h"
    TWO_DAYS = "2d"  # yesterday and today, as midnight UTC parts them
    WEEK = "7d"
    MONTH = "30d"
    ALL = "all"
    OWN = "own"  # `since` and `until` say it


@dataclass(frozen=True, slots=True)
class AskedMail:
    """What an address asks for.

    `written` are its conditions as they stand there. `wrong` says by condition what is wrong with it, and
    under "" what is wrong with all of them together or with the times: then `wanted` is None, as what was
    not understood must not find more than was meant.
    """

    written: tuple[str, ...]
    match: Match
    view: ExploreView
    range: TimeRange
    wanted: ExploreFilter | None
    wrong: Mapping[str, str]

    def query(self) -> dict[str, object]:
        """The names and values that ask another page for the same mail, with the times as they are now."""
        asked: dict[str, object] = {"filter": self.written}
        if self.match is not Match.ALL:
            asked["match"] = self.match.value
        if self.view is not ExploreView.ALL:
            asked["view"] = self.view.value
        if self.wanted is None:
            return asked
        since, until = self.wanted.since, self.wanted.until
        if since is None and until is None:
            return {**asked, "range": TimeRange.ALL.value}
        asked["since"] = None if since is None else since.isoformat()
        asked["until"] = None if until is None else until.isoformat()
        return asked


def asked_mail(here: Here, now: datetime) -> AskedMail:
    """What the address asks for; names that are no match, view or range mean the usual one."""
    written = here.values("filter")
    match = Match.ANY if here.value("match") == Match.ANY else Match.ALL
    view = _view(here.value("view"))
    chosen = _range(here)
    wrong = _wrong_conditions(written)
    wanted = None
    try:
        since, until = _times(here, chosen, now)
        if not wrong:
            wanted = read_filter(written, match, since=since, until=until, view=view)
    except BadInput as error:
        wrong[""] = str(error)
    return AskedMail(written, match, view, chosen, wanted, wrong)


def _view(text: str) -> ExploreView:
    return ExploreView(text) if text in set(ExploreView) else ExploreView.ALL


def _range(here: Here) -> TimeRange:
    text = here.value("range")
    if text in set(TimeRange):
        return TimeRange(text)
    return TimeRange.OWN if here.value("since") or here.value("until") else TimeRange.TWO_DAYS


def _wrong_conditions(written: tuple[str, ...]) -> dict[str, str]:
    wrong = {}
    for text in written:
        try:
            read_filter([text])
        except BadInput as error:
            wrong[text] = str(error)
    return wrong


def _times(here: Here, chosen: TimeRange, now: datetime) -> tuple[datetime | None, datetime | None]:
    match chosen:
        case TimeRange.DAY:
            return now - timedelta(days=1), None
        case TimeRange.TWO_DAYS:
            today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
            return today - timedelta(days=1), None
        case TimeRange.WEEK:
            return now - timedelta(days=7), None
        case TimeRange.MONTH:
            return now - timedelta(days=30), None
        case TimeRange.ALL:
            return None, None
        case TimeRange.OWN:
            return _moment(here, "since"), _moment(here, "until")
        case never:
            assert_never(never)


def _moment(here: Here, name: str) -> datetime | None:
    text = here.value(name)
    if not text:
        return None
    try:
        return in_utc(text)
    except ValueError:
        raise BadInput(f"{name}: give a time such as 2026-11-30T09:00, in UTC") from None
