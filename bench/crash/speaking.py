"""The ports of an executor, made to say each step aloud and to die where they are told to."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any

from sqlalchemy import event

from bench.crash.jobs import Doom, Phase
from bench.crash.journal import JournalWriter
from clawback.mailboxes import maildir_files
from clawback.ports import MailboxSource
from clawback.services.context import Context
from models.actions import Lease
from models.copies import CopyRef, LiveCopy
from models.outcomes import CopyOutcome, MoveIntent, MoveReply, RestorePoint

NOW = b"now"
"""Sent when the step is reached at which the executor is to be killed."""

_writing: ContextVar[Phase | None] = ContextVar("writing", default=None)
"""The phase of the thread that writes: SQL of others belongs to none."""


class Steps:
    """Counts steps by phase, journals each, and calls for the kill at the one that is doomed."""

    def __init__(self, journal: JournalWriter, doom: Doom | None, parent: Connection) -> None:
        self.journal = journal
        self._doom = doom
        self._parent = parent
        self._counts: Counter[Phase] = Counter()
        self._beginnings: Counter[Phase] = Counter()
        self._lock = threading.Lock()

    def step(self, phase: Phase, *, begins: bool = False) -> None:
        """One step; where it is doomed to die at once, this never returns."""
        with self._lock:
            self._counts[phase] += 1
            self._beginnings[phase] += begins
            self.journal.write("step", phase=phase.value)
            doom = self._doom
            if doom is None or doom.phase is not phase or (doom.is_server and not begins):
                return
            counts = self._beginnings if doom.is_server else self._counts
            if counts[phase] != doom.step:
                return
            self._doom = None
            self._parent.send_bytes(NOW)
            while doom.at_once:
                time.sleep(60)  # with the lock held: nobody takes another step

    @contextmanager
    def writing(self, phase: Phase) -> Iterator[None]:
        """Within the block every SQL statement of this thread is a step."""
        token = _writing.set(phase)
        try:
            self.step(phase)
            yield
            self.step(phase)
        finally:
            _writing.reset(token)

    def sql(self, *_: object) -> None:
        """A statement or a commit."""
        phase = _writing.get()
        if phase is not None:
            self.step(phase)


class SpokenLedger:
    """The ledger: acquiring is journaled, its two writes are phases."""

    def __init__(self, inner: Any, steps: Steps) -> None:
        self._inner = inner
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def acquire(self, action_id: int, holder: str, **rest: Any) -> Lease:
        """As the ledger does."""
        lease: Lease = self._inner.acquire(action_id, holder, **rest)
        self._steps.journal.write("acquired", fence=lease.fence)
        return lease

    def write_intents(
        self, lease: Lease, restore_points: Mapping[int, RestorePoint], now: Any
    ) -> None:
        """As the ledger does."""
        with self._steps.writing(Phase.INTENT):
            self._inner.write_intents(lease, restore_points, now)
        self._steps.journal.write("intents", copies=sorted(restore_points))

    def write_outcomes(
        self, lease: Lease, outcomes: Sequence[CopyOutcome], until: Any, now: Any
    ) -> None:
        """As the ledger does."""
        with self._steps.writing(Phase.OUTCOME):
            self._inner.write_outcomes(lease, outcomes, until, now)
        self._steps.journal.write("outcomes", copies=[one.copy_id for one in outcomes])


class SpokenSource:
    """The source: a look after a move of the same copies is its proof, any other a look before."""

    def __init__(self, inner: MailboxSource, steps: Steps) -> None:
        self._inner = inner
        self._steps = steps
        self._unproved: Collection[int] = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def locate(self, copies: Sequence[CopyRef]) -> AsyncIterator[LiveCopy]:
        """As the source does; each answer is a step."""
        is_proof = bool(copies) and {copy.copy_id for copy in copies} <= set(self._unproved)
        if is_proof:
            self._unproved = ()
        phase = Phase.VERIFY if is_proof else Phase.LOCATE
        self._steps.step(phase, begins=True)
        async for live in self._inner.locate(copies):
            self._steps.step(phase)
            yield live

    async def move(self, intents: Sequence[MoveIntent]) -> AsyncIterator[MoveReply]:
        """As the source does; what is sent and what is claimed is journaled, each reply a step."""
        self._steps.step(Phase.MOVE, begins=True)
        self._steps.journal.write("sent", copies=[intent.copy_id for intent in intents])
        async for reply in self._inner.move(intents):
            if reply.fault is None:
                self._steps.journal.write("claimed", copies=[reply.copy_id])
            else:
                self._steps.journal.write("fault", fault=reply.fault.value)
            self._steps.step(Phase.MOVE)
            yield reply
        self._unproved = {intent.copy_id for intent in intents}
        self._steps.step(Phase.MOVED)


def spoken(ctx: Context, steps: Steps) -> Context:
    """The context with every port that moves or records made to say so."""
    store: Any = ctx.store
    event.listen(store.database.engine, "before_cursor_execute", steps.sql)
    event.listen(store.database.engine, "commit", steps.sql)
    _speak_of_renames(steps)
    sources: Any = {name: SpokenSource(source, steps) for name, source in ctx.sources.items()}
    ports: Any = SimpleNamespace(
        index=store.index,
        cases=store.cases,
        settings=store.settings,
        ledger=SpokenLedger(store.ledger, steps),
    )
    return replace(ctx, store=ports, sources=sources)


def _speak_of_renames(steps: Steps) -> None:
    """Each rename in a Maildir is two steps: before it, and after it before anyone knows."""
    rename = maildir_files.rename_without_overwriting

    def rename_aloud(source: int, name: str, target: int, new_name: str) -> None:
        steps.step(Phase.MOVE)
        rename(source, name, target, new_name)
        steps.step(Phase.MOVE)

    maildir_files.rename_without_overwriting = rename_aloud
