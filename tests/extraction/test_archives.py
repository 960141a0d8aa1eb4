"""Members of archives are hashed and searched, within limits, and never leave the memory."""

from __future__ import annotations

import builtins
import hashlib
import io
import os
import tarfile
import zipfile

import pytest
from made_archives import (
    LINK,
    MEMBERS,
    OTHER_PASSWORD,
    PACKERS,
    PAGE,
    SEVENZIP,
    aes_zip,
    classic_zip,
    plain_zip,
    sevenzip,
    tar,
    tar_of,
)
from made_mail import attached, message, part

from clawback.mail.extract import extract
from models.limits import Limits
from models.mails import MailFacts, Problem

MARK = "archive:password"
HASHES = [hashlib.sha256(content).hexdigest() for content in MEMBERS.values() if content]


def read(content: bytes, name: str = "x.bin", **options: Limits) -> MailFacts:
    return extract(attached(content, "application/octet-stream", name), **options)  # type: ignore[arg-type]


def told(text: str, content: bytes) -> MailFacts:
    """A message whose text goes with the archive."""
    extra = 'Content-Disposition: attachment; filename="x.bin"\r\n'
    files = part(content, "application/octet-stream", cte="base64", extra=extra)
    return extract(message(part(text, "text/plain; charset=utf-8"), files))


def members(facts: MailFacts) -> dict[str, str]:
    return {fact.filename: fact.where for fact in facts.attachments if "!" in fact.where}


def hashes(facts: MailFacts) -> set[str]:
    return {fact.sha256 for fact in facts.attachments}


OPEN = {
    "zip": plain_zip(),
    "zip, stored": plain_zip(method=zipfile.ZIP_STORED),
    "zip, bzip2": plain_zip(method=zipfile.ZIP_BZIP2),
    "zip, lzma": plain_zip(method=zipfile.ZIP_LZMA),
    "zip behind a program": b"MZ" + bytes(500) + plain_zip(),
    "tar": tar(),
    "tar, gnu": tar(kind=tarfile.GNU_FORMAT),
    "tar, ustar": tar(kind=tarfile.USTAR_FORMAT),
    **{name: sevenzip(name) for name in SEVENZIP if "aes" not in name and name != "ppmd"},
}


@pytest.mark.parametrize("name", OPEN)
def test_members_are_hashed_and_searched_and_say_where_they_are(name: str) -> None:
    facts = read(OPEN[name])
    assert [(link.url, link.where, link.opened_from) for link in facts.urls] == [
        (LINK, "2!1", None)
    ]
    assert hashes(facts) >= set(HASHES)
    assert members(facts)["page.html"] == "2!1"
    assert members(facts)["dir/second.txt"] == "2!3"
    assert facts.problems == ()


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("streams", [1, 3])
def test_a_packed_file_is_read_with_all_its_streams(packer: str, streams: int) -> None:
    pieces = [PAGE[:20], PAGE[20:50], PAGE[50:]] if streams == 3 else [PAGE]
    facts = read(b"".join(PACKERS[packer](piece) for piece in pieces), f"page.html.{packer}")
    assert [(link.url, link.where) for link in facts.urls] == [(LINK, "2!1")]
    assert members(facts) == {"page.html": "2!1"}
    assert hashes(facts) >= {HASHES[0]}


@pytest.mark.parametrize("packer", PACKERS)
def test_a_packed_tar_is_a_tar_in_a_file(packer: str) -> None:
    facts = read(PACKERS[packer](tar()), "x.tgz")
    assert [(link.url, link.where) for link in facts.urls] == [(LINK, "2!1!1")]
    assert members(facts)["x.tar"] == "2!1"


def test_garbage_behind_a_gzip_is_passed_over_as_programs_do() -> None:
    facts = read(PACKERS["gz"](PAGE) + b"\0\0garbage", "page.html.gz")
    assert hashes(facts) >= {HASHES[0]}
    assert facts.problems == ()


def test_archives_in_archives_are_opened_and_each_says_its_path() -> None:
    inner = plain_zip({"a.txt": b"nothing of note", "p.htm": PAGE})
    facts = read(tar({"first": b"x" * 20, "in.zip": inner}))
    assert [(link.url, link.where) for link in facts.urls] == [(LINK, "2!2!2")]


LOCKED = {
    "zip, classic": lambda password: classic_zip({"page.html": PAGE}, password),
    "zip, aes": lambda password: aes_zip({"page.html": PAGE}, password),
}


@pytest.mark.parametrize("kind", LOCKED)
@pytest.mark.parametrize("password", ["infected", "malware", "1234", "123456", "password"])
def test_the_usual_passwords_open_an_archive(kind: str, password: str) -> None:
    facts = read(LOCKED[kind](password))
    assert [(link.url, link.where, link.opened_from) for link in facts.urls] == [
        (LINK, "2!1", MARK)
    ]
    assert hashes(facts) >= {HASHES[0]}
    assert facts.problems == ()


@pytest.mark.parametrize("name", [name for name in SEVENZIP if "aes" in name])
def test_an_encrypted_7z_is_opened_whether_its_header_is_hidden_or_not(name: str) -> None:
    facts = told(f"Passwort: {OTHER_PASSWORD}\r\n", sevenzip(name))
    assert [(link.url, link.where, link.opened_from) for link in facts.urls] == [
        (LINK, "2!1", MARK)
    ]
    assert hashes(facts) >= set(HASHES)


SENTENCES = [
    "The password is {}.",
    "Password: {}",
    "PASSWORD = {}",
    "Password:\r\n{}\r\n",
    'Use the password "{}" to open it.',
    "Archive pass: {}",
    "pin {}",
    "Access code – {}",
    "Das Passwort lautet {}",
    "Kennwort: {}",
    "Mot de passe : {}",
    "Le mot de passe est « {} »",
    "Contraseña: {}",
    "La clave es {}",
    "Senha: {}",
    "Wachtwoord: {}",
    "Hasło: {}",
    "Пароль: {}",
    "Пароль от архива — {}",
    "パスワードは{}です",
    "パスワード：{}",
    "密码：{}",
    "비밀번호: {}",
    "Şifre: {}",
    "Koden er {}",
    "Passordet er {}",
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_password_in_the_text_opens_the_archive(sentence: str) -> None:
    facts = told(sentence.format("Kx7!pq29"), classic_zip({"page.html": PAGE}, "Kx7!pq29"))
    assert [(link.url, link.opened_from) for link in facts.urls] == [(LINK, MARK)]


def test_the_password_in_a_page_opens_the_archive() -> None:
    extra = 'Content-Disposition: attachment; filename="x.zip"\r\n'
    files = part(aes_zip({"p.html": PAGE}, "a&b9"), "application/zip", cte="base64", extra=extra)
    text = "<html><p>Password: <b>a&amp;b9</b></p></html>"
    facts = extract(message(part(text, "text/html; charset=utf-8"), files))
    assert [link.url for link in facts.urls] == [LINK]


SUBJECT = "Subject: Invoice\r\n"
SUBJECTS = ["Invoice, password: Kx7!pq29", "=?utf-8?b?0J/QsNGA0L7Qu9GMOiBLeDchcHEyOQ==?="]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_password_in_the_subject_opens_the_archive(subject: str) -> None:
    raw = attached(classic_zip({"p.html": PAGE}, "Kx7!pq29"), "application/zip", "x.zip")
    facts = extract(raw.replace(SUBJECT.encode(), f"Subject: {subject}\r\n".encode()))
    assert [link.url for link in facts.urls] == [LINK]


def test_the_password_in_a_text_file_beside_it_opens_the_archive() -> None:
    named = 'Content-Disposition: attachment; filename="{}"\r\n'
    note = part("Password: Kx7!pq29", "text/plain", extra=named.format("read-me.txt"))
    packed = classic_zip({"p.html": PAGE}, "Kx7!pq29")
    kind = "application/zip"
    file = part(packed, kind, cte="base64", extra=named.format("x.zip"))
    assert [link.url for link in extract(message(part("Hello"), note, file)).urls] == [LINK]


def test_a_link_that_stands_in_the_clear_too_has_no_mark() -> None:
    facts = read(tar({"a.zip": classic_zip({"p.html": PAGE}, "infected"), "p.html": PAGE}))
    assert [(link.url, link.opened_from) for link in facts.urls] == [(LINK, None)]


@pytest.mark.parametrize(
    "content",
    [
        classic_zip({"page.html": PAGE}, "nobody knows 1"),
        aes_zip({"page.html": PAGE}, "nobody knows 1"),
        sevenzip("aes, another password"),
    ],
)
def test_an_archive_that_nothing_opens_is_named_and_its_own_hash_counts(content: bytes) -> None:
    facts = read(content)
    assert facts.problems == (Problem("password-needed", "2"),)
    assert hashes(facts) == {hashlib.sha256(content).hexdigest()}
    assert facts.urls == ()


@pytest.mark.parametrize(
    "content", [sevenzip("ppmd"), b"Rar!\x1a\x07\x01\x00" + bytes(50), b"MSCF" + bytes(60)]
)
def test_an_archive_of_a_kind_that_is_not_read_is_named(content: bytes) -> None:
    assert read(content).problems == (Problem("unsupported-archive", "2"),)


SIGNED_FIRST = plain_zip({"page.html": PAGE, "b.bin": os.urandom(3_000)})
CUT = {
    "zip": SIGNED_FIRST[:1_500],
    "tar": tar()[:2_000],
    "tar.gz": PACKERS["gz"](tar())[:-40],
    "gz": PACKERS["gz"](PAGE + os.urandom(3_000))[:1_500],
}


@pytest.mark.parametrize("name", CUT)
def test_of_an_archive_that_is_cut_off_what_was_seen_is_kept(name: str) -> None:
    facts = read(CUT[name], "page.html.gz")
    assert [link.url for link in facts.urls] == [LINK]
    assert {problem.code for problem in facts.problems} == {"bad-archive"}


@pytest.mark.parametrize("name", SEVENZIP)
def test_a_7z_that_is_cut_or_changed_anywhere_never_breaks_the_message(name: str) -> None:
    whole = sevenzip(name)
    for at in range(0, len(whole), 97 if "aes" in name else 7):  # each key costs 20 ms
        for content in (whole[:at], whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]):
            facts = read(content, limits=Limits(members=50, objects=500))
            assert facts.attachments[0].size_bytes == len(content)
            assert all(problem.code != "unreadable-part" for problem in facts.problems), at


HOSTILE_NAMES = ["../../etc/cron.d/x.html", "/etc/x.html", "C:\\x.html", "a\0b.html", "\ud800.html"]


def test_nothing_is_ever_written_whatever_members_are_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archives = [
        tar({name.replace("\ud800", "?"): PAGE for name in HOSTILE_NAMES}),
        plain_zip({name.replace("\ud800", "?").replace("\0", ""): PAGE for name in HOSTILE_NAMES}),
        sevenzip("aes"),
        PACKERS["gz"](PAGE),
    ]
    real = builtins.open

    def only_reading(file: object, mode: str = "r", *rest: object, **options: object) -> object:
        assert set(mode) <= set("rbt"), "an extractor opened a file to write"
        return real(file, mode, *rest, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(builtins, "open", only_reading)
    monkeypatch.setattr(io, "open", only_reading)
    monkeypatch.setattr(os, "mkdir", lambda *_: pytest.fail("an extractor made a directory"))
    for content in archives:
        assert LINK in [link.url for link in read(content).urls]


def test_links_devices_and_directories_in_a_tar_are_no_files() -> None:
    entries = []
    for kind in (
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.FIFOTYPE,
        tarfile.DIRTYPE,
    ):
        entry = tarfile.TarInfo("x")
        entry.type, entry.linkname = kind, "/etc/passwd"
        entries.append(entry)
    facts = read(tar_of(*entries))
    assert len(facts.attachments) == 1
    assert facts.problems == ()


def test_a_sparse_file_costs_what_is_stored_of_it_and_is_named() -> None:
    entry = bytearray(tar({"holes": b"x" * 512}, kind=tarfile.GNU_FORMAT))
    entry[156:157] = b"S"
    entry[483:495] = b"77777777777\0"  # its size once unpacked: 8 GB
    entry[148:156] = b"        "
    entry[148:156] = b"%06o\0 " % sum(entry[:512])
    facts = read(bytes(entry))
    assert facts.problems == (Problem("sparse-file", "2"),)
    assert len(facts.attachments) == 1


def test_a_tar_header_whose_size_goes_backwards_ends_the_archive() -> None:
    entry = bytearray(tar({"a": b"x" * 600, "b": PAGE}))
    start = entry.index(b"ustar") - 257
    entry[start + 124 : start + 136] = b"\xff" * 10 + b"\xfe\x00"  # -512 in base 256
    entry[start + 148 : start + 156] = b"        "
    entry[start + 148 : start + 156] = b"%06o\0 " % sum(entry[start : start + 512])
    facts = read(bytes(entry), "x.tar")
    assert len(facts.attachments) == 1


ZEROS = bytes(40_000_000)
BOMBS = {
    "zip": plain_zip({"zeros": ZEROS}),
    "gz": PACKERS["gz"](ZEROS),
    "bz2": PACKERS["bz2"](ZEROS),
    "xz": PACKERS["xz"](ZEROS),
    "tar.gz": PACKERS["gz"](tar({"zeros": ZEROS})),
    "gz in gz in gz": PACKERS["gz"](PACKERS["gz"](PACKERS["gz"](ZEROS))),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_unpacks_to_the_limit_of_the_message_and_is_named(name: str) -> None:
    facts = read(BOMBS[name], limits=Limits(unpacked_bytes=5_000_000))
    assert {problem.code for problem in facts.problems} == {"too-large"}
    assert all(fact.size_bytes < 5_000_000 for fact in facts.attachments)


def test_a_7z_that_promises_a_billion_files_is_refused_before_they_are_made() -> None:
    header = bytes.fromhex("01 05 f0ffffff7f 00 00")  # files: 2^31 - 1
    start = len(b"").to_bytes(8, "little") + len(header).to_bytes(8, "little") + bytes(4)
    facts = read(b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(4) + start + header)
    assert facts.problems == (Problem("too-many-objects", "2"),)


def test_a_gzip_of_a_million_empty_streams_ends_at_the_limit() -> None:
    facts = read(PACKERS["gz"](b"") * 3_000, limits=Limits(objects=1_000))
    assert {problem.code for problem in facts.problems} == {"too-many-objects"}


def test_an_archive_in_itself_ends_at_the_limit_of_depth() -> None:
    content = PAGE
    for _ in range(12):
        content = plain_zip({"x.zip": content})
    facts = read(content)
    assert facts.urls == ()
    assert {problem.code for problem in facts.problems} == {"too-deep"}
