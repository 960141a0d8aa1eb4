"""Functions that a query defines with `let`, put in place of their calls.

The translator knows scalar functions with parameters; those stay. What returns a table, takes one, has no
parameters or reads a table inside is written out where it is called, as the language defines it: a
function is a macro, its parameters and its own lets are values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from clawback.hunting.kql.bounds import check_grown
from clawback.hunting.kql.pipelines import (
    Tokens,
    bracketed,
    is_mark,
    is_name,
    split_level,
    split_list,
    statements,
)
from clawback.hunting.kql.tokens import Kind, Token, made, matching, misplaced

_SCALARS_THAT_READ_TABLES = ("toscalar",)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; a tabular one takes what is piped into `invoke`, or a table."""

    name: str
    tabular: bool
    default: Tokens | None


@dataclass(frozen=True, slots=True)
class UserFunction:
    """A function as it was written; `lets` are its own, by name in order."""

    name: str
    parameters: tuple[Parameter, ...]
    lets: Mapping[str, Tokens]
    result: Tokens
    statement: Tokens = field(default_factory=list)


def read_function(statement: Sequence[Token]) -> UserFunction | None:
    """The function that `let name = (…) {…}` defines; None for any other let."""
    at = 3
    if at < len(statement) and is_name(statement[at], "view"):
        at += 1
    if len(statement) <= at + 2 or not is_mark(statement[at], "("):
        return None
    pairs = matching(statement)
    body_at = pairs[at] + 1
    if body_at >= len(statement) or not is_mark(statement[body_at], "{"):
        return None
    lets: dict[str, Tokens] = {}
    result: Tokens | None = None
    for part in statements(bracketed(statement, body_at)):
        if is_name(part[0], "let") and len(part) > 3:
            lets[part[1].text] = list(part[3:])
        else:
            result = part
    if result is None:
        raise misplaced(
            statement[1], f"the function {statement[1].text} has no result: end it in an expression"
        )
    parameters = tuple(_parameter(item) for item in split_list(bracketed(statement, at)))
    return UserFunction(statement[1].text, parameters, lets, result, list(statement))


def _parameter(item: Tokens) -> Parameter:
    head, *default = split_level(item, "=")
    tabular = len(head) > 2 and is_mark(head[2], "(")
    return Parameter(head[0].text, tabular, default[0] if default else None)


class Functions:
    """The functions in scope; `is_table` tells of an expression whether it is one."""

    def __init__(self, is_table: Callable[[Sequence[Token]], bool]) -> None:
        self._written_out: dict[str, UserFunction] = {}
        self._is_table = is_table
        self._tabular: set[str] = set()

    def define(self, function: UserFunction) -> bool:
        """Take `function`; False where the translator can be left to call it.

        Raises `BadQuery` at one that calls itself, on whatever way.
        """
        tabular = bool(any(one.tabular for one in function.parameters)) or self._is_table(
            function.result
        )
        reads = any(
            is_name(token, *_SCALARS_THAT_READ_TABLES, *self._written_out)
            for token in function.statement
        )
        if function.parameters and not tabular and not reads:
            return False
        if tabular:
            self._tabular.add(function.name)
        self._written_out[function.name] = function
        self._check_no_circle(function)
        return True

    def _check_no_circle(self, function: UserFunction) -> None:
        reached: set[str] = set()
        waiting = [function]
        while waiting:
            for name in self._called_by(waiting.pop()) - reached:
                reached.add(name)
                waiting.append(self._written_out[name])
        if function.name in reached:
            raise misplaced(
                function.statement[1],
                f"the function {function.name} calls itself: it would never end",
            )

    def _called_by(self, function: UserFunction) -> set[str]:
        parts = [*function.lets.values(), function.result]
        own = {parameter.name for parameter in function.parameters} | set(function.lets)
        return {
            token.text
            for part in parts
            for index, token in enumerate(part)
            if token.text not in own and self._is_call(part, index, token)
        }

    def is_tabular(self, name: str) -> bool:
        """Whether a call of `name` is a table."""
        return name in self._tabular

    def write_out(self, tokens: Sequence[Token]) -> Tokens:
        """`tokens` with every call, and every bare name of a function without parameters, written out."""
        run = list(tokens)
        while True:
            at = next(
                (i for i, token in enumerate(run) if self._is_call(run, i, token)),
                None,
            )
            if at is None:
                return run
            run = self._replaced(run, at)
            check_grown(run)

    def _is_call(self, run: Tokens, index: int, token: Token) -> bool:
        if token.kind is not Kind.NAME or token.text not in self._written_out:
            return False
        if index and (is_mark(run[index - 1], ".") or is_name(run[index - 1], "invoke")):
            return False
        called = index + 1 < len(run) and is_mark(run[index + 1], "(")
        assigned = index + 1 < len(run) and is_mark(run[index + 1], "=")
        return called or not (assigned or self._written_out[token.text].parameters)

    def _replaced(self, run: Tokens, at: int) -> Tokens:
        function = self._written_out[run[at].text]
        if at + 1 < len(run) and is_mark(run[at + 1], "("):
            end = matching(run)[at + 1]
            arguments = split_list(run[at + 2 : end])
        else:
            end, arguments = at, []
        body = self.body(function, arguments, run[at])
        return [*run[:at], *_enclosed(body, run[at]), *run[end + 1 :]]

    def body(self, function: UserFunction, arguments: Sequence[Tokens], origin: Token) -> Tokens:
        """The function's result with `arguments` for its parameters, as written out once."""
        values = _bound(function, arguments, origin)
        for name, value in function.lets.items():
            values[name] = _substituted(value, values)
        return _substituted(function.result, values)

    def invoked(self, tokens: Sequence[Token], source: Token) -> Tokens:
        """What `invoke f(…)` is, with the name `source` for the table that is piped in."""
        name = tokens[0]
        function = self._written_out.get(name.text)
        if function is None or not function.parameters or not function.parameters[0].tabular:
            raise misplaced(
                name, f"{name.text} is no function that takes a table: define it with let"
            )
        arguments = split_list(bracketed(tokens, 1)) if len(tokens) > 1 else []
        return self.write_out(self.body(function, [[source], *arguments], name))


def _bound(function: UserFunction, arguments: Sequence[Tokens], origin: Token) -> dict[str, Tokens]:
    if len(arguments) > len(function.parameters):
        raise misplaced(origin, f"{function.name} takes {len(function.parameters)} arguments")
    values: dict[str, Tokens] = {}
    for index, parameter in enumerate(function.parameters):
        value = arguments[index] if index < len(arguments) else parameter.default
        if value is None:
            raise misplaced(origin, f"{function.name} needs a value for {parameter.name}")
        values[parameter.name] = value
    return values


def _substituted(tokens: Sequence[Token], values: Mapping[str, Tokens]) -> Tokens:
    run: Tokens = []
    for index, token in enumerate(tokens):
        value = values.get(token.text) if token.kind is Kind.NAME else None
        after_dot = index > 0 and is_mark(tokens[index - 1], ".")
        names_a_column = index + 1 < len(tokens) and is_mark(tokens[index + 1], "=")
        if value is None or after_dot or names_a_column:
            run.append(token)
        elif len(value) == 1:
            run.append(made(value[0].text, value[0], value[0].kind, space=token.space))
        else:
            run.extend(_enclosed(value, token))
    if run:
        check_grown(run)
    return run


def _enclosed(tokens: Sequence[Token], origin: Token) -> Tokens:
    return [
        made("(", origin, Kind.MARK, space=origin.space),
        *tokens,
        made(")", origin, Kind.MARK, space=""),
    ]
