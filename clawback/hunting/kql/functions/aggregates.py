"""Aggregates that the translator lacks, or that are not exact in it: limits, empty groups, dynamics.

Sets are sorted, so that the same question has the same answer; the original leaves their order open.
"""

from __future__ import annotations

_LIST = "list(kql_dynamic({0})) FILTER (WHERE {0} IS NOT NULL{1})"
_SET = "list(kql_items({0})) FILTER (WHERE {0} IS NOT NULL{1})"

# DuckDB sums no intervals: their microseconds are summed.
_SPAN = "to_microseconds(CAST(coalesce(sum(epoch_us({0})){1}, 0) AS BIGINT))"
_NUMBER = "TRY_CAST({0} ->> '$' AS DOUBLE)"


def _list(condition: str, limit: str) -> str:
    gathered = f"coalesce({_LIST.replace('{1}', condition)}, [])"
    return f"to_json(list_slice({gathered}, 1, {limit}))" if limit else f"to_json({gathered})"


def _set(condition: str, limit: str) -> str:
    gathered = f"kql_as_set({_SET.replace('{1}', condition)})"
    return f"to_json(list_slice({gathered}, 1, {limit}))" if limit else f"to_json({gathered})"


AGGREGATES: dict[str, tuple[str, ...]] = {
    "count_of": ("count({0})",),
    "count_distinct": ("count(DISTINCT {0})",),
    "count_distinctif": ("count(DISTINCT {0}) FILTER (WHERE {1})",),
    "sum_timespan": (_SPAN.replace("{1}", ""),),
    "sumif_timespan": (_SPAN.replace("{1}", " FILTER (WHERE {1})"),),
    "sum_dynamic": (f"coalesce(sum({_NUMBER}), 0)",),
    "sumif_dynamic": (f"coalesce(sum({_NUMBER}) FILTER (WHERE {{1}}), 0)",),
    "avg_timespan": ("avg({0})",),
    "avgif_timespan": ("avg({0}) FILTER (WHERE {1})",),
    "avg_dynamic": (f"coalesce(avg({_NUMBER}), CAST('NaN' AS DOUBLE))",),
    "avgif_dynamic": (f"coalesce(avg({_NUMBER}) FILTER (WHERE {{1}}), CAST('NaN' AS DOUBLE))",),
    "min": ("kql_filled(min({0}))",),
    "max": ("kql_filled(max({0}))",),
    "minif": ("kql_filled(min({0}) FILTER (WHERE {1}))",),
    "maxif": ("kql_filled(max({0}) FILTER (WHERE {1}))",),
    "any": ("kql_filled(any_value({0}))",),
    "take_any": ("kql_filled(any_value({0}))",),
    "take_anyif": ("kql_filled(any_value({0}) FILTER (WHERE {1}))",),
    "make_list": (_list("", ""), _list("", "{1}")),
    "make_list_if": (_list(" AND {1}", ""), _list(" AND {1}", "{2}")),
    "make_list_with_nulls": ("to_json(list(kql_dynamic({0})))",),
    "make_set": (_set("", ""), _set("", "{1}")),
    "make_set_if": (_set(" AND {1}", ""), _set(" AND {1}", "{2}")),
    "make_bag": ("kql_bags(list({0}))", "kql_bags(list({0}))"),
    "make_bag_if": ("kql_bags(list({0}) FILTER (WHERE {1}))",),
    "stdevp": ("coalesce(stddev_pop({0}), 0.0)",),
    "variancep": ("coalesce(var_pop({0}), 0.0)",),
    "varianceif": ("coalesce(var_samp({0}) FILTER (WHERE {1}), 0.0)",),
    "percentile": ("quantile_disc({0}, CAST({1} AS DOUBLE) / 100.0)",),
    "percentilew": ("kql_weighted(list({{'v': {0}, 'w': CAST({1} AS DOUBLE)}}), {2})",),
    "binary_all_and": ("bit_and(CAST({0} AS BIGINT))",),
    "binary_all_or": ("bit_or(CAST({0} AS BIGINT))",),
    "binary_all_xor": ("bit_xor(CAST({0} AS BIGINT))",),
    "hll": ("to_json(list(DISTINCT kql_dynamic({0})))", "to_json(list(DISTINCT kql_dynamic({0})))"),
    "hll_merge": ("to_json(list_distinct(flatten(list(kql_array({0})))))",),
    "tdigest": ("to_json(list({0}))",),
    "tdigest_merge": ("to_json(flatten(list(kql_array({0}))))",),
}

NAMES: dict[str, str] = {
    "make_list": "list",
    "make_list_if": "list",
    "make_list_with_nulls": "list",
    "make_set": "set",
    "make_set_if": "set",
    "make_bag": "bag",
    "make_bag_if": "bag",
    "count_of": "count",
}
"""How the column of an aggregate without a name begins, where it is not the aggregate's own name."""

NAMED_AS_ARGUMENT = frozenset({"take_any", "take_anyif"})

BY_TYPE = ("sum", "sumif", "avg", "avgif")
"""Aggregates that have another form for timespans and dynamics: `sum_timespan`, `sum_dynamic`."""

MACROS: tuple[str, ...] = (
    # An array in a set stands for its elements.
    "kql_items(x) AS CASE WHEN typeof(x) = 'JSON' AND json_type(to_json(x)) = 'ARRAY' "
    "THEN CAST(to_json(x) AS JSON[]) ELSE [kql_dynamic(x)] END",
    "kql_as_set(l) AS coalesce(list_sort(list_distinct(flatten(l))), [])",
    # The first bag that has a key gives its value.
    "kql_bags(l) AS list_transform([flatten(list_transform(l, lambda b: kql_entries(b)))], lambda es: "
    "kql_bag_of(list_filter(es, lambda e, i: list_position(list_transform(es, lambda o: o.k), e.k) = i)))[1]",
    "kql_weighted(l, p) AS list_transform([list_sort(l)], lambda s: list_filter(s, lambda e, i: "
    "list_sum(list_transform(s[1:i], lambda o: o.w)) >= "
    "p / 100.0 * list_sum(list_transform(s, lambda o: o.w)))[1].v)[1]",
)
