"""The translator duckdb-kql: KQL that it knows to SQL, with its errors at the user's own words.

Only its parser, its intermediate form and its SQL writer are used: no connection, no commands, no
stored functions, no clusters. Which tables a query reads is read from the intermediate form.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from duckdb_kql import (
    KqlError,
    KqlSchemaError,
    KqlSyntaxError,
    KqlUnsupportedError,
    SourceSpan,
    ir,
)
from duckdb_kql.lower import lower
from duckdb_kql.translate import clock, to_sql

from clawback.errors import BadQuery
from clawback.hunting.kql import additions
from clawback.hunting.kql.tokens import Kind, Token, Written, misplaced

MACROS = additions.MACROS
_CLOCK = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|CAST\(\$kqlnow AS TIMESTAMP\)")
_READABLE = {
    "FacetByOperator": "facet",
    "ReduceByOperator": "reduce",
    "TypeLiteralExpression": "typeof()",
    "multi-statement": "several statements in one",
}


def query_sql(tokens: Sequence[Token], tables: Mapping[str, Sequence[str]], now: datetime) -> str:
    """The SQL of one statement, with the scalar lets it needs in front of it.

    `tables` are the tables that may be read, with their columns. Raises `BadQuery` at the word.
    """
    written = Written(tokens)
    try:
        with clock(now.replace(tzinfo=None)):
            query = lower(written.text)
            _check_tables(query, tables, tokens)
            sql = str(to_sql(query, {name: list(columns) for name, columns in tables.items()}))
    except KqlError as fault:
        raise _explained(fault, written, tokens) from None
    except (RecursionError, ValueError, AssertionError, LookupError, TypeError, AttributeError):
        # A young translator: what it does not foresee is the query's fault as far as we can tell.
        raise misplaced(
            tokens[0], "this part of the query cannot be translated: simplify it"
        ) from None
    return _with_time(sql, now)


def _with_time(sql: str, now: datetime) -> str:
    """`sql` with the time of the query as a literal, so that no parameter has to travel along."""
    moment = now.replace(tzinfo=None).isoformat(sep=" ")

    def literal(found: re.Match[str]) -> str:
        return f"TIMESTAMP '{moment}'" if found.group().startswith("CAST") else found.group()

    return _CLOCK.sub(literal, sql)


def _check_tables(
    query: ir.Query, tables: Mapping[str, Sequence[str]], tokens: Sequence[Token]
) -> None:
    bound = {name for name, _ in query.lets} | _may_be_missing(query)
    for node in _nodes(query):
        if isinstance(node, ir.WildcardTableRef) and node.database is None:
            continue
        if isinstance(node, ir.WildcardTableRef | ir.CommandSource):
            raise misplaced(tokens[0], "only the hunting tables can be asked")
        if not isinstance(node, ir.TableRef):
            continue
        if node.database or node.cluster or (node.name not in tables and node.name not in bound):
            raise unknown_table(node.name, tables, _token_named(tokens, node.name))


def _may_be_missing(query: ir.Query) -> set[str]:
    """Tables of a `union isfuzzy=true`, which the translator leaves out where they are unknown."""
    missing: set[str] = set()
    for node in _nodes(query):
        if not isinstance(node, ir.Query):
            continue
        fuzzy = [op for op in node.operators if isinstance(op, ir.Union) and op.isfuzzy]
        for union in fuzzy:
            sources = [branch.source for branch in union.branches]
            if node.operators[0] is union:
                sources.append(node.source)
            missing |= {
                one.name for one in sources if isinstance(one, ir.TableRef) and not one.database
            }
    return missing


def unknown_table(name: str, tables: Mapping[str, Sequence[str]], token: Token) -> BadQuery:
    """The fault of a table that is none; names the one that was meant, else all of them."""
    meant = [known for known in tables if known.lower() == name.lower()]
    known = ", ".join(meant or (one for one in tables if not one.startswith("kql_")))
    says = f"did you mean {known}?" if meant else f"the tables are {known}"
    return misplaced(token, f"there is no table {name}: {says}")


def _nodes(value: object) -> Iterator[object]:
    """Every node of the intermediate form below `value`, itself included."""
    waiting = [value]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, list | tuple):
            waiting.extend(node)
        elif dataclasses.is_dataclass(node) and not isinstance(node, type) and id(node) not in seen:
            seen.add(id(node))
            yield node
            waiting.extend(getattr(node, field.name) for field in dataclasses.fields(node))


def _explained(fault: KqlError, written: Written, tokens: Sequence[Token]) -> BadQuery:
    match fault:
        case KqlSyntaxError():
            found = fault.diagnostics[0]
            token = written.token_at(found.span.line, found.span.column) or tokens[0]
            return misplaced(
                token, f"the query cannot be read here: {_syntax_message(found.message, token)}"
            )
        case KqlUnsupportedError():
            return _unsupported(fault, written, tokens)
        case KqlSchemaError():
            where = f" ({fault.hint})" if fault.hint else ""
            return misplaced(
                _token_named(tokens, fault.name), f"{fault.name} cannot be resolved{where}"
            )
        case _:
            return misplaced(tokens[0], "this part of the query cannot be translated: simplify it")


def _syntax_message(message: str, token: Token) -> str:
    expected = message.partition(" expecting ")[2]
    if expected and len(expected) < 60:
        return f"expected {expected}, found {token.text}"
    return f"{token.text} does not fit"


def _unsupported(fault: KqlUnsupportedError, written: Written, tokens: Sequence[Token]) -> BadQuery:
    kind, _, name = fault.construct.partition(":")
    operator = _READABLE.get(name or kind, name or kind)
    if operator.endswith("Operator"):
        operator = re.sub(r"(?<!^)(?=[A-Z])", "-", operator.removesuffix("Operator")).lower()
    token = _at_span(fault.span, written) or _token_named(tokens, operator)
    known = kind in ("function", "aggregate") and additions.is_known(name)
    if known and fault.hint:
        return misplaced(token, f"{operator}: {fault.hint}", operator=operator)
    return misplaced(token, f"{operator} is not supported here", operator=operator)


def _at_span(span: SourceSpan | None, written: Written) -> Token | None:
    return written.token_at(span.line, span.column) if span else None


def _token_named(tokens: Sequence[Token], name: str) -> Token:
    """The last token that spells `name`, as later parts are what fails; else the first of all."""
    spelled = {name, f"'{name}'", f'"{name}"'}
    for token in reversed(tokens):
        if token.text in spelled and token.kind is not Kind.MARK:
            return token
    return tokens[0]
