"""Functions and operators whose SQL depends on more than the places of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from duckdb_kql import KqlUnsupportedError, ir, translate
from duckdb_kql.translate import render_expr

from clawback.hunting.kql import terms
from clawback.hunting.kql.functions import addresses, arithmetic, bags, times, windows
from clawback.hunting.kql.resolving import nodes

Form = Callable[[ir.FunctionCall], str | None]


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


def _replace(node: ir.FunctionCall) -> str | None:
    """The older `replace(pattern, rewrite, text)`, whose text comes last."""
    if len(node.args) != 3:
        return None
    pattern, rewrite, text_ = node.args
    return render_expr(replace(node, name="replace_regex", args=(text_, pattern, rewrite)))


def _make_string(node: ir.FunctionCall) -> str:
    """`make_string`, of code points and arrays of them."""
    parts = (f"kql_from_codepoints(kql_listed({render_expr(one)}))" for one in node.args)
    return f"concat('', {', '.join(parts)})"


_DATETIME_DIFF = translate._SPECIAL_FORMS["datetime_diff"]


def _datetime_diff(node: ir.FunctionCall) -> str | None:
    """`datetime_diff`, whose weeks begin on Sunday: a day later it is a Monday, where DuckDB's begin."""
    sql = _DATETIME_DIFF(node)
    part = node.args[0]
    if not isinstance(part, ir.Literal) or str(part.value).lower() not in ("week", "weeks"):
        return sql
    later, sooner = (
        f"date_trunc('week', {render_expr(one)} + INTERVAL 1 DAY)" for one in node.args[1:]
    )
    return f"date_diff('week', {sooner}, {later})"


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


def render_operator(node: ir.BinaryOp, sqls: Sequence[str]) -> str | None:
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


_IN_LIST = translate.render_in_list


def render_in_list(node: ir.InList) -> str:
    """`x in (column)`, where the column may turn out to be an array; other lists as they were."""
    columns = len(node.items) == 1 and isinstance(node.items[0], ir.ColumnRef)
    if node.subquery is not None or not columns:
        return str(_IN_LIST(node))
    value, column = render_expr(node.value), render_expr(node.items[0])
    if node.case_insensitive:
        value, column = f"lower(CAST({value} AS VARCHAR))", f"kql_lower({column})"
    return f"{'NOT ' if node.negated else ''}kql_in({value}, {column})"


FORMS: dict[str, Form] = {
    **{name: _folded(name, template) for name, template in bags.FOLDED.items()},
    **{name: _any_of(name, template) for name, template in addresses.ANY_OF.items()},
    "abs": _abs,
    "bin": _bin,
    "bin_at": _bin_at,
    "datetime_diff": _datetime_diff,
    "floor": _bin,
    "make_string": _make_string,
    "replace": _replace,
}
"""By name; one that answers None leaves a call to the template of the function."""
