"""The ports: what services need of the world. Adapters implement them; wiring picks them.

Nouns. A *source* is one mail system. A *mailbox* is an address within it. A *copy* is one message
in one mailbox; the index gives it a number that never changes. A *place* is (folder, handle): the
store's own address of a copy, which changes when anyone moves it. A *handle* is opaque to everyone
but its source; nobody compares handles of two sources. What is kept in the database has its ports
in `clawback.store_ports`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from models.actions import (
    Choice,
)
from models.condition import RunsCondition
from models.copies import (
    CopyRef,
    FetchedCopy,
    FolderRole,
    LiveCopy,
    MailboxChanges,
    Place,
    Retention,
)
from models.indicators import Indicator, Judgement
from models.outcomes import (
    MoveIntent,
    MoveReply,
)


class Clock(Protocol):
    """The time, so that tests can set it."""

    def now(self) -> datetime:
        """The time now, aware UTC."""
        ...


class MailboxSource(Protocol):
    """One mail system.

    Every method that takes a batch takes one that spans mailboxes, groups it as the store likes best
    and yields an answer for each item, in any order, as it comes. A mailbox that fails spoils only
    its own items: they get a fault. Only a failure of the whole source raises `SourceError`.
    """

    @property
    def name(self) -> str:
        """The configured name, unique among sources."""
        ...

    @property
    def retention(self) -> Retention:
        """How long the store keeps what was soft-deleted."""
        ...

    @property
    def mailboxes_at_once(self) -> int:
        """How many mailboxes, at most, a caller does well to work on between two looks.

        A source that needs a session for each mailbox keeps so many of them open.
        """
        ...

    @property
    def copies_at_once(self) -> int:
        """How many copies, about, a caller does well to look at, move and look at again together.

        More keep more of the source busy; fewer are quicker between two looks at the stop button and
        at the lease.
        """
        ...

    @property
    def listed_at_once(self) -> int:
        """How many mailboxes, at most, a sync does well to list and fetch side by side."""
        ...

    async def mailboxes(self) -> tuple[str, ...]:
        """All addresses, lower case, sorted. Raises `SourceError`."""
        ...

    async def changes(self, mailbox: str, cursor: str) -> MailboxChanges:
        """What changed since `cursor`; the empty cursor asks for everything.

        Raises `SourceError` for a mailbox that cannot be listed; an unusable cursor is answered as
        the empty one.
        """
        ...

    def fetch(self, mailbox: str, places: Sequence[Place]) -> AsyncIterator[FetchedCopy]:
        """The bytes at each place as stored, or None for a copy that is not there any more.

        When a copy was delivered, as the store says, comes with these or with the listing.
        """
        ...

    def locate(self, copies: Sequence[CopyRef]) -> AsyncIterator[LiveCopy]:
        """Where each copy is now, read from the store.

        Looked for at its place, then by its handle in the whole mailbox, then by its content among
        messages that are none of its `siblings`. The content hash in the answer is of the bytes
        found.
        """
        ...

    def move(self, intents: Sequence[MoveIntent]) -> AsyncIterator[MoveReply]:
        """Move each copy into its destination folder, made where it is missing; flags are kept.

        Nothing is overwritten, nothing whose bytes differ from the intent is moved, and the moves
        are durable when the replies come. Replies are claims: callers read the store again.
        """
        ...

    def folder_for(self, role: FolderRole) -> str:
        """The folder that a move to `role` goes to, such as the Inbox or Recoverable Items."""
        ...

    def role_of(self, folder: str) -> FolderRole:
        """What a folder is for, by the source's mapping."""
        ...

    async def check(self) -> tuple[str, ...]:
        """What is wrong with the set-up, one line each that says what to do; empty if sound."""
        ...


class VerdictSource(Protocol):
    """Something that knows bad files and URLs, such as an indicator list."""

    @property
    def name(self) -> str:
        """The source's name, shown with each verdict."""
        ...

    def judge(self, indicators: Sequence[Indicator]) -> Mapping[Indicator, Judgement]:
        """What it says of those that it knows; silent on the others. Raises `SetupError`."""
        ...


class RunControl(Protocol):
    """The orchestrator as the edges see it: start, resume and look at runs."""

    def ensure_up(self) -> None:
        """Return if the orchestrator answers. Raises `Unavailable` saying how to start it."""
        ...

    def start_investigation(self, investigation_id: int, attempt: int) -> str:
        """Start a run of `investigate`; the same attempt returns the same run. The run's id."""
        ...

    def start_approval(self, action_id: int, investigation_id: int, attempt: int) -> str:
        """Start a run of `approve` that will wait for a person."""
        ...

    def start_revert(self, action_id: int, investigation_id: int, attempt: int) -> str:
        """Start a run of `revert` for an action that exists already."""
        ...

    def resume(self, run_id: str, *, decision: Choice, reason: str, analyst: str) -> bool:
        """Resume a waiting run; False where it does not wait any more."""
        ...

    def state(self, run_id: str) -> str:
        """The run's state type in upper case, such as SUSPENDED; empty for an unknown run."""
        ...

    def live_states(self, run_ids: Collection[str]) -> Mapping[str, str]:
        """The state, as `state` says it, of those runs that are not over; asked in bulk."""
        ...

    def overview(self) -> RunsCondition:
        """Workers, the latest run of each deployment, and what waits; never raises for a silent server.

        Waits a few seconds at most for each answer.
        """
        ...

    def mark_crashed(self, run_id: str, message: str) -> None:
        """Mark a run that still says Running though its process is gone."""
        ...

    def link(self, run_id: str) -> str:
        """The address of the run's page."""
        ...
