"""Messages spelled as no parser of the tree expects, and as mail programs read them all the same.

RFC 5322 (4.5) lets a blank stand before a header's colon, RFC 2045 (5.1) comments in a
Content-Type. Old systems end lines with a bare CR, and senders of junk encode a whole multipart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_HEAD_BYTES = 16_384
_BLANK = re.compile(rb"\r\r|\n\r?\n")
_HIDDEN_LINE = re.compile(rb"\r[A-Za-z][\w-]{0,60}[ \t]*:")
_SPACED = re.compile(rb"^(content-[a-z-]{2,30}|mime-version)[ \t]+:", re.IGNORECASE | re.MULTILINE)
# Looked for in every mail: without regard to case, or for fewer letters, it takes several times as long.
_SEEN_SPACED = re.compile(rb"\n[CcMm][OoIi][NnMm][TtEe][A-Za-z-]{1,40}[ \t]+:")
_QUOTED_OR_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*")|\((?:[^()\\]|\\.)*\)')
_MOST_NESTED_COMMENTS = 5
_MOST_TYPE_CHARS = 4_096
_BOUNDARY = re.compile(r"boundary(?:\*0)?(\*)?\s*=\s*(?:\"([^\"\r\n]*)|([^\s;\"]+))", re.IGNORECASE)
# A line that parts begin with: what follows it is the header of one.
_DELIMITER = re.compile(rb"^--([^\s][^\r\n]{0,69}?)[ \t]*\r?\ncontent-[a-z-]{2,30}:", re.I | re.M)
MULTIPART = "multipart"


def usual_spelling(raw: bytes) -> bytes:
    """The message with line ends that are LF or CRLF, and no blank before a colon that matters.

    The same object where nothing is unusual, which is nearly always.
    """
    if _HIDDEN_LINE.search(raw, 0, _HEAD_BYTES) and _HIDDEN_LINE.search(_head(raw)):
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if (_SEEN_SPACED.search(raw) and _SPACED.search(raw)) or _SPACED.match(raw):
        raw = _without_blanks(raw)
    return raw


def _head(raw: bytes) -> bytes:
    ends = (raw.find(blank, 0, _HEAD_BYTES) for blank in (b"\n\r\n", b"\n\n"))
    end = min((end for end in ends if end >= 0), default=_HEAD_BYTES)
    return _BLANK.split(raw[:end], 1)[0]


def _without_blanks(raw: bytes) -> bytes:
    """The message with `Content-Type :` as `Content-Type:` in its headers, and nowhere else."""
    lines = raw.split(b"\n")
    in_head, holds_message = True, False
    for at, line in enumerate(lines):
        if line.startswith(b"--"):
            in_head, holds_message = True, False
        elif not line.strip():
            in_head, holds_message = in_head and holds_message, False
        elif in_head:
            lines[at] = _SPACED.sub(rb"\1:", line)
            holds_message = holds_message or b"message/rfc822" in line.lower()
    return b"\n".join(lines)


def meant_multipart(types: Iterable[str]) -> str:
    """The first of a part's Content-Types that means a multipart, without comments; "" if none does."""
    for declared in types:
        if MULTIPART in declared[:_MOST_TYPE_CHARS].lower():
            plain = without_comments(declared[:_MOST_TYPE_CHARS])
            if plain.lstrip(" \t\"'").lower().startswith(MULTIPART):
                return plain
    return ""


@lru_cache(maxsize=64)
def without_comments(value: str) -> str:
    """A structured header's value without its comments, which may stand in one another."""
    for _ in range(_MOST_NESTED_COMMENTS):
        plain = _QUOTED_OR_COMMENT.sub(lambda match: match[1] or " ", value)
        if plain == value:
            break
        value = plain
    return value.strip()


def boundary_in(declared: str, content: bytes) -> bytes | None:
    """What the parts of the content are told apart by: as declared, else as it stands there."""
    for match in _BOUNDARY.finditer(declared):
        named = match[2] if match[2] is not None else match[3]
        named = named.rpartition("'")[2] if match[1] else named
        boundary = named.strip().encode("utf-8", "surrogateescape")
        if boundary and b"--" + boundary in content:
            return boundary
    found = _DELIMITER.search(content)
    return found[1] if found else None


def as_multipart(boundary: bytes, content: bytes) -> bytes:
    """A message in the usual spelling that has the content's parts."""
    escaped = boundary.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b'Content-Type: multipart/mixed; boundary="' + escaped + b'"\r\n\r\n' + content
