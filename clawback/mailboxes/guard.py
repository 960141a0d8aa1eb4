"""A source that moves nothing while a callable forbids it, and removes nothing from excluded mailboxes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence

from clawback.ports import MailboxSource
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


def _none() -> Collection[str]:
    return ()


class GuardedSource:
    """The one way to a source: every move asks `may_move` first, which raises `Paused` to refuse.

    `excluded` answers the addresses that are protected, in any case; it is asked anew by each call,
    so that a change of the settings counts at once. Their copies are shown as protected, and a move
    of one is answered as denied. The way back of what was removed before the mailbox was excluded
    passes, unless it ends in Recoverable Items.
    """

    def __init__(
        self,
        source: MailboxSource,
        may_move: Callable[[], None],
        excluded: Callable[[], Collection[str]] = _none,
    ) -> None:
        self._source = source
        self._may_move = may_move
        self._excluded = excluded

    @property
    def name(self) -> str:
        """The source's name."""
        return self._source.name

    @property
    def retention(self) -> Retention:
        """The source's retention."""
        return self._source.retention

    @property
    def mailboxes_at_once(self) -> int:
        """The source's bound."""
        return self._source.mailboxes_at_once

    @property
    def copies_at_once(self) -> int:
        """The source's wish."""
        return self._source.copies_at_once

    @property
    def listed_at_once(self) -> int:
        """The source's wish."""
        return self._source.listed_at_once

    async def mailboxes(self) -> tuple[str, ...]:
        """All mailboxes, excluded ones too: the index knows them."""
        return await self._source.mailboxes()

    async def changes(self, mailbox: str, cursor: str) -> MailboxChanges:
        """The source's changes."""
        return await self._source.changes(mailbox, cursor)

    def fetch(self, mailbox: str, places: Sequence[Place]) -> AsyncIterator[FetchedCopy]:
        """The source's bytes."""
        return self._source.fetch(mailbox, places)

    async def locate(self, copies: Sequence[CopyRef]) -> AsyncIterator[LiveCopy]:
        """The source's locations; copies in excluded mailboxes are protected."""
        excluded = self._excluded_now()
        hands_off = [copy for copy in copies if copy.mailbox.casefold() in excluded]
        others = [copy for copy in copies if copy.mailbox.casefold() not in excluded]
        if others or not hands_off:
            async for live in self._source.locate(others):
                yield live
        if hands_off:
            async for live in self._source.locate(hands_off):
                yield live._replace(protected=True)

    async def move(self, intents: Sequence[MoveIntent]) -> AsyncIterator[MoveReply]:
        """The source's moves. Raises what `may_move` raises, before anything moves."""
        self._may_move()
        excluded = self._excluded_now()
        allowed: list[MoveIntent] = []
        for intent in intents:
            if intent.mailbox.casefold() in excluded and self._takes(intent):
                yield MoveReply(intent.copy_id, None, SourceFault.DENIED)
            else:
                allowed.append(intent)
        if allowed:
            # Asked again: the caller may have taken its time over the replies so far.
            self._may_move()
            async for reply in self._source.move(allowed):
                yield reply

    def _takes(self, intent: MoveIntent) -> bool:
        if not intent.puts_back:
            return True
        return self._source.role_of(intent.destination) is FolderRole.RECOVERABLE

    def folder_for(self, role: FolderRole) -> str:
        """The source's folder for a role."""
        return self._source.folder_for(role)

    def role_of(self, folder: str) -> FolderRole:
        """The source's role of a folder."""
        return self._source.role_of(folder)

    async def check(self) -> tuple[str, ...]:
        """The source's problems."""
        return await self._source.check()

    def _excluded_now(self) -> frozenset[str]:
        return frozenset(address.casefold() for address in self._excluded())
