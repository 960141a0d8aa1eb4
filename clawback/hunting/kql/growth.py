"""How long a query becomes once every name stands for what it was bound to, without writing it out.

A value that uses the one before it twice doubles with every line, and so does a function that uses its
argument twice when it is called on itself. The translator would write all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clawback.hunting.kql.bounds import MAX_GROWN_TOKENS
from clawback.hunting.kql.pipelines import is_mark, split_list
from clawback.hunting.kql.tokens import Kind, Token, matching, misplaced
from clawback.hunting.kql.user_functions import UserFunction


@dataclass(frozen=True, slots=True)
class _Size:
    """The words of a name's value; for a function also how often it uses each parameter."""

    words: int
    uses: tuple[int, ...] = ()


class Growth:
    """The sizes of what is bound so far."""

    def __init__(self) -> None:
        self._sizes: dict[str, _Size] = {}

    def bind(self, name: Token, value: Sequence[Token]) -> None:
        """Take a value; raises `BadQuery` where it grows too long."""
        self._sizes[name.text] = _Size(self.check(value))

    def define(self, name: Token, function: UserFunction) -> None:
        """Take a function; raises `BadQuery` where it grows too long."""
        body = [*(token for value in function.lets.values() for token in value), *function.result]
        local = Growth()
        local._sizes = dict(self._sizes)
        for let, value in function.lets.items():
            local._sizes[let] = _Size(local.check(value))
        uses = tuple(self._uses(parameter.name, function) for parameter in function.parameters)
        self._sizes[name.text] = _Size(max(local.check(function.result), len(body)), uses)

    def _uses(self, parameter: str, function: UserFunction) -> int:
        """How often a parameter's value is written, by way of the function's own lets too."""
        counts = {parameter: 1}
        for let, value in function.lets.items():
            counts[let] = sum(counts.get(token.text, 0) for token in value)
        return sum(counts.get(token.text, 0) for token in function.result)

    def check(self, tokens: Sequence[Token]) -> int:
        """The size of `tokens` written out; raises `BadQuery` where that is too long."""
        size = self._size(tokens)
        if size > MAX_GROWN_TOKENS and tokens:
            raise misplaced(
                tokens[0],
                "this grows too long: names and functions in it use others again and again",
            )
        return size

    def _size(self, tokens: Sequence[Token]) -> int:
        total, index = 0, 0
        while index < len(tokens):
            token = tokens[index]
            known = self._sizes.get(token.text) if token.kind is Kind.NAME else None
            total += known.words if known else 1
            called = index + 1 < len(tokens) and is_mark(tokens[index + 1], "(")
            if known and known.uses and called:
                end = matching(tokens)[index + 1]
                arguments = split_list(tokens[index + 2 : end])
                for argument, uses in zip(arguments, known.uses, strict=False):
                    total += max(uses, 1) * self._size(argument)
                index = end
            if total > MAX_GROWN_TOKENS:
                return total
            index += 1
        return total
