"""Tokens of the query language: text is rewritten on these, so strings and comments stay untouched.

Every token knows where it stood in the text that the user wrote, and one that a rewrite made takes the
place of what it stands for: an error in rewritten text can always be shown where the user typed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from clawback.errors import BadQuery


class Kind(StrEnum):
    """What a token is."""

    NAME = "name"  # identifier or keyword; may begin with a digit, as columns may
    NUMBER = "number"  # also a timespan such as 1.5h
    STRING = "string"
    MARK = "mark"  # operator or bracket


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `text` as written, `space` what stood before it, `start` and `end` in the original."""

    kind: Kind
    text: str
    space: str
    start: int
    end: int


_STRING = (
    r"[hH]?(?:```.*?```|~~~.*?~~~|@'(?:[^']|'')*'|@\"(?:[^\"]|\"\")*\""
    r"|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")"
)
_NUMBER = (
    r"(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w])|\d+(?:\.\d+)?[a-z]+(?![\w])"
)
_SPACE = re.compile(r"(?:\s|//[^\n]*)*")
_TOKEN = re.compile(
    rf"(?P<string>{_STRING})|(?P<number>{_NUMBER})|(?P<name>\$?\w+)"
    r"|(?P<mark>==|=~|!~|!=|<=|>=|<>|<\||=>|\.\.|\S)",
    re.DOTALL,
)
OPENING = {"(": ")", "[": "]", "{": "}"}
CLOSING = frozenset(OPENING.values())


def read_tokens(text: str) -> list[Token]:
    """The tokens of `text`; raises `BadQuery` at a string that is not closed."""
    tokens: list[Token] = []
    at = 0
    while True:
        space = _SPACE.match(text, at)
        begin = space.end() if space else at
        found = _TOKEN.match(text, begin)
        if found is None:
            return tokens
        kind = Kind(found.lastgroup or "mark")
        if kind is Kind.MARK and found.group() in "'\"":
            raise bad_query(text, begin, 1, "this string is not closed: close it on the same line")
        tokens.append(Token(kind, found.group(), text[at:begin], begin, found.end()))
        at = found.end()


class Written:
    """The text of some tokens with what stood between them, and whose text is at each place."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        parts: list[str] = []
        self._starts: list[int] = []
        self._tokens = tokens
        at = 0
        for token in tokens:
            space = token.space or _between(parts[-1] if parts else "", token)
            self._starts.append(at + len(space))
            parts += (space, token.text)
            at += len(space) + len(token.text)
        self.text = "".join(parts)

    def token_at(self, line: int, column: int) -> Token | None:
        """The token at a place of the text; `line` counts from 1, `column` from 0."""
        lines = self.text.split("\n")
        offset = sum(len(one) + 1 for one in lines[: line - 1]) + column
        index = bisect_right(self._starts, offset) - 1
        return self._tokens[max(index, 0)] if self._tokens else None


def _between(before: str, token: Token) -> str:
    """A space where two tokens would else be read as one: words, and edges of a graph (`]-`, `-[`)."""
    last = before[-1:]
    words = token.kind is not Kind.MARK and (last.isalnum() or last == "_")
    edges = (last == "]" and token.text == "-") or (last == "-" and token.text == "[")
    return " " if words or edges else ""


def matching(tokens: Sequence[Token]) -> dict[int, int]:
    """For each opening bracket the index of its closing one; raises `BadQuery` where one lacks."""
    pairs: dict[int, int] = {}
    waiting: list[int] = []
    for index, token in enumerate(tokens):
        if token.kind is not Kind.MARK:
            continue
        if token.text in OPENING:
            waiting.append(index)
        elif token.text in CLOSING:
            if not waiting or OPENING[tokens[waiting[-1]].text] != token.text:
                raise misplaced(token, f"{token.text} closes nothing: remove it or open it before")
            pairs[waiting.pop()] = index
    if waiting:
        token = tokens[waiting[-1]]
        raise misplaced(token, f"{token.text} is never closed: add {OPENING[token.text]}")
    return pairs


class _Misplaced(BadQuery):
    """A fault at a token, before the text's lines are known."""

    def __init__(self, text: str, token: Token, operator: str) -> None:
        super().__init__(text, operator=operator)
        self.token = token


def misplaced(token: Token, text: str, *, operator: str = "") -> BadQuery:
    """A fault at `token`; `located` gives it its line and column."""
    return _Misplaced(text, token, operator)


def located(fault: BadQuery, text: str) -> BadQuery:
    """`fault` with its line and column in `text`, what the user wrote."""
    if not isinstance(fault, _Misplaced):
        return fault
    token = fault.token
    return bad_query(
        text, token.start, token.end - token.start, fault.text, operator=fault.operator
    )


def bad_query(text: str, offset: int, length: int, what: str, *, operator: str = "") -> BadQuery:
    """A fault `offset` characters into `text`, as line and column."""
    before = text[:offset]
    line = before.count("\n") + 1
    column = offset - (before.rfind("\n") + 1) + 1
    return BadQuery(what, line=line, column=column, length=max(length, 1), operator=operator)


def made(text: str, origin: Token, kind: Kind = Kind.NAME, *, space: str = " ") -> Token:
    """A token that a rewrite puts where `origin` stood."""
    return replace(origin, text=text, kind=kind, space=space)


def made_from(text: str, origin: Token) -> list[Token]:
    """The tokens of `text`, all put where `origin` stood."""
    return [
        replace(token, start=origin.start, end=origin.end, space=token.space or "")
        for token in read_tokens(" " + text)
    ]
