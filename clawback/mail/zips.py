"""Zip files: Office packages, read for their links, and archives, read for their members."""

from __future__ import annotations

import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from clawback.mail.found import FoundLink
from clawback.mail.text import links_in_text
from models.mails import LinkRole

MAX_MEMBERS = 1_000
MAX_MEMBER_BYTES = 32_000_000
MAX_TOTAL_BYTES = 100_000_000

_RELATIONSHIP = re.compile(r"<(?:\w+:)?Relationship\b[^<>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([A-Za-z]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_TEXT_PART = re.compile(
    r"(?:word/document|word/footnotes|xl/sharedStrings|ppt/slides/slide\d+)\.xml$"
)
_TEXT = re.compile(r">([^<>]{8,})<")


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """One file inside another; `name` is what the archive claims (hostile text)."""

    name: str
    content: bytes


def read_zip(content: bytes) -> tuple[list[FoundLink], list[EmbeddedFile], list[str]]:
    """Links of an Office package, or the members of any other archive, and problem codes.

    Members of Office packages are boilerplate that unrelated files share: they are never given.
    """
    links: list[FoundLink] = []
    files: list[EmbeddedFile] = []
    problems: list[str] = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            is_package = any(name == "[Content_Types].xml" for name in archive.namelist())
            for name, data in _members(archive, problems, only_xml=is_package):
                if is_package:
                    links.extend(_links_of_member(name, data))
                else:
                    files.append(EmbeddedFile(name, data))
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError):
        problems.append("bad-archive")
    return links, files, problems


def _members(
    archive: zipfile.ZipFile, problems: list[str], *, only_xml: bool
) -> Iterator[tuple[str, bytes]]:
    total = 0
    for number, member in enumerate(archive.infolist()):
        if number >= MAX_MEMBERS or total > MAX_TOTAL_BYTES:
            problems.append("too-large")
            return
        if member.is_dir() or (only_xml and not _is_read(member.filename)):
            continue
        if member.flag_bits & 1:
            problems.append("encrypted-archive")
            continue
        data = _read_member(archive, member, problems)
        if data is not None:
            total += len(data)
            yield member.filename, data


def _read_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, problems: list[str]
) -> bytes | None:
    try:
        with archive.open(member) as stream:
            data = stream.read(MAX_MEMBER_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError):
        problems.append("bad-archive")
        return None
    if len(data) > MAX_MEMBER_BYTES:
        problems.append("too-large")
        return None
    return data


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
