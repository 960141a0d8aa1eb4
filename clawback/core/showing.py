"""Hostile text made safe for people: forms, artifacts, console and terminal all show it by this module.

Characters that some renderer could act on are replaced by their full-width twins, not escaped:
an escape that is right for Markdown is noise in a terminal and wrong in rich markup, while a twin
reads the same and is inert everywhere.
"""

from __future__ import annotations

import re
import unicodedata

from models.indicators import Indicator, IndicatorKind, UrlMatch

TEXT_LIMIT = 120
HOST_LIMIT = 80
PATH_LIMIT = 40
WHOLE_LIMIT = 2_000

_FULL_WIDTH = 0xFEE0
"""Distance from an ASCII character to its full-width twin in Unicode."""

# Links, images, HTML, entities, code, tables, emphasis, templates, mathematics, mail addresses.
_ACTIVE = {ord(char): chr(ord(char) + _FULL_WIDTH) for char in "[]<>&`|\\*~#{}$@"}

# Letters and symbols without ink, which Unicode does not count as format characters.
_BLANKS = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_HIDDEN = "\ufffd"
_MARKS_IN_A_ROW = 2

_SCHEMES = {"http": "hxxp", "https": "hxxps", "ftp": "fxp"}
_SCHEME = re.compile(r"(?i)([a-z][a-z0-9+.-]*)://")
_WWW = re.compile(r"(?i)(?<![a-z0-9])(www)\.(?=\w)")
_LOOSE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_LEADING_BLOCK = re.compile(r"^([-+=]|\d+[.)])")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_EMOJI_CODE = re.compile(r":(?=[A-Za-z_+-][\w+-]*:)")
_URL = re.compile(
    r"(?s)(?:(https?|ftp)://)?(?:[^/?#@]*@)?"
    r"((?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?)(?=[/?#]|\Z)([^?#]*)(.*)"
)


def inert(text: str, limit: int = TEXT_LIMIT) -> str:
    """Hostile text on one line of at most `limit` characters that no renderer acts on.

    Safe as inline text in Markdown, in a Markdown table cell, in HTML, in rich markup and in a
    terminal. Hidden characters (controls, bidi, zero width) are shown as U+FFFD, so that a reader
    sees that something was there.
    """
    seen = _visible(text[: 8 * limit])
    seen = _SCHEME.sub(lambda found: _defanged_scheme(found[1]), seen)
    seen = _WWW.sub(r"\1．", seen.translate(_ACTIVE))
    seen = _EMOJI_CODE.sub("：", seen)
    seen = _LOOSE_UNDERSCORE.sub("＿", seen)
    seen = _LEADING_BLOCK.sub(lambda found: _widened(found[1]), seen)
    return shortened(seen, limit)


def plain(text: str, limit: int = TEXT_LIMIT) -> str:
    """Hostile text on one line of at most `limit` characters, for what shows text and no markup.

    Such as a text node of a page or a cell of a grid: nothing is replaced by twins, but hidden
    characters (controls, bidi, zero width) are shown as U+FFFD as `inert` does.
    """
    return shortened(_visible(text[: 8 * limit]), limit)


def shortened(text: str, limit: int) -> str:
    """The text, or its start and end around an ellipsis, in at most `limit` characters."""
    if len(text) <= limit:
        return text
    tail = limit // 4
    return f"{text[: limit - tail - 1]}…{text[len(text) - tail :]}"


def show_indicator(indicator: Indicator, *, whole: bool = False) -> str:
    """The one way an indicator is shown: a short hash, or a defanged URL with a shortened path.

    With `whole`, all of the hash, or the URL up to 2,000 characters; still defanged and inert.
    """
    if indicator.kind is not IndicatorKind.URL:
        return _show_hash(indicator.value, whole=whole)
    shown = show_url(indicator.value, whole=whole)
    return f"{shown} (any query)" if indicator.match is UrlMatch.PATH else shown


def show_url(url: str, *, whole: bool = False) -> str:
    """A URL defanged: `hxxps://host[.]tld/path`, host kept to its end, path and query shortened.

    A user name in front of the host, the oldest trick to show another host first, is left out. Text
    that is no http, https or ftp URL, nor one without its scheme, is shown as `inert` does.
    """
    parts = _URL.fullmatch(url[: 4 * WHOLE_LIMIT])
    if parts is None:
        return inert(url, WHOLE_LIMIT if whole else TEXT_LIMIT)
    scheme, host, path, rest = parts.groups()
    start = f"{_SCHEMES[scheme]}://" if scheme else ""
    if whole:
        return f"{start}{_show_host(host, WHOLE_LIMIT)}{inert(path + rest, WHOLE_LIMIT)}"
    query = f"{inert(rest[:1])}…" if len(rest) > 1 else inert(rest)
    return f"{start}{_show_host(host, HOST_LIMIT)}{inert(path, PATH_LIMIT)}{query}"


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 message", "10,001 messages"; nouns that take a plain s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _show_hash(value: str, *, whole: bool) -> str:
    if not _SHA256.fullmatch(value):
        return inert(value)
    return value if whole else f"{value[:4]}…{value[-4:]}"


def _show_host(host: str, limit: int) -> str:
    kept = host if len(host) <= limit else f"…{host[1 - limit :]}"
    return re.sub(r"(?<=\w)\.(?=\w)", "[.]", inert(kept, limit).replace("．", "."))


def _defanged_scheme(scheme: str) -> str:
    return f"{_SCHEMES.get(scheme.lower(), scheme)}:∕∕"


def _widened(start: str) -> str:
    return start[:-1] + chr(ord(start[-1]) + _FULL_WIDTH)


def _visible(text: str) -> str:
    """The text with white space folded, hidden characters marked and piles of accents cut."""
    kept: list[str] = []
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if char.isspace():
            char = " "
        elif category in _HIDDEN_CATEGORIES or char in _BLANKS or _is_selector(char):
            char = _HIDDEN
        if marks > _MARKS_IN_A_ROW or (char in (" ", _HIDDEN) and kept and kept[-1] == char):
            continue
        kept.append(char)
    return "".join(kept).strip()


def _is_selector(char: str) -> bool:
    # Variation selectors can carry hidden bytes behind any character.
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
