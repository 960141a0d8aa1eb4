"""Files that stand uuencoded in the text of a message, as programs wrote them before MIME."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import suppress

_BEGIN = re.compile(
    rb"^[ \t]*begin(-base64)?[ \t]+[0-7]{3,4}[ \t]+([^\r\n]{1,255}?)[ \t]*\r?\n(?=[^\r\n])",
    re.MULTILINE | re.IGNORECASE,
)
_END_BASE64 = re.compile(rb"^[ \t]*====", re.MULTILINE)
_MOST_FILES = 1_000


def may_hold_files(content: bytes) -> bool:
    """Whether the text is worth a look: asked of every text."""
    return b"begin" in content


def uuencoded_files(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each file in the text, up to its first line that is no such encoding.

    In time that grows with the text: the next file is looked for where the one before ended.
    """
    at = 0
    for _ in range(_MOST_FILES):
        begin = _BEGIN.search(content, at)
        if begin is None:
            return
        read = _from_base64 if begin[1] else _from_lines
        decoded, at = read(content, begin.end())
        if decoded:
            yield begin[2].decode("utf-8", "replace"), decoded


def _from_base64(content: bytes, start: int) -> tuple[bytes, int]:
    end = _END_BASE64.search(content, start)
    stop = end.start() if end else len(content)
    with suppress(binascii.Error):
        return base64.b64decode(content[start:stop]), stop
    return b"", stop


def _from_lines(content: bytes, at: int) -> tuple[bytes, int]:
    """The file whose lines begin there, and where they end."""
    pieces: list[bytes] = []
    while at < len(content):
        end = content.find(b"\n", at)
        end = len(content) if end < 0 else end
        line = content[at:end].rstrip(b"\r")
        bare = line.strip()
        if bare.lower() == b"end":
            return b"".join(pieces), end
        if bare not in (b"", b"`"):
            piece = _from_line(line)
            if piece is None:
                break
            pieces.append(piece)
        at = end + 1
    return b"".join(pieces), at


def _from_line(line: bytes) -> bytes | None:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        # Some encoders pad a line: its first letter says how much of it counts.
        counted = (((line[0] - 32) & 63) * 4 + 5) // 3
    try:
        return binascii.a2b_uu(line[:counted])
    except binascii.Error:
        return None
