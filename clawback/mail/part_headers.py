"""What the header of one part says of it, as the parser of the tree hands it out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.header import Header
from email.message import Message
from email.policy import Compat32
from functools import lru_cache

from fast_mail_parser import PyLazyMimePart

_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9._:+-]+)", re.IGNORECASE)
_DELSP = re.compile(r"delsp\s*=\s*\"?yes", re.IGNORECASE)
_MOST_HEADER_CHARS = 4_096
_TYPE_CHARS, _ENCODING_CHARS = len("content-type"), len("content-transfer-encoding")


class _Bounded(Compat32):
    """The standard library's oldest manners, with what it reads of a header bounded: parameters take
    it time that grows with the square of their number."""

    def header_fetch_parse(self, name: str, value: str) -> str | Header:  # type: ignore[override]
        """The value as it is asked for; what is written out again stays whole."""
        return super().header_fetch_parse(name, value[:_MOST_HEADER_CHARS])


BOUNDED = _Bounded()


def value_of(headers: Mapping[str, list[str]], name: str) -> str:
    """The first value of a header by its name, in any case."""
    values = headers.get(name) or next(
        (found for key, found in headers.items() if key.lower() == name.lower()), None
    )
    return values[0] if values else ""


def named(headers: Mapping[str, list[str]]) -> tuple[list[str], list[str]]:
    """All types and all transfer encodings that a part names, however their names are written."""
    types: list[str] = []
    encodings: list[str] = []
    for key, values in headers.items():
        if len(key) == _TYPE_CHARS and key.lower() == "content-type":
            types += values
        elif len(key) == _ENCODING_CHARS and key.lower() == "content-transfer-encoding":
            encodings += values
    return types, encodings


def claimed_name(part: PyLazyMimePart, headers: Mapping[str, list[str]]) -> str:
    """The claimed name; the parser ends one in quotes at a semicolon, and leaves the first quote."""
    if not part.filename.startswith('"'):
        return part.filename
    whole = Message(policy=BOUNDED)
    for name in ("Content-Disposition", "Content-Type"):
        whole[name] = value_of(headers, name)
    return str(whole.get_filename(part.filename))


@lru_cache(maxsize=512)
def declared_text(content_type: str) -> tuple[str, bool]:
    """The charset that a Content-Type declares, and whether its text is flowed with DelSp."""
    return charset_of(content_type), _DELSP.search(content_type) is not None


def charset_of(declared: str) -> str:
    match = _CHARSET.search(declared)
    return match[1].lower() if match else ""
