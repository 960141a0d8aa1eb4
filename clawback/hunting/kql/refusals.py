"""What a query may not say at all, found on its words before anything is translated."""

from __future__ import annotations

from collections.abc import Sequence

from clawback.hunting.kql.literals import string_value
from clawback.hunting.kql.pipelines import is_mark
from clawback.hunting.kql.tokens import Kind, Token, misplaced
from clawback.hunting.kql.weaving import STAGE

_ELSEWHERE = {
    "cluster": "other clusters cannot be asked: name the table alone",
    "database": "other databases cannot be asked: name the table alone",
    "workspace": "other workspaces cannot be asked: name the table alone",
    "app": "other resources cannot be asked: name the table alone",
    "adx": "other clusters cannot be asked: name the table alone",
    "arg": "other resources cannot be asked: name the table alone",
    "resource": "other resources cannot be asked: name the table alone",
    "external_table": "external tables cannot be asked: ask an administrator for a named list",
    "materialized_view": "there are no materialized views: name the table alone",
    "stored_query_result": "there are no stored results: name the table alone",
    "entity_group": "there are no entity groups: name the table alone",
    "externaldata": "nothing is fetched: ask an administrator for a named list, and use it by its name",
}
_STATEMENTS = {
    "declare": "query parameters are not supported: use let",
    "alias": "other databases cannot be asked: name the table alone",
    "restrict": "restrict is not supported: leave it out",
    "pattern": "patterns are not supported: use let",
}


def refuse(tokens: Sequence[Token]) -> None:
    """Raises `BadQuery` at the first word that asks for more than the hunting tables."""
    if not tokens:
        return
    if is_mark(tokens[0], "."):
        raise misplaced(tokens[0], "commands cannot be run: a query begins with a table")
    _refuse_stages(tokens)
    before: Token | None = None
    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.kind is Kind.NAME:
            called = following is not None and is_mark(following, "(")
            external = token.text == "externaldata"
            if token.text in _ELSEWHERE and (called or external) and not _is_member(before):
                raise misplaced(token, _ELSEWHERE[token.text], operator=token.text)
            if (
                token.text in _STATEMENTS
                and (before is None or is_mark(before, ";"))
                and not (following is None or is_mark(following, "|"))
            ):
                raise misplaced(token, _STATEMENTS[token.text], operator=token.text)
        elif is_mark(token, "!") and following and following.text in ("has_any", "has_all"):
            what = f"there is no operator !{following.text}: write not(Column {following.text} (…))"
            raise misplaced(following, what, operator=f"!{following.text}")
        elif is_mark(token, ".") and before is not None and is_mark(before, ";"):
            raise misplaced(token, "commands cannot be run: a query begins with a table")
        before = token


def _refuse_stages(tokens: Sequence[Token]) -> None:
    """Raises `BadQuery` at a name that the translation gives itself, `['in brackets']` too."""
    for index, token in enumerate(tokens):
        in_brackets = 0 < index < len(tokens) - 1 and (
            is_mark(tokens[index - 1], "[") and is_mark(tokens[index + 1], "]")
        )
        name = string_value(token) if in_brackets and token.kind is Kind.STRING else token.text
        if name.lower().startswith(STAGE):
            raise misplaced(token, f"names that begin with {STAGE} are taken: rename this")


def _is_member(before: Token | None) -> bool:
    return before is not None and is_mark(before, ".")
