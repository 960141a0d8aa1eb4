"""How the target of a wrapped link is read from the link itself; nothing is fetched.

An opener answers with the target as it stands there, one level of escapes taken off, or None if the
link carries none. What it answers is a link at least by its looks: it names a scheme of ours, starts
with two slashes, or is a host name; `javascript:`, `mailto:` and relative references are no target.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import unquote


class WrappedLink(NamedTuple):
    """The parts of a URL that a wrapper is read from; path (no leading slash) and query as written."""

    host: str
    path: str
    query: str


Opener = Callable[[WrappedLink], str | None]

_SEPARATOR = re.compile(r"&(?:amp;)*")
_SCHEME = re.compile(r"(?:https?|ftp):", re.IGNORECASE)
# The scheme, or the slashes after it, still escaped: `https%3A%2F%2F`, `https:%252F%252F`.
_ESCAPED = re.compile(r"(?:https?|ftp)(?:%(?:25)*3a|:%(?:25)*2f)", re.IGNORECASE)
_SLASHES = re.compile(r"[/\\]{2}[^/\\]")
_NAME = re.compile(
    r"(?:[^\s/?#@:.%]+\.)+(?!(?:html?|php\d?|aspx?|jspx?|js|css|txt|xml|pdf|png|jpe?g|gif)\b)"
    r"(?:[^\s/?#@:.%]{2,}|\d)(?::\d+)?(?:[/?#].*)?",
    re.DOTALL | re.IGNORECASE,
)
_USERINFO = re.compile(r"[^\s/?#]*@")
_MAX_LEVELS = 4


def param(*names: str) -> Opener:
    """Opens a link whose target stands in the first of these query parameters that holds a link."""

    def opener(link: WrappedLink) -> str | None:
        values = (value for name in names for value in _values(link, name))
        return next(filter(None, map(as_target, values)), None)

    return opener


def param_below(name: str, base: str) -> Opener:
    """Opens a link whose parameter holds a path of one site, or a whole link."""

    def opener(link: WrappedLink) -> str | None:
        for value in map(unquote, _values(link, name)):
            if value.startswith("/") and not _SLASHES.match(value):
                return base + value
            if target := as_target(value):
                return target
        return None

    return opener


def rest_of_query(name: str) -> Opener:
    """Opens a link whose target is the rest of the query after `name=`, if it stands unescaped."""
    start = re.compile(rf"(?:^|&(?:amp;)*){name}=(?=(?:https?|ftp):)", re.IGNORECASE)
    escaped = param(name)

    def opener(link: WrappedLink) -> str | None:
        match = start.search(link.query)
        rest = link.query[match.end() :] if match else ""
        return rest if rest and not _ESCAPED.match(rest) else escaped(link)

    return opener


def encoded(name: str, prefix: str = "") -> Opener:
    """Opens a link whose target stands in base64 in a query parameter, after a fixed prefix."""

    def opener(link: WrappedLink) -> str | None:
        values = [unquote(value) for value in _values(link, name)]
        texts = (decoded(v.removeprefix(prefix)) for v in values if v.startswith(prefix))
        return next(filter(None, (text and as_written(text) for text in texts)), None)

    return opener


def in_path(pattern: str) -> Opener:
    """Opens a link whose target is the first group of `pattern` in the path.

    A target that stands there unescaped and ends the path goes on in the query.
    """
    compiled = re.compile(pattern, re.IGNORECASE | re.DOTALL)

    def opener(link: WrappedLink) -> str | None:
        match = compiled.match(link.path)
        if match is None:
            return None
        goes_on = link.query and match.end() == len(link.path) and not _ESCAPED.match(match[1])
        return as_written(match[1] + (f"?{link.query}" if goes_on else ""))

    return opener


def in_link(pattern: str) -> Opener:
    """Opens a link whose target is the first group of `pattern` in path and query together."""
    compiled = re.compile(pattern, re.IGNORECASE | re.DOTALL)

    def opener(link: WrappedLink) -> str | None:
        match = compiled.match(whole(link))
        return as_written(match[1]) if match else None

    return opener


def query_is_target(link: WrappedLink) -> str | None:
    """The whole query, where it is a link."""
    return as_written(link.query)


def host_in_path(pattern: str, own: frozenset[str] = frozenset()) -> Opener:
    """Opens a link whose path holds, after `s/` for https, the target without its scheme.

    The first group of `pattern` is that `s/`, the second the target; its query follows, less the
    wrapper's `own` parameters.
    """
    compiled = re.compile(pattern, re.IGNORECASE | re.DOTALL)

    def opener(link: WrappedLink) -> str | None:
        match = compiled.match(link.path)
        if match is None:
            return None
        # Escapes in the name escape the whole target; later ones are the target's own.
        is_escaped = "%" in match[2].partition("/")[0]
        name = unquote(match[2]) if is_escaped else match[2]
        if not _NAME.fullmatch(_USERINFO.sub("", name, count=1) if "@" in name else name):
            return None
        query = without(link.query, lambda key: key in own)
        return f"http{'s' if match[1] else ''}://{name}" + (f"?{query}" if query else "")

    return opener


def as_target(value: str) -> str | None:
    """What an escaped value holds: unescaped once, and on as long as its scheme is escaped."""
    text = unquote(value)
    for _ in range(_MAX_LEVELS):
        if not _ESCAPED.match(text.strip(" +")):
            break
        text = unquote(text)
    return as_link(text)


def as_written(text: str) -> str | None:
    """What a value holds that may stand there with or without escapes around it."""
    return as_target(text) if _ESCAPED.match(text) else as_link(text)


def as_link(text: str) -> str | None:
    """The text, if it looks like a link; a plus sign before it is an escaped blank."""
    text = text.strip(" \t\r\n").lstrip(" +")
    is_link = _SCHEME.match(text) or _SLASHES.match(text) or _NAME.fullmatch(text)
    return text if is_link else None


def decoded(text: str) -> str | None:
    """The text of base64 in either alphabet, padded or not; None if it holds no UTF-8."""
    try:
        data = base64.b64decode(text.replace("-", "+").replace("_", "/") + "===", validate=False)
        return data.decode("utf-8")
    except (binascii.Error, ValueError):
        return None


def whole(link: WrappedLink) -> str:
    """Path and query as one text."""
    return link.path + (f"?{link.query}" if link.query else "")


def without(query: str, is_dropped: Callable[[str], bool]) -> str:
    """The query less empty pairs and those whose name is to be dropped."""
    pairs = _SEPARATOR.split(query)
    return "&".join(pair for pair in pairs if pair and not is_dropped(pair.partition("=")[0]))


def value_of(link: WrappedLink, name: str) -> str:
    """The first value of a query parameter, as written; "" if there is none."""
    return next(_values(link, name), "")


def _values(link: WrappedLink, name: str) -> Iterator[str]:
    for pair in _SEPARATOR.split(link.query):
        key, found, value = pair.partition("=")
        if found and unquote(key).lower().removeprefix("amp;") == name:
            yield value
