"""A script's words, as far as its strings need them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

MAX_TOKENS = 200_000

_TOKEN = re.compile(
    # A string without its end ends with the line: looking for the end again and again is slow.
    r"'((?:[^'\\\n]|\\.)*)'?|\"((?:[^\"\\\n]|\\.)*)\"?|`((?:[^`\\]|\\.)*)`?"
    r"|/\*(?:[^*]|\*(?!/))*\*/|//[^\n]*|([A-Za-z_$][\w$]*)|(0[xX][0-9A-Fa-f]+|\d+)|(\+=|[+=()\[\],.;])|(\S)",
    re.DOTALL,
)
_JS_ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|([0-7]{1,3})|(.))", re.DOTALL
)
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "\n": ""}
# What a template puts in; one that holds braces itself is not followed, and is unknown.
_PUT_IN = re.compile(r"((?:[^\\$]++|\\.|\$(?!\{))*+)(?:\$\{([^{}]*)\}?|$)", re.DOTALL)


class Token(NamedTuple):
    """`kind` is "text", "template", "name", "number" or the sign itself; a template's value is raw.

    `start` and `end` are where the value stands in the script, without its quotes.
    """

    kind: str
    value: str
    start: int = 0
    end: int = 0


NOTHING = Token("", "")


def tokens_of(script: str) -> list[Token]:
    """The first `MAX_TOKENS` words of the script, without its comments."""
    return list(islice(_tokens(script), MAX_TOKENS))


def js_unescaped(text: str) -> str:
    """A literal's content with its escapes undone."""
    return _JS_ESCAPE.sub(_unescaped, text) if "\\" in text else text


def template_parts(raw: str) -> Iterator[tuple[str, str | None]]:
    """Each text of a template and the expression put in behind it; None behind the last."""
    at = 0
    while at < len(raw):
        match = _PUT_IN.match(raw, at)
        if match is None:
            return
        yield js_unescaped(match[1]), match[2]
        at = max(match.end(), at + 1)


def _unescaped(match: re.Match[str]) -> str:
    if digits := match[1] or match[2] or match[3]:
        code = int(digits, 16)
        return chr(code) if code < 0x110000 else "\ufffd"
    if match[4]:
        return chr(int(match[4], 8))
    return _CONTROLS.get(match[5], match[5])


def _tokens(script: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(script):
        number = match.lastindex
        if number is None:  # a comment
            continue
        value = match[number]
        if number == 3 and "${" in value:
            yield Token("template", value, *match.span(3))
        elif number <= 3:
            yield Token("text", js_unescaped(value), *match.span(number))
        elif number == 4:
            yield Token("name", value)
        elif number == 5:
            yield Token("number", value)
        else:
            yield Token(value, value)
