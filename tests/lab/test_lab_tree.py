"""The tree on disk: deterministic, served by any Maildir++ reader, never written over."""

from __future__ import annotations

import hashlib
import json
import mailbox as stdlib_mailbox
import re
from datetime import timedelta
from pathlib import Path

import pytest
from lab_walk import Found

from clawback.errors import Unavailable, UserError
from clawback.lab.folders import directory_of
from clawback.lab.maildir import MaildirTree, create_lab, write_messages
from clawback.lab.manifest import LabManifest
from clawback.lab.options import LabError, LabOptions
from clawback.lab.organisation import iter_messages

_SMALL = LabOptions(mailboxes=4, messages_per_mailbox=20, file_copies=30, url_copies=30)
_NAME = re.compile(r"\d+\.M\d+P\d+Q\d+\.lab,S=(\d+)(:2,[DFPRST]*)?")


def snapshot(root: Path) -> dict[str, tuple[str, int]]:
    """Every path with the hash of its bytes and its time."""
    return {
        str(path.relative_to(root)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns if path.name != "maildirfolder" else 0,
        )
        if path.is_file()
        else ("directory", 0)
        for path in sorted(root.rglob("*"))
    }


def test_equal_options_give_equal_trees_names_and_times_included(tmp_path: Path) -> None:
    first = create_lab(tmp_path / "a", _SMALL)
    second = create_lab(tmp_path / "b", _SMALL)
    assert first == second
    assert snapshot(tmp_path / "a") == snapshot(tmp_path / "b")


@pytest.mark.parametrize(
    "other",
    [
        LabOptions(seed=2, mailboxes=4, messages_per_mailbox=20),
        LabOptions(
            mailboxes=4, messages_per_mailbox=20, base_at=_SMALL.base_at + timedelta(days=1)
        ),
    ],
)
def test_another_seed_or_date_gives_another_tree(other: LabOptions, tmp_path: Path) -> None:
    create_lab(tmp_path / "a", LabOptions(mailboxes=4, messages_per_mailbox=20))
    create_lab(tmp_path / "b", other)
    assert snapshot(tmp_path / "a") != snapshot(tmp_path / "b")


def test_the_tree_is_what_the_message_stream_says(
    lab: tuple[Path, LabManifest], found: list[Found]
) -> None:
    streamed = {
        (m.mailbox, "new" if m.in_new else "cur", m.file_name): m.raw
        for m in iter_messages(LabOptions())
    }
    assert streamed == {(one.mailbox, one.part, one.path.name): one.raw for one in found}


def test_file_names_are_valid_unique_and_carry_the_true_size(found: list[Found]) -> None:
    handles = set()
    for one in found:
        match = _NAME.fullmatch(one.path.name)
        assert match is not None
        assert int(match.group(1)) == len(one.raw)
        assert (match.group(2) is None) == (one.part == "new")
        flags = (match.group(2) or "")[3:]
        assert list(flags) == sorted(set(flags))
        handles.add(one.path.name.partition(":")[0])
    assert len(handles) == len(found)


def test_file_times_are_the_times_of_arrival(found: list[Found]) -> None:
    for one in found:
        assert int(one.path.name.partition(".")[0]) == int(one.path.stat().st_mtime)


def test_all_mail_is_older_than_the_labs_present(found: list[Found]) -> None:
    present = LabOptions().base_at.timestamp()
    assert max(one.path.stat().st_mtime for one in found) < present


def test_every_folder_is_a_maildir_with_its_marker(lab: tuple[Path, LabManifest]) -> None:
    for home in lab[0].iterdir():
        assert {"cur", "new", "tmp"} <= {path.name for path in home.iterdir()}
        for folder in home.glob(".*"):
            assert {path.name for path in folder.iterdir()} == {
                "cur",
                "new",
                "tmp",
                "maildirfolder",
            }
            assert (folder / "maildirfolder").stat().st_size == 0
            assert not any((folder / "tmp").iterdir())


def test_folder_names_on_disk_are_modified_utf7_and_dotted(lab: tuple[Path, LabManifest]) -> None:
    names = {folder.name for home in lab[0].iterdir() for folder in home.glob(".*")}
    assert all(name.isascii() for name in names)
    assert ".&AMk-v&AOk-nements" in names
    assert ".Rechnungen &- &ANw-bergaben" in names
    assert ".&istsQmb4-" in names
    assert {".Projects", ".Projects.Riverside", ".Projects.Riverside.Phase 2"} <= names


def test_modified_utf7_is_that_of_the_standards_example() -> None:
    # RFC 3501, 5.1.3.
    assert directory_of("~peter/mail/台北/日本語") == ".~peter.mail.&U,BTFw-.&ZeVnLIqe-"


def test_the_standard_librarys_maildir_reads_it_with_folders_and_flags(
    lab: tuple[Path, LabManifest], found: list[Found]
) -> None:
    seen = unread = 0
    for address in lab[1].mailboxes:
        box = stdlib_mailbox.Maildir(str(lab[0] / address), create=False)
        for folder in (box, *(box.get_folder(name) for name in box.list_folders())):
            for message in folder:
                seen += 1
                unread += message.get_subdir() == "new"
    assert seen == len(found)
    assert 0 < unread < seen


def test_readers_have_read_flagged_answered_and_left_unread(found: list[Found]) -> None:
    flags = {one.path.name.partition(":2,")[2] for one in found if one.part == "cur"}
    assert {"", "S", "RS", "FS", "FRS"} <= flags


def test_an_empty_lab_has_mailboxes_and_folders_but_no_mail(tmp_path: Path) -> None:
    manifest = create_lab(tmp_path / "mail", LabOptions(mailboxes=3, empty=True))
    files = [path for path in (tmp_path / "mail").rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"maildirfolder"}
    assert (tmp_path / "mail" / "finance.alder@example.com" / "new").is_dir()
    assert (manifest.messages, manifest.file.copies, manifest.url.copies) == (0, 0, 0)
    assert manifest.shared_message_ids == ()


def test_a_root_that_is_not_empty_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(LabError, match="is not empty") as caught:
        create_lab(tmp_path, _SMALL)
    assert isinstance(caught.value, UserError)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_root_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(LabError, match="not a directory"):
        create_lab(tmp_path / "file", _SMALL)


def test_a_root_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(Unavailable, match="cannot be written") as caught:
        create_lab(tmp_path / "file" / "below", _SMALL)
    assert "\n" not in str(caught.value)


def test_a_message_is_never_written_over_another(tmp_path: Path) -> None:
    messages = list(iter_messages(LabOptions(mailboxes=1, messages_per_mailbox=2, file_copies=0)))
    write_messages(tmp_path, messages)
    before = snapshot(tmp_path)
    with pytest.raises(FileExistsError):
        MaildirTree(tmp_path).write(messages[0])
    assert snapshot(tmp_path) == before


def test_the_malicious_file_is_written_where_asked_and_hashes_as_the_manifest_says(
    tmp_path: Path,
) -> None:
    path = tmp_path / "evidence" / "sample.pdf"
    manifest = create_lab(tmp_path / "mail", _SMALL, malicious_file=path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == manifest.malicious_sha256
    assert manifest.malicious_file_path == str(path)
    assert manifest.malicious_size_bytes == path.stat().st_size


def test_the_malicious_file_replaces_no_file_and_stays_out_of_the_lab(tmp_path: Path) -> None:
    taken = tmp_path / "taken.pdf"
    taken.write_text("mine")
    with pytest.raises(LabError, match="exists already"):
        create_lab(tmp_path / "mail", _SMALL, malicious_file=taken)
    assert taken.read_text() == "mine"
    with pytest.raises(LabError, match="in the lab itself"):
        create_lab(tmp_path / "mail", _SMALL, malicious_file=tmp_path / "mail" / "x.pdf")
    assert not (tmp_path / "mail").exists()


def test_the_manifest_goes_through_json_unchanged(lab: tuple[Path, LabManifest]) -> None:
    read = json.loads(json.dumps(lab[1].as_json()))
    assert read["malicious_url"] == lab[1].malicious_url
    assert read["file"]["by_role"] == lab[1].file.by_role
    assert read["url"]["kind"] == "url"
