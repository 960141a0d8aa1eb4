"""Mailboxes on an IMAP server, opened by a master user or with a secret for each."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from clawback.errors import SourceDenied, SourceError, SourceUnavailable
from clawback.mailboxes.faults import source_error
from clawback.mailboxes.imap.accounts import Accounts
from clawback.mailboxes.imap.bodies import bodies
from clawback.mailboxes.imap.checking import problems_of
from clawback.mailboxes.imap.claims import Claims
from clawback.mailboxes.imap.directory import named_by_server
from clawback.mailboxes.imap.door import Door
from clawback.mailboxes.imap.feed import changes_in
from clawback.mailboxes.imap.folders import RoleBook
from clawback.mailboxes.imap.handles import Handle, parse_handle
from clawback.mailboxes.imap.looking import looks_after
from clawback.mailboxes.imap.moves import move_in, refused
from clawback.mailboxes.imap.pool import Pool, side_by_side
from clawback.mailboxes.imap.problems import MailboxFault, ServerFault
from clawback.mailboxes.imap.search import locate_in, nowhere
from clawback.mailboxes.imap.session import Session
from clawback.mailboxes.per_loop import PerLoop
from clawback.mailboxes.spreading import COPIES_AT_ONCE, LISTED_AT_ONCE, grouped
from clawback.mailboxes.throttled import OnThrottled, unheard
from clawback.source_config import ImapConfig
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
from models.outcomes import MoveIntent, MoveReply

KEPT_PER_CONNECTION = 8
"""Mailboxes in a piece of work for each connection: a session is kept for each between two looks."""

Result = TypeVar("Result")


def open_imap(
    config: ImapConfig,
    env: Mapping[str, str],
    *,
    read_at_most: int,
    on_throttled: OnThrottled = unheard,
) -> ImapSource:
    """The mail system that a configuration describes; nothing is asked of the server yet.

    Secrets come from `env` or from files, when they are needed. Of a message of more than
    `read_at_most` bytes only so many are fetched; what it is hashed and moved by is all of it.
    """
    accounts = Accounts(config, env)
    return ImapSource(config, accounts, read_at_most=read_at_most, on_throttled=on_throttled)


class ImapSource:
    """The port over IMAP. Folder names use "/" between levels, without the server's prefix."""

    def __init__(
        self,
        config: ImapConfig,
        accounts: Accounts,
        *,
        read_at_most: int,
        on_throttled: OnThrottled = unheard,
    ) -> None:
        self._config = config
        self._accounts = accounts
        self._door = Door(config, accounts, on_throttled)
        self._roles = RoleBook(config.folders, config.soft_delete_folder)
        self._read_at_most = read_at_most
        self._pools = PerLoop(self._pool)
        self._claims = Claims()
        self._named: frozenset[str] = frozenset()  # by the server, when it was last asked

    @property
    def name(self) -> str:
        """The configured name."""
        return self._config.name

    @property
    def retention(self) -> Retention:
        """As configured: a server does not tell when it empties a folder."""
        days = self._config.retention_days
        if days is None:
            return Retention(None, "until someone empties it")
        return Retention(days, f"the server keeps it {days} days")

    @property
    def mailboxes_at_once(self) -> int:
        """So many that a session for each is kept open while they are worked on."""
        return KEPT_PER_CONNECTION * self._config.connections

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
        return self._roles.by_name.folder_for(role)

    def role_of(self, folder: str) -> FolderRole:
        """What a folder is for by its name; SPECIAL-USE counts for what is read of a mailbox."""
        return self._roles.by_name.role_of(folder)

    async def mailboxes(self) -> tuple[str, ...]:
        """The configured mailboxes, or those that the server names. Raises `SourceError`."""
        async with self._as_source_errors():
            return await self._mailboxes()

    async def _mailboxes(self) -> tuple[str, ...]:
        listed = self._accounts.listed()
        if listed is None:
            self._named = frozenset(await named_by_server(self._door, self._config))
            return tuple(sorted(self._named))
        return tuple(sorted(listed))

    async def check(self) -> tuple[str, ...]:
        """What is wrong with the set-up, one line each that says what to do."""
        try:
            pool = await self._pools.get()
            await self._door.look()
            return await problems_of(self._door, pool, await self._mailboxes())
        except ServerFault as fault:
            return (fault.line,)
        except MailboxFault:
            return ("the server refuses the master user's own login: list the users instead",)

    async def changes(self, mailbox: str, cursor: str) -> MailboxChanges:
        """What changed since `cursor`. Raises `SourceError`."""
        async with self._as_source_errors():
            return await self._in_mailbox(
                mailbox, lambda session: changes_in(session, cursor, self._roles)
            )

    async def fetch(self, mailbox: str, places: Sequence[Place]) -> AsyncIterator[FetchedCopy]:
        """The bytes at each place, or None. Raises `SourceError`."""
        async with self._as_source_errors():
            self._check_known(mailbox)
            pool = await self._pools.get()
            async with pool.session(mailbox) as (session, _):
                for folder, group in grouped(places, lambda place: place.folder).items():
                    async for fetched in self._fetch(session, mailbox, folder, group):
                        yield fetched

    async def _fetch(
        self, session: Session, mailbox: str, folder: str, places: Sequence[Place]
    ) -> AsyncIterator[FetchedCopy]:
        wanted: dict[int, Handle] = {}
        by_uid: dict[int, Place] = {}
        for place in places:
            handle = parse_handle(place.handle)
            if handle is not None and handle.uid not in wanted:
                wanted[handle.uid], by_uid[handle.uid] = handle, place
        left = dict.fromkeys(places)
        async with contextlib.aclosing(
            bodies(session, folder, wanted, at_most=self._read_at_most)
        ) as found:
            async for uid, raw, received_at in found:
                if uid in by_uid:
                    place = by_uid.pop(uid)
                    del left[place]
                    yield FetchedCopy(mailbox, place, raw, received_at)
        for place in left:
            yield FetchedCopy(mailbox, place, None)

    async def locate(self, copies: Sequence[CopyRef]) -> AsyncIterator[LiveCopy]:
        """Where each copy is now. Raises `SourceError` only if the whole server is away."""

        async def in_mailbox(group: Sequence[CopyRef]) -> Sequence[LiveCopy]:
            mailbox = group[0].mailbox
            try:
                answers = (await self._pools.get()).looks.take(group)
                if answers is None:
                    answers = await self._in_mailbox(
                        mailbox, lambda session: self._locate(session, group)
                    )
            except MailboxFault as fault:
                return [nowhere(copy, fault.fault) for copy in group]
            self._claims.note(mailbox, group, answers)
            return answers

        at_once = self._config.connections
        async with self._as_source_errors():
            groups = grouped(copies, lambda copy: copy.mailbox).values()
            async for live in side_by_side(groups, in_mailbox, at_once=at_once):
                yield live

    async def _locate(self, session: Session, group: Sequence[CopyRef]) -> list[LiveCopy]:
        """The look after a move is the last one for a while: its session is not kept."""
        session.is_finished, session.has_moved = session.has_moved, False
        return await locate_in(session, group, self._roles, read_at_most=self._read_at_most)

    async def move(self, intents: Sequence[MoveIntent]) -> AsyncIterator[MoveReply]:
        """Move each copy. Raises `SourceError` only if the whole server is away."""

        async def in_mailbox(group: Sequence[MoveIntent]) -> Sequence[MoveReply]:
            try:
                return await self._in_mailbox(
                    group[0].mailbox,
                    lambda session: self._move(session, group),
                    repeatable=False,
                )
            except MailboxFault as fault:
                return [refused(intent, fault.fault) for intent in group]

        at_once = self._config.connections
        async with self._as_source_errors():
            groups = grouped(intents, lambda intent: intent.mailbox).values()
            async for reply in side_by_side(groups, in_mailbox, at_once=at_once):
                yield reply

    async def _move(self, session: Session, group: Sequence[MoveIntent]) -> list[MoveReply]:
        """Move, and look after it: where all that moved was seen the session has nothing left to do."""
        replies = await move_in(session, group, self._roles, self._claims)
        places = [reply.place for reply in replies if reply.place is not None]
        looks = await looks_after(session, places, self._roles)
        (await self._pools.get()).looks.put(session.mailbox, looks)
        session.is_finished = len(places) == len(group) and all(p.folder in looks for p in places)
        return replies

    async def _in_mailbox(
        self,
        mailbox: str,
        work: Callable[[Session], Awaitable[Result]],
        *,
        repeatable: bool = True,
    ) -> Result:
        self._check_known(mailbox)
        pool = await self._pools.get()
        return await pool.run(mailbox, work, repeatable=repeatable)

    def _check_known(self, mailbox: str) -> None:
        """Raises `MailboxFault` for a mailbox that is not one of ours: nobody logs in there."""
        listed = self._accounts.listed()
        known = self._named if listed is None else listed
        if (listed is not None or known) and mailbox not in known:
            raise MailboxFault(SourceFault.GONE)

    def _pool(self) -> Pool:
        at_once = self._config.connections
        return Pool(self._door, at_once=at_once, kept=2 * self.mailboxes_at_once)

    @contextlib.asynccontextmanager
    async def _as_source_errors(self) -> AsyncIterator[None]:
        try:
            yield
        except MailboxFault as fault:
            raise source_error(self.name, fault.fault) from fault
        except ServerFault as fault:
            raise self._server_error(fault) from fault

    def _server_error(self, fault: ServerFault) -> SourceError:
        kind = SourceUnavailable if fault.passes else SourceDenied
        return kind(self.name, fault.code)
