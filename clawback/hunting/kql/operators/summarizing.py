"""`summarize`, where the translator needs the types of what is added up, or one item is several columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clawback.hunting.kql.functions.aggregates import BY_TYPE
from clawback.hunting.kql.literals import kql_name
from clawback.hunting.kql.operators.tuples import assigned_names
from clawback.hunting.kql.pipelines import (
    Tokens,
    calls,
    is_mark,
    is_name,
    joined,
    named,
    operator_of,
    split_list,
)
from clawback.hunting.kql.tokens import Kind, Token, made, misplaced
from clawback.hunting.kql.weaving import Relation, Weaver
from models.hunting import KqlType

_FORMS = {KqlType.TIMESPAN: "_timespan", KqlType.DYNAMIC: "_dynamic"}
_EXTREMES = ("arg_max", "arg_min")


def is_special(segment: Sequence[Token]) -> bool:
    """Whether a `summarize` needs the columns or is more than the translator knows."""
    if operator_of(segment)[0] != "summarize":
        return False
    listed = next(iter(_lists(segment)))
    return any(is_name(token, *BY_TYPE, "percentiles") for token in segment) or any(
        assigned_names(item) is not None or _is_any_of_several(item) for item in split_list(listed)
    )


def summarize(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """The operator in forms that the translator knows."""
    listed, by = _lists(segment)
    items: list[Tokens] = []
    renames: list[str] = []
    origin = segment[0]
    for item in split_list(listed):
        if _is_any_of_several(item):
            relation = weaver.relation(source)
            source = [made(relation.name, origin)]
            items += _any_of(weaver, relation, item, by)
        else:
            items += _items(weaver, item, renames)
    comma = made(",", origin, Kind.MARK, space="")
    run = [made("summarize", origin), *joined(items, comma), *by]
    if any(is_name(token, *BY_TYPE) for token in run):
        relation = weaver.relation(source)
        run = _typed(weaver, relation.name, run)
        source = [made(relation.name, origin)]
    rest = weaver.written("| project-rename " + ", ".join(renames), origin) if renames else []
    return [*source, made("|", origin, Kind.MARK), *run, *rest]


def _is_any_of_several(item: Tokens) -> bool:
    """Whether an item is `take_any(*)` or `take_any(a, b)`."""
    if len(item) < 4 or not is_name(item[0], "take_any") or not is_mark(item[1], "("):
        return False
    arguments = split_list(item[2:-1])
    return len(arguments) > 1 or is_mark(item[2], "*")


def _any_of(
    weaver: Weaver, relation: Relation, item: Tokens, by: Sequence[Token]
) -> Iterator[Tokens]:
    """A column for each that is meant, under its own name."""
    keys = {token.text for token in by}
    every = [name for name in relation.names if name not in keys]
    listed = [one[0].text for one in split_list(item[2:-1])]
    for name in every if listed == ["*"] else listed:
        yield weaver.written(f"{kql_name(name)} = take_any({kql_name(name)})", item[0])


def _lists(segment: Sequence[Token]) -> tuple[Tokens, Tokens]:
    """What is aggregated, and `by …` with what it is grouped by."""
    depth = 0
    for index, token in enumerate(segment):
        depth += (
            is_mark(token, "(") + is_mark(token, "[") - is_mark(token, ")") - is_mark(token, "]")
        )
        if depth == 0 and index and is_name(token, "by"):
            return list(segment[1:index]), list(segment[index:])
    return list(segment[1:]), []


def _items(weaver: Weaver, item: Tokens, renames: list[str]) -> list[Tokens]:
    names = assigned_names(item)
    name, expression = named(item)
    if names is not None:
        expression = item[next(i for i, t in enumerate(item) if is_mark(t, "=")) + 1 :]
    function = expression[0].text if len(expression) > 1 and is_mark(expression[1], "(") else ""
    arguments = split_list(expression[2:-1]) if function else []
    if function == "percentiles":
        return _percentiles(
            weaver, arguments, names or ([name.text] if name else []), expression[0]
        )
    if names is None:
        return [item]
    if function in _EXTREMES and all(len(one) == 1 for one in arguments):
        pairs = zip(names, arguments, strict=False)
        renames += [
            f"{kql_name(new)} = {kql_name(old[0].text)}" for new, old in pairs if new != old[0].text
        ]
        return [expression]
    if len(names) == 1:
        return [[*weaver.written(f"{kql_name(names[0])} =", item[0]), *expression]]
    raise misplaced(item[0], f"{function or 'this'} gives one column: name it without brackets")


def _percentiles(
    weaver: Weaver, arguments: list[Tokens], names: Sequence[str], origin: Token
) -> list[Tokens]:
    """`percentiles(x, 50, 95)`: a column for each."""
    if len(arguments) < 2:
        raise misplaced(origin, "percentiles takes a column and at least one percentile")
    value = arguments[0]
    base = value[0].text if len(value) == 1 else ""
    items = []
    for index, argument in enumerate(arguments[1:]):
        number = "".join(token.text for token in argument)
        default = f"percentile_{base}_{number.replace('.', '_')}"
        name = names[index] if index < len(names) else default
        comma, close = made(",", origin, Kind.MARK), made(")", origin, Kind.MARK)
        opening = weaver.written(f"{kql_name(name)} = percentile(", origin)
        items.append([*opening, *value, comma, *argument, close])
    return items


def _typed(weaver: Weaver, relation: str, run: Tokens) -> Tokens:
    """Sums and means of timespans and dynamics under the names of those."""
    found = [(at, split_list(run[at + 2 : end])) for at, end in calls(run, *BY_TYPE)]
    arguments = [arguments[0] for _, arguments in found if arguments]
    if len(arguments) != len(found):
        raise misplaced(run[found[0][0]], f"{run[found[0][0]].text} needs a column")
    wanted: Tokens = [*weaver.written(f"{relation} | project", run[0])]
    for index, argument in enumerate(arguments):
        comma = [made(",", run[0], Kind.MARK)] if index else []
        wanted += [*comma, *weaver.written(f"kql_value_{index} =", run[0]), *argument]
    columns = weaver.columns_of(weaver.sql_of(wanted))
    for (at, _), column in zip(found, columns, strict=True):
        form = _FORMS.get(column.type, "")
        if column.type is KqlType.DATETIME and run[at].text.startswith("avg"):
            form = "_timespan"
        run[at] = made(run[at].text + form, run[at], space=run[at].space)
    return run
