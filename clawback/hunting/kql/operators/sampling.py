"""Operators that pick some rows or values: samples, the most frequent, the top within the top."""

from __future__ import annotations

from clawback.hunting.kql.literals import kql_name, sql_name
from clawback.hunting.kql.operators.flow import count_token
from clawback.hunting.kql.pipelines import Tokens, is_mark, is_name, named, operator_of, split_list
from clawback.hunting.kql.tokens import Kind, made, misplaced
from clawback.hunting.kql.weaving import Weaver


def sample(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """`sample N`: rows at random."""
    number = count_token(weaver, segment[1:], segment[0])
    relation = weaver.relation(source)
    sql = f"SELECT * FROM {sql_name(relation.name)} ORDER BY random() LIMIT {number.text}"
    return [made(weaver.add(sql, segment[0], fixed=True).name, segment[0])]


def sample_distinct(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """`sample-distinct N of Column`: some of its values."""
    width = operator_of(segment)[1]
    of = next((i for i, token in enumerate(segment) if is_name(token, "of")), None)
    if of is None:
        raise misplaced(segment[0], "sample-distinct is written: sample-distinct 10 of Column")
    number = count_token(weaver, segment[width:of], segment[0])
    bar = made("|", segment[0], Kind.MARK)
    distinct = [made("distinct", segment[0]), *segment[of + 1 :]]
    return [*source, bar, *distinct, bar, made("take", segment[0]), number]


def top_hitters(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """`top-hitters N of Column [by Weight]`: the most frequent values, counted exactly."""
    width = operator_of(segment)[1]
    of = next((i for i, token in enumerate(segment) if is_name(token, "of")), None)
    if of is None:
        raise misplaced(segment[0], "top-hitters is written: top-hitters 10 of Column")
    by = next((i for i, token in enumerate(segment) if is_name(token, "by")), len(segment))
    number = count_token(weaver, segment[width:of], segment[0])
    column = segment[of + 1 : by]
    weight = segment[by + 1 :]
    name = f"approximate_{'sum' if weight else 'count'}_{(weight or column)[0].text}"
    origin = segment[0]
    counted = (
        [*weaver.written("sum(", origin), *weight] if weight else weaver.written("count(", origin)
    )
    summarized = [
        *weaver.written(f"| summarize {name} =", origin),
        *counted,
        made(")", origin, Kind.MARK),
    ]
    rest = weaver.written(f"| top {number.text} by {name}", origin)
    return weaver.settle([*source, *summarized, made("by", origin), *column, *rest])


def top_nested(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """`top-nested N of A by x, top-nested M of B by y …`: for each of the top A the top B in it."""
    relation = weaver.relation(source)
    levels = [_level(weaver, item) for item in split_list(segment)]
    origin = segment[0]
    kept = relation.name
    keys: list[str] = []
    values: list[str] = []
    for index, (number, name, expression, aggregate, ascending) in enumerate(levels):
        keyed = [*weaver.written(f"{kept} | extend kql_key_{index} =", origin), *expression]
        rows = weaver.relation(weaver.settle(keyed))
        by = ", ".join(f"kql_key_{level}" for level in range(index + 1))
        totals = [
            *weaver.written(f"{rows.name} | summarize kql_total_{index} =", origin),
            *aggregate,
        ]
        grouped = weaver.relation(weaver.settle([*totals, *weaver.written(f"by {by}", origin)]))
        order = f"kql_total_{index} {'ASC' if ascending else 'DESC'} NULLS LAST, kql_key_{index}"
        parents = ", ".join(f"kql_key_{level}" for level in range(index))
        parted = f"PARTITION BY {parents} " if parents else ""
        cut = f" QUALIFY row_number() OVER ({parted}ORDER BY {order}) <= {number}" if number else ""
        best = weaver.add(f"SELECT * FROM {sql_name(grouped.name)}{cut}", origin)
        same = " AND ".join(
            f"r.kql_key_{i} IS NOT DISTINCT FROM b.kql_key_{i}" for i in range(index + 1)
        )
        kept = weaver.add(
            f"SELECT r.*, b.kql_total_{index} FROM {sql_name(rows.name)} r "
            f"JOIN {sql_name(best.name)} b ON {same}",
            origin,
        ).name
        keys.append(name)
        values.append(f"aggregated_{name}")
    columns = [
        f"kql_key_{i} AS {sql_name(key)}, kql_total_{i} AS {sql_name(value)}"
        for i, (key, value) in enumerate(zip(keys, values, strict=True))
    ]
    sql = f"SELECT DISTINCT {', '.join(columns)} FROM {sql_name(kept)} ORDER BY ALL"
    return [made(weaver.add(sql, origin).name, origin)]


def _level(weaver: Weaver, item: Tokens) -> tuple[str, str, Tokens, Tokens, bool]:
    """One level: how many (empty for all), the name, what is grouped, the aggregate, and the order."""
    operator, width = operator_of(item)
    of = next((i for i, token in enumerate(item) if is_name(token, "of")), None)
    by = next((i for i, token in enumerate(item) if is_name(token, "by")), None)
    if operator != "top-nested" or of is None or by is None or by < of:
        raise misplaced(item[0], "top-nested is written: top-nested 3 of Column by count()")
    number = count_token(weaver, item[width:of], item[0]).text if of > width else ""
    name, expression = named(item[of + 1 : by])
    if any(is_name(token, "others") for token in expression):
        raise misplaced(
            item[0], "with others is not supported in top-nested", operator="top-nested"
        )
    aggregate = item[by + 1 :]
    ascending = is_name(aggregate[-1], "asc")
    if is_name(aggregate[-1], "asc", "desc"):
        aggregate = aggregate[:-1]
    if len(aggregate) > 2 and is_mark(aggregate[1], "="):
        aggregate = aggregate[2:]
    shown = name.text if name else kql_name(expression[0].text)
    return number, shown, expression, aggregate, ascending
