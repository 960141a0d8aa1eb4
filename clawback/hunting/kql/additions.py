"""Our functions in the translator's own registries, put there once when this is imported.

duckdb-kql 1.1.2 keeps its functions, aggregates and operators as data: tables from a name to a template
of SQL. The version is pinned, and a test fails where these tables are no longer what they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from duckdb_kql import KqlUnsupportedError, ir, translate
from duckdb_kql.translate import functions as registry
from duckdb_kql.translate import naming, render_expr

from clawback.hunting.kql import terms
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
from clawback.hunting.kql.resolving import nodes

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


def _folded(name: str, template: str) -> Callable[[ir.FunctionCall], str]:
    """A function of two or more arguments, applied from left to right."""

    def render(node: ir.FunctionCall) -> str:
        if len(node.args) < 2:
            raise KqlUnsupportedError(
                f"function:{name}", hint=f"{name} takes two arguments or more"
            )
        sql = render_expr(node.args[0])
        for argument in node.args[1:]:
            sql = template.format(sql, render_expr(argument))
        return sql

    return render


def _any_of(name: str, template: str) -> Callable[[ir.FunctionCall], str]:
    """A function of a value and others, each an argument or all in one array: true where one holds."""

    def render(node: ir.FunctionCall) -> str:
        if len(node.args) < 2:
            raise KqlUnsupportedError(
                f"function:{name}", hint=f"{name} takes two arguments or more"
            )
        value, *others = (render_expr(argument) for argument in node.args)
        tests = [
            f"list_bool_or(list_transform(kql_texts({other}), lambda t: {template.format(value, 't')}))"
            for other in others
        ]
        return f"coalesce({' OR '.join(tests)}, false)"

    return render


def _has_type(node: object) -> bool:
    """Whether DuckDB knows the type when it picks a macro's form: not yet of aggregates and windows."""
    return not any(
        isinstance(inner, ir.RenderedAggregate)
        or (isinstance(inner, ir.FunctionCall) and inner.name in windows.FUNCTIONS)
        for inner in nodes(node)
    )


def _is_span(node: ir.Expr) -> bool:
    """Whether a value that is put into bins of a timespan is one itself, as far as its form tells."""
    if isinstance(node, ir.BinaryOp) and node.op == "-":
        return not translate._is_timespan_expr(node.right)
    return bool(translate._is_timespan_expr(node))


def _bin(node: ir.FunctionCall) -> str:
    """`bin` and `floor`: the translator's own counts weeks from a Thursday, and takes spans for times."""
    if len(node.args) != 2:
        raise KqlUnsupportedError(
            f"function:{node.name}", hint=f"{node.name} takes a value and a size"
        )
    value, size = node.args
    spans = translate._is_timespan_expr(size)
    if isinstance(size, ir.Literal) and not spans:
        return str(translate.render_bin(node))
    if _has_type(node):
        template = times.BIN
    elif not spans:
        return str(translate.render_bin(node))
    else:
        template = times.BIN_SPAN if _is_span(value) else times.BIN_TIME
    return template.format(render_expr(value), render_expr(size))


def _abs(node: ir.FunctionCall) -> str | None:
    """`abs`, of a timespan too."""
    if len(node.args) != 1 or not _has_type(node):
        return None
    return arithmetic.ABS.format(render_expr(node.args[0]))


terms.install()
_OTHER_OPERATOR = translate._render_term_operator


def _render_operator(node: ir.BinaryOp, sqls: Sequence[str]) -> str | None:
    """Division and modulo by what their operands are; other operators as they were."""
    template = arithmetic.OPERATORS.get(node.op)
    if template is None or not _has_type(node):
        return _OTHER_OPERATOR(node, sqls)
    return template.format(*sqls)


def _bin_at(node: ir.FunctionCall) -> str:
    """`bin_at`, over times where the size is a timespan and over numbers otherwise."""
    if len(node.args) != 3:
        raise KqlUnsupportedError(
            "function:bin_at", hint="bin_at takes a value, a size and a fixed point"
        )
    spans = translate._is_timespan_expr(node.args[1])
    template = times.BIN_AT_TIME if spans else times.BIN_AT_NUMBER
    return template.format(*(render_expr(argument) for argument in node.args))


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
    for form, template in bags.FOLDED.items():
        translate._SPECIAL_FORMS[form] = _folded(form, template)
    for form, template in addresses.ANY_OF.items():
        translate._SPECIAL_FORMS[form] = _any_of(form, template)
    translate._SPECIAL_FORMS |= {
        "bin": _bin,
        "floor": _bin,
        "bin_at": _bin_at,
        "abs": _abs,
    }
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
    translate._render_term_operator = _render_operator


_install()
