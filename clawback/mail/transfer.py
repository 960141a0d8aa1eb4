"""Transfer encodings as mail programs name them, and as the parser of the tree does not.

It knows the bare word alone. RFC 2045 allows comments around it and RFC 5322 a fold before it;
programs also write blanks, quotes and semicolons, and read them.
"""

from __future__ import annotations

import re
from email.message import Message

_BARE = frozenset({"", "7bit", "8bit", "binary", "base64", "quoted-printable"})
_COMMENT = re.compile(r"\([^()]*\)")
_ROUND_IT = " \t\r\n\"';,"
_DECODED_HERE = frozenset(
    {"base64", "quoted-printable", "x-uuencode", "uuencode", "x-uue", "uue"},
)


def meant_encoding(declared: str) -> str:
    """The encoding that the header means, or "" where the parser has understood it or none can."""
    if declared.lower() in _BARE:
        return ""
    plain = _COMMENT.sub(" ", declared).strip(_ROUND_IT).lower()
    return plain if plain in _DECODED_HERE else ""


def encodings_meant(declared: list[str]) -> list[str]:
    """The distinct ways to read a part whose header names several encodings; 7bit for "as it is"."""
    plain = (_COMMENT.sub(" ", each).strip(_ROUND_IT).lower() for each in declared)
    return list(dict.fromkeys(each if each in _DECODED_HERE else "7bit" for each in plain))


def decoded_from(content: bytes, encoding: str) -> bytes:
    """The content without one of the encodings that `meant_encoding` answers with."""
    part = Message()
    part["Content-Transfer-Encoding"] = encoding
    part.set_payload(content.decode("ascii", "surrogateescape"))
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else content
