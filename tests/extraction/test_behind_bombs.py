"""A bomb hides no other member of its archive: those that fit are hashed, and the bomb is named."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence

import pytest
from made_archives import LINK, PACKERS, PAGE, aes_zip, plain_zip, tar
from made_mail import attached

from clawback.mail.archives import sevenzip, tars, zips
from clawback.mail.extract import extract
from clawback.mail.limits import Budget
from models.limits import Limits
from models.mails import MailFacts

MEGA = 1_000_000
ZEROS = bytes(8 * MEGA)
BEHIND = b"the file that stands behind a bomb"
FEW = Limits(unpacked_bytes=5 * MEGA)

Members = dict[str, bytes]


def read(content: bytes, limits: Limits = FEW) -> MailFacts:
    return extract(attached(content, "application/octet-stream", "x.bin"), limits=limits)


def places(facts: MailFacts) -> dict[str, str]:
    return {fact.sha256: fact.where for fact in facts.attachments}


def codes(facts: MailFacts) -> set[str]:
    return {problem.code for problem in facts.problems}


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def solid_7z(members: dict[str, bytes]) -> bytes:
    """A 7z whose members are one stream of Deflate, as solid archives are."""

    def number(value: int) -> bytes:
        return b"\xff" + value.to_bytes(8, "little")

    packer = zlib.compressobj(9, wbits=-15)
    packed = packer.compress(b"".join(members.values())) + packer.flush()
    sizes = [len(content) for content in members.values()]
    crcs = b"".join(zlib.crc32(content).to_bytes(4, "little") for content in members.values())
    names = b"\0" + b"".join(f"{name}\0".encode("utf-16-le") for name in members)
    header = b"".join((
        b"\x01\x04\x06", number(0), number(1), b"\x09", number(len(packed)), b"\x00\x07\x0b",
        number(1), b"\x00\x01\x03\x04\x01\x08\x0c", number(sum(sizes)), b"\x00\x08\x0d",
        number(len(sizes)), b"\x09", *map(number, sizes[:-1]), b"\x0a\x01", crcs, b"\x00\x00\x05",
        number(len(sizes)), b"\x11", number(len(names)), names, b"\x00\x00",
    ))  # fmt: skip
    start = b"".join(
        (len(packed).to_bytes(8, "little"), len(header).to_bytes(8, "little"),
         zlib.crc32(header).to_bytes(4, "little"))
    )  # fmt: skip
    check = zlib.crc32(start).to_bytes(4, "little")
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + check + start + packed + header


PACKS: dict[str, Callable[[Members], bytes]] = {
    "zip": plain_zip,
    "7z": solid_7z,
    **{
        f"tar.{name}": lambda members, pack=pack: pack(tar(members))
        for name, pack in PACKERS.items()
    },
}


@pytest.mark.parametrize("name", PACKS)
def test_members_before_and_behind_bombs_are_hashed_and_the_bombs_are_named(name: str) -> None:
    members = {"page.html": PAGE, "bomb": ZEROS, "evil.bin": BEHIND, "last": ZEROS}
    facts = read(PACKS[name](members))
    inner = "2!1" if name.startswith("tar") else "2"
    found = places(facts)
    assert found.pop(digest(PAGE)) == f"{inner}!1"
    assert found.pop(digest(BEHIND)) == f"{inner}!3"
    assert list(found.values()) == ["2"]
    assert [(link.url, link.where) for link in facts.urls] == [(LINK, f"{inner}!1")]
    assert codes(facts) == {"too-large"}


def crowd() -> Members:
    """Files that would each fit, and together leave nothing for the last one."""
    many = {f"m{number}": bytes(MEGA) for number in range(9)}
    return {**many, "evil.bin": BEHIND * 10_000}


@pytest.mark.parametrize("name", ["zip", "7z", "tar.gz"])
def test_a_small_member_is_not_hidden_by_many_that_fit_one_by_one(name: str) -> None:
    assert digest(crowd()["evil.bin"]) in places(read(PACKS[name](crowd())))


@pytest.mark.parametrize("name", ["zip", "7z", "tar.gz"])
def test_the_check_catches_a_reader_that_takes_members_as_they_come(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_they_come(sizes: Sequence[int], _: Budget) -> list[int | None]:
        return [None] * len(sizes)

    for module in (zips, sevenzip, tars):
        monkeypatch.setattr(module, "share", as_they_come)
    assert digest(crowd()["evil.bin"]) not in places(read(PACKS[name](crowd())))


def test_a_document_s_bomb_does_not_hide_the_file_that_is_no_part_of_it() -> None:
    types = {"[Content_Types].xml": b"<Types/>"}
    document = {"word/document.xml": ZEROS, "xl/sharedStrings.xml": ZEROS, "evil.exe": BEHIND}
    facts = read(plain_zip({**types, **document}))
    assert places(facts)[digest(BEHIND)] == "2!4"
    assert codes(facts) == {"too-large"}


@pytest.mark.parametrize("name", PACKERS)
def test_a_packed_bomb_does_not_hide_what_is_in_the_archive_beside_it(name: str) -> None:
    bomb = PACKERS[name](ZEROS)
    facts = read(plain_zip({"bomb": bomb, "in.zip": plain_zip({"evil.bin": BEHIND})}))
    assert places(facts)[digest(BEHIND)] == "2!2!1"
    assert codes(facts) == {"too-large"}


def test_an_encrypted_bomb_that_says_it_is_small_does_not_hide_the_members_behind_it() -> None:
    content = bytearray(aes_zip({"bomb": ZEROS, "evil.bin": BEHIND}, "infected"))
    entry = content.index(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (9).to_bytes(4, "little")
    facts = read(bytes(content))
    assert digest(BEHIND) in places(facts)
    assert codes(facts) == {"too-large"}


def test_a_member_whose_declared_size_is_a_lie_is_hashed_all_the_same() -> None:
    content = bytearray(plain_zip({"evil.bin": BEHIND, "other": PAGE}))
    entry = content.index(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (4_000_000_000).to_bytes(4, "little")
    assert {digest(BEHIND), digest(PAGE)} <= places(read(bytes(content))).keys()


@pytest.mark.parametrize("name", ["7z", "tar.gz", "tar.bz2", "tar.xz"])
def test_what_is_unpacked_to_reach_those_behind_is_bounded(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed: list[int] = []
    original = Budget.pass_over

    def counted(budget: Budget, unpacked: int) -> bool:
        passed.append(unpacked)
        return original(budget, unpacked)

    monkeypatch.setattr(Budget, "pass_over", counted)
    members = {"page.html": PAGE, "bomb": ZEROS, "evil.bin": BEHIND, "last": ZEROS}
    facts = read(PACKS[name](members), Limits(unpacked_bytes=1_000_000))
    assert digest(PAGE) in places(facts)
    assert digest(BEHIND) not in places(facts)
    assert codes(facts) == {"too-large"}
    assert 4 * MEGA < sum(passed) < 6 * MEGA


@pytest.mark.parametrize("cut", [2_000, 700, 100])
def test_of_a_large_packed_tar_that_is_cut_off_the_whole_members_are_hashed(cut: int) -> None:
    noise = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(100))
    content = PACKERS["gz"](tar({"page.html": PAGE, "bomb": ZEROS, "evil": noise}))[:-cut]
    facts = read(content)
    assert digest(PAGE) in places(facts)
    assert digest(noise) not in places(facts)
    assert codes(facts) == {"too-large", "bad-archive"}


def test_a_packed_tar_that_fits_is_hashed_itself_with_all_its_members() -> None:
    whole = tar({"a": bytes(MEGA), "evil.bin": BEHIND})
    facts = read(PACKERS["gz"](whole))
    assert places(facts)[digest(whole)] == "2!1"
    assert places(facts)[digest(BEHIND)] == "2!1!2"
    assert facts.problems == ()
