"""Which operators are written out here, because the translator lacks them or is not exact in them.

A handler takes the settled pipeline before its operator and the operator's own tokens, and returns the
pipeline that stands for both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from clawback.hunting.kql.operators import (
    apply,
    columns,
    describing,
    expanding,
    flow,
    outer,
    parsing,
    plugins,
    sampling,
    searching,
    series,
    windows,
)
from clawback.hunting.kql.pipelines import Tokens
from clawback.hunting.kql.tokens import Token
from clawback.hunting.kql.weaving import Weaver

Handler = Callable[[Weaver, Tokens, Tokens], Tokens]

OPERATORS: Mapping[str, Handler] = {
    "project-reorder": columns.project_reorder,
    "project-keep": columns.project_keep,
    "project-away": columns.project_away,
    "make-series": series.make_series,
    "mv-apply": apply.mv_apply,
    "mvapply": apply.mv_apply,
    "mv-expand": expanding.mv_expand,
    "mvexpand": expanding.mv_expand,
    "partition": apply.partition,
    "parse": parsing.parse,
    "parse-where": parsing.parse,
    "parse-kv": parsing.parse_kv,
    "evaluate": plugins.evaluate,
    "sample": sampling.sample,
    "sample-distinct": sampling.sample_distinct,
    "top-hitters": sampling.top_hitters,
    "top-nested": sampling.top_nested,
    "search": searching.search,
    "getschema": describing.getschema,
    "join": outer.join,
    "lookup": outer.lookup,
    "union": outer.union,
    "take": flow.take,
    "limit": flow.take,
    "top": flow.take,
    "as": flow.name_it,
    "invoke": flow.invoke,
    "serialize": flow.serialize,
    "consume": flow.leave_out,
    "render": flow.leave_out,
}
LACKING = frozenset(
    {"scan", "fork", "facet", "reduce", "execute-query", "macro-expand", "assert-schema"}
)
"""Operators of the language that nobody here can do."""
KNOWN = frozenset(OPERATORS) | {
    *("where", "filter", "project", "extend", "summarize", "sort", "order", "count", "distinct"),
    *("project-rename", "scan", "fork", "facet", "reduce", "execute-query", "macro-expand", "find"),
    *(
        "make-graph",
        "graph-match",
        "graph-shortest-paths",
        "graph-to-table",
        "graph-mark-components",
    ),
    *("range", "print", "datatable", "externaldata", "assert-schema", "project-smart"),
}
"""Every operator of the language; those without a handler are the translator's to do or to refuse."""
SOURCES: Mapping[str, Callable[[Weaver, Tokens], Tokens]] = {
    "union": outer.union_source,
    "search": searching.search_source,
    "find": searching.find_source,
    "materialize": flow.unwrapped,
    "view": flow.unwrapped,
}
UNSETTLED = frozenset({"mv-apply", "mvapply", "partition", "invoke"})
"""Operators with a pipeline of their own that reads each row: their brackets are settled by themselves."""


def special_operator(segment: Sequence[Token]) -> Handler | None:
    """The handler for an operator that the translator knows, where this use of it is beyond it."""
    return windows.columns_first if windows.needs_columns(segment) else columns.special(segment)
