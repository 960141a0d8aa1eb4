"""`$filter` of OData, as far as the properties of analyzed emails can be asked for.

Comparisons with eq, ne, gt, ge, lt, le and in, the functions contains, startswith and endswith, joined by
and, or, not and parentheses. What is not understood is refused with its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, NoReturn

from clawback.api.graph.values import ENUMERATED, PLAIN, comparison
from clawback.errors import BadInput
from models.analyzed_emails import AllOf, AnyOf, Condition, EmailField, Negation, Operator

CHARACTERS = 8_000
_DEPTH = 30
_TERMS = 200

_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([A-Za-z_@$][\w/.@$]*)|([-+\d][\w:.+-]*)|([(),]))")
_FIELDS = {field.value.lower(): field for field in EmailField}
_FUNCTIONS = {one.value: one for one in (Operator.CONTAINS, Operator.STARTS, Operator.ENDS)}
_COMPARISONS = {one.value: one for one in Operator if one.value not in _FUNCTIONS}


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


def read_filter(text: str) -> Condition:
    """The condition. Raises `BadInput` that names the place, counted from 1."""
    if len(text) > CHARACTERS:
        raise BadInput(f"$filter has at most {CHARACTERS:,} characters")
    return _Reading(text).whole()


class _Reading:
    """A descent through the tokens of one filter."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0
        self._terms = 0

    def whole(self) -> Condition:
        found = self._any()
        if self._token.kind != "end":
            self._refuse("and, or, or the end")
        return found

    @property
    def _token(self) -> _Token:
        return self._tokens[self._at]

    def _any(self) -> Condition:
        return self._joined("or", self._all, AnyOf)

    def _all(self) -> Condition:
        return self._joined("and", self._negated, AllOf)

    def _joined(
        self,
        word: str,
        part: Callable[[], Condition],
        made: Callable[[tuple[Condition, ...]], Condition],
    ) -> Condition:
        parts = [part()]
        while self._takes(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else made(tuple(parts))

    def _negated(self) -> Condition:
        self._depth += 1
        if self._depth > _DEPTH:
            raise BadInput("$filter is nested too deep")
        found = Negation(self._negated()) if self._takes("not") else self._term()
        self._depth -= 1
        return found

    def _term(self) -> Condition:
        self._terms += 1
        if self._terms > _TERMS:
            raise BadInput(f"$filter has at most {_TERMS} conditions")
        if self._takes("("):
            found = self._any()
            self._expect(")")
            return found
        function = _FUNCTIONS.get(self._token.text.lower())
        return self._called(function) if function else self._compared()

    def _called(self, function: Operator) -> Condition:
        self._at += 1
        self._expect("(")
        field = self._field()
        if field in ENUMERATED or field not in PLAIN:
            raise BadInput(f"$filter: {function.value} takes a text, which {field.value} is not")
        self._expect(",")
        found = self._value(field, function)
        self._expect(")")
        return found

    def _compared(self) -> Condition:
        field = self._field()
        if self._takes("in"):
            self._expect("(")
            parts = [self._value(field, Operator.EQUAL)]
            while self._takes(","):
                parts.append(self._value(field, Operator.EQUAL))
            self._expect(")")
            return AnyOf(tuple(parts))
        operator = _COMPARISONS.get(self._token.text.lower())
        if operator is None:
            self._refuse("eq, ne, gt, ge, lt, le or in")
        self._at += 1
        return self._value(field, operator)

    def _field(self) -> EmailField:
        field = _FIELDS.get(self._token.text.lower())
        if field is None:
            self._refuse("a property that can be filtered by")
        self._at += 1
        return field

    def _value(self, field: EmailField, operator: Operator) -> Condition:
        self._terms += 1
        token = self._token
        if self._terms > _TERMS:
            raise BadInput(f"$filter has at most {_TERMS} conditions")
        if token.kind not in ("text", "bare", "word"):
            self._refuse("a value")
        self._at += 1
        return comparison(field, operator, token.text, is_text=token.kind == "text")

    def _takes(self, text: str) -> bool:
        if self._token.kind == "text" or self._token.text.lower() != text:
            return False
        self._at += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._takes(text):
            self._refuse(text)

    def _refuse(self, wanted: str) -> NoReturn:
        raise BadInput(f"$filter, character {self._token.at + 1}: here should be {wanted}")


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadInput(f"$filter, character {at + 1}: this cannot be read")
        quoted, word, bare, sign = match.groups()
        start = match.end() - len(match[0].lstrip())
        if quoted is not None:
            found.append(_Token("text", quoted[1:-1].replace("''", "'"), start))
        else:
            kind = "word" if word else "bare" if bare else "sign"
            found.append(_Token(kind, word or bare or sign, start))
        at = match.end()
    return [*found, _Token("end", "", end)]
