"""`mv-apply` and `partition`: a pipeline for the elements of each row, or for the rows of each value."""

from __future__ import annotations

from clawback.hunting.kql.literals import sql_name
from clawback.hunting.kql.operators.grouped import GROUP, run_grouped
from clawback.hunting.kql.pipelines import Tokens, is_mark, is_name, operator_of
from clawback.hunting.kql.tokens import CLOSING, OPENING, Kind, made, matching, misplaced
from clawback.hunting.kql.weaving import Weaver


def mv_apply(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """Each row's array expanded, the pipeline run over its elements, and the row beside the outcome."""
    origin = segment[0]
    width = operator_of(segment)[1]
    on = _word_at(segment, "on")
    if on is None or on + 1 >= len(segment) or not is_mark(segment[on + 1], "("):
        raise misplaced(origin, "mv-apply needs on and a pipeline in brackets")
    body = segment[on + 2 : matching(segment)[on + 1]]
    plain = weaver.relation(source)
    numbered = f"SELECT *, row_number() OVER () AS {GROUP} FROM {sql_name(plain.name)}"
    rows = weaver.add(numbered, origin, fixed=True)
    expand = [*weaver.written(f"{rows.name} | mv-expand", origin), *segment[width:on]]
    expanded = weaver.relation(weaver.settle(expand))
    with weaver.grouping(rows.name):
        outcome = run_grouped(weaver, expanded, body)
    fresh = [name for name in outcome.names if name != GROUP]
    ordered = [
        f"o.{sql_name(name)}" if name in fresh else f"r.{sql_name(name)}" for name in plain.names
    ] + [f"o.{sql_name(name)}" for name in fresh if name not in plain.names]
    sql = (
        f"SELECT {', '.join(ordered)} FROM {sql_name(outcome.name)} o "
        f"JOIN {sql_name(rows.name)} r ON r.{GROUP} = o.{GROUP} ORDER BY r.{GROUP}"
    )
    return [made(weaver.add(sql, origin).name, origin)]


def partition(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """`partition by Column (…)`: the pipeline over the rows of each value of the column."""
    origin = segment[0]
    by = _word_at(segment, "by")
    body_at = None if by is None else by + 2
    if (
        by is None
        or body_at is None
        or body_at >= len(segment)
        or segment[body_at].text not in "({"
    ):
        raise misplaced(origin, "partition is written: partition by Column (operators)")
    plain = weaver.relation(source)
    key = segment[by + 1]
    if key.text not in plain.names:
        raise misplaced(key, f"there is no column {key.text} here")
    ranked = f"dense_rank() OVER (ORDER BY {sql_name(key.text)}) AS {GROUP}"
    numbered = f"SELECT *, {ranked} FROM {sql_name(plain.name)}"
    rows = weaver.add(numbered, origin, fixed=True)
    groups = weaver.add(f"SELECT DISTINCT {GROUP} FROM {sql_name(rows.name)}", origin)
    with weaver.grouping(groups.name):
        outcome = run_grouped(weaver, rows, segment[body_at + 1 : matching(segment)[body_at]])
    sql = f"SELECT * EXCLUDE ({GROUP}) FROM {sql_name(outcome.name)}"
    return [made(weaver.add(sql, origin).name, origin)]


def _word_at(segment: Tokens, word: str) -> int | None:
    depth = 0
    for index, token in enumerate(segment):
        if token.kind is Kind.MARK:
            depth += (token.text in OPENING) - (token.text in CLOSING)
        if depth == 0 and is_name(token, word):
            return index
    return None
