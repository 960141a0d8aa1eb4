"""Several columns from one expression: `extend (a, b) = f(x)`, and functions that return several."""

from __future__ import annotations

from collections.abc import Sequence

from clawback.hunting.kql.functions.series import SEVERAL
from clawback.hunting.kql.literals import kql_name
from clawback.hunting.kql.pipelines import Tokens, is_mark, joined, named, operator_of, split_list
from clawback.hunting.kql.tokens import Kind, Token, made, matching
from clawback.hunting.kql.weaving import Weaver

_TYPES = {
    "rsquare": "todouble",
    "slope": "todouble",
    "variance": "todouble",
    "rvariance": "todouble",
}
_TYPES |= dict.fromkeys(("interception", "min", "max", "avg", "stdev"), "todouble")
_TYPES |= {"min_idx": "tolong", "max_idx": "tolong"}


def assigned_names(item: Sequence[Token]) -> list[str] | None:
    """The names that `(a, b) = …` gives; None where an item is not of that form."""
    if not item or not is_mark(item[0], "("):
        return None
    end = matching(item)[0]
    if end + 1 >= len(item) or not is_mark(item[end + 1], "="):
        return None
    return [part[0].text for part in split_list(item[1:end]) if part]


def is_special(segment: Sequence[Token]) -> bool:
    """Whether one item of an `extend` or `project` is several columns."""
    operator, width = operator_of(segment)
    return operator in ("extend", "project") and any(
        assigned_names(item) is not None or _function(item) in SEVERAL
        for item in split_list(segment[width:])
    )


def _function(item: Tokens) -> str:
    """The function whose value a named item is, whole."""
    if not item:
        return ""
    _, expression = named(item)
    called = len(expression) > 2 and is_mark(expression[1], "(")
    whole = called and matching(expression)[1] == len(expression) - 1
    return expression[0].text if whole else ""


def several_at_once(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """What the function returns is a list first, then each name one element of it."""
    operator, width = operator_of(segment)
    origin = segment[0]
    items: list[Tokens] = []
    temporary: list[str] = []
    before: Tokens = []
    for item in split_list(segment[width:]):
        names, endings, expression = _columns(item)
        if not names:
            items.append(item)
            continue
        whole = f"kql_list_{len(temporary)}"
        temporary.append(whole)
        before += [*weaver.written(f"| extend {whole} =", origin), *expression]
        for position, name in enumerate(names):
            ending = endings[position] if position < len(endings) else ""
            element = f"{_TYPES.get(ending, '')}({whole}[{position}])"
            items.append(weaver.written(f"{kql_name(name)} = {element}", item[0]))
    comma = made(",", origin, Kind.MARK, space="")
    run = [
        *source,
        *before,
        made("|", origin, Kind.MARK),
        made(operator, origin),
        *joined(items, comma),
    ]
    if operator == "extend":
        run += weaver.written("| project-away " + ", ".join(temporary), origin)
    return run


def _columns(item: Tokens) -> tuple[list[str], Sequence[str], Tokens]:
    """The names that an item gives, how the original's own names end, and the expression; else none."""
    names = assigned_names(item)
    if names is not None:
        expression = item[matching(item)[0] + 2 :]
        return names, SEVERAL.get(expression[0].text if expression else "", ()), expression
    function = _function(item)
    endings = SEVERAL.get(function, ())
    if not endings:
        return [], (), item
    name, expression = named(item)
    arguments = split_list(expression[2:-1])
    argument = arguments[0][0].text if arguments and len(arguments[0]) == 1 else ""
    defaults = [f"{function}_{argument}_{ending}" for ending in endings]
    return ([name.text, *defaults[1:]] if name else defaults), endings, expression
