"""Messages for the extraction tests, written byte by byte so that they can be as odd as real ones."""

from __future__ import annotations

import base64
import io
import quopri
import zipfile
import zlib

HEAD = (
    "Message-ID: <one@sender.example>\r\n"
    "Date: Tue, 03 Mar 2026 10:00:00 +0100\r\n"
    "From: Billing <billing@sender.example>\r\n"
    "To: clerk@example.org\r\n"
    "Subject: Invoice\r\n"
    "MIME-Version: 1.0\r\n"
)


def part(
    content: str | bytes, content_type: str = "text/plain", *, cte: str = "7bit", extra: str = ""
) -> bytes:
    """One MIME part with its headers; `cte` says how the content is encoded."""
    data = content.encode() if isinstance(content, str) else content
    if cte == "base64":
        data = base64.encodebytes(data).replace(b"\n", b"\r\n")
    elif cte == "quoted-printable":
        data = quopri.encodestring(data).replace(b"\n", b"\r\n")
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {cte}\r\n{extra}\r\n"
    return head.encode() + data


def message(*parts: bytes, head: str = HEAD, boundary: str = "edge") -> bytes:
    """A message of one part, or a multipart/mixed of several."""
    if len(parts) == 1:
        return head.encode() + parts[0]
    lines = b"".join(f"--{boundary}\r\n".encode() + piece + b"\r\n" for piece in parts)
    declared = f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'
    return head.encode() + declared.encode() + lines + f"--{boundary}--\r\n".encode()


def html(body: str, **options: str) -> bytes:
    return message(part(body, "text/html; charset=utf-8", **options))


def text(body: str, **options: str) -> bytes:
    return message(part(body, "text/plain; charset=utf-8", **options))


def attached(content: bytes, content_type: str, name: str) -> bytes:
    """A short message with one attached file."""
    extra = f'Content-Disposition: attachment; filename="{name}"\r\n'
    return message(part("See the file."), part(content, content_type, cte="base64", extra=extra))


def pdf(link: str, *, deflated: bool = False) -> bytes:
    """A PDF with one link annotation, plain or in a compressed object."""
    annotation = f"<< /Type /Annot /Subtype /Link /A << /S /URI /URI ({link}) >> >>".encode()
    if not deflated:
        return b"%PDF-1.7\n1 0 obj\n" + annotation + b"\nendobj\n%%EOF\n"
    data = zlib.compress(annotation)
    head = f"%PDF-1.7\n1 0 obj\n<< /Type /ObjStm /Length {len(data)} /Filter /FlateDecode >>\n"
    return head.encode() + b"stream\r\n" + data + b"\r\nendstream\nendobj\n%%EOF\n"


def zipped(**members: str | bytes) -> bytes:
    """A zip of the members; "__" in a name stands for "/" and "_dot_" for "."."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return buffer.getvalue()


def package(target: str) -> bytes:
    """An Office package with one external hyperlink."""
    relationships = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        f'relationships/hyperlink" Target="{target}" TargetMode="External"/>'
        '<Relationship Id="r2" Type="http://schemas.example/slide" Target="slide1.xml"/>'
        "</Relationships>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.example/types"/>')
        archive.writestr("ppt/slides/_rels/slide1.xml.rels", relationships)
        archive.writestr("ppt/theme/theme1.xml", '<a xmlns="http://schemas.example/theme"/>')
    return buffer.getvalue()
