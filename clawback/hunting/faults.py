"""What went wrong while a query ran, in words for the person who asked: no SQL, no values of rows.

DuckDB's own sentences hold both; only the fields that it gives beside them are used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import duckdb

from clawback.core.hunting_tables import TABLES
from clawback.errors import BadQuery, StopReason
from clawback.hunting.kql.literals import string_value
from clawback.hunting.kql.tokens import Kind, Token, bad_query, read_tokens
from clawback.hunting.wire import Bad, Stopped
from models.hunting import HuntLimits

NO_MEMORY = "the query needs more than the {0} MB of memory that it may have: narrow it by time, \
or keep fewer columns before it sorts, joins or summarizes"
FAILED = "the engine failed at this query: put it in another way"
_DEEP = "the query is nested too deeply: split it"

_WORDS: tuple[tuple[type[duckdb.Error], str], ...] = (
    (
        duckdb.ConversionException,
        "a value is not of the type that it is turned into: use tostring(), tolong(), todatetime() …",
    ),
    (duckdb.OutOfRangeException, "a value is too large for its type, or for what is done with it"),
    (duckdb.ParserException, _DEEP),
    (
        duckdb.BinderException,
        "an operator or a function does not take the types of values that it is given: turn what "
        "is dynamic into one with tostring(), tolong(), todatetime() …",
    ),
    (duckdb.NotImplementedException, "the engine cannot do this yet: put it in another way"),
    (
        duckdb.InvalidInputException,
        "a function does not take a value that it is given, such as a regular expression or a format",
    ),
    (duckdb.PermissionException, "queries may only read the tables of Advanced hunting"),
    (duckdb.CatalogException, "the query names what is not there"),
)
"""By class, the first that fits."""


def explained(
    error: BaseException, text: str, limits: HuntLimits, connection: duckdb.DuckDBPyConnection
) -> Bad | Stopped:
    """The answer for an error in translating or running the query `text`.

    `connection` is asked which of the query's regular expressions is none.
    """
    match error:
        case BadQuery():
            return _told(error)
        case MemoryError() | duckdb.OutOfMemoryException():
            return Stopped(
                text=NO_MEMORY.format(limits.memory_bytes // 1_000_000), reason=StopReason.MEMORY
            )
        case RecursionError():
            return Bad(text=_DEEP)
        case duckdb.InternalError() | duckdb.FatalException() | duckdb.IOException():
            return Stopped(text=FAILED, reason=StopReason.CRASHED)
        case duckdb.InvalidInputException() if pattern := _wrong_pattern(text, connection):
            return _told(pattern)
        case duckdb.Error():
            return _told(_refused(error, text))
        case _:
            return Bad(text="the engine cannot translate this: put it in another way")


_TAKES_PATTERN = frozenset({"regex", "extract", "extract_all", "replace_regex", "countof", "parse"})


def _wrong_pattern(text: str, connection: duckdb.DuckDBPyConnection) -> BadQuery | None:
    """The first text in the query, not far behind a word that takes one, that is no regular
    expression; most other texts are one by accident."""
    tokens = _tokens(text)
    for at, token in enumerate(tokens):
        words = {each.text for each in tokens[max(0, at - 3) : at]}
        if token.kind is not Kind.STRING or not words & _TAKES_PATTERN:
            continue
        try:
            connection.execute("SELECT regexp_matches('', $1)", [string_value(token)]).fetchall()
        except duckdb.Error:
            length = token.end - token.start
            return bad_query(text, token.start, length, "this is no regular expression: mend it")
    return None


def _told(fault: BadQuery) -> Bad:
    return Bad(
        text=fault.text,
        line=fault.line,
        column=fault.column,
        length=fault.length,
        operator=fault.operator,
    )


def _refused(error: duckdb.Error, text: str) -> BadQuery:
    fields = _fields(error)
    name = str(fields.get("name", ""))
    match fields.get("error_subtype"), fields.get("type"):
        case "COLUMN_NOT_FOUND", _:
            return _at(text, name, f"there is no column {name} here{_like(fields)}")
        case "MISSING_ENTRY", "Table":
            return _at(text, name, f"there is no table {name}: there are {_all_tables()}")
        case "MISSING_ENTRY", str():
            return _at(text, name, f"the engine has no function {name}", operator=name)
        case _:
            words = (words for kind, words in _WORDS if isinstance(error, kind))
            return BadQuery(next(words, "the query cannot be run: put it in another way"))


def _fields(error: duckdb.Error) -> Mapping[str, object]:
    """What DuckDB says of an error by name, with `errors_as_json`."""
    _, brace, rest = str(error).partition("{")
    try:
        fields = json.loads(brace + rest)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _like(fields: Mapping[str, object]) -> str:
    """The names that DuckDB finds alike, but for those that the translation made up."""
    names = [name for name in str(fields.get("candidates", "")).split(",") if name.isidentifier()]
    names = [name for name in names if not name.startswith("_")][:3]
    return f": is {' or '.join(names)} meant?" if names else ""


def _all_tables() -> str:
    return ", ".join(table.name for table in TABLES)


def _at(text: str, name: str, what: str, *, operator: str = "") -> BadQuery:
    """The fault, where the query first says `name`; without a place where it does not say it."""
    token = next((each for each in _tokens(text) if _says(each, name)), None)
    if token is None:
        return BadQuery(what, operator=operator)
    return bad_query(text, token.start, token.end - token.start, what, operator=operator)


def _tokens(text: str) -> list[Token]:
    try:
        return read_tokens(text)
    except BadQuery:
        return []


def _says(token: Token, name: str) -> bool:
    if token.kind is Kind.STRING:
        return token.text.strip("'\"") == name
    return token.kind is Kind.NAME and token.text == name
