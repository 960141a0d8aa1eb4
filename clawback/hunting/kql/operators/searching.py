"""`search` and `find`: a condition over several tables, or over every column of them."""

from __future__ import annotations

from collections.abc import Sequence

from clawback.core.hunting_tables import TABLES
from clawback.core.kql_text import kql_string
from clawback.hunting.kql.literals import kql_name, string_value
from clawback.hunting.kql.pipelines import (
    Tokens,
    bracketed,
    is_mark,
    is_name,
    split_list,
)
from clawback.hunting.kql.tokens import Kind, Token, made, matching, misplaced
from clawback.hunting.kql.weaving import Relation, Weaver
from models.hunting import KqlType

_BEFORE = ("and", "or", "not", "(")
_AFTER = ("and", "or", ")")


def search_source(weaver: Weaver, tokens: Tokens) -> Tokens:
    """`search [in (A, B)] "words"`: rows of the tables in which a column holds the words."""
    at = _past_kind(tokens, 1)
    tables, at = _tables(weaver, tokens, at)
    if at >= len(tokens):
        raise misplaced(tokens[0], "search needs words to look for")
    branches = [_searched(weaver, table, tokens[at:], tokens[0]) for table in tables]
    return _united(weaver, branches, tokens[0])


def search(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """`| search "words"`: the rows in which a column holds the words."""
    relation = weaver.relation(source)
    condition = _condition(weaver, relation, segment[_past_kind(segment, 1) :])
    return [*weaver.written(f"{relation.name} | where", segment[0]), *condition]


def find_source(weaver: Weaver, tokens: Tokens) -> Tokens:
    """`find [in (A, B)] where … [project …]`: matching rows of every table that has the columns."""
    at = 1
    while at + 2 < len(tokens) and is_name(tokens[at], "withsource", "datascope"):
        at += 3
    tables, at = _tables(weaver, tokens, at)
    if at < len(tokens) and is_name(tokens[at], "where"):
        at += 1
    end = next((i for i, t in enumerate(tokens) if is_name(t, "project") and i > at), len(tokens))
    condition = tokens[at:end]
    known = {name for table in TABLES for name in (column.name for column in table.columns)}
    used = [t.text for t in condition if t.kind is Kind.NAME and t.text in known]
    wanted = (
        [item[0].text for item in split_list(tokens[end + 1 :]) if item]
        if end < len(tokens)
        else []
    )
    branches = []
    for table in tables:
        if not all(name in table.names for name in used):
            continue
        shown = [name for name in (wanted or dict.fromkeys(used)) if name in table.names]
        filtered = [
            *weaver.written(f"{table.name} | where", tokens[0]),
            *_condition(weaver, table, condition),
        ]
        packed = [] if wanted else ["pack_ = pack_all()"]
        columns = ", ".join([f"source_ = {kql_string(table.name)}", *map(kql_name, shown), *packed])
        branches.append([*filtered, *weaver.written(f"| project {columns}", tokens[0])])
    if not branches:
        raise misplaced(tokens[0], "no table has all the columns that find asks for")
    return _united(weaver, [weaver.settle(branch) for branch in branches], tokens[0])


def _past_kind(tokens: Tokens, at: int) -> int:
    return at + 3 if at + 2 < len(tokens) and is_name(tokens[at], "kind") else at


def _tables(weaver: Weaver, tokens: Tokens, at: int) -> tuple[list[Relation], int]:
    """The tables that `in (…)` names, else all, and where the condition begins."""
    if at + 1 >= len(tokens) or not is_name(tokens[at], "in") or not is_mark(tokens[at + 1], "("):
        everything = [weaver.relation_named(made(table.name, tokens[0])) for table in TABLES]
        return [table for table in everything if table], at
    found: list[Relation] = []
    for item in split_list(bracketed(tokens, at + 1)):
        relation = weaver.relation_named(item[0])
        if relation is None:
            raise misplaced(item[0], f"there is no table {item[0].text}")
        found.append(relation)
    return found, matching(tokens)[at + 1] + 1


def _searched(weaver: Weaver, table: Relation, condition: Tokens, origin: Token) -> Tokens:
    run = [*weaver.written(f"{table.name} | where", origin), *_condition(weaver, table, condition)]
    named = f"['$table'] = {kql_string(table.name)}"
    rest = ", ".join(["['$table']", *map(kql_name, table.names)])
    return [*run, *weaver.written(f"| extend {named} | project {rest}", origin)]


def _condition(weaver: Weaver, table: Relation, tokens: Tokens) -> Tokens:
    """`tokens` with every string that stands alone as what it means over the columns of `table`."""
    run: Tokens = []
    skip = 0
    for index, token in enumerate(tokens):
        if skip:
            skip -= 1
            continue
        before = tokens[index - 1].text if index else "("
        after = tokens[index + 1].text if index + 1 < len(tokens) else ")"
        if token.kind is Kind.STRING and before in _BEFORE and after in _AFTER:
            run += weaver.written(_anywhere(table, string_value(token)), token)
        elif token.kind is Kind.NAME and after == ":" and index + 2 < len(tokens):
            run += weaver.written(
                _held(kql_name(token.text), string_value(tokens[index + 2])), token
            )
            skip = 2
        elif (
            is_mark(token, "*")
            and index + 2 < len(tokens)
            and tokens[index + 2].kind is Kind.STRING
        ):
            run += weaver.written(_anywhere(table, string_value(tokens[index + 2])), token)
            skip = 2
        else:
            run.append(token)
    return run


def _anywhere(table: Relation, words: str) -> str:
    texts = [kql_name(name) for name in table.of_type(KqlType.STRING)]
    texts += [f"tostring({kql_name(name)})" for name in table.of_type(KqlType.DYNAMIC)]
    return "(" + " or ".join(_held(text, words) for text in texts) + ")" if texts else "false"


def _held(text: str, words: str) -> str:
    """A column that holds words: whole ones, or a part where stars stand."""
    plain = words.strip("*")
    operator = {(True, True): "contains", (True, False): "hassuffix", (False, True): "hasprefix"}
    stars = (words.startswith("*"), words.endswith("*"))
    if not plain:
        return f"isnotempty({text})"
    return f"{text} {operator.get(stars, 'has')} {kql_string(plain)}"


def _united(weaver: Weaver, branches: Sequence[Tokens], origin: Token) -> Tokens:
    names = [weaver.relation(branch).name for branch in branches]
    if len(names) == 1:
        return [made(names[0], origin)]
    return weaver.settle(weaver.written("union " + ", ".join(names), origin))
