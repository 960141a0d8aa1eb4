"""Settling: every operator that the translator lacks is replaced by what it knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches

from clawback.errors import BadQuery
from clawback.hunting.kql.literals import kql_name
from clawback.hunting.kql.operators.registry import (
    KNOWN,
    LACKING,
    OPERATORS,
    SOURCES,
    UNSETTLED,
    special_operator,
)
from clawback.hunting.kql.pipelines import Tokens, is_mark, is_name, operator_of, split_level
from clawback.hunting.kql.tokens import OPENING, Kind, Token, made, matching, misplaced
from clawback.hunting.kql.weaving import Weaver


def settle(weaver: Weaver, tokens: Sequence[Token]) -> Tokens:
    """A pipeline, or anything that holds some in brackets, as the translator knows it."""
    first, *segments = split_level(tokens, "|")
    done = _source(weaver, first)
    for segment in segments:
        if not segment:
            continue
        operator = operator_of(segment)[0]
        if operator not in UNSETTLED:
            segment = settle_brackets(weaver, segment)
        if operator and operator not in KNOWN:
            raise _unknown_operator(operator, segment)
        if operator in LACKING:
            raise misplaced(segment[0], f"{operator} is not supported here", operator=operator)
        handler = OPERATORS.get(operator) or special_operator(segment)
        if handler is None:
            done = [*done, made("|", segment[0], Kind.MARK), *segment]
        else:
            done = handler(weaver, done, segment)
    return done


def _unknown_operator(operator: str, segment: Sequence[Token]) -> BadQuery:
    alike = get_close_matches(operator, KNOWN, n=1)
    meant = f": did you mean {alike[0]}?" if alike else ""
    last = segment[operator_of(segment)[1] - 1]
    place = replace(segment[0], end=max(last.end, segment[0].end))
    return misplaced(place, f"there is no operator {operator}{meant}", operator=operator)


def _source(weaver: Weaver, tokens: Tokens) -> Tokens:
    """What a pipeline begins with; brackets around it are taken off, as they mean nothing."""
    while len(tokens) > 2 and is_mark(tokens[0], "(") and matching(tokens)[0] == len(tokens) - 1:
        inner = settle(weaver, tokens[1:-1])
        if not weaver.is_table(inner):
            return [tokens[0], *inner, tokens[-1]]
        tokens = inner
        if len(split_level(tokens, "|")) > 1:
            return tokens
    handler = SOURCES.get(operator_of(tokens)[0])
    return handler(weaver, tokens) if handler else settle_brackets(weaver, tokens)


def settle_brackets(weaver: Weaver, tokens: Sequence[Token]) -> Tokens:
    """`tokens` with what stands in brackets settled."""
    pairs = matching(tokens)
    run: Tokens = []
    index = 0
    while index < len(tokens):
        run.append(tokens[index])
        if tokens[index].kind is Kind.MARK and tokens[index].text in OPENING:
            end = pairs[index]
            literal = index > 0 and is_name(
                tokens[index - 1], "dynamic", "datetime", "time", "timespan"
            )
            inner = list(tokens[index + 1 : end])
            run += inner if literal else _membership(weaver, run, settle(weaver, inner))
            run.append(tokens[end])
            index = end
        index += 1
    return run


def _membership(weaver: Weaver, before: Sequence[Token], inner: Tokens) -> Tokens:
    """In `x in (T)` the table's first column, as the language means it; anything else as it is."""
    operator = next((t for t in reversed(before[:-1]) if not is_mark(t, "~")), None)
    if operator is None or not is_name(operator, "in", "has_any", "has_all") or len(inner) != 1:
        return inner
    relation = weaver.relation_named(inner[0])
    if relation is None or weaver.value_of(inner[0]) is not None:
        return inner
    return weaver.written(f"{relation.name} | project {kql_name(relation.names[0])}", inner[0])
