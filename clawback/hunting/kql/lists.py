"""Named lists: what `_GetWatchlist('name')` and the name alone are answered from; nothing is fetched."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from clawback.hunting.kql.literals import sql_name, sql_string, string_value
from clawback.hunting.kql.pipelines import Tokens, is_mark, is_name
from clawback.hunting.kql.tokens import Kind, Token, made, misplaced
from models.hunting import KqlType, NamedList, ResultColumn

_WATCHLIST = "_GetWatchlist"
_KEY = "SearchKey"
"""The column that every watchlist has; here the list's first column, where it has none of the name."""
_PREFIX = "kql_list_"


def named_lists(lists: Mapping[str, NamedList]) -> dict[str, tuple[str, tuple[ResultColumn, ...]]]:
    """SQL and columns of each list: by its name, and as a watchlist by its number."""
    found = {name: _as_table(one) for name, one in lists.items()}
    for number, one in enumerate(lists.values()):
        sql, columns = _as_table(one)
        if columns and _KEY not in one.columns:
            sql = f"SELECT *, {sql_name(one.columns[0])} AS {sql_name(_KEY)} FROM ({sql})"
            columns = (*columns, ResultColumn(_KEY, KqlType.STRING))
        found[f"{_PREFIX}{number}"] = (sql, columns)
    return found


def with_lists(tokens: Sequence[Token], lists: Mapping[str, NamedList]) -> Tokens:
    """`tokens` with watchlists, and lists whose names are no words, under names that are."""
    numbers = {name.casefold(): f"{_PREFIX}{number}" for number, name in enumerate(lists)}
    run: Tokens = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if is_name(token, _WATCHLIST):
            name = _argument(tokens, index)
            if name.casefold() not in numbers:
                raise misplaced(
                    token, f"there is no named list {name}: {_known(lists)}", operator=_WATCHLIST
                )
            run.append(made(numbers[name.casefold()], token, space=token.space))
            index += 4
        elif _is_quoted(tokens, index) and string_value(tokens[index + 1]) in lists:
            name = string_value(tokens[index + 1])
            run.append(made(numbers[name.casefold()], token, space=token.space or " "))
            index += 3
        else:
            run.append(token)
            index += 1
    return run


def _argument(tokens: Sequence[Token], index: int) -> str:
    after = tokens[index + 1 : index + 4]
    if len(after) < 3 or after[1].kind is not Kind.STRING or not is_mark(after[2], ")"):
        raise misplaced(tokens[index], f"{_WATCHLIST} takes the name of a list in quotes")
    return string_value(after[1])


def _is_quoted(tokens: Sequence[Token], index: int) -> bool:
    """Whether `['a name']` stands where a table can."""
    before = tokens[index - 1] if index else None
    indexes = before is not None and (before.kind is Kind.NAME or before.text in ("]", ")"))
    quoted = index + 2 < len(tokens) and tokens[index + 1].kind is Kind.STRING
    return (
        not indexes and quoted and is_mark(tokens[index], "[") and is_mark(tokens[index + 2], "]")
    )


def _known(lists: Mapping[str, NamedList]) -> str:
    return f"there are {', '.join(lists)}" if lists else "ask an administrator for one"


def _as_table(one: NamedList) -> tuple[str, tuple[ResultColumn, ...]]:
    columns = tuple(ResultColumn(name, KqlType.STRING) for name in one.columns)
    if not one.rows:
        empty = ", ".join(f"'' AS {sql_name(name)}" for name in one.columns)
        return f"SELECT {empty} WHERE false", columns
    # One literal: thousands of rows of VALUES take seconds to parse.
    rows = sql_string(json.dumps([list(row) for row in one.rows], ensure_ascii=False))
    cells = ", ".join(
        f"cells[{place}] AS {sql_name(name)}" for place, name in enumerate(one.columns, 1)
    )
    return (
        f"SELECT {cells} FROM (SELECT unnest(CAST({rows}::JSON AS VARCHAR[][])) AS cells)",
        columns,
    )
