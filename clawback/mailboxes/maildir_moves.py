"""Moves within one mailbox: verified right before, never overwriting, durable before the answer."""

from __future__ import annotations

import os
from collections.abc import Sequence

from clawback.mailboxes import maildir_files
from clawback.mailboxes.faults import fault_of
from clawback.mailboxes.maildir_files import Digest
from clawback.mailboxes.maildir_folders import Found, OpenFolder, OpenMailbox, SeenFiles, SeenFolder
from clawback.mailboxes.maildir_names import handle_of, in_cur, renamed
from clawback.mailboxes.maildir_search import GUESS_UP_TO, digest_of
from clawback.mailboxes.spreading import grouped
from models.copies import Place, SourceFault
from models.outcomes import MoveIntent, MoveReply

_TRIES = 5  # other programs rename and deliver meanwhile; five times in a row is no accident


def move_in(
    mailbox: OpenMailbox, intents: Sequence[MoveIntent], seen: SeenFiles
) -> list[MoveReply]:
    """One reply for each intent; a folder that fails spoils only its own."""
    replies: list[MoveReply] = []
    pairs = grouped(intents, lambda intent: (intent.place.folder, intent.destination))
    for (source, destination), group in pairs.items():
        try:
            with mailbox.open(source) as opened, mailbox.open_or_make(destination) as target:
                files = seen.of(mailbox.name, source), seen.of(mailbox.name, destination)
                replies.extend(_Move(opened, target, *files).run(group))
        except OSError as error:
            replies.extend(refused(intent, fault_of(error)) for intent in group)
    return replies


def refused(intent: MoveIntent, fault: SourceFault) -> MoveReply:
    """The reply for a copy that was not moved."""
    return MoveReply(intent.copy_id, None, fault)


class _Move:
    """The moves from one folder to another."""

    def __init__(
        self, source: OpenFolder, target: OpenFolder, known: SeenFolder, arrived: SeenFolder
    ) -> None:
        self._source = source
        self._target = target
        self._known = known
        self._arrived = arrived
        self._touched: set[str] = set()

    def run(self, intents: Sequence[MoveIntent]) -> list[MoveReply]:
        """The replies, after the directories that changed are on the disk."""
        guess = len(intents) <= GUESS_UP_TO
        replies = [self._one(intent, guess=guess) for intent in intents]
        try:
            self._make_durable()
        except OSError as error:
            fault = fault_of(error)
            return [
                reply if reply.fault else MoveReply(reply.copy_id, None, fault) for reply in replies
            ]
        return replies

    def _make_durable(self) -> None:
        """The destination first: on no file system may a crash leave a message in neither."""
        if not self._touched:
            return
        os.fsync(self._target.part("cur"))
        for part in sorted(self._touched):
            os.fsync(self._source.part(part))

    def _one(self, intent: MoveIntent, *, guess: bool) -> MoveReply:
        try:
            return self._try(intent, guess=guess)
        except OSError as error:
            return refused(intent, fault_of(error))

    def _try(self, intent: MoveIntent, *, guess: bool) -> MoveReply:
        handle = intent.place.handle
        new_name = ""
        for _ in range(_TRIES):
            hit = digest_of(self._source, handle, self._known.get(handle), guess=guess)
            if hit is None:
                return refused(intent, SourceFault.GONE)
            found, digested = hit
            if digested.sha256 != intent.content_sha256:
                return refused(intent, SourceFault.CHANGED)
            if self._source.name == self._target.name:
                return MoveReply(intent.copy_id, intent.place)
            try:
                return self._rename(intent, hit, new_name or self._free_name(found))
            except FileNotFoundError:
                continue  # its flags changed, so its name did
            except FileExistsError:
                new_name = renamed(in_cur(found.name))
        return refused(intent, SourceFault.UNAVAILABLE)

    def _rename(self, intent: MoveIntent, hit: tuple[Found, Digest], name: str) -> MoveReply:
        found, digested = hit
        source, target = self._source.part(found.part), self._target.part("cur")
        maildir_files.rename_without_overwriting(source, found.name, target, name)
        self._touched.add(found.part)
        try:
            status = os.stat(name, dir_fd=target, follow_symlinks=False)
        except FileNotFoundError:
            status = None  # a reader has renamed it already; the caller reads the store again
        if status is not None and status.st_ino != digested.inode:
            # Another file took the name between reading and renaming: it is not what was meant.
            maildir_files.rename_without_overwriting(target, name, source, found.name)
            return refused(intent, SourceFault.CHANGED)
        return self._moved(intent, name, digested, status)

    def _moved(
        self, intent: MoveIntent, name: str, digested: Digest, status: os.stat_result | None
    ) -> MoveReply:
        handle, found = handle_of(name), Found("cur", name)
        self._target.listing()[handle] = found
        self._known.pop(intent.place.handle, None)
        kept = None
        if status is not None and digested.is_same_content(status):
            kept = Digest(*digested[:-1], status.st_ctime_ns)
        self._arrived.put(handle, found, kept)
        return MoveReply(intent.copy_id, Place(self._target.name, handle))

    def _free_name(self, found: Found) -> str:
        """The file's own name, or another where a message there has its unique part.

        The very same name is tried all the same: it may be the other half of an interrupted move.
        """
        name = in_cur(found.name)
        taken = self._target.listing().get(handle_of(name))
        return name if taken is None or taken.name == name else renamed(name)
