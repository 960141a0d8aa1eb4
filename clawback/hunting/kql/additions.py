"""Our functions in the translator's own registries, put there once when this is imported.

duckdb-kql 1.1.2 keeps its functions, aggregates and operators as data: tables from a name to a template
of SQL. The version is pinned, and a test fails where these tables are no longer what they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from duckdb_kql import ir, translate
from duckdb_kql.translate import functions as registry
from duckdb_kql.translate import naming, render_expr

from clawback.hunting.kql import forms
from clawback.hunting.kql.functions import (
    addresses,
    aggregates,
    arithmetic,
    bags,
    comparing,
    geography,
    series,
    text,
    times,
    values,
    windows,
)
from clawback.hunting.kql.hygiene import with_own_variables

_SECTIONS = (
    values,
    bags,
    text,
    comparing,
    arithmetic,
    times,
    addresses,
    aggregates,
    series,
    geography,
)
MACROS: tuple[str, ...] = tuple(
    f"CREATE OR REPLACE TEMP MACRO {with_own_variables(macro)}"
    for section in _SECTIONS
    for macro in section.MACROS
)
"""What a connection needs once; none of them reads a table or a file."""

_SCALARS = (text, bags, arithmetic, times, addresses, series, windows, geography)


def _arity(template: str) -> int:
    """How many arguments a template takes: its highest slot and one."""
    return next(count for count in range(9) if f"{{{count}}}" not in template)


def _filled(name: str, templates: Mapping[int, str], given: list[str]) -> str:
    template = templates.get(len(given))
    if template is None:
        raise ValueError(f"{name} takes {' or '.join(map(str, sorted(templates)))} arguments")
    return template.format(*given)


@dataclass(frozen=True)
class _Scalar(registry.FunctionSpec):
    """A function with a template for each number of arguments."""

    templates: Mapping[int, str] = field(default_factory=dict)

    def render(self, args: list[str]) -> str:
        return _filled(self.name, self.templates, args)


@dataclass(frozen=True)
class _Aggregate(registry.AggregateSpec):
    """An aggregate with a template for each number of arguments."""

    templates: Mapping[int, str] = field(default_factory=dict)

    def render(self, args: list[str]) -> str:
        return _filled(self.name, self.templates, args)


def _by_arity(templates: tuple[str, ...]) -> dict[int, str]:
    """Templates by their arity; one that ignores its last argument counts on from the one before."""
    found: dict[int, str] = {}
    for template in templates:
        arity = _arity(template)
        found[arity if arity not in found else max(found) + 1] = template
    return found


def _is_dynamic(node: ir.Expr) -> bool:
    """Whether an expression is known to be dynamic; the translator knows three functions only."""
    if isinstance(node, ir.Literal | ir.Parameter):
        return node.kind == "dynamic"
    return isinstance(node, ir.FunctionCall) and node.name.lower() in bags.DYNAMIC


KEEP_NAMES = naming.NAME_PRESERVING | {"toobject"}
"""Functions whose column has the name of their argument, though not its type."""


@dataclass(frozen=True, slots=True)
class KnownColumns:
    """Names of columns whose type is the same wherever a statement reads them."""

    plain: frozenset[str] = frozenset()  # never dynamic
    strings: frozenset[str] = frozenset()


_NOTHING_KNOWN = KnownColumns()
_KNOWN: ContextVar[KnownColumns] = ContextVar("known columns")


@contextmanager
def known_columns(known: KnownColumns) -> Iterator[None]:
    """While SQL is written, what is known of columns: the translator itself knows no types."""
    token = _KNOWN.set(known)
    try:
        yield
    finally:
        _KNOWN.reset(token)


def _may_be_dynamic(node: ir.Expr) -> bool:
    """Whether a column may turn out to be dynamic, for which SQL has to be written twice."""
    return isinstance(node, ir.ColumnRef) and node.name not in _KNOWN.get(_NOTHING_KNOWN).plain


_RENDER_TEXT = translate.render_kql_tostring


def _render_text(node: ir.Expr) -> str:
    """A value as text; what is text already is written once instead of in a branch for each type."""
    known = isinstance(node, ir.ColumnRef) and node.name in _KNOWN.get(_NOTHING_KNOWN).strings
    if known or translate._is_string_expr(node):
        return f"coalesce({render_expr(node)}, '')"
    return _RENDER_TEXT(node)


def is_known(name: str) -> bool:
    """Whether there is a function or aggregate of this name at all."""
    known = (registry.SCALAR_FUNCTIONS, registry.AGGREGATE_FUNCTIONS, translate._SPECIAL_FORMS)
    return any(name.lower() in names for names in known)


def _install() -> None:
    for section in _SCALARS:
        for name, templates in section.FUNCTIONS.items():
            registry.SCALAR_FUNCTIONS[name] = _Scalar(
                name, "template", "", templates=_by_arity(templates)
            )
            translate._SPECIAL_FORMS.pop(name, None)
    for name, templates in aggregates.AGGREGATES.items():
        registry.AGGREGATE_FUNCTIONS[name] = _Aggregate(
            name,
            "",
            name_prefix=aggregates.NAMES.get(
                name, name.removesuffix("_timespan").removesuffix("_dynamic")
            ),
            name_is_argument=name in aggregates.NAMED_AS_ARGUMENT,
            templates=_by_arity(templates),
        )
    translate._SPECIAL_FORMS |= forms.FORMS
    for operator, template in comparing.OPERATORS.items():
        spec = registry.BINARY_OPERATORS[operator]
        registry.BINARY_OPERATORS[operator] = registry.BinarySpec(
            operator, template, spec.rules, spec.note, spec.null_result
        )
    for form in translate._SPECIAL_FORMS:
        # Known to be there, for a `summarize` that uses one on what it aggregates.
        registry.SCALAR_FUNCTIONS.setdefault(form, _Scalar(form, "template", ""))
    translate._is_dynamic = _is_dynamic
    translate._may_be_dynamic = _may_be_dynamic
    translate.render_kql_tostring = _render_text
    translate.render_in_list = forms.render_in_list
    translate._render_term_operator = forms.render_operator


_install()
