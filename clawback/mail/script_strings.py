"""Strings that a script puts together, worked out without running it.

Known are literals, variables that hold a string, `+`, `+=`, `join`, `concat`, `reverse`, `replace` of
one text by another, templates, `String.fromCharCode`, `unescape`, `decodeURI(Component)` and `atob`.
Everything else is unknown, and ends the string: nothing is called, looped over or guessed.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from clawback.mail.script_pieces import growing_names, is_of_location, names_location, whole
from clawback.mail.script_tokens import NOTHING, Token, template_parts, tokens_of

UNESCAPE, ATOB, CONCATENATION = "script:unescape", "script:atob", "script:concatenation"

MAX_CHARS = 2_000_000  # of all strings together
MAX_STEPS = 200_000  # operands looked at, some of them again and again: half a second
_MOST_NESTED = 24

_UNICODE = re.compile(r"%u([0-9A-Fa-f]{4})")
_GAP = "\0"  # stands in a string for what is unknown
_DECODERS = ("unescape", "decodeURIComponent", "decodeURI", "atob", "btoa")


@dataclass(frozen=True, slots=True)
class Made:
    """A string and the trick that made it: None for a literal as it stands there."""

    text: str
    trick: str | None = None


def strings_made(tokens: Sequence[Token]) -> Iterator[Made]:
    """Every string that a script makes of others or decodes, in its order."""
    yield from _Reader(tokens).made()


def percent_decoded(text: str) -> str:
    """What `unescape` makes of a text, and `decodeURIComponent` of one in UTF-8."""
    return unquote(_UNICODE.sub(lambda match: chr(int(match[1], 16)), text), errors="replace")


def from_base64(text: str) -> str | None:
    """What `atob` makes of a text, as UTF-8; None if it is no Base64."""
    try:
        compact = re.sub(r"\s", "", text).replace("-", "+").replace("_", "/").rstrip("=")
        return base64.b64decode(compact + "=" * (-len(compact) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None


def _with_gap(text: str) -> str:
    return text if text.endswith(_GAP) else text + _GAP


def _readable(made: Made, *, is_piece: bool = False) -> Made:
    """The string without what is only the beginning of a link; `is_piece` says that it goes on."""
    if not is_piece and _GAP not in made.text:
        return made
    *pieces, last = made.text.split(_GAP)
    texts = (*map(whole, pieces), whole(last) if is_piece else last)
    return Made(" ".join(texts), made.trick)


@dataclass(slots=True)
class _Reader:
    tokens: Sequence[Token]
    at: int = 0
    chars: int = 0
    nested: int = 0
    steps: int = 0
    known: dict[str, Made] = field(default_factory=dict)

    def made(self) -> Iterator[Made]:
        growing: dict[str, Made] = {}
        pieces = growing_names(self.tokens)
        while self.at < len(self.tokens) and self.chars < MAX_CHARS and self.steps < MAX_STEPS:
            start = self.at
            target = self._target()
            value = self._sum()
            if value is None:
                # What lies inside the unknown may still be known: go on behind its first token.
                self.at = start + 1
                if target and target[1] and target[0] in self.known:
                    self._grow_unknown(target[0], growing)
                continue
            if target:
                name, is_added = target
                before = self.known.get(name) if is_added else None
                value = self._joined([value] if before is None else [before, value])
                self.known[name] = value
                if is_added:  # the beginning of a link is another link: wait for the whole
                    growing[name] = value
                    continue
            if value.trick:
                yield _readable(value, is_piece=target is not None and target[0] in pieces)
        yield from (_readable(value) for value in growing.values() if value.trick)

    def _grow_unknown(self, name: str, growing: dict[str, Made]) -> None:
        known = self.known[name]
        self.known[name] = self._new(_with_gap(known.text), known.trick)
        if name in growing:
            growing[name] = self.known[name]

    def _target(self) -> tuple[str, bool] | None:
        """The variable that a string is put into here, and whether it is added to it."""
        name, sign = self._peek(), self._peek(1)
        if name.kind == "name" and sign.kind in ("=", "+=") and self._peek(2).kind != "=":
            self.at += 2
            return name.value, sign.kind == "+="
        return None

    def _peek(self, ahead: int = 0) -> Token:
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else NOTHING

    def _take(self, kind: str, value: str | None = None) -> bool:
        token = self._peek()
        if token.kind == kind and (value is None or token.value == value):
            self.at += 1
            return True
        return False

    def _sum(self) -> Made | None:
        if self.nested >= _MOST_NESTED:
            return None
        self.nested += 1
        try:
            value = self._operand()
            parts = [] if value is None else [value]
            while parts and self._peek().kind == "+":
                before = self.at
                self.at += 1
                more = self._operand()
                if more is None or self._peek().kind in (".", "[", "("):
                    self.at = before
                    made = self._joined(parts)
                    if names_location(self.tokens, before + 1):
                        return made
                    return self._new(_with_gap(made.text), made.trick)
                parts.append(more)
            return self._joined(parts) if parts else None
        finally:
            self.nested -= 1

    def _joined(self, parts: list[Made]) -> Made:
        if len(parts) == 1:
            return parts[0]
        trick = next((part.trick for part in reversed(parts) if part.trick), CONCATENATION)
        return self._new("".join(part.text for part in parts), trick)

    def _new(self, text: str, trick: str | None) -> Made:
        left = MAX_CHARS - self.chars
        self.chars += len(text)
        return Made(text[: max(left, 0)], trick)

    def _operand(self) -> Made | None:
        self.steps += 1
        value = self._plain()
        while value is not None and self._peek().kind == "." and self._peek(1).kind == "name":
            before = self.at
            changed = self._changed(value)
            if changed is None:
                self.at = before
                return value
            value = changed
        return value

    def _plain(self) -> Made | None:
        token = self._peek()
        if token.kind == "text":
            self.at += 1
            return Made(token.value)
        if token.kind == "template":
            self.at += 1
            return self._filled(token.value)
        if self._take("("):
            value = self._sum()
            return value if value is not None and self._take(")") else None
        if self._take("["):
            return self._list()
        if token.kind != "name":
            return None
        self.at += 1
        if token.value in ("window", "self", "document", "globalThis") and self._take("."):
            return self._plain()
        if token.value == "String" and self._take(".") and self._take("name", "fromCharCode"):
            return self._characters()
        if token.value in _DECODERS:
            return self._decoded(token.value)
        return self.known.get(token.value)

    def _filled(self, template: str) -> Made:
        """A template with what is known put in, and a gap for what is not."""
        pieces: list[str] = []
        trick = CONCATENATION
        for text, put_in in template_parts(template):
            pieces.append(text)
            if put_in is None or is_of_location(put_in):
                continue
            value = self._inner(put_in)
            pieces.append(_GAP if value is None else value.text)
            trick = value.trick or trick if value else trick
        return self._new("".join(pieces), trick)

    def _inner(self, expression: str) -> Made | None:
        """What an expression in a template makes, if all of it is known."""
        if self.nested >= _MOST_NESTED:
            return None
        inner = _Reader(tokens_of(expression), nested=self.nested + 1, known=self.known)
        inner.chars, inner.steps = self.chars, self.steps
        value = inner._sum()
        self.chars, self.steps = inner.chars, inner.steps
        return value if inner.at == len(inner.tokens) else None

    def _list(self) -> Made | None:
        """The strings of a list, if it is joined at once."""
        parts: list[str] = []
        while (part := self._sum()) is not None:
            parts.append(part.text)
            if not self._take(","):
                break
        if not (self._take("]") and self._take(".")):
            return None
        is_reversed = self._take("name", "reverse")
        if is_reversed and not (self._take("(") and self._take(")") and self._take(".")):
            return None
        if not self._take("name", "join"):
            return None
        between = self._argument()
        if between is None:
            return None
        return self._new(between.join(parts[::-1] if is_reversed else parts), CONCATENATION)

    def _argument(self) -> str | None:
        """The one string between parentheses."""
        if not self._take("("):
            return None
        value = self._sum()
        return value.text if value is not None and self._take(")") else None

    def _characters(self) -> Made | None:
        if not self._take("("):
            return None
        codes: list[int] = []
        while self._peek().kind == "number":
            codes.append(int(self._peek().value, 0) if "x" in self._peek().value.lower() else 0)
            codes[-1] = codes[-1] or int(self._peek().value.lstrip("0") or "0")
            self.at += 1
            if not self._take(","):
                break
        if not self._take(")"):
            return None
        return self._new("".join(chr(code % 0x10000) for code in codes), CONCATENATION)

    def _decoded(self, decoder: str) -> Made | None:
        text = self._argument()
        if text is None or decoder == "btoa":
            return None
        if decoder == "atob":
            decoded = from_base64(text)
            return None if decoded is None else self._new(decoded, ATOB)
        return self._new(percent_decoded(text), UNESCAPE)

    def _changed(self, value: Made) -> Made | None:
        """What a method of the string makes of it; None for those that are not known."""
        method = self._peek(1).value
        self.at += 2
        trick = value.trick or CONCATENATION
        match method:
            case "toString" | "trim" | "valueOf":
                return value if self._take("(") and self._take(")") else None
            case "concat":
                more = self._argument()
                return None if more is None else self._new(value.text + more, trick)
            case "replace" | "replaceAll":
                return self._replaced(value, trick, is_all=method == "replaceAll")
            case "split":
                return self._split(value, trick)
            case _:
                return None

    def _replaced(self, value: Made, trick: str, *, is_all: bool) -> Made | None:
        if not (self._take("(") and (old := self._sum()) is not None and self._take(",")):
            return None
        new = self._sum()
        if new is None or not self._take(")") or not old.text:
            return None
        if value.text.count(old.text) * len(new.text) > MAX_CHARS:
            return None
        return self._new(value.text.replace(old.text, new.text, -1 if is_all else 1), trick)

    def _split(self, value: Made, trick: str) -> Made | None:
        """`split(x).join(y)`, with a `reverse()` between them or not."""
        by = self._argument()
        if by is None or not self._take("."):
            return None
        parts = value.text.split(by) if by else list(value.text)
        if self._take("name", "reverse"):
            parts.reverse()
            if not (self._take("(") and self._take(")") and self._take(".")):
                return None
        if not self._take("name", "join"):
            return None
        between = self._argument()
        if between is None or len(between) * len(parts) > MAX_CHARS:
            return None
        return self._new(between.join(parts), trick)
