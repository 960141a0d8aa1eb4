"""Where copies are in one mailbox: at their place, else by handle, else by content."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from clawback.mailboxes.faults import fault_of
from clawback.mailboxes.folder_roles import FolderRoles
from clawback.mailboxes.maildir_files import Digest, digest
from clawback.mailboxes.maildir_folders import (
    Found,
    OpenFolder,
    OpenMailbox,
    Seen,
    SeenFiles,
    SeenFolder,
)
from clawback.mailboxes.maildir_names import flags_of, size_in
from clawback.mailboxes.spreading import grouped
from models.copies import CopyRef, FolderRole, LiveCopy, Place, SourceFault

GUESS_UP_TO = 8  # copies; a listing serves more of them better than trying names does


def locate_in(
    mailbox: OpenMailbox, copies: Sequence[CopyRef], seen: SeenFiles, roles: FolderRoles
) -> list[LiveCopy]:
    """One answer for each copy, in any order. A fault spoils its own copy only."""
    answers: list[LiveCopy] = []
    missing: list[CopyRef] = []
    for folder, group in grouped(copies, lambda copy: copy.place.folder).items():
        try:
            with mailbox.open(folder) as opened:
                files = seen.of(mailbox.name, folder)
                missing += _at_places(opened, group, files, roles.role_of(folder), answers)
        except OSError as error:
            fault = fault_of(error)
            if fault is SourceFault.GONE:
                missing.extend(group)
            else:
                answers.extend(nowhere(copy, fault) for copy in group)
    if missing:
        taken = {live.place for live in answers if live.place is not None}
        answers.extend(_Search(mailbox, seen, roles, taken).find_all(missing))
    return answers


def nowhere(copy: CopyRef, fault: SourceFault) -> LiveCopy:
    """The answer for a copy that was not found: gone, or unknown where the store cannot say."""
    known = fault is SourceFault.GONE
    return LiveCopy(copy.copy_id, None, None, "", fault=None if known else fault)


def _at_places(
    folder: OpenFolder,
    copies: Sequence[CopyRef],
    files: SeenFolder,
    role: FolderRole,
    answers: list[LiveCopy],
) -> list[CopyRef]:
    """Adds the answers for copies that are at their places; returns those that are not."""
    missing: list[CopyRef] = []
    guess = len(copies) <= GUESS_UP_TO
    for copy in copies:
        place = copy.place
        before = files.get(place.handle)
        try:
            hit = digest_of(folder, place.handle, before, guess=guess)
        except OSError as error:
            answers.append(nowhere(copy, fault_of(error)))
            continue
        if hit is None:
            missing.append(copy)
            continue
        if before is None or hit[1] is not before[1]:
            files.put(place.handle, *hit)
        answers.append(LiveCopy(copy.copy_id, place, role, hit[1].sha256, flags_of(hit[0].name)))
    return missing


def digest_of(
    folder: OpenFolder, handle: str, seen: Seen | None, *, guess: bool
) -> tuple[Found, Digest] | None:
    """The file with this handle and the digest of its bytes, or None. Raises `OSError`.

    A file that was read before is only looked at, and the digest in `seen` is the answer: it is read
    again if that shows any change.
    """
    hint, digested = seen or (None, None)
    if hint is not None and digested is not None and _unchanged(folder, hint, digested):
        return hint, digested
    for found in folder.names(handle, hint, guess=guess):
        try:
            return found, digest(found.name, folder.part(found.part))
        except FileNotFoundError:
            continue
    return None


def _unchanged(folder: OpenFolder, found: Found, digested: Digest) -> bool:
    try:
        status = os.stat(found.name, dir_fd=folder.part(found.part), follow_symlinks=False)
    except FileNotFoundError:
        return False
    return digested.is_of(status)


class _Search:
    """A search through all folders of one mailbox, for copies that are not at their places."""

    def __init__(
        self, mailbox: OpenMailbox, seen: SeenFiles, roles: FolderRoles, taken: set[Place]
    ) -> None:
        self._mailbox = mailbox
        self._seen_files = seen
        self._roles = roles
        self._taken = taken
        self._messages: dict[Place, Found] = {}
        self._read_before: set[tuple[str, Found]] = set()
        self._by_content: dict[str, dict[Place, tuple[Found, Digest]]] = {}
        self._fault: SourceFault | None = None  # what could not be read may hide what we miss

    def find_all(self, missing: Sequence[CopyRef]) -> list[LiveCopy]:
        """An answer for each. Gone is said only after a second look.

        A listing can miss a file that is renamed while it is read; the second look reads only what
        the first did not see.
        """
        answers: list[LiveCopy] = []
        left = list(missing)
        for _ in range(2):
            if not left:
                return answers
            self._list()
            for search in (self._by_handle, self._by_bytes):
                hits, left = search(left)
                answers.extend(hits)
        gone = (LiveCopy(copy.copy_id, None, None, "", fault=self._fault) for copy in left)
        return [*answers, *gone]

    def _list(self) -> None:
        self._messages = {}
        try:
            folders = self._mailbox.folders()
        except OSError as error:
            self._blame(error)
            return
        for folder in folders:
            try:
                with self._mailbox.open(folder) as opened:
                    for handle, found in opened.listing().items():
                        self._messages[Place(folder, handle)] = found
            except OSError as error:
                self._blame(error)

    def _blame(self, error: OSError) -> None:
        fault = fault_of(error)
        if fault is not SourceFault.GONE:
            self._fault = fault

    def _by_handle(self, copies: Sequence[CopyRef]) -> tuple[list[LiveCopy], list[CopyRef]]:
        """Those whose handle is in another folder; a handle shared with a sibling proves nothing."""
        places = grouped(sorted(self._messages), lambda place: place.handle)
        hits: list[LiveCopy] = []
        left: list[CopyRef] = []
        for copy in copies:
            handle = copy.place.handle
            offered = [] if handle in copy.siblings else places.get(handle, [])
            read = self._read([place for place in offered if place not in self._taken])
            best = min(
                read, key=lambda one: read[one][1].sha256 != copy.content_sha256, default=None
            )
            if best is None:
                left.append(copy)
            else:
                hits.append(self._take(copy, best, read[best]))
        return hits, left

    def _by_bytes(self, copies: Sequence[CopyRef]) -> tuple[list[LiveCopy], list[CopyRef]]:
        """Those whose content is somewhere in the mailbox and is no sibling's."""
        self._digest_unseen(_sizes(copies))
        hits: list[LiveCopy] = []
        left: list[CopyRef] = []
        for copy in copies:
            same = self._by_content.get(copy.content_sha256, {})
            free = [
                place
                for place in sorted(same)
                if place not in self._taken and place.handle not in copy.siblings
            ]
            if free:
                hits.append(self._take(copy, free[0], same[free[0]]))
            else:
                left.append(copy)
        return hits, left

    def _digest_unseen(self, sizes: frozenset[int] | None) -> None:
        if sizes == frozenset():
            return
        unseen = [
            place
            for place, found in self._messages.items()
            if (place.folder, found) not in self._read_before
        ]
        self._read_before.update((place.folder, self._messages[place]) for place in unseen)
        for place, hit in self._read(unseen, sizes).items():
            self._by_content.setdefault(hit[1].sha256, {})[place] = hit

    def _read(
        self, places: Iterable[Place], sizes: frozenset[int] | None = None
    ) -> dict[Place, tuple[Found, Digest]]:
        read: dict[Place, tuple[Found, Digest]] = {}
        for folder, group in grouped(places, lambda place: place.folder).items():
            try:
                with self._mailbox.open(folder) as opened:
                    for place in group:
                        hit = self._read_one(opened, place, sizes)
                        if hit is not None:
                            read[place] = hit
            except OSError as error:
                self._blame(error)
        return read

    def _read_one(
        self, folder: OpenFolder, place: Place, sizes: frozenset[int] | None
    ) -> tuple[Found, Digest] | None:
        found = self._messages[place]
        try:
            if sizes is not None and not _may_be(folder, found, sizes):
                return None
            return digest_of(folder, place.handle, (found, None), guess=False)
        except OSError as error:
            self._blame(error)
            return None

    def _take(self, copy: CopyRef, place: Place, hit: tuple[Found, Digest]) -> LiveCopy:
        self._taken.add(place)
        self._seen_files.of(self._mailbox.name, place.folder).put(place.handle, *hit)
        found, digested = hit
        role = self._roles.role_of(place.folder)
        return LiveCopy(copy.copy_id, place, role, digested.sha256, flags_of(found.name))


def _sizes(copies: Sequence[CopyRef]) -> frozenset[int] | None:
    """The sizes that the copies' handles tell, or None where one of them does not."""
    sizes = [size_in(copy.place.handle) for copy in copies]
    known = [size for size in sizes if size is not None]
    return frozenset(known) if len(known) == len(sizes) else None


def _may_be(folder: OpenFolder, found: Found, sizes: frozenset[int]) -> bool:
    """Whether a file has one of the sizes, on disk or, where it is compressed, by its name."""
    if size_in(found.name) in sizes:
        return True
    status = os.stat(found.name, dir_fd=folder.part(found.part), follow_symlinks=False)
    return status.st_size in sizes
