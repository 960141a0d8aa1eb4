"""Joins and unions: where a side has no row or no column, strings are empty and never null."""

from __future__ import annotations

from collections.abc import Sequence

from clawback.hunting.kql.literals import sql_name
from clawback.hunting.kql.pipelines import Tokens, is_mark, is_name
from clawback.hunting.kql.tokens import Kind, Token, made
from clawback.hunting.kql.weaving import Relation, Weaver
from models.hunting import KqlType, ResultColumn


def join(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """A join; an outer one fills the strings of the side that has no row."""
    kind = _kind(segment)
    if kind not in ("leftouter", "rightouter", "fullouter"):
        return [*source, made("|", segment[0], Kind.MARK), *segment]
    left = weaver.relation(source)
    whole = _applied(weaver, left, segment)
    width = len(left.columns)
    missing = {"leftouter": whole.columns[width:], "rightouter": whole.columns[:width]}
    return _filled(weaver, whole, missing.get(kind, whole.columns), segment[0])


def lookup(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """`lookup`, which keeps every row of the left side unless it is told otherwise."""
    if _kind(segment) == "inner":
        return [*source, made("|", segment[0], Kind.MARK), *segment]
    left = weaver.relation(source)
    whole = _applied(weaver, left, segment)
    return _filled(weaver, whole, whole.columns[len(left.columns) :], segment[0])


def union(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """`| union …`: columns that one side lacks are empty there."""
    whole = weaver.relation([*source, made("|", segment[0], Kind.MARK), *segment])
    return _filled(weaver, whole, whole.columns, segment[0])


def union_source(weaver: Weaver, tokens: Tokens) -> Tokens:
    """`union …` at the beginning of a query."""
    whole = weaver.relation(weaver.settle_brackets(tokens))
    return _filled(weaver, whole, whole.columns, tokens[0])


def _kind(segment: Sequence[Token]) -> str:
    for index, token in enumerate(segment[:-2]):
        if is_name(token, "kind") and is_mark(segment[index + 1], "="):
            return segment[index + 2].text
        if is_mark(token, "("):
            break
    return ""


def _applied(weaver: Weaver, left: Relation, segment: Tokens) -> Relation:
    first = segment[0]
    return weaver.relation([made(left.name, first), made("|", first, Kind.MARK), *segment])


def _filled(
    weaver: Weaver, whole: Relation, columns: Sequence[ResultColumn], origin: Token
) -> Tokens:
    strings = [column.name for column in columns if column.type is KqlType.STRING]
    if strings:
        filled = ", ".join(
            f"coalesce({sql_name(name)}, '') AS {sql_name(name)}" for name in strings
        )
        whole = weaver.add(f"SELECT * REPLACE ({filled}) FROM {sql_name(whole.name)}", origin)
    return [made(whole.name, origin)]
