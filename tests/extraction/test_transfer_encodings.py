"""However a mail names the encoding of a part, the part is read as it was meant."""

from __future__ import annotations

import base64
import binascii
import hashlib

import pytest
from made_mail import HEAD, message, part

from clawback.mail import parts
from clawback.mail.extract import extract

LINK = "https://evil.example/in?id=7"
PAGE = f'<html><body><a href="{LINK}">go</a></body></html>'.encode()
BASE64 = base64.encodebytes(PAGE)

NAMED = {
    "a fold": b"Content-Transfer-Encoding:\r\n base64",
    "blanks behind it": b"Content-Transfer-Encoding: base64  ",
    "a comment behind it": b"Content-Transfer-Encoding: base64 (as usual)",
    "a comment before it": b"Content-Transfer-Encoding: (as usual) base64",
    "quotes": b'Content-Transfer-Encoding: "base64"',
    "a semicolon": b"Content-Transfer-Encoding: BASE64;",
}


def _attached(named: bytes, content: bytes, kind: bytes = b"application/x-page") -> bytes:
    head = b"Content-Type: " + kind + b'\r\nContent-Disposition: attachment; filename="a.html"\r\n'
    return message(part("See the file."), head + named + b"\r\n\r\n" + content)


def _links(raw: bytes) -> list[str]:
    return [fact.url for fact in extract(raw).urls]


@pytest.mark.parametrize("name", NAMED)
def test_a_body_is_decoded_however_its_encoding_is_named(name: str) -> None:
    raw = HEAD.encode() + b"Content-Type: text/html\r\n" + NAMED[name] + b"\r\n\r\n" + BASE64
    assert _links(raw) == [LINK]


@pytest.mark.parametrize("name", NAMED)
def test_a_file_has_the_hash_that_a_reader_would_save(name: str) -> None:
    facts = extract(_attached(NAMED[name], BASE64))
    assert [file.sha256 for file in facts.attachments] == [hashlib.sha256(PAGE).hexdigest()]
    assert [fact.url for fact in facts.urls] == [LINK]


@pytest.mark.parametrize("name", ["x-uuencode", "uuencode", "x-uue"])
def test_the_encoding_of_old_mail_programs_is_read(name: str) -> None:
    pieces = (PAGE[at : at + 45] for at in range(0, len(PAGE), 45))
    content = b"begin 644 a.html\r\n" + b"".join(map(binascii.b2a_uu, pieces)) + b"`\r\nend\r\n"
    facts = extract(_attached(f"Content-Transfer-Encoding: {name}".encode(), content))
    assert [file.sha256 for file in facts.attachments] == [hashlib.sha256(PAGE).hexdigest()]
    assert [fact.url for fact in facts.urls] == [LINK]


def test_a_message_inside_is_read_however_its_encoding_is_named() -> None:
    inner = message(part(PAGE, "text/html", cte="base64"))
    named = b"Content-Transfer-Encoding:\r\n base64"
    raw = _attached(named, base64.encodebytes(inner), b"message/rfc822")
    assert _links(raw) == [LINK]
    assert [file.sha256 for file in extract(raw).attachments] == [hashlib.sha256(inner).hexdigest()]


def test_a_comment_in_the_type_leaves_a_body_a_body() -> None:
    raw = (
        HEAD.encode()
        + b"Content-Type: text/plain (words) ; charset=utf-8\r\n\r\nSee "
        + LINK.encode()
    )
    assert _links(raw) == [LINK]
    assert not extract(raw).attachments


def test_an_encoding_that_is_none_is_left_as_it_is() -> None:
    raw = _attached(b"Content-Transfer-Encoding: base64url or so", BASE64)
    assert [f.sha256 for f in extract(raw).attachments] == [hashlib.sha256(BASE64).hexdigest()]


def test_without_reading_names_as_meant_a_folded_one_would_hide_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parts, "meant_encoding", lambda _declared: "")
    facts = extract(_attached(NAMED["a fold"], BASE64))
    assert facts.attachments[0].sha256 != hashlib.sha256(PAGE).hexdigest()
