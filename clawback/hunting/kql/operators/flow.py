"""Operators about the flow of a pipeline: how many rows, under which name, through which function."""

from __future__ import annotations

from clawback.hunting.kql.operators.windows import columns_first, needs_columns
from clawback.hunting.kql.pipelines import Tokens, is_mark, is_name, operator_of
from clawback.hunting.kql.tokens import Kind, Token, made, matching, misplaced
from clawback.hunting.kql.weaving import Weaver


def take(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """`take`, `limit` and `top` with a count that is a number, or comes to one."""
    end = next((i for i, token in enumerate(segment) if is_name(token, "by")), len(segment))
    number = count_token(weaver, segment[1:end], segment[0])
    return [*source, made("|", segment[0], Kind.MARK), segment[0], number, *segment[end:]]


def count_token(weaver: Weaver, tokens: Tokens, origin: Token) -> Token:
    """A count as a number: itself, the let of that name, or what its expression comes to."""
    while len(tokens) == 1 and (value := weaver.value_of(tokens[0])):
        tokens = value
    if len(tokens) == 1 and tokens[0].kind is Kind.NUMBER and tokens[0].text.isdigit():
        return made(tokens[0].text, tokens[0], Kind.NUMBER)
    if not tokens:
        raise misplaced(origin, f"{origin.text} needs a number of rows")
    sql = weaver.sql_of(
        [made("print", origin), made("(", origin, Kind.MARK), *tokens, made(")", origin, Kind.MARK)]
    )
    rows = weaver.rows(sql, 1)
    if not rows or not isinstance(rows[0][0], int) or isinstance(rows[0][0], bool):
        raise misplaced(tokens[0], f"{origin.text} needs a whole number of rows")
    return made(str(max(rows[0][0], 0)), tokens[0], Kind.NUMBER)


def name_it(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """`as Name`: the rows so far, also under a name that later statements and joins can use."""
    name = next((token for token in reversed(segment[1:]) if token.kind is Kind.NAME), None)
    if name is None:
        raise misplaced(segment[0], "as needs a name")
    weaver.bind_table(name, source)
    return [name]


def invoke(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """`invoke f(…)`: the body of a function over the rows so far."""
    relation = weaver.relation(source)
    body = weaver.functions.invoked(segment[1:], made(relation.name, segment[1]))
    return weaver.settle(body)


def serialize(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """`serialize`: the order is kept anyway; with columns it is `extend`."""
    if needs_columns(segment):
        return columns_first(weaver, source, segment)
    if len(segment) == operator_of(segment)[1]:
        return source
    return [*source, made("|", segment[0], Kind.MARK), made("extend", segment[0]), *segment[1:]]


def leave_out(_weaver: Weaver, source: Tokens, _segment: Tokens) -> Tokens:
    """Nothing: a chart, or rows that nobody wants to see."""
    return source


def unwrapped(weaver: Weaver, tokens: Tokens) -> Tokens:
    """`materialize(T)` and `view() {T}`: the table, which is computed once anyway."""
    opening = next((i for i, t in enumerate(tokens) if is_mark(t, "(") or is_mark(t, "{")), None)
    if opening is None:
        return tokens
    return weaver.settle(tokens[opening + 1 : matching(tokens)[opening]])
