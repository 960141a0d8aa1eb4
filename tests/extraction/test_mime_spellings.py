"""However a sender spells the structure of a mail, its links and files are those of the usual form."""

from __future__ import annotations

import base64
import binascii
import hashlib

import pytest
from made_mail import HEAD

from clawback.mail import parts
from clawback.mail.extract import extract

LINK = "https://evil.example/in?id=7"
PAGE = f'<html><body><a href="{LINK}">go</a></body></html>'.encode()
FILE = b"\x01\x02 a file"
HASH = hashlib.sha256(FILE).hexdigest()
PARTS = (
    b"--edge\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.encodebytes(PAGE)
    + b"\r\n--edge\r\nContent-Type: application/x-thing\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.encodebytes(FILE)
    + b"\r\n--edge--\r\n"
)


def _whole(declared: bytes, content: bytes = PARTS) -> bytes:
    return HEAD.encode() + declared + b"\r\n\r\n" + content


def _facts(raw: bytes) -> tuple[set[str], set[str]]:
    facts = extract(raw)
    return {fact.url for fact in facts.urls}, {file.sha256 for file in facts.attachments}


USUAL = _whole(b"Content-Type: multipart/mixed; boundary=edge")
_TYPES = {
    "a comment before the parameters": b"multipart/mixed (x); boundary=edge",
    "a comment with a semicolon": b"multipart/mixed (x; boundary=other); boundary=edge",
    "comments in comments": b"multipart/mixed; (a (b) c) boundary=edge",
    "a comment before the type": b"(x) multipart/mixed; boundary=edge",
    "a comment in the type": b"multipart (x)/mixed; boundary=edge",
    "a comment before the equals sign": b"multipart/mixed; boundary (x) =edge",
    "a comment before the boundary": b"multipart/mixed; boundary= (x) edge",
    "a comment behind the boundary": b"multipart/mixed; boundary=edge (x)",
    "no semicolon": b"multipart/mixed boundary=edge",
    "half a quote": b'multipart/mixed; boundary="edge',
    "a type in quotes": b'"multipart/mixed"; boundary=edge',
    "no subtype": b"multipart; boundary=edge",
}
_BASE64 = b"Content-Type: multipart/mixed; boundary=edge\r\nContent-Transfer-Encoding: base64"
SPELLINGS = {
    **{name: _whole(b"Content-Type: " + declared) for name, declared in _TYPES.items()},
    "a blank before the colon": USUAL.replace(b"Content-Type:", b"Content-Type :"),
    "a tab before a colon": USUAL.replace(b"Encoding:", b"Encoding\t:"),
    "a message with blanks in a message": _whole(
        b"Content-Type: message/rfc822", USUAL.replace(b"Content-Type:", b"Content-Type :")
    ),
    "two types": _whole(
        b"Content-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=edge"
    ),
    "an encoded multipart": _whole(_BASE64, base64.encodebytes(PARTS)),
    "an encoded multipart in another": _whole(
        b"Content-Type: multipart/mixed; boundary=outer",
        b"--outer\r\n" + _BASE64 + b"\r\n\r\n" + base64.encodebytes(PARTS) + b"\r\n--outer--\r\n",
    ),
    "lines that end with CR": USUAL.replace(b"\r\n", b"\n").replace(b"\n", b"\r"),
    "a header whose lines end with CR": _whole(
        b"Content-Type: multipart/mixed; boundary=edge", b""
    ).replace(b"\r\n", b"\r")
    + PARTS,
    "one CR that hides a header": USUAL.replace(
        b"\r\nContent-Type: multi", b"\rContent-Type: multi"
    ),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_an_odd_spelling_hides_neither_link_nor_file(name: str) -> None:
    links, files = _facts(SPELLINGS[name])
    assert LINK in links
    assert HASH in files


@pytest.mark.parametrize("first", [b"7bit", b"base64", b"quoted-printable"])
@pytest.mark.parametrize("second", [b"7bit", b"base64", b"QUOTED-PRINTABLE (x)"])
@pytest.mark.parametrize("content", [PAGE.replace(b"=", b"=3D"), PAGE, base64.encodebytes(PAGE)])
def test_of_two_encodings_each_is_read(first: bytes, second: bytes, content: bytes) -> None:
    named = b"Content-Transfer-Encoding: " + first + b"\r\nContent-transfer-encoding: " + second
    raw = _whole(b"Content-Type: application/x-page; name=a.html\r\n" + named, content)
    usual = _whole(b"Content-Type: application/x-page; name=a.html", content)
    expected: set[str] = set()
    for encoding in (first, second.partition(b" ")[0].lower()):
        one = usual.replace(b"a.html", b"a.html\r\nContent-Transfer-Encoding: " + encoding)
        if not extract(one).problems:
            expected |= _facts(one)[0]
    assert expected <= _facts(raw)[0]
    places = [file.where for file in extract(raw).attachments]
    assert len(places) == len(set(places))


def _uuencoded(name: str, content: bytes) -> bytes:
    lines = (binascii.b2a_uu(content[at : at + 45]) for at in range(0, len(content), 45))
    return f"begin 644 {name}\n".encode() + b"".join(lines) + b"`\nend\n"


def test_files_that_stand_uuencoded_in_a_text_are_hashed_and_read() -> None:
    content = b"Hello,\n\nbegin with this:\n\n" + _uuencoded("a b.html", PAGE) + b"\nand\n"
    facts = extract(_whole(b"Content-Type: text/plain", content + _uuencoded("x", FILE)))
    assert [(file.filename, file.sha256, file.where) for file in facts.attachments] == [
        ("a b.html", hashlib.sha256(PAGE).hexdigest(), "1.1"),
        ("x", HASH, "1.2"),
    ]
    assert [(fact.url, fact.where) for fact in facts.urls] == [(LINK, "1.1")]


def test_a_text_that_only_speaks_of_begin_and_end_holds_no_file() -> None:
    content = b"begin 644 the work\nbegin 644 names\n\xe4 is no such line\nend\n" * 50
    assert not extract(_whole(b"Content-Type: text/plain", content)).attachments


def test_a_blank_before_a_colon_within_a_file_is_left_as_it_is() -> None:
    log = b"Content-Type : text/plain\r\nContent-Type : x\r\n"
    content = b"--edge\r\nContent-Type: application/x-log\r\n\r\n" + log + b"\r\n--edge--\r\n"
    _, files = _facts(_whole(b"Content-Type: multipart/mixed; boundary=edge", content))
    assert files == {hashlib.sha256(log).hexdigest()}


def test_copies_with_other_line_ends_are_one_mail() -> None:
    assert extract(SPELLINGS["lines that end with CR"]).mail_key == extract(USUAL).mail_key


def test_without_reading_spellings_a_blank_would_hide_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parts, "usual_spelling", lambda raw: raw)
    links, files = _facts(SPELLINGS["a blank before the colon"])
    assert LINK not in links
    assert HASH not in files
