"""Office documents: zip packages of Microsoft's, OpenDocument's and XPS kinds, read for their links.

Their own parts (styles, themes, relationships, pictures) are boilerplate that unrelated files share:
they are never given as files. What is embedded as an object is opened for its links, but has no hash
of its own either, because a chart's sheet comes from a template as often as not. Anything else in
the package is no part of such a document, and counts like the member of an archive: else any archive
could hide its members behind an empty "[Content_Types].xml".
"""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace

from clawback.mail.archives.zips import (
    BROKEN,
    MEMBER,
    Members,
    entries,
    open_zip,
    read_members,
    salvaged,
)
from clawback.mail.found import EmbeddedFile, Found, FoundLink, Unread
from clawback.mail.limits import Budget
from clawback.mail.passwords import Passwords
from clawback.mail.text import links_in_text
from clawback.mail.unpacking import share
from models.mails import LinkRole

_RELATIONSHIP = re.compile(r"<(?:\w+:)?Relationship\b[^<>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([A-Za-z]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_TEXT_PART = re.compile(
    r"(?:word/(?:document|footnotes|endnotes|comments|(?:header|footer)\d*)"
    r"|xl/(?:sharedStrings|comments\d*|worksheets/sheet\d+)|ppt/(?:slides|notesSlides)/\w+?\d+"
    r"|content|styles)\.xml",
    re.IGNORECASE,
)
_PAGE = re.compile(r"\.fpage$", re.IGNORECASE)
_EMBEDDED = re.compile(r"(?:^|/)embeddings/|^Object \d+$|^Basic/", re.IGNORECASE)
_PICTURE = re.compile(r"\.(?:png|jpe?g|jpe|jfif|gif|bmp|tiff?|webp)$", re.IGNORECASE)
# What the programs themselves write into a package.
_BOILERPLATE = frozenset(
    {"xml", "rels", "vml", "bin", "rdf", "png", "jpg", "jpeg", "jpe", "jfif", "gif", "bmp", "emf"}
    | {
        "wmf",
        "tif",
        "tiff",
        "svg",
        "svm",
        "wdp",
        "hdp",
        "odttf",
        "ttf",
        "fntdata",
        "psmdcp",
        "data",
    }
    | {
        "mp3",
        "mp4",
        "m4a",
        "m4v",
        "mov",
        "wav",
        "avi",
        "wmv",
        "xlsx",
        "fpage",
        "fdoc",
        "fdseq",
        "dict",
    }
    | {
        "crmlog",
        "model",
        "thmx",
        "glb",
        "sigs",
        "psdsxs",
        "psdor",
        "xaml",
        "css",
        "pict",
        "ico",
        "sig",
    }
)
_MANIFESTS = ("META-INF/manifest.xml", "mimetype")
_END_OF_TEXT = re.compile(
    r"</(?:\w+:)?(?:p|h|si|is|c|row|tr|br|tab|comment|f)>|<(?:\w+:)?br\b", re.I
)
_TAG = re.compile(r"<[^<>]*>")
_REFERENCE = re.compile(
    r"<([\w:.-]+)(?=[\s/>])[^<>]*?\b(?:xlink:href|NavigateUri)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')",
    re.I,
)
_FETCHED = ("image", "plugin", "object", "fill-image", "event-listener", "applet", "chart")


def read_zip(content: bytes, passwords: Passwords, budget: Budget) -> Iterator[Found]:
    """Links of an Office document, or the members of any other archive. Raises `LimitReached`.

    Of an archive that is cut off or has no directory, what its members' own headers lead to.
    """
    budget.take_bytes(0)
    budget.take_objects(entries(content))
    members = Members(content, passwords, budget)
    try:
        archive = open_zip(content)
    except BROKEN:
        if content.startswith(MEMBER):
            yield Unread("bad-archive")
            yield from salvaged(content, budget)
        return
    with archive:
        if is_package(archive):
            yield from read_package(archive, members, budget)
        else:
            yield from read_members(archive, members)


def is_package(archive: zipfile.ZipFile) -> bool:
    """True for an archive with the parts that make an Office document."""
    names = set(archive.namelist())
    if "[Content_Types].xml" in names:
        return True
    return _MANIFESTS[0] in names and ("content.xml" in names or _MANIFESTS[1] in names)


def read_package(archive: zipfile.ZipFile, members: Members, budget: Budget) -> Iterator[Found]:
    """Links of the document's parts, and the files in it that are not its own parts.

    Pictures come last, for their codes alone: they are the heaviest. Raises `LimitReached`.
    """
    numbered = enumerate(archive.infolist(), 1)
    searched = [(number, info) for number, info in numbered if _is_searched(info.filename)]
    searched.sort(key=lambda entry: _is_picture(entry[1].filename))
    shares = share([info.file_size for _, info in searched], budget)
    for (number, info), most in zip(searched, shares, strict=True):
        name = info.filename
        for found in members.read(archive, info, most):
            if not isinstance(found, EmbeddedFile):
                yield found
            elif _is_read(name):
                yield from _links_of_part(name, found.content, budget)
            else:
                counts = _EMBEDDED.search(name) is None and not _is_picture(name)
                yield replace(found, number=number, counts=counts)


def _is_searched(name: str) -> bool:
    if name.endswith("/"):
        return False
    return _is_read(name) or _is_picture(name) or not _is_boilerplate(name)


def _is_read(name: str) -> bool:
    return name.endswith(".rels") or bool(_TEXT_PART.fullmatch(name) or _PAGE.search(name))


def _is_picture(name: str) -> bool:
    return _PICTURE.search(name) is not None


def _is_boilerplate(name: str) -> bool:
    if _EMBEDDED.search(name):
        return False
    leaf = name.rpartition("/")[2]
    ending = leaf.rpartition(".")[2].lower() if "." in leaf else ""
    return ending in _BOILERPLATE or name in _MANIFESTS or not ending


def _links_of_part(name: str, data: bytes, budget: Budget) -> Iterator[Found]:
    most = budget.limits.text_bytes
    if len(data) > most:
        yield Unread("too-large")
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    text = data[:most].decode(encoding, "replace")
    if name.endswith(".rels"):
        yield from _links_of_relationships(text)
        return
    for match in _REFERENCE.finditer(text):
        fetched = match[1].rpartition(":")[2].lower() in _FETCHED
        target = html.unescape(match[2] or match[3] or "")
        if ":" in target or target.startswith("//"):
            yield FoundLink(target, LinkRole.RESOURCE if fetched else LinkRole.LINK)
    # Runs of one paragraph join: a link is often cut into several.
    shown = html.unescape(_TAG.sub("", _END_OF_TEXT.sub("\n", text)))
    yield from links_in_text(shown)


def _links_of_relationships(text: str) -> Iterator[FoundLink]:
    for match in _RELATIONSHIP.finditer(text):
        pairs = {
            m[1].lower(): html.unescape(m[2] or m[3] or "") for m in _ATTRIBUTE.finditer(match[0])
        }
        if pairs.get("targetmode", "").lower() == "external":
            followed = pairs.get("type", "").lower().endswith("/hyperlink")
            yield FoundLink(
                pairs.get("target", ""), LinkRole.LINK if followed else LinkRole.RESOURCE
            )
