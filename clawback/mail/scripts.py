"""Pages that a script or a data: link hides as a string, read without running anything."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote, unquote_to_bytes

_MAX_SCRIPT_CHARS = 2_000_000
_ESCAPED = re.compile(
    r"(?:unescape|decodeURI(?:Component)?)\s*\(\s*(?:'([^']*)'|\"([^\"]*)\"|`([^`]*)`)"
)
_ENCODED = re.compile(r"atob\s*\(\s*(?:'([^']*)'|\"([^\"]*)\"|`([^`]*)`)")
# A long string that is handed to unescape() or atob() through a variable.
_STRING = re.compile(r"'([^'\\\n]{24,})'|\"([^\"\\\n]{24,})\"|`([^`]{24,})`")
_ENCODED_STRING = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_DATA = re.compile(r"\s*data:([a-z0-9.+/-]*)((?:;[^,;]*)*),(.*)", re.IGNORECASE | re.DOTALL)
_UNICODE = re.compile(r"%u([0-9A-Fa-f]{4})")
_JS_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|(/))")


def pages_in_script(script: str) -> Iterator[str]:
    """The script's own text and every string that it decodes, each to be read as HTML."""
    script = script[:_MAX_SCRIPT_CHARS]
    plain = _JS_ESCAPE.sub(_unescaped, script) if "\\" in script else script
    yield f"<p>{plain.replace('<', ' <')}"
    if plain != script or "'" in plain or '"' in plain:
        yield from _decoded_strings(plain)


def pages_in_data(link: str) -> Iterator[str]:
    """The page of a `data:` link of a textual type."""
    match = _DATA.match(link)
    if match is None or not re.match(r"(?:text/|image/svg|application/x?html|$)", match[1], re.I):
        return
    if "base64" in match[2].lower():
        if (page := _from_base64(unquote(match[3]))) is not None:
            yield page
    else:
        yield unquote_to_bytes(match[3]).decode("utf-8", "replace")


def _decoded_strings(script: str) -> Iterator[str]:
    for match in _ESCAPED.finditer(script):
        yield _percent_decoded(_group(match))
    for match in _ENCODED.finditer(script):
        if (page := _from_base64(_group(match))) is not None:
            yield page
    if "unescape" not in script and "decodeURI" not in script and "atob" not in script:
        return
    for match in _STRING.finditer(script):
        text = _group(match)
        if text.count("%") * 6 > len(text):
            yield _percent_decoded(text)
        elif _ENCODED_STRING.fullmatch(text) and (page := _from_base64(text)) is not None:
            yield page


def _group(match: re.Match[str]) -> str:
    return match[1] or match[2] or match[3] or ""


def _percent_decoded(text: str) -> str:
    return unquote(_UNICODE.sub(lambda match: chr(int(match[1], 16)), text), errors="replace")


def _from_base64(text: str) -> str | None:
    try:
        compact = re.sub(r"\s", "", text).replace("-", "+").replace("_", "/").rstrip("=")
        return base64.b64decode(compact + "=" * (-len(compact) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None


def _unescaped(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3]
    if digits is None:
        return "/"
    code = int(digits, 16)
    return chr(code) if code < 0x110000 else "\ufffd"
