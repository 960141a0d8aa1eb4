"""Columns that differ in case only: two in the query language, one in DuckDB.

`extend url = tolower(Url)` adds a column. Such a name gets an ending that sets it apart while SQL is
made; it is taken off again wherever names are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from clawback.hunting.kql.pipelines import Tokens, is_mark, is_name
from clawback.hunting.kql.tokens import Kind, Token, made

_ENDING = "_kqlcase"
_MARKED = re.compile(rf"{_ENDING}\d+")
_PARAMETERS = ("kind", "withsource", "isfuzzy", "flags", "bagexpansion", "with_itemindex")


def told_apart(tokens: Sequence[Token], columns: Iterable[str]) -> Tokens:
    """`tokens` with an ending on each name that is another spelling of one of `columns`."""
    spelled: dict[str, set[str]] = {}
    for column in columns:
        spelled.setdefault(column.casefold(), set()).add(column)
    changed: dict[str, str] = {}
    for index, token in enumerate(tokens):
        if not _gives_name(tokens, index) or token.text in changed:
            continue
        others = spelled.setdefault(token.text.casefold(), set())
        if others and token.text not in others:
            changed[token.text] = f"{token.text}{_ENDING}{len(changed)}"
        else:
            others.add(token.text)
    if not changed:
        return list(tokens)
    return [
        made(changed[token.text], token, space=token.space)
        if _is_column(tokens, index, changed)
        else token
        for index, token in enumerate(tokens)
    ]


def shown_name(name: str) -> str:
    """A column's name as the query spells it."""
    return _MARKED.sub("", name)


def _gives_name(tokens: Sequence[Token], index: int) -> bool:
    token = tokens[index]
    if (
        token.kind is not Kind.NAME
        or index + 1 >= len(tokens)
        or not is_mark(tokens[index + 1], "=")
    ):
        return False
    after_let = index > 0 and is_name(tokens[index - 1], "let")
    setting = index > 0 and is_mark(tokens[index - 1], "(")
    return not after_let and not setting and token.text not in _PARAMETERS


def _is_column(tokens: Sequence[Token], index: int, changed: dict[str, str]) -> bool:
    token = tokens[index]
    if token.kind is not Kind.NAME or token.text not in changed:
        return False
    member = index > 0 and is_mark(tokens[index - 1], ".") and not _after_side(tokens, index)
    called = index + 1 < len(tokens) and is_mark(tokens[index + 1], "(")
    return not member and not called


def _after_side(tokens: Sequence[Token], index: int) -> bool:
    """Whether this is the column of `$left.column`."""
    return index > 1 and is_name(tokens[index - 2], "$left", "$right")
