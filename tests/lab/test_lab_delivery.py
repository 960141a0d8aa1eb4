"""Files delivered into a lab: unchanged, complete, over nothing."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clawback.lab.delivery import deliver
from clawback.lab.maildir import create_lab
from clawback.lab.options import LabError, LabOptions

_AT = datetime(2026, 11, 3, 12, tzinfo=UTC)
_ODD = (
    b"",
    b"no header at all",
    b"Subject: x\r\n\r\nCRLF and \x00 and \xff\r\n",
    b"To: somebody@elsewhere.example\n\nbody\n",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    create_lab(tmp_path / "mail", LabOptions(mailboxes=3, empty=True, scatter=False))
    return tmp_path / "mail"


def source_with(tmp_path: Path, files: dict[str, bytes]) -> Path:
    source = tmp_path / "source"
    for name, raw in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(raw)
    return source


def new_files(root: Path) -> list[Path]:
    return sorted(path for path in root.glob("*/new/*"))


def test_files_arrive_byte_for_byte_in_turn(root: Path, tmp_path: Path) -> None:
    files = {f"{at}/mail.eml": raw for at, raw in enumerate(_ODD)}
    source = source_with(tmp_path, {**files, "note.txt": b"not mail", "UPPER.EML": b"upper"})
    result = deliver(root, source, received_at=_AT)
    assert result.delivered == len(new_files(root)) == 5
    assert sorted(path.read_bytes() for path in new_files(root)) == sorted([*_ODD, b"upper"])
    assert sorted(result.by_mailbox.values()) == [1, 2, 2]
    assert not any(root.glob("*/tmp/*"))
    assert {path.stat().st_mtime for path in new_files(root)} == {_AT.timestamp()}


@pytest.mark.parametrize(
    "raw",
    [
        b"To: <Finance.Alder@EXAMPLE.com>\n\nbody",
        b"To: x@elsewhere.example,\r\n\t=?utf-8?q?F?= <finance.alder@example.com>\r\n\r\nbody",
        b"Subject: a\nDelivered-To: finance.alder@example.com\n\nbody",
    ],
)
def test_a_message_goes_to_the_recipient_that_has_a_mailbox(
    raw: bytes, root: Path, tmp_path: Path
) -> None:
    source = source_with(tmp_path, {f"{at}.eml": raw for at in range(4)})
    assert deliver(root, source).by_mailbox == {"finance.alder@example.com": 4}


def test_an_address_in_the_body_is_no_recipient(root: Path, tmp_path: Path) -> None:
    raw = b"Subject: x\n\nTo: finance.alder@example.com\n"
    source = source_with(tmp_path, {f"{at}.eml": raw for at in range(3)})
    assert len(deliver(root, source).by_mailbox) == 3


def test_delivering_again_adds_copies_and_replaces_none(root: Path, tmp_path: Path) -> None:
    source = source_with(tmp_path, {"a.eml": b"a", "b.eml": b"b"})
    deliver(root, source, received_at=_AT)
    before = {path: path.read_bytes() for path in new_files(root)}
    deliver(root, source, received_at=_AT)
    after = {path: path.read_bytes() for path in new_files(root)}
    assert len(after) == 4
    assert before.items() <= after.items()


def test_what_cannot_be_read_is_reported_and_the_rest_delivered(root: Path, tmp_path: Path) -> None:
    source = source_with(tmp_path, {"good.eml": b"good"})
    (source / "dangling.eml").symlink_to(source / "nowhere")
    (source / "directory.eml").mkdir()
    os.mkfifo(source / "pipe.eml")
    result = deliver(root, source)
    assert result.delivered == 1
    assert {path for path, _ in result.unreadable} == {"dangling.eml", "pipe.eml"}
    assert stat.S_ISFIFO((source / "pipe.eml").stat().st_mode)


def test_a_place_without_mailboxes_is_refused(root: Path, tmp_path: Path) -> None:
    source = source_with(tmp_path, {"a.eml": b"a"})
    (tmp_path / "bare").mkdir()
    for wrong_root in (tmp_path / "missing", tmp_path / "bare"):
        with pytest.raises(LabError, match="lab create"):
            deliver(wrong_root, source)
    with pytest.raises(LabError, match="not a directory"):
        deliver(root, tmp_path / "missing")
