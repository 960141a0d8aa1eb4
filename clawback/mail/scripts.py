"""Pages that a script or a data: link hides as a string, read without running anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, unquote_to_bytes

from clawback.mail.script_pieces import whole, without_pieces
from clawback.mail.script_strings import (
    ATOB,
    UNESCAPE,
    from_base64,
    percent_decoded,
    strings_made,
)
from clawback.mail.script_tokens import js_unescaped, tokens_of

_MAX_SCRIPT_CHARS = 2_000_000
# Calls whose string is broken over lines, as when the page's own encoding was not undone.
_ESCAPED = re.compile(
    r"(?:unescape|decodeURI(?:Component)?)\s*\(\s*(?:'([^']*)'|\"([^\"]*)\"|`([^`]*)`)"
)
_ENCODED = re.compile(r"atob\s*\(\s*(?:'([^']*)'|\"([^\"]*)\"|`([^`]*)`)")
# A long string that is handed to unescape() or atob() in a way that can't be followed.
_STRING = re.compile(r"'([^'\\\n]{24,})'|\"([^\"\\\n]{24,})\"|`([^`]{24,})`")
_ENCODED_STRING = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_JS_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|u\{[0-9A-Fa-f]{1,6}\}|/)")
_GOES_ON = re.compile(
    r"[\s)]*(?:\+(?!\s*(?:['\"`][\s\"'<>#]|(?:\w+\.){0,3}location\.(?:hash|search)\b))|\.\s*concat\b|\}(?![\s\"'<>#`]))"
)
_DATA = re.compile(r"\s*data:([a-z0-9.+/-]*)((?:;[^,;]*)*),(.*)", re.IGNORECASE | re.DOTALL)


# A quote ends a string and so a link, though in other text it may be part of one.
_APART = str.maketrans({"<": " <", "'": "' ", "`": "` "})


@dataclass(frozen=True, slots=True)
class Page:
    """Text to be read as HTML, and the trick that alone revealed it, as in `UrlFact.opened_from`."""

    text: str
    opened_from: str | None = None


def pages_in_script(script: str) -> Iterator[Page]:
    """The script's own text and every string that it decodes or puts together."""
    script = script[:_MAX_SCRIPT_CHARS]
    has_strings = any(sign in script for sign in ("'", '"', "`", "fromChar"))
    tokens = tokens_of(script) if has_strings else ()
    plain = _in_clear(without_pieces(script, tokens))
    yield Page(f"<p>{plain.translate(_APART)}")
    if not has_strings:
        return
    made = (Page(one.text, one.trick) for one in strings_made(tokens) if _may_lead(one.text))
    links: dict[str | None, list[str]] = {}
    for page in dict.fromkeys((*made, *_long_strings(_in_clear(script)))):
        if "<" in page.text:
            yield page
        else:  # no page of its own: all of one trick are read together
            links.setdefault(page.opened_from, []).append(page.text)
    yield from (Page("<p>" + "\n".join(texts), mark) for mark, texts in links.items())


def _in_clear(script: str) -> str:
    return _JS_ESCAPE.sub(lambda match: js_unescaped(match[0]), script)


def pages_in_data(link: str) -> Iterator[str]:
    """The page of a `data:` link of a textual type."""
    match = _DATA.match(link)
    if match is None or not re.match(r"(?:text/|image/svg|application/x?html|$)", match[1], re.I):
        return
    if "base64" in match[2].lower():
        if (page := from_base64(unquote(match[3]))) is not None:
            yield page
    else:
        yield unquote_to_bytes(match[3]).decode("utf-8", "replace")


def _may_lead(text: str) -> bool:
    """Whether a string can hold a link or another string: most that scripts make can't."""
    lower = text[:100_000].lower()
    return any(mark in lower for mark in ("//", ":\\", "www.", "href", "action", "<script", "atob"))


def _long_strings(script: str) -> Iterator[Page]:
    if "unescape" not in script and "decodeURI" not in script and "atob" not in script:
        return
    for match in _ESCAPED.finditer(script):
        yield Page(_read(match, percent_decoded(_group(match))), UNESCAPE)
    for match in _ENCODED.finditer(script):
        if (page := from_base64(_group(match))) is not None:
            yield Page(_read(match, page), ATOB)
    for match in _STRING.finditer(script):
        text = _group(match)
        if text.count("%") * 6 > len(text):
            yield Page(_read(match, percent_decoded(text)), UNESCAPE)
        elif _ENCODED_STRING.fullmatch(text) and (page := from_base64(text)) is not None:
            yield Page(_read(match, page), ATOB)


def _read(match: re.Match[str], decoded: str) -> str:
    """What a call or string was decoded to, without a link that the script goes on with."""
    return whole(decoded) if _GOES_ON.match(match.string, match.end()) else decoded


def _group(match: re.Match[str]) -> str:
    return match[1] or match[2] or match[3] or ""
