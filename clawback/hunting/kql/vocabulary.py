"""The words of the query language that this translator knows, from its own registries."""

from __future__ import annotations

from functools import cache

from duckdb_kql import translate
from duckdb_kql.translate import functions as registry

from clawback.core.hunting_words import DESCRIBED
from clawback.hunting.kql import additions
from clawback.hunting.kql.operators.plugins import PLUGINS
from clawback.hunting.kql.operators.registry import KNOWN, LACKING, OPERATORS
from models.hunting import HuntWord, WordKind

_LISTS = ("in", "in~", "!in", "!in~", "has_any", "has_all", "between", "!between")
"""Tests that the translator's grammar knows by themselves: they are in none of its registries."""


@cache
def words() -> tuple[HuntWord, ...]:
    """All of them, by kind and name, with what `clawback.core.hunting_words` says of each."""
    operators = {name for name in KNOWN | OPERATORS.keys() if name not in LACKING}
    operators -= {"externaldata", "project-smart"}
    aggregates = {name for name in registry.AGGREGATE_FUNCTIONS if _is_said(name)}
    known = {*registry.SCALAR_FUNCTIONS, *translate._SPECIAL_FORMS, *PLUGINS}
    tests = {name for name in registry.BINARY_OPERATORS if name[-1].isalpha() or name[-1] == "~"}
    by_kind = {
        WordKind.OPERATOR: {name for name in operators if "graph" not in name},
        WordKind.AGGREGATE: aggregates,
        WordKind.FUNCTION: {name for name in known - aggregates if _is_said(name)},
        WordKind.TEST: tests.union(_LISTS),
    }
    return tuple(
        HuntWord(name, kind, *DESCRIBED[kind].get(name, ("", "")))
        for kind, names in by_kind.items()
        for name in sorted(names)
    )


def _is_said(name: str) -> bool:
    """Whether a query may call a function by this name: some stand for another one over values of a
    type, or are made by the translation."""
    if name.startswith("kql_") or name == "count_of":
        return False
    base = name.removesuffix("_dynamic").removesuffix("_timespan")
    return base == name or not additions.is_known(base)
