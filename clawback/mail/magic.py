"""What a file is by its first bytes, whatever the message says that it is."""

from __future__ import annotations

import re

from clawback.core.trivial import is_blank

HEAD_BYTES = 4_096
"""Bytes that are looked at: an Office package names its parts within them, nearly always."""

# The start of a file and its type, by the formats' own specifications.
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"\x00\x00\x01\x00", "ico"),
    (b"8BPS\x00", "psd"),
    (b"\xd7\xcd\xc6\x9a", "wmf"),
    (b"\x00\x00\x00\x0cjP  \r\n", "jp2"),
    (b"\x00\x00\x00\x0cJXL \r\n", "jxl"),
    (b"\xff\x0a", "jxl"),
    (b"ActiveMime", "mso"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"MSCF", "cab"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"MZ", "exe"),
    (b"\x7fELF", "elf"),
    (b"{\\rtf", "rtf"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "lnk"),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "onenote"),
    (b"\x78\x9f\x3e\x22", "tnef"),
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
)
_PACKAGES = ((b"word/", "docx"), (b"xl/", "xlsx"), (b"ppt/", "pptx"))
_BRANDS = {b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"avif": "avif"}
_SVG = re.compile(rb"\A\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--[^>]{0,500}-->\s*)?<svg[\s>]", re.I)
_HTML = re.compile(
    rb"\A\s*(?:<!--[^>]{0,500}-->\s*)?<(?:!doctype html|html|head|body|script)", re.I
)
_BOM = b"\xef\xbb\xbf"
IMAGES = frozenset(
    ("png", "jpeg", "gif", "bmp", "tiff", "ico", "psd", "wmf", "emf", "jp2", "jxl", "pcx", "webp")
) | frozenset(("heic", "avif", "svg-image"))
"""The types that are pictures and nothing else; an SVG that can lead somewhere is "svg"."""

BLANK = "blank"
"""The type of a file of white space and zeros alone, of any length."""

_MOST_SVG_BYTES = 1_000_000
# What makes an SVG more than a drawing: scripts, links, foreign content, anything fetched or hidden.
_ACTIVE_SVG = re.compile(
    rb"<(?:\w+:)?(?:script|a|foreignobject|iframe|image|feimage|handler|animate\w*|set)[\s/>]"
    rb"|\son\w+\s*=|href\s*=\s*[\"']?(?![\"'#])|url\(\s*[\"']?(?![\"'#])|@import|<!entity|script:|<!\[cdata",
    re.IGNORECASE,
)


def file_type(content: bytes) -> str:
    """A short lower-case name such as "pdf", "png" or "docx"; empty where the bytes do not say."""
    head = content[:HEAD_BYTES]
    for start, name in _STARTS:
        if head.startswith(start):
            return _package(head) if name == "zip" else name
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "mp4")
    if head[:4] == b"\x01\0\0\0" and head[40:44] == b" EMF":
        return "emf"
    if _is_pcx(head):
        return "pcx"
    if is_blank(content):
        return BLANK
    name = _text_type(head.removeprefix(_BOM))
    return "svg-image" if name == "svg" and _is_drawing(content) else name


def _is_pcx(head: bytes) -> bool:
    """ZSoft's header: manufacturer 10, a version, run-length coding, bits, a reserved zero."""
    if len(head) < 128 or head[0] != 10 or head[2] != 1 or head[64] != 0:
        return False
    return head[1] in (0, 2, 3, 4, 5) and head[3] in (1, 2, 4, 8)


def _is_drawing(content: bytes) -> bool:
    return len(content) <= _MOST_SVG_BYTES and _ACTIVE_SVG.search(content) is None


def _package(head: bytes) -> str:
    if b"[Content_Types].xml" not in head and b"_rels/" not in head:
        return "zip"
    return next((name for part, name in _PACKAGES if part in head), "zip")


def _text_type(head: bytes) -> str:
    if _SVG.match(head):
        return "svg"
    if _HTML.match(head):
        return "html"
    start = head.lstrip()[:64].upper()
    if start.startswith(b"BEGIN:VCALENDAR"):
        return "ics"
    if start.startswith(b"BEGIN:VCARD"):
        return "vcf"
    return "xml" if start.startswith(b"<?XML") else ""
