"""`$filter`: comparisons and functions over properties, joined by and, or, not and parentheses.

"Use the $filter query parameter" (graph/filter-query-parameter). Text compares without case, as
Exchange compares it (no page says so); dates are ISO 8601 without quotes.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from clawback.lab.graph.refusals import bad_filter, bad_query

Reader = Callable[[Any], object]
Predicate = Callable[[Any], bool]

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<punctuation>[(),])|(?P<word>[^\s(),']+))")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_FUNCTIONS: Mapping[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": operator.contains,
}
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?")


class Filter:
    """One parsed filter: call it with an item. `properties` are those it names, in order."""

    def __init__(self, text: str, readers: Mapping[str, Reader], known: frozenset[str]) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._readers = readers
        self._known = known
        self.properties: list[str] = []
        self.equals: dict[str, object] = {}
        self._matches = self._either()
        if self._at < len(self._tokens):
            raise bad_query(f"Syntax error at '{self._tokens[self._at]}' in '{text}'.")
        if len(self.properties) > 1:
            self.equals = {}

    def __call__(self, item: object) -> bool:
        return self._matches(item)

    def _either(self) -> Predicate:
        left = self._both()
        while self._take("or"):
            left = _or(left, self._both())
        return left

    def _both(self) -> Predicate:
        left = self._one()
        while self._take("and"):
            left = _and(left, self._one())
        return left

    def _one(self) -> Predicate:
        if self._take("not"):
            inner = self._one()
            return lambda item: not inner(item)
        if self._take("("):
            inner = self._either()
            self._expect(")")
            return inner
        word = self._next()
        if word.lower() in _FUNCTIONS:
            return self._function(word.lower())
        return self._comparison(word)

    def _function(self, name: str) -> Predicate:
        self._expect("(")
        read = self._property(self._next())
        self._expect(",")
        wanted, test = _value(self._next()), _FUNCTIONS[name]
        self._expect(")")
        if not isinstance(wanted, str):
            raise bad_filter(f"{name} compares text.")
        return lambda item: isinstance(found := read(item), str) and test(found.lower(), wanted)

    def _comparison(self, name: str) -> Predicate:
        read = self._property(name)
        symbol = self._next().lower()
        if symbol not in _COMPARE:
            raise bad_query(f"Syntax error: '{symbol}' is no operator.")
        wanted, test = _value(self._next()), _COMPARE[symbol]
        if symbol == "eq":
            self.equals[name] = wanted

        def matches(item: object) -> bool:
            found = read(item)
            found = found.lower() if isinstance(found, str) else found
            if (
                found is None
                or wanted is None
                or isinstance(found, bool) != isinstance(wanted, bool)
            ):
                return symbol == "ne" if found is not wanted else symbol == "eq"
            return test(found, wanted)

        return matches

    def _property(self, name: str) -> Reader:
        self.properties.append(name)
        reader = self._readers.get(name)
        if reader is None:
            if name.split("/")[0] in self._known:
                raise bad_filter(f"The property '{name}' cannot be filtered by.")
            raise bad_query(f"Could not find a property named '{name}'.")
        return reader

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise bad_query("Syntax error: the filter ends too early.")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at].lower() == word:
            self._at += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise bad_query(f"Syntax error: '{word}' is missing.")


def _or(left: Predicate, right: Predicate) -> Predicate:
    return lambda item: left(item) or right(item)


def _and(left: Predicate, right: Predicate) -> Predicate:
    return lambda item: left(item) and right(item)


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise bad_query(f"Syntax error at position {at} in '{text}'.")
        found.append(match.group().strip())
        at = match.end()
    if not found:
        raise bad_query("The filter is empty.")
    return found


def _value(token: str) -> object:
    """Text in lower case, a truth, nothing, or a time as Graph writes it (which sorts as text)."""
    if token.startswith("'"):
        return token[1:-1].replace("''", "'").lower()
    match token.lower():
        case "true":
            return True
        case "false":
            return False
        case "null":
            return None
    if _DATE.fullmatch(token):
        return token.lower()
    raise bad_query(f"'{token}' is no value.")
