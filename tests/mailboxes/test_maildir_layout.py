"""What a Maildir tree on disk looks like, and what may never happen to it."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from clawback.errors import SourceCorrupt, SourceDenied, SourceError, SourceUnavailable
from clawback.mailboxes import maildir_files, maildir_moves
from clawback.mailboxes.faults import fault_of
from clawback.mailboxes.maildir import MaildirSource
from models.copies import Place, SourceFault
from tests.mailboxes.stages import (
    ANN,
    BEN,
    GONE_FOLDER,
    MaildirStage,
    fetch,
    intent,
    locate,
    move,
    ref,
)

MAIL, OTHER = b"Subject: a\r\n\r\nbody\r\n", b"Subject: b\r\n\r\nother\r\n"


def test_an_unread_message_moves_from_new_to_cur_and_stays_unread(tmp_path: Path) -> None:
    stage = MaildirStage(tmp_path)
    place = stage.deliver(ANN, MAIL)
    asyncio.run(move(stage.source, intent(ref(stage, ANN, place, MAIL))))
    target = tmp_path / ANN / ".Recoverable Items" / "cur"
    assert [path.name for path in target.iterdir()] == [f"{place.handle}:2,"]


def test_a_name_taken_by_a_message_with_other_flags_is_not_given_twice(tmp_path: Path) -> None:
    stage = MaildirStage(tmp_path)
    place = stage.deliver(ANN, MAIL, flags=("Seen",))
    stage.occupy(ANN, Place(GONE_FOLDER, place.handle), OTHER)
    reply = asyncio.run(move(stage.source, intent(ref(stage, ANN, place, MAIL))))[1]
    assert reply.place is not None
    assert reply.place.handle != place.handle
    assert asyncio.run(fetch(stage.source, ANN, reply.place)) == {reply.place: MAIL}


def check_nothing_is_overwritten(root: Path) -> None:
    stage = MaildirStage(root)
    place = stage.deliver(ANN, MAIL)
    target = stage.make_folder(ANN, GONE_FOLDER) / "cur"
    original = maildir_moves._Move._free_name

    def beaten(self: maildir_moves._Move, found: maildir_moves.Found) -> str:
        name = original(self, found)
        if not (target / name).exists() and not any(target.iterdir()):
            (target / name).write_bytes(OTHER)  # another program, after we looked
        return name

    maildir_moves._Move._free_name = beaten  # type: ignore[method-assign]
    try:
        asyncio.run(move(stage.source, intent(ref(stage, ANN, place, MAIL))))
    finally:
        maildir_moves._Move._free_name = original  # type: ignore[method-assign]
    assert sorted(raw for _, raw, _ in stage.everything(ANN)) == sorted([MAIL, OTHER])


def test_a_file_that_appears_at_the_destination_meanwhile_is_not_overwritten(
    tmp_path: Path,
) -> None:
    check_nothing_is_overwritten(tmp_path)


def test_a_rename_that_overwrites_would_be_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overwriting(source: int, name: str, target: int, new_name: str) -> None:
        os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)

    monkeypatch.setattr(maildir_files, "rename_without_overwriting", overwriting)
    with pytest.raises(AssertionError):
        check_nothing_is_overwritten(tmp_path)


def _no_kernel_rename(number: int) -> Callable[[int, str, int, str], None]:
    def refuse(*_: object) -> None:
        raise OSError(number, "not on this file system")

    return refuse


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP])
def test_without_the_kernels_rename_nothing_is_overwritten_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(maildir_files, "_KERNEL_RENAME", _no_kernel_rename(number))
    check_nothing_is_overwritten(tmp_path)


def test_a_move_by_links_that_was_cut_short_is_finished_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maildir_files, "_KERNEL_RENAME", _no_kernel_rename(errno.EINVAL))
    stage = MaildirStage(tmp_path)
    place = stage.deliver(ANN, MAIL, flags=("Seen",))
    file = stage.path_of(ANN, place)
    os.link(file, stage.make_folder(ANN, GONE_FOLDER) / "cur" / file.name)
    reply = asyncio.run(move(stage.source, intent(ref(stage, ANN, place, MAIL))))[1]
    assert reply.fault is None
    assert stage.everything(ANN) == [(GONE_FOLDER, MAIL, frozenset({"Seen"}))]


def check_durable_before_the_reply(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = MaildirStage(root)
    stage.make_folder(ANN, GONE_FOLDER)
    events: list[str] = []
    rename, fsync = maildir_files.rename_without_overwriting, os.fsync

    def recorded_rename(source: int, name: str, target: int, new_name: str) -> None:
        rename(source, name, target, new_name)
        events.append("rename")

    def recorded_fsync(descriptor: int) -> None:
        fsync(descriptor)
        events.append(os.path.relpath(os.readlink(f"/proc/self/fd/{descriptor}"), root / ANN))

    monkeypatch.setattr(maildir_files, "rename_without_overwriting", recorded_rename)
    monkeypatch.setattr(os, "fsync", recorded_fsync)
    raws = [b"%d" % number for number in range(50)]
    copies = [
        ref(stage, ANN, stage.deliver(ANN, raw, flags=("Seen",)), raw, copy_id=n)
        for n, raw in enumerate(raws)
    ]

    async def until_the_first_reply() -> None:
        async for _ in stage.source.move([intent(copy) for copy in copies]):
            events.append("reply")

    asyncio.run(until_the_first_reply())
    assert events[:50] == ["rename"] * 50
    assert events[50:52] == [".Recoverable Items/cur", "cur"]
    assert events[52:] == ["reply"] * 50


def test_fifty_moves_cost_two_fsyncs_and_are_durable_before_the_first_reply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_durable_before_the_reply(tmp_path, monkeypatch)


def test_a_move_without_fsync_would_be_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maildir_moves._Move, "_make_durable", lambda self: None)
    with pytest.raises(AssertionError):
        check_durable_before_the_reply(tmp_path, monkeypatch)


def test_a_failing_fsync_is_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = MaildirStage(tmp_path)
    stage.make_folder(ANN, GONE_FOLDER)
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)

    def failing(descriptor: int) -> None:
        raise OSError(errno.EIO, "disk")

    monkeypatch.setattr(os, "fsync", failing)
    assert asyncio.run(move(stage.source, intent(copy)))[1].fault is SourceFault.UNAVAILABLE


def test_a_file_swapped_in_between_reading_and_renaming_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = MaildirStage(tmp_path)
    place = stage.deliver(ANN, MAIL)
    path, original = stage.path_of(ANN, place), maildir_moves._Move._free_name

    def swapped(self: maildir_moves._Move, found: maildir_moves.Found) -> str:
        spare = tmp_path / "spare"
        spare.write_bytes(OTHER)
        spare.replace(path)
        return original(self, found)

    monkeypatch.setattr(maildir_moves._Move, "_free_name", swapped)
    reply = asyncio.run(move(stage.source, intent(ref(stage, ANN, place, MAIL))))[1]
    assert reply.fault is SourceFault.CHANGED
    assert stage.everything(ANN) == [("INBOX", OTHER, frozenset())]


def test_content_changed_with_its_old_size_and_time_is_still_noticed(tmp_path: Path) -> None:
    stage = MaildirStage(tmp_path, settle=timedelta(0))
    place = stage.deliver(ANN, MAIL)
    path, copy = stage.path_of(ANN, place), ref(stage, ANN, place, MAIL)
    os.utime(path, ns=(1, 1))
    asyncio.run(locate(stage.source, copy))
    path.write_bytes(MAIL.replace(b"body", b"evil"))
    os.utime(path, ns=(1, 1))
    live = asyncio.run(locate(stage.source, copy))[1]
    assert live.content_sha256 != copy.content_sha256
    assert asyncio.run(move(stage.source, intent(copy)))[1].fault is SourceFault.CHANGED


def test_an_unchanged_folder_is_not_listed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = MaildirStage(tmp_path, settle=timedelta(0))
    stage.deliver(ANN, MAIL)
    stage.deliver(ANN, MAIL, "Junk")
    # A folder that changed within this very tick has not settled: until one has, ask again.
    cursor = ""
    for _ in range(100_000):
        changes = asyncio.run(stage.source.changes(ANN, cursor))
        cursor = changes.cursor
        if not changes.folders:
            break
    assert changes.folders == ()
    stage.deliver(ANN, OTHER, "Junk")
    changes = asyncio.run(stage.source.changes(ANN, cursor))
    assert [listed.folder for listed in changes.folders] == ["Junk"]


def test_symbolic_links_are_never_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", MaildirStage(tmp_path / "outside")
    place = outside.deliver(ANN, MAIL)
    stage = MaildirStage(root)
    (root / "link@example.org").symlink_to(outside.root / ANN)
    (root / ANN / ".Linked").symlink_to(outside.root / ANN)
    (root / ANN / "cur" / "1.linked:2,").symlink_to(outside.path_of(ANN, place))
    assert asyncio.run(stage.source.mailboxes()) == (ANN, BEN)
    for mailbox, at in (
        ("link@example.org", place),
        (ANN, Place("Linked", place.handle)),
        (ANN, Place("INBOX", "1.linked")),
    ):
        copy = ref(stage, mailbox, at, MAIL)
        assert asyncio.run(locate(stage.source, copy))[1].place is None
        assert asyncio.run(move(stage.source, intent(copy)))[1].fault is not None
    changes = asyncio.run(stage.source.changes(ANN, ""))
    assert {listed.folder for listed in changes.folders} == {"INBOX", GONE_FOLDER}
    assert all(listed.present == () for listed in changes.folders)
    assert "symbolic links" in " ".join(asyncio.run(stage.source.check()))
    copy = ref(stage, ANN, stage.deliver(ANN, OTHER), OTHER)
    assert asyncio.run(move(stage.source, intent(copy, "Linked")))[1].fault is not None
    assert outside.everything(ANN) == [("INBOX", MAIL, frozenset())]


def test_two_files_with_one_unique_part_are_two_copies(tmp_path: Path) -> None:
    stage = MaildirStage(tmp_path)
    for name, raw in (("new/1.twin", MAIL), ("cur/1.twin:2,S", OTHER), ("cur/1.twin:2,F", b"x")):
        (tmp_path / ANN / name).write_bytes(raw)
    changes = asyncio.run(stage.source.changes(ANN, ""))
    places = [Place("INBOX", entry.handle) for entry in changes.folders[0].present]
    assert sorted(asyncio.run(fetch(stage.source, ANN, *places)).values()) == sorted(  # type: ignore[type-var]
        [MAIL, OTHER, b"x"]
    )


def test_names_of_odd_bytes_are_found_and_moved(tmp_path: Path) -> None:
    stage = MaildirStage(tmp_path)
    odd = os.fsdecode(b"1.\xff%41\n:2,S")
    (tmp_path / ANN / "cur" / odd).write_bytes(MAIL)
    entry = asyncio.run(stage.source.changes(ANN, "")).folders[0].present[0]
    entry.handle.encode()
    copy = ref(stage, ANN, Place("INBOX", entry.handle), MAIL)
    assert asyncio.run(locate(stage.source, copy))[1].place == copy.place
    reply = asyncio.run(move(stage.source, intent(copy)))[1]
    assert reply.place == Place(GONE_FOLDER, entry.handle)
    assert (tmp_path / ANN / ".Recoverable Items" / "cur" / odd).exists()


def test_a_mailbox_directory_in_capitals_has_a_lower_case_name(tmp_path: Path) -> None:
    stage = MaildirStage(tmp_path)
    (tmp_path / ANN).rename(tmp_path / "Inbox-A@Example.ORG")
    assert asyncio.run(stage.source.mailboxes()) == (ANN, BEN)
    assert asyncio.run(stage.source.changes(ANN, "")).mailbox == ANN


FAULTS = {
    errno.ENOENT: (SourceFault.GONE, SourceUnavailable),
    errno.EACCES: (SourceFault.DENIED, SourceDenied),
    errno.EPERM: (SourceFault.DENIED, SourceDenied),
    errno.EROFS: (SourceFault.DENIED, SourceDenied),
    errno.ELOOP: (SourceFault.DENIED, SourceDenied),
    errno.ENOSPC: (SourceFault.DISK_FULL, SourceUnavailable),
    errno.EDQUOT: (SourceFault.QUOTA, SourceUnavailable),
    errno.ENOTDIR: (SourceFault.CORRUPT, SourceCorrupt),
    errno.EIO: (SourceFault.UNAVAILABLE, SourceUnavailable),
    errno.EMFILE: (SourceFault.UNAVAILABLE, SourceUnavailable),
    errno.ESTALE: (SourceFault.UNAVAILABLE, SourceUnavailable),
}


@pytest.mark.parametrize("number", FAULTS)
def test_no_operating_system_error_leaves_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    fault, error = FAULTS[number]
    assert fault_of(OSError(number, "")) is fault
    stage = MaildirStage(tmp_path)
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)

    def failing(*_: object, **__: object) -> None:
        raise OSError(number, "made up")

    monkeypatch.setattr(os, "open", failing)
    for call in (
        stage.source.mailboxes(),
        stage.source.changes(ANN, ""),
        fetch(stage.source, ANN, copy.place),
        locate(stage.source, copy),
        move(stage.source, intent(copy)),
    ):
        with pytest.raises(SourceError) as raised:
            asyncio.run(call)  # type: ignore[arg-type]
        assert type(raised.value) is error
    assert asyncio.run(stage.source.check()) != ()


@pytest.mark.parametrize("number", [n for n in FAULTS if n != errno.ENOENT])
def test_an_error_of_one_move_is_the_fault_of_that_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    stage = MaildirStage(tmp_path)
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)

    def failing(*_: object) -> None:
        raise OSError(number, "made up")

    monkeypatch.setattr(maildir_files, "rename_without_overwriting", failing)
    assert asyncio.run(move(stage.source, intent(copy)))[1].fault is FAULTS[number][0]


def test_a_tree_that_is_not_mounted_is_unavailable_and_not_empty(tmp_path: Path) -> None:
    source = MaildirSource("stage", tmp_path)
    stage = MaildirStage(tmp_path / "other")
    copy = ref(stage, ANN, Place("INBOX", "x"), MAIL)
    for call in (source.mailboxes(), locate(source, copy), source.changes(ANN, "")):
        with pytest.raises(SourceUnavailable):
            asyncio.run(call)  # type: ignore[arg-type]


def test_a_mailbox_that_was_removed_holds_nothing(tmp_path: Path) -> None:
    stage = MaildirStage(tmp_path)
    copy = ref(stage, "left@example.org", Place("INBOX", "x"), MAIL)
    live = asyncio.run(locate(stage.source, copy))[1]
    assert (live.place, live.fault) == (None, None)


@pytest.mark.parametrize("made", ["missing", "file", "empty"])
def test_check_says_what_to_do(tmp_path: Path, made: str) -> None:
    root = tmp_path / "root"
    if made == "file":
        root.write_bytes(b"")
    elif made == "empty":
        root.mkdir()
    (line,) = asyncio.run(MaildirSource("stage", root).check())
    assert str(root) in line
    assert "set `root`" in line or "mounted" in line
