"""Indicator lists in files: plain lines or JSON Lines, read whole or not at all.

One indicator a line: a SHA-256 or a URL, defanged or not. Blank lines and lines that start with `#`
are passed over, as is a comment after white space and `#`. A line that starts with `{` is a JSON object
`{"indicator": …, "kind": "file"|"url", "match": "exact"|"path"}` whose last two may be missing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clawback.core.indicators import BadIndicator, parse_indicator
from clawback.core.judging import list_source
from clawback.core.showing import inert
from clawback.core.trivial import is_trivial_hash
from clawback.core.urls import canonical_url
from clawback.errors import BadInput, SetupError
from models.indicators import Indicator, IndicatorKind, Judgement, UrlMatch, Verdict

_log = logging.getLogger(__name__)

_Stamp = tuple[int, int, int]


class _Line(BaseModel):
    """One JSON line of an indicator list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    indicator: str = Field(min_length=1)
    kind: Literal["file", "url"] | None = None
    match: Literal["exact", "path"] = "exact"


class ListVerdictSource:
    """A verdict source over one indicator list: what is on it is malicious.

    The file is read again when it changed, so that a list can be replaced under a running program.
    """

    def __init__(self, name: str, path: Path) -> None:
        self._name = name
        self._path = path
        self._stamp: _Stamp | None = None
        self._known: frozenset[tuple[IndicatorKind, UrlMatch, str]] = frozenset()

    @property
    def name(self) -> str:
        """The list's configured name."""
        return self._name

    def judge(self, indicators: Sequence[Indicator]) -> Mapping[Indicator, Judgement]:
        """Malicious for those on the list; a path on it covers every URL with that path.

        Raises `SetupError` for a list that cannot be read or holds a line that is no indicator.
        """
        self._refresh()
        source = list_source(self._name)
        return {
            one: Judgement(one, Verdict.MALICIOUS, source)
            for one in indicators
            if self._is_known(one)
        }

    def indicators(self) -> tuple[Indicator, ...]:
        """All indicators of the list, in its order, for a sweep. Raises `SetupError`."""
        try:
            return read_indicator_file(self._path)
        except BadInput as error:
            raise SetupError(f"Indicator list {self._name}: {error}") from error

    def _refresh(self) -> None:
        stamp = self._read_stamp()
        if stamp == self._stamp:
            return
        listed = self.indicators()
        self._known = frozenset((one.kind, one.match, one.value) for one in listed)
        self._stamp = stamp
        _log.info("indicator-list-read", extra={"list": self._name, "indicators": len(listed)})

    def _read_stamp(self) -> _Stamp:
        try:
            state = self._path.stat()
        except OSError as error:
            reason = _reason(error)
            raise SetupError(f"Indicator list {self._name}: {self._path}: {reason}.") from error
        return state.st_mtime_ns, state.st_size, state.st_ino

    def _is_known(self, indicator: Indicator) -> bool:
        if (indicator.kind, indicator.match, indicator.value) in self._known:
            return True
        if indicator.kind is IndicatorKind.FILE or indicator.match is UrlMatch.PATH:
            return False
        found = canonical_url(indicator.value)
        key = (IndicatorKind.URL, UrlMatch.PATH, found.path_key if found else "")
        return key in self._known


def read_indicator_file(path: Path) -> tuple[Indicator, ...]:
    """The indicators of a file, each once, in its order.

    One bad line spoils the whole file, so that no list is half in force. Raises `BadInput` with the
    line number and what to do; an empty file is an empty list.
    """
    found: dict[tuple[IndicatorKind, UrlMatch, str], Indicator] = {}
    for one in read_indicator_lines(path):
        found.setdefault((one.kind, one.match, one.value), one)
    return tuple(found.values())


def read_indicator_lines(path: Path) -> tuple[Indicator, ...]:
    """The indicator of each line, in order, also where two lines mean the same. Raises `BadInput`."""
    found = []
    for number, line in _lines(path):
        try:
            found.append(_read_line(line))
        except BadIndicator as error:
            raise BadInput(f"{path}, line {number}: {error}") from error
    return tuple(found)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: {_reason(error)}.") from error
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        try:
            text = line.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise BadInput(f"{path}, line {number}: this is not UTF-8 text.") from error
        if text and not text.startswith("#"):
            yield number, text


def _read_line(text: str) -> Indicator:
    if not text.startswith("{"):
        plain = text.partition(" #")[0].partition("\t#")[0].strip()
        return _trivial_file(plain) or parse_indicator(plain)
    try:
        line = _Line.model_validate_json(text)
    except ValidationError as error:
        raise BadIndicator(_why_no_line(error)) from error
    kind = None if line.kind is None else IndicatorKind(line.kind)
    if kind is not IndicatorKind.URL and (empty := _trivial_file(line.indicator.strip())):
        return empty
    return parse_indicator(line.indicator, kind, match=UrlMatch(line.match))


def _trivial_file(text: str) -> Indicator | None:
    """A trivial file, if the text is its hash: published lists hold such, and the guards refuse them.

    Refusing the whole list for it would leave everything else on it without effect.
    """
    if not is_trivial_hash(text):
        return None
    return Indicator(IndicatorKind.FILE, text.lower(), text)


def _why_no_line(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        return 'This is no valid JSON. Give an object such as {"indicator": "https://host/path"}.'
    where = inert(".".join(str(part) for part in first["loc"]), 40)
    return f"The field {where or 'of this line'} is wrong: {first['msg']}."


def _reason(error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return "there is no such file"
        case PermissionError():
            return "this file may not be read"
        case IsADirectoryError():
            return "this is a directory, not a file"
        case _:
            return "this file cannot be read"
