"""Advanced hunting: tables, questions and answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class KqlType(StrEnum):
    """The scalar types of the query language; the values are those of a schema's `type`."""

    STRING = "string"
    LONG = "long"
    INT = "int"
    REAL = "real"
    BOOL = "bool"
    DATETIME = "datetime"
    TIMESPAN = "timespan"
    DYNAMIC = "dynamic"
    GUID = "guid"
    DECIMAL = "decimal"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of a hunting table; `about` is shown in the schema browser.

    `is_empty`: nothing that Clawback knows goes here; the column is there because queries name it.
    """

    name: str
    type: KqlType
    about: str = ""
    is_empty: bool = False


@dataclass(frozen=True, slots=True)
class HuntTable:
    """One table that can be asked, as `clawback.core.hunting_tables` lists them."""

    name: str
    about: str
    columns: tuple[TableColumn, ...]


class WordKind(StrEnum):
    """What a word of the query language is."""

    OPERATOR = "operator"  # begins a step, after a bar
    FUNCTION = "function"
    AGGREGATE = "aggregate"  # in summarize and make-series
    TEST = "test"  # between two values


@dataclass(frozen=True, slots=True)
class HuntWord:
    """One word that a query may use. `form` is how it is written; both texts may be empty."""

    name: str
    kind: WordKind
    form: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class HuntLimits:
    """What one query may cost, and how many may run at once; of one person all but one.

    `rows` beyond are cut off and the answer says `truncated`. `text_bytes` is the UTF-8 size of the
    query. `memory_bytes` bounds the process that works on it, `result_bytes` the answer as JSON: rows
    beyond are cut off likewise.
    """

    rows: int = 100_000
    seconds: float = 180.0
    text_bytes: int = 10_000
    memory_bytes: int = 1_500_000_000
    result_bytes: int = 100_000_000
    concurrent: int = 3


@dataclass(frozen=True, slots=True)
class HuntQuery:
    """One question. `since` and `until` bound Timestamp in every table, where they are given.

    `lists` are the named lists that an administrator approved, by name: columns of equal length.
    """

    text: str
    since: datetime | None = None
    until: datetime | None = None
    lists: Mapping[str, NamedList] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NamedList:
    """Rows that a query may use by name, in place of `externaldata` and watchlists."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    approved_by: str
    approved_at: datetime


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """One column of an answer."""

    name: str
    type: KqlType


@dataclass(frozen=True, slots=True)
class Chart:
    """What `render` asks for: its kind in lower case and its properties as they were written."""

    kind: str
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HuntResult:
    """An answer. Rows hold what JSON can: str, int, float, bool, None, list, dict.

    Datetimes are ISO 8601 with Z, timespans as the query language prints them. `mirror_lag` is how
    long ago the newest state was committed that the query could see, zero where nothing is missing.
    """

    columns: tuple[ResultColumn, ...]
    rows: tuple[tuple[object, ...], ...]
    truncated: bool
    elapsed: timedelta
    mirror_lag: timedelta
    chart: Chart | None = None


class QueryKind(StrEnum):
    """What a saved query asks: in the query language, or as a filter of the Explorer."""

    HUNTING = "hunting"
    EXPLORER = "explorer"


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A query with a name; a shared one is shown to everybody, others to their owner."""

    id: int
    name: str
    text: str
    owner: str
    shared: bool
    created_at: datetime
    updated_at: datetime
    kind: QueryKind = QueryKind.HUNTING


@dataclass(frozen=True, slots=True)
class NewRun:
    """A query that somebody runs on the hunting page; the range as its address has it."""

    owner: str
    text: str
    range: str
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended: with rows, or with a fault in words. `rows` is 0 where there is a fault."""

    elapsed: timedelta
    rows: int = 0
    truncated: bool = False
    fault: str = ""


@dataclass(frozen=True, slots=True)
class HuntRun:
    """One run in somebody's history; `end` is None while it runs, and where the program was ended."""

    id: int
    asked: NewRun
    ran_at: datetime
    end: RunEnd | None = None


@dataclass(frozen=True, slots=True)
class ListInfo:
    """A named list without its rows; until `approved_at` is set no query may use it.

    `digest` is the SHA-256 of columns and rows: whoever approves says by it what they looked at.
    """

    name: str
    columns: tuple[str, ...]
    rows: int
    size_bytes: int
    digest: str
    proposed_by: str
    proposed_at: datetime
    approved_by: str = ""
    approved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListContent:
    """Columns and rows of a named list, checked: each row has a text for each column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
