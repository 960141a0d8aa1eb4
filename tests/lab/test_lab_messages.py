"""The mail is believable: standard readers open it, and it looks like an office's."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from lab_walk import Found

from clawback.lab.campaigns import CampaignKind, placements, placements_in
from clawback.lab.folders import directory_of
from clawback.lab.manifest import describe_lab
from clawback.lab.options import LabError, LabOptions
from clawback.lab.organisation import iter_messages


def test_every_message_is_read_without_a_defect_in_body_or_headers(found: list[Found]) -> None:
    for one in found:
        for part in one.message.walk():
            assert part.defects == []
            for value in part.values():
                assert not getattr(value, "defects", ()), one.message_id
            if part.get_content_maintype() == "text":
                assert "\ufffd" not in part.get_content()


def test_mail_comes_in_many_languages_charsets_and_encodings(found: list[Found]) -> None:
    parts = [part for one in found for part in one.message.walk() if not part.is_multipart()]
    charsets = {part.get_content_charset() for part in parts}
    encodings = {str(part["Content-Transfer-Encoding"]) for part in parts}
    assert {
        "us-ascii", "utf-8", "iso-8859-1", "iso-8859-15", "windows-1252", "iso-2022-jp",
        "shift_jis", "windows-1256", "koi8-r", "windows-1251", "gb18030",
    } <= charsets  # fmt: skip
    assert {"7bit", "8bit", "quoted-printable", "base64"} <= encodings
    subjects = {str(one.message["Subject"]) for one in found}
    for word in ("打ち合わせ", "الاجتماع", "Übergabe", "équipe", "Revisión", "договору", "订单"):
        assert any(word in subject for subject in subjects), word


def test_conversations_answer_messages_that_both_sides_hold(found: list[Found]) -> None:
    by_id: dict[str, set[str]] = {}
    for one in found:
        by_id.setdefault(one.message_id, set()).add(one.mailbox)
    answers = [one for one in found if one.message["In-Reply-To"]]
    assert len(answers) > 50
    for one in answers:
        asked = str(one.message["In-Reply-To"]).strip("<>")
        assert one.mailbox in by_id[asked]
        body = one.message.get_body()
        assert body is not None
        assert "\n> " in body.get_content()
    held_by_two = [one for one in answers if len(by_id[one.message_id]) == 2]
    assert len(held_by_two) >= len(answers) * 0.9


def test_an_announcement_is_one_mail_in_every_mailbox(found: list[Found]) -> None:
    mailboxes: dict[str, set[str]] = {}
    for one in found:
        if "all-staff" in str(one.message["To"]):
            mailboxes.setdefault(one.message_id, set()).add(one.mailbox)
    assert len(mailboxes) == 2
    assert all(len(holding) == 25 for holding in mailboxes.values())


def test_bulk_mail_carries_the_headers_that_bulk_mail_has(found: list[Found]) -> None:
    count = Counter(name for one in found for name in one.message)
    for name in ("List-Unsubscribe", "List-Id", "Auto-Submitted", "Precedence", "References"):
        assert count[name] > 20, name
    assert any(not one.message["Message-ID"] for one in found)


def test_attachments_are_real_files(found: list[Found]) -> None:
    kinds: Counter[str] = Counter()
    for one in found:
        for part in one.message.walk():
            name, content = part.get_filename() or "", part.get_payload(decode=True)
            if not name or not isinstance(content, bytes):
                continue
            kinds[name.rpartition(".")[2]] += 1
            if name.endswith(".pdf"):
                table_at = int(content.split()[-2])
                assert content.startswith(b"%PDF-1.4")
                assert content[table_at:].startswith(b"xref")
                assert content.rstrip().endswith(b"%%EOF")
            if name.endswith(".docx"):
                with zipfile.ZipFile(io.BytesIO(content)) as package:
                    assert package.testzip() is None
                    assert "word/document.xml" in package.namelist()
            if name.endswith(".png"):
                assert content.startswith(b"\x89PNG\r\n\x1a\n")
            if name.endswith(".ics"):
                assert content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert set(kinds) == {"pdf", "docx", "png", "csv", "ics"}
    assert min(kinds.values()) >= 25


def test_every_address_and_host_is_reserved_for_examples_or_a_known_wrapper(
    found: list[Found],
) -> None:
    reserved = (".example", ".test", "example.com", "example.org", "example.net")
    wrappers = ("protection.outlook.com", "urldefense.com", "urldefense.proofpoint.com")
    for one in found:
        for url in one.raw_urls():
            host = url.split("/")[2].lower().partition(":")[0]
            assert host.endswith((*reserved, *wrappers)), host
        for address in one.message["From"].addresses:
            assert address.domain.endswith(reserved)


@pytest.mark.parametrize("copies", [10_000, 10_001])
def test_ten_thousand_copies_spread_evenly_over_mailboxes(copies: int) -> None:
    options = LabOptions(mailboxes=200, messages_per_mailbox=0, file_copies=copies, url_copies=0)
    manifest = describe_lab(options)
    assert manifest.file.copies == copies == sum(manifest.file.by_role.values())
    assert len(manifest.file.by_mailbox) == 200
    assert set(manifest.file.by_mailbox.values()) <= {49, 50, 51, 52}
    assert manifest.file.by_role["inbox"] > copies / 2


def test_the_plain_shape_has_exactly_one_copy_in_each_of_many_inboxes() -> None:
    options = LabOptions(
        mailboxes=500, messages_per_mailbox=0, file_copies=500, url_copies=0, scatter=False
    )
    messages = list(iter_messages(options))
    assert Counter(m.mailbox for m in messages) == Counter(describe_lab(options).mailboxes)
    assert {m.folder for m in messages} == {"INBOX"}


@pytest.mark.parametrize("mailboxes", [1, 2, 7, 24, 25, 60])
def test_the_copies_of_single_mailboxes_are_all_copies_once(mailboxes: int) -> None:
    options = LabOptions(mailboxes=mailboxes, file_copies=50, url_copies=49)
    for kind in CampaignKind:
        by_mailbox = [p for at in range(mailboxes) for p in placements_in(kind, at, options)]
        assert sorted(by_mailbox, key=lambda p: p.number) == list(placements(kind, options))


def test_a_longer_campaign_keeps_the_copies_of_a_shorter_one() -> None:
    def raws(copies: int) -> set[bytes]:
        options = LabOptions(mailboxes=5, messages_per_mailbox=0, file_copies=copies, url_copies=0)
        return {m.raw for m in iter_messages(options) if not m.mailbox.startswith("secops")}

    assert raws(20) < raws(30)


@pytest.mark.parametrize(
    "wrong",
    [
        {"mailboxes": 0},
        {"messages_per_mailbox": -1},
        {"file_copies": -1},
        {"url_copies": -1},
        {"domain": "../up"},
        {"domain": "Example.com"},
        {"base_at": LabOptions().base_at.replace(tzinfo=None)},
    ],
)
def test_options_that_make_no_sense_are_one_clear_line(wrong: dict[str, object]) -> None:
    with pytest.raises(LabError) as caught:
        LabOptions(**wrong)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_one_instant_told_in_two_zones_is_one_lab() -> None:
    utc = LabOptions(mailboxes=1, messages_per_mailbox=20)
    told = utc.base_at.astimezone(timezone(timedelta(hours=9)))
    assert list(iter_messages(replace(utc, base_at=told))) == list(iter_messages(utc))


@pytest.mark.parametrize("folder", ["a.b", "a//b", "", "/a"])
def test_a_folder_name_that_maildir_cannot_hold_is_refused(folder: str) -> None:
    with pytest.raises(LabError):
        directory_of(folder)
