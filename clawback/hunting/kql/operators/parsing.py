"""`parse` patterns that begin with a column, and `parse-kv`."""

from __future__ import annotations

import re

from clawback.core.kql_text import kql_string
from clawback.hunting.kql.literals import sql_name, sql_string, string_value
from clawback.hunting.kql.pipelines import (
    Tokens,
    bracketed,
    is_mark,
    is_name,
    operator_of,
    split_list,
)
from clawback.hunting.kql.tokens import Kind, Token, made, matching, misplaced
from clawback.hunting.kql.types import SQL_TYPES
from clawback.hunting.kql.weaving import Weaver
from models.hunting import KqlType

_START = "\u0002"
"""Put in front of the text where a pattern begins with a column, as a pattern needs a string there."""


def parse(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """A pattern that begins with a column, over the text behind a mark that no text holds."""
    origin = segment[0]
    at = next((i for i, token in enumerate(segment) if is_name(token, "with")), None)
    begins_with_name = (
        at is not None and at + 1 < len(segment) and segment[at + 1].kind is Kind.NAME
    )
    if at is None or not begins_with_name:
        return [*source, made("|", origin, Kind.MARK), *segment]
    start = operator_of(segment)[1]
    while (
        start + 2 < at
        and is_name(segment[start], "kind", "flags")
        and is_mark(segment[start + 1], "=")
    ):
        start += 3
    text = segment[start:at]
    marked = weaver.written(f"strcat({kql_string(_START)},", origin)
    close = made(")", origin, Kind.MARK, space="")
    pattern = [made(kql_string(_START), origin, Kind.STRING), *segment[at + 1 :]]
    run = [*segment[:start], *marked, *text, close, segment[at], *pattern]
    return [*source, made("|", origin, Kind.MARK), *run]


def parse_kv(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """`parse-kv Text as (key: type, …) with (pair_delimiter=…, kv_delimiter=…, quote=…)`."""
    origin = segment[0]
    at = next((i for i, token in enumerate(segment) if is_name(token, "as")), None)
    if at is None or at + 1 >= len(segment) or not is_mark(segment[at + 1], "("):
        raise misplaced(
            origin, "parse-kv is written: parse-kv Text as (key: string) with (pair_delimiter=';')"
        )
    keyed = [
        *weaver.written("| extend kql_text = tostring(", origin),
        *segment[operator_of(segment)[1] : at],
    ]
    rows = weaver.relation([*source, *keyed, made(")", origin, Kind.MARK, space="")])
    settings = _settings(segment[matching(segment)[at + 1] + 1 :])
    columns = {}
    for item in split_list(bracketed(segment, at + 1)):
        if len(item) != 3 or not is_mark(item[1], ":"):
            raise misplaced(item[0] if item else origin, "a key is written name: type")
        name = string_value(item[0]) if item[0].kind is Kind.STRING else item[0].text
        columns[name] = _value(name, item[2], settings)
    kept = [sql_name(name) for name in rows.names if name not in columns and name != "kql_text"]
    listed = ", ".join([*kept, *(f"{sql} AS {sql_name(name)}" for name, sql in columns.items())])
    return [made(weaver.add(f"SELECT {listed} FROM {sql_name(rows.name)}", origin).name, origin)]


def _settings(tokens: Tokens) -> dict[str, str]:
    found = {"pair_delimiter": " ", "kv_delimiter": "=", "quote": ""}
    opening = next((i for i, token in enumerate(tokens) if is_mark(token, "(")), None)
    if opening is None:
        return found
    for item in split_list(bracketed(tokens, opening)):
        if len(item) == 3 and item[2].kind is Kind.STRING:
            found[item[0].text] = string_value(item[2])
    return found


def _value(name: str, kind: Token, settings: dict[str, str]) -> str:
    """The first value of a key, as its type; strings are empty where there is none."""
    try:
        wanted = KqlType(
            {"double": "real", "date": "datetime", "time": "timespan"}.get(kind.text, kind.text)
        )
    except ValueError:
        raise misplaced(kind, f"there is no type {kind.text}") from None
    pair, key = re.escape(settings["pair_delimiter"]), re.escape(settings["kv_delimiter"])
    ends = f"(?:^|{pair})\\s*{re.escape(name)}\\s*{key}\\s*"
    first = re.escape(settings["pair_delimiter"][:1])
    plain = f"{ends}([^{first}]*)"
    if settings["quote"]:
        opening, closing = (re.escape(settings["quote"][0]), re.escape(settings["quote"][-1]))
        plain = f"{ends}(?:{opening}([^{closing}]*){closing}|([^{first}]*))"
        text = (
            f"coalesce(nullif(regexp_extract(kql_text, {sql_string(plain)}, 1), ''), "
            f"regexp_extract(kql_text, {sql_string(plain)}, 2))"
        )
    else:
        text = f"regexp_extract(kql_text, {sql_string(plain)}, 1)"
    return text if wanted is KqlType.STRING else f"TRY_CAST({text} AS {SQL_TYPES[wanted]})"
