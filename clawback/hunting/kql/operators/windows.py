"""Functions that read other rows: the order of the rows is that of the last sort.

SQL allows none inside of another, nor a count that begins anew where a condition holds. Such calls
become columns first, the innermost before the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from clawback.hunting.kql.literals import sql_name
from clawback.hunting.kql.pipelines import Tokens, calls, is_mark, is_name, operator_of, split_list
from clawback.hunting.kql.tokens import Kind, Token, made, misplaced
from clawback.hunting.kql.weaving import Weaver

WINDOW_FUNCTIONS = ("row_number", "prev", "next", "row_cumsum", "row_rank_dense", "row_rank_min")

_RUNNING = "OVER (PARTITION BY kql_part ORDER BY kql_at ROWS UNBOUNDED PRECEDING)"
_RESTARTING = {
    "row_number": "kql_nth + kql_value - 1",
    "row_cumsum": f"sum(kql_value) {_RUNNING}",
    "row_rank_dense": f"sum(CAST(kql_new AS BIGINT)) {_RUNNING}",
    "row_rank_min": f"max(CASE WHEN kql_new THEN kql_nth END) {_RUNNING}",
}
"""What each comes to over the columns of `_counted`."""


def has_window(tokens: Sequence[Token]) -> bool:
    """Whether one of the functions is called in `tokens`."""
    return any(
        is_name(token, *WINDOW_FUNCTIONS) and is_mark(following, "(")
        for token, following in pairwise(tokens)
    )


def needs_columns(segment: Sequence[Token]) -> bool:
    """Whether calls have to be columns first: in a filter, in each other, or with a restart."""
    if not has_window(segment):
        return False
    return operator_of(segment)[0] in ("where", "filter") or any(
        has_window(segment[at + 2 : end]) or _restarts(segment, at, end)
        for at, end in calls(segment, *WINDOW_FUNCTIONS)
    )


def columns_first(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """The operator over columns that hold what the calls in it come to."""
    fresh: list[str] = []
    while has_window(segment):
        at, end = next(
            (at, end)
            for at, end in calls(segment, *WINDOW_FUNCTIONS)
            if not has_window(segment[at + 2 : end])
        )
        name = f"kql_window{len(fresh)}"
        fresh.append(name)
        call = segment[at : end + 1]
        if _restarts(segment, at, end):
            source = _restarted(weaver, source, call, name)
        else:
            source = [*source, *weaver.written(f"| extend {name} =", call[0]), *call]
        # In a call of its own, so that the column does not name what is not named.
        column = weaver.written(f"coalesce({name}, {name})", call[0])
        segment = [*segment[:at], *column, *segment[end + 1 :]]
    origin = segment[0]
    if operator_of(segment)[0] == "serialize":
        segment = [made("extend", origin), *segment[1:]]
    source = weaver.plain(source, segment)
    if operator_of(segment)[0] == "project":
        return source
    return weaver.plain(source, weaver.written("project-away " + ", ".join(fresh), origin))


def _restarts(segment: Sequence[Token], at: int, end: int) -> bool:
    """Whether a call has a condition to begin anew, or is a rank, which is counted the same way."""
    arguments = split_list(segment[at + 2 : end])
    return segment[at].text.startswith("row_rank") or (
        segment[at].text.startswith("row_") and len(arguments) == 2
    )


def _restarted(weaver: Weaver, source: Tokens, call: Tokens, name: str) -> Tokens:
    """The rows with a column of this name, in the order that they have."""
    origin = call[0]
    arguments = split_list(call[2:-1])
    if not 1 <= len(arguments) <= 2:
        raise misplaced(origin, f"{origin.text} takes a value and a condition to begin anew")
    value, condition = arguments[0], arguments[1:] or [[made("false", origin)]]
    run = [*source, *weaver.written("| extend kql_value =", origin), *value]
    run += [*weaver.written(", kql_cut =", origin), *condition[0]]
    relation = weaver.relation(weaver.settle(run))
    sql = (
        f"SELECT * EXCLUDE (kql_value, kql_cut, kql_at, kql_part, kql_nth, kql_new), "
        f"{_RESTARTING[origin.text]} AS {name} FROM ({_counted(relation.name)}) ORDER BY kql_at"
    )
    return [made(weaver.add(sql, origin).name, origin, Kind.NAME)]


def _counted(rows: str) -> str:
    """The rows with their part, their number in it, and whether their value differs from the one before."""
    placed = f"SELECT *, row_number() OVER () AS kql_at FROM {sql_name(rows)}"
    parts = (
        "SELECT *, sum(CAST(coalesce(kql_cut, false) AS BIGINT)) "
        f"OVER (ORDER BY kql_at ROWS UNBOUNDED PRECEDING) AS kql_part FROM ({placed})"
    )
    return (
        "SELECT *, row_number() OVER w AS kql_nth, "
        "row_number() OVER w = 1 OR lag(kql_value) OVER w IS DISTINCT FROM kql_value AS kql_new "
        f"FROM ({parts}) WINDOW w AS (PARTITION BY kql_part ORDER BY kql_at)"
    )
