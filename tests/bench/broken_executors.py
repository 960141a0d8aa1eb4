"""Executors with a defect built in: the crash trial must catch each of them.

Each function takes the ports of an executor and gives back broken ones; they are found by name in
the executor's own process.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import text

from clawback.mailboxes import maildir_files
from clawback.services.context import Context
from models.actions import Lease
from models.copies import CopyRef, LiveCopy, Place
from models.outcomes import MoveIntent, MoveReply

GAP_SECONDS = 0.004
"""Between the two halves of a move that is none: kills come within half of that."""


class _Over:
    """Another's attributes but those of the class."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Trusting(_Over):
    """A store whose OK means nothing now and then, and an executor that looks no further."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self._claimed: dict[int, str] = {}

    async def move(self, intents: Sequence[MoveIntent]) -> AsyncIterator[MoveReply]:
        moved = [intent for number, intent in enumerate(intents) if number % 4]
        self._claimed.update((intent.copy_id, intent.destination) for intent in intents)
        async for reply in self._inner.move(moved):
            yield reply
        for intent in intents:
            if intent not in moved:
                yield MoveReply(intent.copy_id, None)

    async def locate(self, copies: Sequence[CopyRef]) -> AsyncIterator[LiveCopy]:
        async for live in self._inner.locate(copies):
            folder = self._claimed.pop(live.copy_id, None)
            if folder is not None and live.place is not None:
                there = Place(folder, live.place.handle)
                yield live._replace(place=there, role=self._inner.role_of(folder))
            else:
                yield live


class _Blind(_Over):
    """An executor that sends every move from where the index has the copy, without a look."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self._sent: set[int] = set()

    async def move(self, intents: Sequence[MoveIntent]) -> AsyncIterator[MoveReply]:
        self._sent.update(intent.copy_id for intent in intents)
        async for reply in self._inner.move(intents):
            yield reply

    async def locate(self, copies: Sequence[CopyRef]) -> AsyncIterator[LiveCopy]:
        sent = [copy for copy in copies if copy.copy_id in self._sent]
        if sent:
            async for live in self._inner.locate(sent):
                yield live
        for copy in copies:
            if copy.copy_id not in self._sent:
                yield LiveCopy(copy.copy_id, copy.place, copy.role, copy.content_sha256)


class _Unfenced(_Over):
    """A ledger that gives the action to everyone who asks, and lets everyone write."""

    def __init__(self, inner: Any, engine: Any) -> None:
        super().__init__(inner)
        self._engine = engine

    def _anyones(self, lease: Lease) -> Lease:
        with self._engine.connect() as connection:
            row = connection.execute(
                text("SELECT fence, lease_holder FROM actions WHERE id = :id"),
                {"id": lease.action_id},
            ).one()
        return replace(lease, fence=row[0], holder=row[1])

    def acquire(self, action_id: int, holder: str, *, ttl: timedelta, now: Any) -> Lease:
        lease: Lease = self._inner.acquire(
            action_id, holder, ttl=ttl, now=now + timedelta(days=os.getpid())
        )
        return lease

    def renew(self, lease: Lease, **rest: Any) -> Lease:
        return lease

    def write_intents(self, lease: Lease, *rest: Any) -> None:
        self._inner.write_intents(self._anyones(lease), *rest)

    def write_outcomes(self, lease: Lease, *rest: Any) -> None:
        self._inner.write_outcomes(self._anyones(lease), *rest)


class _Intentless(_Over):
    """A ledger that writes no restore points."""

    def write_intents(self, *_: Any) -> None:
        pass


def writing_outcomes_from_the_ok(ctx: Context) -> Context:
    return _with_sources(ctx, _Trusting)


def moving_again_without_a_look(ctx: Context) -> Context:
    return _with_sources(ctx, _Blind)


def checking_no_fence(ctx: Context) -> Context:
    store: Any = ctx.store
    return _with_ledger(ctx, _Unfenced(store.ledger, store.database.engine))


def writing_no_restore_point(ctx: Context) -> Context:
    store: Any = ctx.store
    return _with_ledger(ctx, _Intentless(store.ledger))


def losing_what_is_on_its_way(ctx: Context) -> Context:
    def move(source: int, name: str, target: int, new_name: str) -> None:
        _link(source, name, target, f"../tmp/{new_name}")
        os.unlink(name, dir_fd=source)
        time.sleep(GAP_SECONDS)
        os.rename(f"../tmp/{new_name}", new_name, src_dir_fd=target, dst_dir_fd=target)

    maildir_files.rename_without_overwriting = move
    return ctx


def leaving_a_copy_behind(ctx: Context) -> Context:
    def move(source: int, name: str, target: int, new_name: str) -> None:
        _link(source, name, target, new_name)
        time.sleep(GAP_SECONDS)
        os.unlink(name, dir_fd=source)

    maildir_files.rename_without_overwriting = move
    return ctx


def _link(source: int, name: str, target: int, new_name: str) -> None:
    os.link(name, new_name, src_dir_fd=source, dst_dir_fd=target)


def _with_sources(ctx: Context, kind: type[Any]) -> Context:
    return replace(ctx, sources={name: kind(source) for name, source in ctx.sources.items()})


def _with_ledger(ctx: Context, ledger: Any) -> Context:
    store: Any = ctx.store
    ports: Any = SimpleNamespace(
        index=store.index,
        cases=store.cases,
        settings=store.settings,
        database=store.database,
        ledger=ledger,
    )
    return replace(ctx, store=ports)
