"""Zip files: Office packages, read for their links, and archives, read for their members."""

from __future__ import annotations

import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from clawback.mail.found import EmbeddedFile, Found, FoundLink, Unread
from clawback.mail.limits import Budget, unpack
from clawback.mail.text import links_in_text
from models.mails import LinkRole

_ENTRY = b"PK\x01\x02"  # of the central directory
_BROKEN = (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError)

_RELATIONSHIP = re.compile(r"<(?:\w+:)?Relationship\b[^<>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([A-Za-z]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_TEXT_PART = re.compile(
    r"(?:word/document|word/footnotes|xl/sharedStrings|ppt/slides/slide\d+)\.xml$"
)
_TEXT = re.compile(r">([^<>]{8,})<")


def read_zip(content: bytes, budget: Budget) -> Iterator[Found]:
    """Links of an Office package, or the members of any other archive. Raises `LimitReached`.

    Members of Office packages are boilerplate that unrelated files share: they are never given.
    """
    budget.take_bytes(0)
    budget.take_objects(content.count(_ENTRY))  # each is made an object when the archive is opened
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            is_package = any(name == "[Content_Types].xml" for name in archive.namelist())
            for found in _members(archive, budget, only_xml=is_package):
                if is_package and isinstance(found, EmbeddedFile):
                    yield from _links_of_member(found.name, found.content)
                else:
                    yield found
    except _BROKEN:
        yield Unread("bad-archive")


def _members(archive: zipfile.ZipFile, budget: Budget, *, only_xml: bool) -> Iterator[Found]:
    for member in archive.infolist():
        if member.is_dir() or (only_xml and not _is_read(member.filename)):
            continue
        if member.flag_bits & 1:
            yield Unread("encrypted-archive")
            continue
        try:
            with archive.open(member) as stream:
                yield from unpack(member.filename, stream, budget)
        except (*_BROKEN, RuntimeError):
            yield Unread("bad-archive")


def _is_read(name: str) -> bool:
    return name.endswith(".rels") or _TEXT_PART.search(name) is not None


def _links_of_member(name: str, data: bytes) -> Iterator[FoundLink]:
    text = data.decode("utf-8", "replace")
    if not name.endswith(".rels"):
        for match in _TEXT.finditer(text):
            yield from links_in_text(html.unescape(match[1]))
        return
    for match in _RELATIONSHIP.finditer(text):
        pairs = {
            m[1].lower(): html.unescape(m[2] or m[3] or "") for m in _ATTRIBUTE.finditer(match[0])
        }
        if pairs.get("targetmode", "").lower() == "external":
            followed = pairs.get("type", "").lower().endswith("/hyperlink")
            yield FoundLink(
                pairs.get("target", ""), LinkRole.LINK if followed else LinkRole.RESOURCE
            )
