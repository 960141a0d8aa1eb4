"""Mailboxes in a Maildir++ tree, `<root>/<user@domain>`, as Dovecot and Courier keep them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from clawback.errors import SourceUnavailable
from clawback.mailboxes.faults import fault_of, source_error
from clawback.mailboxes.folder_roles import FolderRoles
from clawback.mailboxes.maildir_changes import changes_in
from clawback.mailboxes.maildir_files import Contents, read
from clawback.mailboxes.maildir_folders import OpenFolder, OpenMailbox, SeenFiles
from clawback.mailboxes.maildir_moves import move_in, refused
from clawback.mailboxes.maildir_names import delivered_at
from clawback.mailboxes.maildir_root import MaildirRoot, RootUnusable
from clawback.mailboxes.maildir_search import locate_in, nowhere
from clawback.mailboxes.spreading import (
    COPIES_AT_ONCE,
    LISTED_AT_ONCE,
    UNBOUNDED,
    grouped,
    packed,
    spread,
)
from models.copies import (
    CopyRef,
    FetchedCopy,
    FolderRole,
    LiveCopy,
    MailboxChanges,
    Place,
    Retention,
    SourceFault,
)
from models.limits import DEFAULT_LIMITS
from models.outcomes import MoveIntent, MoveReply

_PACK = 32  # copies in one thread call; whole mailboxes, so one with more is one call
_FETCH_PACK = 16  # messages in one thread call and so in memory at once


class _InMailbox(Protocol):
    @property
    def mailbox(self) -> str: ...


_Item = TypeVar("_Item", bound=_InMailbox)
_Result = TypeVar("_Result")


class MaildirSource:
    """The mail system of one Maildir++ tree. Folder names use "/" between levels.

    `roles` maps folder names to roles where their names do not tell. `parallel` bounds the mailboxes
    worked on at once: 2 to 8 is useful, since waiting for the disk is what costs. `settle` is how
    old a change must be to be trusted as the last one; it must exceed the tick of the file system's
    clock and, on a network file system, how far its clock is from ours. Of a message of more than
    `read_at_most` bytes only so many are fetched; what it is hashed and moved by is all of it.
    """

    def __init__(
        self,
        name: str,
        root: Path | str,
        *,
        roles: Mapping[str, FolderRole] | None = None,
        parallel: int = 4,
        settle: timedelta = timedelta(seconds=2),
        read_at_most: int = DEFAULT_LIMITS.message_bytes,
    ) -> None:
        self._name = name
        self._roles = FolderRoles(roles)
        self._root = MaildirRoot(Path(root))
        self._parallel = parallel
        self._read_at_most = read_at_most
        self._settle_ns = int(settle.total_seconds() * 10**9)
        self._threads = ThreadPoolExecutor(parallel, thread_name_prefix=f"maildir-{name}")
        self._seen = SeenFiles(self._settle_ns)

    @property
    def name(self) -> str:
        """The configured name."""
        return self._name

    @property
    def retention(self) -> Retention:
        """Without an end: nothing empties the folder by itself."""
        return Retention(None, "until someone empties it")

    @property
    def mailboxes_at_once(self) -> int:
        """As many as there are: nothing is kept open for a mailbox."""
        return UNBOUNDED

    @property
    def copies_at_once(self) -> int:
        """As many as keep everything busy for about a tenth of a second or two."""
        return COPIES_AT_ONCE

    @property
    def listed_at_once(self) -> int:
        """Enough to keep the cores and a queue of requests busy."""
        return LISTED_AT_ONCE

    def folder_for(self, role: FolderRole) -> str:
        """The folder that a move to `role` goes to."""
        return self._roles.folder_for(role)

    def role_of(self, folder: str) -> FolderRole:
        """What a folder is for, by the overrides and the names that are known."""
        return self._roles.role_of(folder)

    async def mailboxes(self) -> tuple[str, ...]:
        """All mailboxes. Raises `SourceError`, also for a root without any: it may be unmounted."""
        names = await self._call(self._root.mailboxes)
        if not names:
            raise SourceUnavailable(self._name, "no-mailboxes")
        return names

    async def check(self) -> tuple[str, ...]:
        """What is wrong with the root and its mailboxes, one line each that says what to do."""
        return await self._call(self._root.problems)

    async def changes(self, mailbox: str, cursor: str) -> MailboxChanges:
        """The folders that changed since `cursor`, listed whole. Raises `SourceError`."""

        return await self._call(partial(self._changes, mailbox, cursor))

    def _changes(self, mailbox: str, cursor: str) -> MailboxChanges:
        with self._root.open(mailbox) as opened:
            return changes_in(opened, cursor, self._roles, settle_ns=self._settle_ns)

    async def fetch(self, mailbox: str, places: Sequence[Place]) -> AsyncIterator[FetchedCopy]:
        """The bytes at each place, or None. Raises `SourceError` where a file cannot be read."""
        for start in range(0, len(places), _FETCH_PACK):
            some = places[start : start + _FETCH_PACK]
            for fetched in await self._call(partial(self._fetch, mailbox, some)):
                yield fetched

    def _fetch(self, mailbox: str, places: Sequence[Place]) -> list[FetchedCopy]:
        found: dict[Place, Contents] = {}
        try:
            with self._root.open(mailbox) as opened:
                for folder, group in grouped(places, lambda place: place.folder).items():
                    found.update(_read_group(opened, folder, group, self._read_at_most))
        except RootUnusable:
            raise
        except FileNotFoundError:
            pass  # the mailbox is gone, and so are its messages
        return [_fetched(mailbox, place, found.get(place)) for place in places]

    def locate(self, copies: Sequence[CopyRef]) -> AsyncIterator[LiveCopy]:
        """Where each copy is now. Raises `SourceError` only if the whole tree is away."""
        return self._spread(
            copies,
            lambda mailbox, group: locate_in(mailbox, group, self._seen, self._roles),
            nowhere,
        )

    def move(self, intents: Sequence[MoveIntent]) -> AsyncIterator[MoveReply]:
        """Move each copy, durably. Raises `SourceError` only if the whole tree is away."""
        return self._spread(
            intents, lambda mailbox, group: move_in(mailbox, group, self._seen), refused
        )

    async def _call(self, work: Callable[[], _Result]) -> _Result:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, work)
        except OSError as error:
            raise source_error(self._name, fault_of(error)) from error

    def _spread(
        self,
        items: Sequence[_Item],
        work: Callable[[OpenMailbox, list[_Item]], list[_Result]],
        failed: Callable[[_Item, SourceFault], _Result],
    ) -> AsyncIterator[_Result]:
        """The answers of `work` for each mailbox, or `failed` for those of one that will not open."""

        def in_mailbox(group: list[_Item]) -> list[_Result]:
            try:
                with self._root.open(group[0].mailbox) as opened:
                    return work(opened, group)
            except RootUnusable as error:
                raise source_error(self._name, fault_of(error)) from error
            except OSError as error:
                return [failed(item, fault_of(error)) for item in group]

        packs = packed(grouped(items, lambda item: item.mailbox).values(), _PACK)
        return spread(packs, in_mailbox, threads=self._threads, parallel=self._parallel)


def _fetched(mailbox: str, place: Place, contents: Contents | None) -> FetchedCopy:
    if contents is None:
        return FetchedCopy(mailbox, place, None)
    received_at = delivered_at(place.handle, contents.modified_ns)
    return FetchedCopy(mailbox, place, contents.raw, received_at)


def _read_group(
    mailbox: OpenMailbox, folder: str, places: Sequence[Place], at_most: int
) -> dict[Place, Contents]:
    try:
        with mailbox.open(folder) as opened:
            read_ones = ((place, _read_one(opened, place, at_most)) for place in places)
            return {place: read_one for place, read_one in read_ones if read_one is not None}
    except FileNotFoundError:
        return {}


def _read_one(folder: OpenFolder, place: Place, at_most: int) -> Contents | None:
    for found in folder.names(place.handle, None, guess=False):
        try:
            return read(found.name, folder.part(found.part), at_most=at_most)
        except FileNotFoundError:
            continue
    return None
