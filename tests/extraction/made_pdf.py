"""PDFs and pictures for the extraction tests, made of a few objects so that they can be as odd as needed."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping

import pikepdf
import zxingcpp
from PIL import Image

LINK = "https://hidden.example/path?a=1"
CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
    b" /Resources << /Font << /F1 5 0 R >> /XObject << /X 6 0 R >> >> >>"
)
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def stream(data: bytes, entries: bytes = b"", *, deflated: bool = False) -> bytes:
    """A stream object; `entries` go into its dictionary."""
    if deflated:
        data = zlib.compress(data, 9)
        entries += b" /Filter /FlateDecode"
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(data), data)


def document(objects: Mapping[int, bytes] | None = None, *, content: bytes = b"") -> bytes:
    """A whole PDF of one page; `objects` are added by number, or replace one of the first five.

    6 is what the page draws as /X, if there is such an object.
    """
    numbered = {1: CATALOG, 2: PAGES, 3: PAGE, 4: stream(content), 5: FONT, **(objects or {})}
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    offsets: dict[int, int] = {}
    for number, body in sorted(numbered.items()):
        offsets[number] = out.tell()
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    size = max(numbered) + 1
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % size)
    for number in range(1, size):
        line = (
            b"%010d 00000 n \n" % offsets[number] if number in offsets else b"%010d 00000 f \n" % 0
        )
        out.write(line)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, start))
    return out.getvalue()


def action(link: str, number: int = 20) -> dict[int, bytes]:
    """One link annotation that no page refers to."""
    return {number: b"<< /Subtype /Link /A << /S /URI /URI (%s) >> >>" % link.encode()}


def saved(source: bytes, **options: object) -> bytes:
    """The same document as qpdf writes it: encrypted, or with its objects in object streams."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(source)) as pdf:
        pdf.save(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def shown(text: str) -> bytes:
    """The instructions that show one line of text."""
    return b"BT /F1 12 Tf 20 700 Td (%s) Tj ET" % text.encode()


def code(text: str, *, kind: str = "QRCode", scale: int = 4) -> Image.Image:
    """A picture of a code, in shades of grey, with its quiet zone."""
    made = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(kind))
    pixels = memoryview(made.to_image(scale=scale))
    height, width = pixels.shape[:2]
    return Image.frombytes("L", (width, height), bytes(pixels))


def file_of(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)  # type: ignore[arg-type]
    return out.getvalue()


# Where an object can hold a link; "%s" stands for it where it is as it is.
OBJECTS: dict[str, dict[int, bytes]] = {
    "uri": {20: b"<< /A << /S /URI /URI (%s) >> >>"},
    "uri-in-hex": {20: b"<< /A << /S /URI /URI <%s> >> >>" % LINK.encode().hex().encode()},
    "uri-in-utf-16": {20: b"<< /URI <feff%s> >>" % LINK.encode("utf-16-be").hex().encode()},
    "uri-by-reference": {20: b"<< /A << /URI 21 0 R >> >>", 21: b"(%s)"},
    "name-with-escapes": {20: b"<< /A << /#55#52#49 (%s) >> >>"},
    "go-to-remote": {20: b"<< /S /GoToR /F (%s) >>"},
    "go-to-remote-by-specification": {20: b"<< /S /GoToR /F << /FS /URL /F (%s) >> >>"},
    "launch": {20: b"<< /S /Launch /F (%s) >>"},
    "launch-with-parameters": {20: b"<< /S /Launch /Win << /F (cmd.exe) /P (/c start %s) >> >>"},
    "submit-form": {20: b"<< /S /SubmitForm /F << /FS /URL /F (%s) >> >>"},
    "script": {20: b'<< /S /JavaScript /JS (app.launchURL\\("%s", true\\);) >>'},
    "script-in-single-quotes": {20: b"<< /S /JavaScript /JS (app.launchURL\\('%s',true\\);) >>"},
    "script-in-a-stream": {
        20: b"<< /S /JavaScript /JS 21 0 R >>",
        21: stream(b'this.getURL("%s");' % LINK.encode(), deflated=True),
    },
    "open-action": {1: CATALOG.replace(b"/Pages", b"/OpenAction << /URI (%s) >> /Pages")},
    "form-field": {
        1: CATALOG.replace(b"/Pages", b"/AcroForm << /Fields [<< /V (%s) >>] >> /Pages")
    },
    "xfa": {
        20: b"<< /XFA [(template) 21 0 R] >>",
        21: stream(b'<submit target="%s"/>' % LINK.encode(), deflated=True),
    },
    "outline": {20: b"<< /Title (Open) /A << /URI (%s) >> >>"},
    "note": {20: b"<< /Subtype /FreeText /Contents (see %s .) >>"},
    "next-action": {20: b"<< /A << /S /Named /Next [<< /S /URI /URI (%s) >>] >> >>"},
    "base": {
        1: CATALOG.replace(b"/Pages", b"/URI << /Base (https://hidden.example/) >> /Pages"),
        20: b"<< /A << /S /URI /URI (path?a=1) >> >>",
    },
}
CIPHERS: dict[str, dict[str, object]] = {
    "aes-256": {"R": 6},
    "aes-128": {"R": 4, "aes": True},
    "rc4-128": {"R": 3, "aes": False, "metadata": False},
}


def holding(place: str) -> bytes:
    """A document whose objects hold the link there."""
    filled = {
        number: body % LINK.encode() if body.count(b"%s") else body
        for number, body in OBJECTS[place].items()
    }
    return document(filled)


def locked(user: str, **kind: object) -> bytes:
    """A document with a link annotation, encrypted with that password for readers."""
    source = document({3: PAGE.replace(b"/Parent", b"/Annots [20 0 R] /Parent"), **action(LINK)})
    encryption = pikepdf.Encryption(user=user, owner="another", **kind)  # type: ignore[arg-type]
    return saved(source, encryption=encryption)
