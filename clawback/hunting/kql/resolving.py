"""Names that a query reads, against what is there: tables, and the columns at each operator."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from duckdb_kql import KqlSchemaError, ir
from duckdb_kql.schema import (
    _operator_columns,
    output_columns,
    resolve_let_refs,
    source_columns_or_none,
)

from clawback.errors import BadQuery
from clawback.hunting.kql.tokens import Kind, Token, misplaced

Columns = Mapping[str, list[str]]


def check_names(query: ir.Query, tables: Columns, tokens: Sequence[Token]) -> None:
    """Raises `BadQuery` at the first table or column that is not there."""
    bound = {name for name, _ in query.lets} | _may_be_missing(query)
    for node in nodes(query):
        if isinstance(node, ir.WildcardTableRef) and node.database is None:
            continue
        if isinstance(node, ir.WildcardTableRef | ir.CommandSource | ir.GraphSource):
            raise misplaced(tokens[0], "only the hunting tables can be asked")
        if not isinstance(node, ir.TableRef):
            continue
        if node.database or node.cluster or (node.name not in tables and node.name not in bound):
            raise unknown_table(node.name, tables, token_named(tokens, node.name))
    _check_columns(query, dict(tables), tokens)


def unknown_table(name: str, tables: Columns, token: Token) -> BadQuery:
    """The fault of a table that is none; names the one that was meant, else all of them."""
    meant = [known for known in tables if known.lower() == name.lower()]
    known = ", ".join(meant or (one for one in tables if not one.startswith("kql_")))
    says = f"did you mean {known}?" if meant else f"the tables are {known}"
    return misplaced(token, f"there is no table {name}: {says}")


def token_named(tokens: Sequence[Token], name: str) -> Token:
    """The last token that spells `name`, as later parts are what fails; else the first of all."""
    spelled = {name, f"'{name}'", f'"{name}"'}
    for token in reversed(tokens):
        if token.text in spelled and token.kind is not Kind.MARK:
            return token
    return tokens[0]


def _check_columns(query: ir.Query, tables: dict[str, list[str]], tokens: Sequence[Token]) -> None:
    for name, bound in query.lets:
        if isinstance(bound, ir.Query):
            _check_columns(bound, tables, tokens)
            tables[name] = output_columns(bound, tables)
    if isinstance(query.source, ir.PrintSource):
        _check_read(query.source, [], tokens)
    columns = source_columns_or_none(query.source, tables)
    for operator in query.operators:
        for inner in _inner_queries(operator):
            _check_columns(inner, dict(tables), tokens)
        if columns is None:
            return
        resolved = resolve_let_refs(operator, columns)
        _check_read(resolved, columns, tokens)
        try:
            if isinstance(operator, ir.Join | ir.Lookup):
                _check_keys(operator, columns, output_columns(operator.right, tables), tokens)
            columns = _operator_columns(operator, columns, tables)
        except KqlSchemaError:
            return


def _check_read(node: object, columns: Sequence[str], tokens: Sequence[Token]) -> None:
    for inner in nodes(node, into_queries=False):
        if isinstance(inner, ir.ColumnRef) and inner.name not in columns:
            raise _unknown_column(inner.name, columns, tokens)


def _check_keys(
    join: ir.Join | ir.Lookup, left: Sequence[str], right: Sequence[str], tokens: Sequence[Token]
) -> None:
    for key in join.keys:
        for name, columns in ((key.left, left), (key.right, right)):
            if name not in columns:
                raise _unknown_column(name, columns, tokens)


def _unknown_column(name: str, columns: Sequence[str], tokens: Sequence[Token]) -> BadQuery:
    folded = {column.lower(): column for column in columns}
    alike = [folded[one] for one in get_close_matches(name.lower(), folded, n=2, cutoff=0.75)]
    meant = f": did you mean {' or '.join(alike)}?" if alike else ""
    return misplaced(token_named(tokens, name), f"there is no column {name} here{meant}")


def _inner_queries(node: object) -> Iterator[ir.Query]:
    """The pipelines directly below an operator, each with names of its own."""
    for inner in nodes(node, into_queries=False):
        if isinstance(inner, ir.Query):
            yield inner


def _may_be_missing(query: ir.Query) -> set[str]:
    """Tables of a `union isfuzzy=true`, which the translator leaves out where they are unknown."""
    missing: set[str] = set()
    for node in nodes(query):
        if not isinstance(node, ir.Query):
            continue
        for union in node.operators:
            if not isinstance(union, ir.Union) or not union.isfuzzy:
                continue
            sources = [branch.source for branch in union.branches]
            if node.operators[0] is union:
                sources.append(node.source)
            missing |= {
                one.name for one in sources if isinstance(one, ir.TableRef) and not one.database
            }
    return missing


def nodes(value: object, *, into_queries: bool = True) -> Iterator[object]:
    """Every node of the intermediate form below `value`, itself included; each once."""
    waiting = [value]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, list | tuple):
            waiting.extend(node)
        elif dataclasses.is_dataclass(node) and not isinstance(node, type) and id(node) not in seen:
            seen.add(id(node))
            yield node
            if into_queries or node is value or not isinstance(node, ir.Query):
                waiting.extend(getattr(node, field.name) for field in dataclasses.fields(node))
