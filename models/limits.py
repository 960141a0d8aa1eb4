"""What one message may cost to read, whatever its sender made of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for each message. What lies beyond one is not read, and a `Problem` says so.

    The figures are far above real mail (of 7,909 messages the largest had 2.9 MB and 325 links) and
    far below what hurts. `seconds` and `memory_bytes` are the last line: they hold for whatever the
    others do not count.
    """

    message_bytes: int = 64_000_000
    """Bytes of a message as stored that are read: more than Gmail receives (50 MB)."""

    parts: int = 2_000
    """MIME parts, those of nested messages with them."""

    depth: int = 8
    """Messages in messages and archives in archives, together."""

    members: int = 2_000
    """Files that come out of archives and documents."""

    unpacked_bytes: int = 128_000_000
    """Bytes that come out of archives and documents, all together."""

    unpack_ratio: int = 100
    """How many times the message's own bytes may come out of it, beyond the first 16 MB."""

    objects: int = 20_000
    """Streams of PDFs, entries of archives and the like that are looked at."""

    pages: int = 2_000
    """Pages of documents, and pages that HTML hides in comments, scripts and data: links."""

    images: int = 100
    """Images that are searched for a QR code."""

    pixels: int = 50_000_000
    """Pixels of those images, all together: a page scanned at 600 dpi has 35 million."""

    links: int = 10_000
    """Distinct links in canonical form."""

    text_bytes: int = 8_000_000
    """Bytes of one body or document that are read as text or HTML."""

    seconds: float = 10.0
    """Time for one message; reading is ended from outside where it does not end by itself."""

    memory_bytes: int = 1_000_000_000
    """Memory of each process that reads documents."""

    documents: bool = True
    """Whether attached files are opened to look for links and files in them; images are files."""


DEFAULT_LIMITS = Limits()
