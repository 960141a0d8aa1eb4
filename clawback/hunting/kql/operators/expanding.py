"""`mv-expand` over expressions; the translator expands columns only."""

from __future__ import annotations

from clawback.hunting.kql.literals import kql_name
from clawback.hunting.kql.pipelines import (
    Tokens,
    is_mark,
    is_name,
    joined,
    named,
    operator_of,
    split_list,
)
from clawback.hunting.kql.tokens import Kind, Token, made
from clawback.hunting.kql.weaving import Relation, Weaver
from models.hunting import KqlType

_KEEPS_NAME = ("parse_json", "todynamic", "split")


def mv_expand(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """Expressions, and strings that hold JSON, as columns first; then what the translator knows."""
    origin = segment[0]
    start = _after_parameters(segment, operator_of(segment)[1])
    parameters = [made("mv-expand", origin), *segment[operator_of(segment)[1] : start]]
    items, limit = _items(segment[start:])
    relation = weaver.relation(source)
    before: list[str] = []
    gone: list[str] = []
    run: list[Tokens] = []
    extended: Tokens = []
    for index, item in enumerate(items):
        item, conversion = _conversion(item)
        name, expression = named(item)
        column = expression[0].text if len(expression) == 1 else ""
        if column in relation.names and _type(relation, column) is not KqlType.STRING:
            run.append([*item, *conversion])
            continue
        target = name.text if name else column or _name(expression, index)
        whole = target if target not in relation.names else f"kql_array_{index}"
        before.append(whole)
        extended += [
            *weaver.written(f"| extend {kql_name(whole)} = todynamic(", origin),
            *expression,
        ]
        extended.append(made(")", origin, Kind.MARK, space=""))
        if whole != target:
            gone.append(whole)
        run.append(
            [*weaver.written(f"{kql_name(target)} = {kql_name(whole)}", item[0]), *conversion]
        )
    comma = made(",", origin, Kind.MARK, space="")
    start_tokens = [made(relation.name, origin), *extended, made("|", origin, Kind.MARK)]
    expanded = [*start_tokens, *parameters, *joined(run, comma), *limit]
    return (
        [*expanded, *weaver.written("| project-away " + ", ".join(gone), origin)]
        if gone
        else expanded
    )


def _after_parameters(segment: Tokens, at: int) -> int:
    """Past `bagexpansion=bag`, `kind=array` and `with_itemindex=Name`."""
    while at + 2 < len(segment) and is_name(segment[at], "bagexpansion", "kind", "with_itemindex"):
        at += 3
    return at


def _items(tokens: Tokens) -> tuple[list[Tokens], Tokens]:
    """The columns, and `limit N`."""
    if len(tokens) > 2 and is_name(tokens[-2], "limit"):
        return split_list(tokens[:-2]), tokens[-2:]
    return split_list(tokens), []


def _conversion(item: Tokens) -> tuple[Tokens, Tokens]:
    """An item without its `to typeof(…)`, and that."""
    for index in range(len(item) - 1):
        if is_name(item[index], "to") and is_name(item[index + 1], "typeof"):
            return item[:index], item[index:]
    return item, []


def _type(relation: Relation, name: str) -> KqlType | None:
    return next((column.type for column in relation.columns if column.name == name), None)


def _name(expression: list[Token], index: int) -> str:
    """The column's name where the query gives none."""
    if len(expression) > 3 and is_name(expression[0], *_KEEPS_NAME) and is_mark(expression[1], "("):
        return expression[2].text
    return f"Column{index + 1}"
