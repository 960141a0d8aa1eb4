"""What a file is by its first bytes, whatever it is called."""

from __future__ import annotations

import io
import zipfile

import pytest

from clawback.mail.magic import file_type


def package(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x89PNG\r\n\x1a\n rest", "png"),
        (b"\xff\xd8\xff\xe0 rest", "jpeg"),
        (b"GIF89a rest", "gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "webp"),
        (b"\x00\x00\x00\x18ftypheic", "heic"),
        (b"junk before\n%PDF-1.7", "pdf"),
        (b"{\\rtf1", "rtf"),
        (b"MZ\x90\x00", "exe"),
        (b"\xef\xbb\xbf  <!DOCTYPE HTML><html>", "html"),
        (b'<?xml version="1.0"?>\n<svg xmlns="x">', "svg-image"),
        (b'<svg xmlns="x"><script>', "svg"),
        (b'<?xml version="1.0"?><a/>', "xml"),
        (b"\r\nBEGIN:VCALENDAR\r\n", "ics"),
        (b"plain words", ""),
        (b"", "blank"),
        (b"\r\n", "blank"),
        (package("[Content_Types].xml", "word/document.xml"), "docx"),
        (package("[Content_Types].xml", "xl/workbook.xml"), "xlsx"),
        (package("[Content_Types].xml", "_rels/.rels", "ppt/presentation.xml"), "pptx"),
        (package("word/readme.txt"), "zip"),
    ],
)
def test_the_first_bytes_decide(content: bytes, name: str) -> None:
    assert file_type(content) == name


@pytest.mark.parametrize("start", [b"<!--", b"<?xml ", b" " * 40, b"<" * 40])
def test_no_content_keeps_it_busy(start: bytes) -> None:
    assert file_type(start * 1_000_000) in ("", "xml", "blank")
