"""Small real documents: files that open, with the same bytes on every machine.

Nothing is compressed, since deflate's output differs between zlib builds.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta

_DOCX_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_DOCX_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
    ' Target="word/document.xml"/></Relationships>'
)
_DOCX_BODY = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    "<w:body>{paragraphs}</w:body></w:document>"
)


def pdf(lines: Sequence[str]) -> bytes:
    """A one-page PDF 1.4 that shows ASCII `lines` (no parentheses or backslashes in them)."""
    shown = " T* ".join(f"({line}) Tj" for line in lines)
    content = f"BT /F1 11 Tf 14 TL 56 780 Td {shown} ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(f"{number} 0 obj\n{body}\nendobj\n".encode())
    table_at = out.tell()
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    count = len(objects) + 1
    out.write(f"xref\n0 {count}\n0000000000 65535 f \n{table}".encode())
    out.write(f"trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{table_at}\n".encode())
    out.write(b"%%EOF\n")
    return out.getvalue()


def docx(paragraphs: Sequence[str]) -> bytes:
    """A Word document of plain paragraphs (no markup characters in them)."""
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    members = (
        ("[Content_Types].xml", _DOCX_TYPES),
        ("_rels/.rels", _DOCX_RELATIONS),
        ("word/document.xml", _DOCX_BODY.format(paragraphs=body)),
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for name, text in members:
            entry = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
            entry.create_system = 3  # else the writer's operating system shows in the bytes
            package.writestr(entry, text.encode())
    return out.getvalue()


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(red: int, green: int, blue: int, *, side: int = 24) -> bytes:
    """A square picture of one colour with a lighter diagonal."""
    dark, light = bytes((red, green, blue)), bytes(min(255, c + 90) for c in (red, green, blue))
    rows = b"".join(
        b"\0" + b"".join(light if x == y else dark for x in range(side)) for y in range(side)
    )
    return (
        b"\x89PNG\r\n\x1a\n"
        + _png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        + _png_chunk(b"IDAT", zlib.compress(rows, 0))
        + _png_chunk(b"IEND", b"")
    )


def csv_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    """A comma-separated table with CRLF line ends (RFC 4180); cells hold no commas or quotes."""
    lines = [",".join(header), *(",".join(map(str, row)) for row in rows)]
    return "".join(f"{line}\r\n" for line in lines).encode()


def invitation(uid: str, summary: str, organiser: str, attendee: str, starts_at: datetime) -> str:
    """An iCalendar request (RFC 5545) for an hour's meeting."""
    stamp = "%Y%m%dT%H%M%SZ"
    lines = (
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Clawback//Lab//EN", "METHOD:REQUEST",
        "BEGIN:VEVENT", f"UID:{uid}", f"DTSTAMP:{(starts_at - timedelta(days=3)):{stamp}}",
        f"DTSTART:{starts_at:{stamp}}", f"DTEND:{(starts_at + timedelta(hours=1)):{stamp}}",
        f"SUMMARY:{summary}", f"ORGANIZER:mailto:{organiser}",
        f"ATTENDEE;RSVP=TRUE:mailto:{attendee}", "LOCATION:Room 2", "STATUS:CONFIRMED",
        "END:VEVENT", "END:VCALENDAR",
    )  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines)
