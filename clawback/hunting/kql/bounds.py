"""Cheap bounds on what is translated, so that a short text cannot become endless work or SQL.

A `let` that uses the one before it twice doubles with every line: two dozen of them once made 369 MB of
SQL. What passes here is still under the worker's limits of time and memory.
"""

from __future__ import annotations

from collections.abc import Sequence

from clawback.hunting.kql.tokens import CLOSING, OPENING, Kind, Token, misplaced

MAX_TOKENS = 6_000
MAX_GROWN_TOKENS = 12_000
"""After functions and operators were put in place of their names."""
MAX_DEPTH = 40
MAX_LETS = 150
MAX_SQL_CHARS = 2_000_000
MAX_STAGES = 200


def check_size(tokens: Sequence[Token]) -> None:
    """Raises `BadQuery` where the text is too long, too deep or binds too many names."""
    if len(tokens) > MAX_TOKENS:
        raise misplaced(
            tokens[MAX_TOKENS],
            f"the query has more than {MAX_TOKENS} words: split it, or use a named list",
        )
    depth = 0
    lets = 0
    for token in tokens:
        if token.kind is Kind.MARK:
            depth += (token.text in OPENING) - (token.text in CLOSING)
            if depth > MAX_DEPTH:
                raise misplaced(
                    token, f"brackets are nested deeper than {MAX_DEPTH}: simplify the query"
                )
        elif token.kind is Kind.NAME and token.text == "let":
            lets += 1
            if lets > MAX_LETS:
                raise misplaced(token, f"the query has more than {MAX_LETS} let: split it")


def check_grown(tokens: Sequence[Token]) -> None:
    """Raises `BadQuery` where functions that call functions make the query too long."""
    if len(tokens) > MAX_GROWN_TOKENS:
        raise misplaced(
            tokens[0],
            "the query's functions call each other too often: simplify them or split the query",
        )


def check_sql(sql: str, origin: Token) -> None:
    """Raises `BadQuery` where the SQL grew beyond what is sane to run."""
    if len(sql) > MAX_SQL_CHARS:
        raise misplaced(
            origin,
            "this grows beyond what can be run: use each let fewer times, or materialize less",
        )
