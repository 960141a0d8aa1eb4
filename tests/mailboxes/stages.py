"""One set of levers over each kind of source, so that one suite can drive them all."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable, Collection
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from clawback.mail.extract import extract
from clawback.mailboxes.maildir import MaildirSource
from clawback.mailboxes.maildir_names import directory_of, flags_of, handle_of
from clawback.mailboxes.memory import MemorySource
from clawback.mailboxes.memory_mailbox import Access
from clawback.ports import MailboxSource
from models.copies import CopyRef, LiveCopy, Place
from models.outcomes import MoveIntent, MoveReply

ANN, BEN = "inbox-a@example.org", "inbox-b@example.org"
GONE_FOLDER = "Recoverable Items"
LETTERS = {"Seen": "S", "Answered": "R", "Flagged": "F", "Deleted": "T", "Draft": "D"}


class Stage(Protocol):
    """A source with two mailboxes, and what others do to it."""

    source: MailboxSource

    def deliver(
        self, mailbox: str, raw: bytes, folder: str = "INBOX", flags: Collection[str] = ()
    ) -> Place: ...
    def user_move(
        self, mailbox: str, place: Place, folder: str, *, keep_handle: bool = False
    ) -> Place: ...
    def user_delete(self, mailbox: str, place: Place) -> None: ...
    def user_flag(self, mailbox: str, place: Place, flags: Collection[str]) -> None: ...
    def user_delete_folder(self, mailbox: str, folder: str) -> None: ...
    def replace_content(self, mailbox: str, place: Place, raw: bytes) -> None: ...
    def occupy(self, mailbox: str, place: Place, raw: bytes) -> None: ...
    def forbid(self, mailbox: str) -> None: ...
    def everything(self, mailbox: str) -> list[tuple[str, bytes, frozenset[str]]]: ...


class MemoryStage:
    """The reference, with the levers that it has itself."""

    def __init__(self, *, incremental: bool = False, new_handles: bool = False) -> None:
        self.source = MemorySource(
            "stage", (ANN, BEN), incremental=incremental, new_handles=new_handles
        )
        self.deliver = self.source.deliver
        self.user_move = self.source.user_move
        self.user_delete = self.source.user_delete
        self.user_flag = self.source.user_flag
        self.user_delete_folder = self.source.user_delete_folder
        self.replace_content = self.source.replace_content

    def occupy(self, mailbox: str, place: Place, raw: bytes) -> None:
        delivered = self.source.deliver(mailbox, raw, place.folder)
        box = self.source._boxes[mailbox]
        box.put(place, box.take(delivered))

    def forbid(self, mailbox: str) -> None:
        self.source.set_access(mailbox, Access.READ_ONLY)

    def everything(self, mailbox: str) -> list[tuple[str, bytes, frozenset[str]]]:
        return sorted(
            (place.folder, message.raw, message.flags)
            for place, message in self.source.contents(mailbox)
        )


class MaildirStage:
    """A tree on disk; users act on its files as Dovecot would. Keywords are letters a to z."""

    def __init__(self, root: Path, *, settle: timedelta = timedelta(seconds=2)) -> None:
        self.root = root
        self._numbers = itertools.count(1)
        for mailbox in (ANN, BEN):
            self.make_folder(mailbox, "INBOX")
        self.source = MaildirSource("stage", root, settle=settle)

    def folder(self, mailbox: str, folder: str) -> Path:
        return self.root / mailbox / directory_of(folder)

    def make_folder(self, mailbox: str, folder: str) -> Path:
        path = self.folder(mailbox, folder)
        for part in ("cur", "new", "tmp"):
            (path / part).mkdir(parents=True, exist_ok=True)
        return path

    def deliver(
        self, mailbox: str, raw: bytes, folder: str = "INBOX", flags: Collection[str] = ()
    ) -> Place:
        path = self.make_folder(mailbox, folder)
        handle = f"1700000000.M{next(self._numbers)}P7.stage"
        name = f"cur/{handle}:2,{_letters(flags)}" if flags else f"new/{handle}"
        (path / name).write_bytes(raw)
        return Place(folder, handle)

    def path_of(self, mailbox: str, place: Place) -> Path:
        return next(
            path
            for part in ("cur", "new")
            for path in (self.folder(mailbox, place.folder) / part).iterdir()
            if handle_of(path.name) == place.handle
        )

    def user_move(
        self, mailbox: str, place: Place, folder: str, *, keep_handle: bool = False
    ) -> Place:
        path = self.path_of(mailbox, place)
        handle = place.handle if keep_handle else f"1700000000.M{next(self._numbers)}P8.moved"
        target = self.make_folder(mailbox, folder) / "cur"
        path.rename(target / f"{handle}:2,{path.name.partition(':2,')[2]}")
        return Place(folder, handle)

    def user_delete(self, mailbox: str, place: Place) -> None:
        self.path_of(mailbox, place).unlink()

    def user_flag(self, mailbox: str, place: Place, flags: Collection[str]) -> None:
        target = self.folder(mailbox, place.folder) / "cur" / f"{place.handle}:2,{_letters(flags)}"
        self.path_of(mailbox, place).rename(target)

    def user_delete_folder(self, mailbox: str, folder: str) -> None:
        path = self.folder(mailbox, folder)
        for file in (*path.glob("*/*"), *path.glob("*")):
            file.unlink() if file.is_file() else file.rmdir()
        path.rmdir()

    def replace_content(self, mailbox: str, place: Place, raw: bytes) -> None:
        self.path_of(mailbox, place).write_bytes(raw)

    def occupy(self, mailbox: str, place: Place, raw: bytes) -> None:
        (self.make_folder(mailbox, place.folder) / "cur" / f"{place.handle}:2,").write_bytes(raw)

    def forbid(self, mailbox: str) -> None:
        """A file where the destination has to be: permissions do not bind root."""
        self.folder(mailbox, GONE_FOLDER).write_bytes(b"")

    def everything(self, mailbox: str) -> list[tuple[str, bytes, frozenset[str]]]:
        found: list[tuple[str, bytes, frozenset[str]]] = []
        for path in (self.root / mailbox).rglob("*"):
            if path.parent.name in ("cur", "new") and path.is_file():
                folder = os.path.relpath(path.parent.parent, self.root / mailbox)
                shown = "INBOX" if folder == "." else folder.removeprefix(".").replace(".", "/")
                letters = {letter for letter in path.name.partition(":2,")[2] if letter.islower()}
                found.append((shown, path.read_bytes(), flags_of(path.name) | letters))
        return sorted(found)


def _letters(flags: Collection[str]) -> str:
    return "".join(sorted(LETTERS.get(flag, flag) for flag in flags))


StageMaker = Callable[[], Stage]


def as_stored(stage: Stage, raw: bytes) -> bytes:
    """What a source shows of a message that came as `raw`: the same, unless its protocol forbids."""
    shown = getattr(stage, "as_stored", None)
    return raw if shown is None else bytes(shown(raw))


def sha(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def ref(
    stage: Stage,
    mailbox: str,
    place: Place,
    raw: bytes,
    *,
    copy_id: int = 1,
    siblings: Collection[str] = (),
) -> CopyRef:
    role = stage.source.role_of(place.folder)
    facts = extract(raw)
    return CopyRef(
        copy_id,
        "stage",
        mailbox,
        place,
        role,
        sha(raw),
        facts.mail_key,
        frozenset(siblings),
        facts.internet_message_id,
    )


async def locate(source: MailboxSource, *copies: CopyRef) -> dict[int, LiveCopy]:
    return {live.copy_id: live async for live in source.locate(copies)}


async def move(source: MailboxSource, *intents: MoveIntent) -> dict[int, MoveReply]:
    return {reply.copy_id: reply async for reply in source.move(intents)}


async def fetch(source: MailboxSource, mailbox: str, *places: Place) -> dict[Place, bytes | None]:
    return {one.place: one.raw async for one in source.fetch(mailbox, places)}


def intent(copy: CopyRef, destination: str = GONE_FOLDER) -> MoveIntent:
    return MoveIntent(copy.copy_id, copy.mailbox, copy.place, copy.content_sha256, destination)
