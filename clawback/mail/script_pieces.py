"""Strings of a script that are only the beginning of a link, and so lead nowhere by themselves.

`'https://evil-' + name` is no link to `evil-`. A link counts as whole where what is added can change
neither its host nor its path: from a `#` on, and behind the `=` of a query.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from clawback.mail.script_tokens import NOTHING, Token, template_parts

_ENDS = re.compile(r"[\s\"<>`\x00-\x20]")
_STARTS = re.compile(
    r"(?:https?|ftp):[/\\]+|(?<![:/\\\w])[/\\]{2}(?=[\w.-])|(?<![\w.-])www\.", re.IGNORECASE
)
_ENDING = re.compile(r"[\s\"'<>`#)]")  # what begins so goes on behind the link
_MOST_JOINED = 64  # tokens of a list
_MOST_OWNERS = 3  # as in `window.document.location`
_MOST_CHARS = 8_192  # of a link that is looked for at a text's end
_MADE_BY_BROWSER = ("hash", "search")  # of `location`: they begin with "#" and "?"


def whole(text: str) -> str:
    """The text without the link that it ends in, if that may go on in its host or path."""
    turned = _ENDS.search(text[: -_MOST_CHARS - 1 : -1])
    behind = len(text) - turned.start() if turned else max(0, len(text) - _MOST_CHARS)
    start = _STARTS.search(text, behind)
    if start is None:
        return text
    link = text[start.start() :]
    if "#" in link or ("?" in link and link.endswith("=")):
        return text
    return text[: start.start()]


def without_pieces(script: str, tokens: Sequence[Token]) -> str:
    """The script with the beginnings of links taken out of its strings."""
    if "//" not in script and "www." not in script and "\\" not in script:
        return script
    pieces: list[str] = []
    at = 0
    for token, is_open in _strings(tokens):
        text = _template(token, is_open=is_open) if token.kind == "template" else whole(token.value)
        if token.kind == "template" or (is_open and text != token.value):
            pieces += (script[at : token.start], text)
            at = token.end
    return "".join((*pieces, script[at:])) if pieces else script


def _template(token: Token, *, is_open: bool) -> str:
    return " ".join(
        whole(text) if (is_open if put_in is None else not is_of_location(put_in)) else text
        for text, put_in in template_parts(token.value)
    )


def is_of_location(expression: str) -> bool:
    """Whether it is `location.hash` or the like, which goes on behind a link's path."""
    return expression.strip().rpartition("location.")[2] in _MADE_BY_BROWSER


def _strings(tokens: Sequence[Token]) -> Iterator[tuple[Token, bool]]:
    """Every string, and whether something may be added to its end."""
    joined = _joined(tokens)
    growing = growing_names(tokens)
    for at, token in enumerate(tokens):
        if token.kind in ("text", "template"):
            is_open = at in joined or _is_added_to(tokens, at)
            yield token, is_open or _named(tokens, at) in growing


def _is_added_to(tokens: Sequence[Token], at: int) -> bool:
    behind = at + 1
    if _kind(tokens, behind) == ")" and _kind(tokens, at - 1) == "(":
        behind += _kind(tokens, at - 2) not in ("name", ")", "]")
    if _kind(tokens, behind) == "." and _token(tokens, behind + 1).value == "concat":
        behind += 2
    elif _kind(tokens, behind) not in ("+", "+="):
        return False
    added = _token(tokens, behind + 1)
    if added.kind in ("text", "template"):
        return not _ENDING.match(added.value)
    return not names_location(tokens, behind + 1)


def names_location(tokens: Sequence[Token], at: int) -> bool:
    """Whether `location.hash` or the like begins there."""
    for _ in range(_MOST_OWNERS):
        if _token(tokens, at).value in ("window", "self", "document", "top"):
            at += 2
    return (
        _token(tokens, at).value == "location"
        and _token(tokens, at + 2).value in _MADE_BY_BROWSER
        and _kind(tokens, at + 3) != "."
    )


def _named(tokens: Sequence[Token], at: int) -> str:
    """The variable or property that a string is the value of; "" for none."""
    if at > 1 and tokens[at - 1].kind in ("=", ":") and tokens[at - 2].kind == "name":
        return tokens[at - 2].value
    return ""


def growing_names(tokens: Sequence[Token]) -> set[str]:
    """Names whose string is used for nothing before something is added to it."""
    plain, added, grown = set[str](), set[str](), set[str]()
    for at, token in enumerate(tokens):
        if token.kind == "template":
            for name, behind in _put_in(token.value):
                (plain if behind == "" or _ENDING.match(behind) else added).add(name)
        elif token.kind == "name" and _kind(tokens, at + 1) not in ("=", ":"):
            name = token.value
            if not _is_added_to(tokens, at):
                plain.add(name)
            elif _kind(tokens, at + 1) == "+=" and name not in plain:
                grown.add(name)
            else:
                added.add(name)
    return grown | (added - plain)


def _put_in(template: str) -> Iterator[tuple[str, str]]:
    name: str | None = None
    for text, put_in in template_parts(template):
        if name is not None:
            yield name, text or ("x" if put_in is not None else "")
        name = put_in.strip() if put_in is not None else None
    if name is not None:
        yield name, ""


def _joined(tokens: Sequence[Token]) -> set[int]:
    """Where strings stand in a list that is joined without a gap."""
    found: set[int] = set()
    opened: list[int] = []
    for at, token in enumerate(tokens):
        if token.kind == "[":
            opened.append(at)
        elif token.kind == "]" and opened:
            start = opened.pop()
            if at - start <= _MOST_JOINED and _is_joined(tokens, at + 1):
                found.update(range(start + 1, at - 1))
    return found


def _is_joined(tokens: Sequence[Token], at: int) -> bool:
    if _kind(tokens, at) != ".":
        return False
    if _token(tokens, at + 1).value == "reverse":
        return True
    is_join = _token(tokens, at + 1).value == "join"
    return is_join and _token(tokens, at + 3)[:2] == ("text", "")


def _token(tokens: Sequence[Token], at: int) -> Token:
    return tokens[at] if 0 <= at < len(tokens) else NOTHING


def _kind(tokens: Sequence[Token], at: int) -> str:
    return _token(tokens, at).kind
