"""Requests of all callers, put into full batches and kept within every limit.

A batch holds up to twenty parts of different mailboxes, as many of each as may be under way there.
Reads that fail in passing are asked again here; a change that may have been made is answered as it
is, since only its caller knows how to look.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from clawback.errors import SourceDenied
from clawback.mailboxes.graph import wire
from clawback.mailboxes.graph.asking import Answer, Ask
from clawback.mailboxes.graph.errors import Meaning, may_be_applied, meaning_of
from clawback.mailboxes.graph.lanes import Entry, Lane, give_up
from clawback.mailboxes.graph.limits import AdaptiveLimit, Pacer, Window
from clawback.mailboxes.graph.queueing import Pace, Queue
from clawback.mailboxes.graph.retrying import TRIES, backoff, retry_after
from clawback.mailboxes.graph.transport import Reply, Transport

_TOKENS = 3  # for one request: a service that is restarted refuses good ones too
_OF_ONE_ITEM = (Meaning.DONE, Meaning.NO_ITEM, Meaning.NO_MAILBOX, Meaning.QUOTA)
_START_AT, _MOST_AT_ONCE = 200, 2_000


@dataclass(slots=True)
class Counts:
    """What was sent so far: parts are requests within batches, or alone."""

    parts: int = 0
    again: int = 0
    throttled: int = 0


class Addresses(Protocol):
    """How the owner of a mailbox is named in a path."""

    def may_exist(self, mailbox: str) -> bool:
        """Whether a text can name a mailbox at all."""
        ...

    def path_of(self, mailbox: str) -> str:
        """The beginning of every path about this mailbox."""
        ...

    async def look_up(self, mailbox: str) -> bool:
        """Whether the directory knows another name for a mailbox that was not found; asked once."""
        ...


Settled = tuple[Entry, Answer, float | None]
"""A request, its answer, and the seconds that it asks to wait."""


class Dispatcher:
    """The way of every request of one event loop."""

    def __init__(
        self,
        name: str,
        transport: Transport,
        pace: Pace,
        addresses: Addresses,
        *,
        chance: random.Random | None = None,
    ) -> None:
        self._name = name
        self._transport = transport
        self._addresses = addresses
        self._chance = chance or random.Random()
        self._loop = asyncio.get_running_loop()
        self._pace = pace
        self._queue = Queue(pace, self._loop, self._wake)
        self._under_way = 0
        self._paused_until = 0.0
        self._is_woken = False
        self._tasks: set[asyncio.Task[None]] = set()
        most = pace.at_once_in_all or _MOST_AT_ONCE
        self._adaptive = AdaptiveLimit(start=_START_AT, most=most)
        self._rate = Window(max(int(pace.per_second), 1), max(1.0, 1.0 / pace.per_second))
        self._pacer = Pacer(pace.per_second)
        self.counts = Counts()

    async def ask(self, ask: Ask) -> Answer:
        """The answer to one request. Raises `SourceError` where the whole source is away."""
        entry = self._enter(ask)
        try:
            return await entry.future
        finally:
            await _let_go([entry])

    async def answers(self, asks: Sequence[Ask]) -> AsyncIterator[tuple[int, Answer]]:
        """The number of each request and its answer, as they come.

        When the caller stops listening, what was not sent is dropped and what was is waited for.
        """
        done: asyncio.Queue[int] = asyncio.Queue()
        entries = [self._enter(ask) for ask in asks]
        for number, entry in enumerate(entries):
            entry.future.add_done_callback(lambda _, number=number: done.put_nowait(number))  # type: ignore[misc]
        try:
            for _ in entries:
                number = await done.get()
                yield number, entries[number].future.result()
        finally:
            await _let_go(entries)

    def follow(self, ask: Ask, link: str) -> Ask:
        """The request for the page behind a link of an answer. Raises `wire.Unreadable`."""
        return replace(ask, path=self._transport.local(link), is_link=True)

    @asynccontextmanager
    async def leave(self, ask: Ask) -> AsyncIterator[Answer]:
        """Leave to send one request by oneself, in its turn; an answer where it may not be sent."""
        entry = self._enter(ask, alone=True)
        lane = self._queue.lane(ask.mailbox)
        try:
            yield await entry.future
        finally:
            if entry.is_sent:
                self._arrived(lane)
                self._wake()
            else:
                entry.future.cancel()

    def settle_alone(self, ask: Ask, reply: Reply) -> Answer:
        """What a reply to a request that was sent by its caller means; pauses its mailbox if need be."""
        answer = self._meant(reply.status, reply.body)
        self._take_in(self._queue.lane(ask.mailbox), answer.meaning, reply.wait_seconds)
        return answer

    def backoff(self, tries: int) -> float:
        """How long to wait before the next try of what is sent alone."""
        return backoff(tries, self._chance)

    async def close(self) -> None:
        """Stop what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _enter(self, ask: Ask, *, alone: bool = False) -> Entry:
        entry = Entry(ask, self._loop.create_future(), alone)
        if ask.mailbox is None or self._addresses.may_exist(ask.mailbox):
            self._queue.put(entry)
        else:
            entry.future.set_result(Answer(Meaning.NO_MAILBOX))
        return entry

    def _wake(self) -> None:
        if not self._is_woken:
            self._is_woken = True
            self._loop.call_soon(self._go)

    def _go(self) -> None:
        self._is_woken = False
        now = self._loop.time()
        if self._paused_until > now:
            self._queue.drop_impatient(now, self._paused_until)
            self._loop.call_at(self._paused_until, self._wake)
            return
        while True:
            full = self._queue.full
            picked = self._queue.pick(now)
            if not picked:
                return
            if self._has_to_wait(len(picked), full, now):
                self._queue.put_back(picked, now)
                return
            self._start(picked, now)

    def _has_to_wait(self, count: int, full: int, now: float) -> bool:
        """Whether the batch is put off: too many are under way, or it would soon be a fuller one.

        `full` mailboxes have more to ask once an answer comes: less than half a batch waits for them.
        """
        if self._under_way and self._under_way + count > self._adaptive.limit:
            return True
        if self._under_way and full and count * 2 < self._queue.most_in_a_batch:
            return True
        if self._pacer.free_at > now:
            self._loop.call_at(self._pacer.free_at, self._wake)
            return True
        if self._rate.room(now) < min(count, int(self._pace.per_second) or 1):
            self._loop.call_at(self._rate.free_at(count, now), self._wake)
            return True
        return False

    def _start(self, picked: list[Entry], now: float) -> None:
        self._under_way += len(picked)
        self._rate.take(len(picked), now)
        self._pacer.take(len(picked), now)
        self.counts.parts += len(picked)
        for entry in picked:
            entry.is_sent = True
            entry.tries += 1
            self._queue.lane(entry.ask.mailbox).window.take(1, now)
        if picked[0].alone:
            picked[0].future.set_result(Answer(Meaning.DONE))
            return
        self._run(self._send(picked))

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, entries: list[Entry]) -> None:
        began = self._loop.time()
        try:
            settled = await (self._send_one if len(entries) == 1 else self._send_batch)(entries)
            now = self._loop.time()
            refused = sum(may_be_applied(answer.meaning) for _, answer, _ in settled)
            self._adaptive.answered(len(entries), refused, seconds=now - began, now=now)
        except BaseException as error:
            for entry in entries:
                if not entry.future.done():
                    entry.future.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            for entry, answer, wait in settled:
                self._settle(entry, answer, wait)
        finally:
            for entry in entries:
                self._arrived(self._queue.lane(entry.ask.mailbox))
            self._wake()

    async def _send_one(self, entries: list[Entry]) -> list[Settled]:
        ask = entries[0].ask
        content = None if ask.body is None else json.dumps(ask.body).encode()
        path, method = self.path_of(ask), "GET" if content is None else "POST"
        reply = await self._transport.send(method, path, json=content, page=ask.page)
        return [(entries[0], self._meant(reply.status, reply.body), reply.wait_seconds)]

    async def _send_batch(self, entries: list[Entry]) -> list[Settled]:
        parts = [
            self._transport.batch_part(str(number), self.path_of(ask), ask.body, ask.page)
            for number, ask in enumerate(entry.ask for entry in entries)
        ]
        content = json.dumps({"requests": parts}, separators=(",", ":")).encode()
        reply = await self._transport.send("POST", "/$batch", json=content)
        if reply.status != 200:
            return self._all_refused(entries, reply)
        try:
            replies = wire.read_batch(reply.body)
        except wire.Unreadable:
            replies = {}  # as if nothing had come: what was asked may have been done
        now = datetime.now(UTC)
        settled = [
            (entry, self._meant(status, body), retry_after(wait, now))
            for number, entry in enumerate(entries)
            for status, wait, body in [replies.get(str(number), wire.NO_ANSWER)]
        ]
        if any(self._needs_token(entry, answer) for entry, answer, _ in settled):
            await self._transport.renew_token(reply.token)
        return settled

    def _all_refused(self, entries: list[Entry], reply: Reply) -> list[Settled]:
        answer = self._meant(reply.status, reply.body)
        if answer.meaning in _OF_ONE_ITEM:
            answer = Answer(Meaning.BUG)  # the server takes no batches: no word about any message
        elif answer.meaning is Meaning.THROTTLED:
            wait = self.backoff(1) if reply.wait_seconds is None else reply.wait_seconds
            self._paused_until = max(self._paused_until, self._loop.time() + wait)
        return [(entry, answer, reply.wait_seconds) for entry in entries]

    def path_of(self, ask: Ask) -> str:
        """The path and query of a request."""
        if ask.is_link or ask.mailbox is None:
            return ask.path
        return self._addresses.path_of(ask.mailbox) + ask.path

    # What comes back

    def _meant(self, status: int, body: object) -> Answer:
        code = wire.read_code(body) if status >= 400 else ""
        return Answer(meaning_of(status, code), body)

    def _settle(self, entry: Entry, answer: Answer, wait: float | None) -> None:
        lane = self._queue.lane(entry.ask.mailbox)
        self._take_in(lane, answer.meaning, wait)
        if entry.future.done():
            return
        if self._needs_token(entry, answer):
            entry.tokens += 1
            self._again(entry, 0.0)
        elif answer.meaning is Meaning.TOKEN:
            entry.future.set_exception(SourceDenied(self._name, "token-refused"))
        elif (
            answer.meaning is Meaning.NO_MAILBOX
            and lane.mailbox is not None
            and not entry.was_looked_up
        ):
            entry.was_looked_up = True
            self._run(self._look_up(entry, answer))
        elif self._is_worth_another_try(entry, answer):
            self._again(entry, self.backoff(entry.tries) if wait is None else wait)
        else:
            entry.future.set_result(answer)

    @staticmethod
    def _needs_token(entry: Entry, answer: Answer) -> bool:
        return answer.meaning is Meaning.TOKEN and entry.tokens < _TOKENS

    @staticmethod
    def _is_worth_another_try(entry: Entry, answer: Answer) -> bool:
        is_safe = not entry.ask.changes_something
        return is_safe and may_be_applied(answer.meaning) and entry.tries < TRIES

    async def _look_up(self, entry: Entry, answer: Answer) -> None:
        """Ask again under another name of the mailbox, where the directory has one."""
        try:
            is_known = await self._addresses.look_up(entry.ask.mailbox or "")
        except Exception as error:
            if not entry.future.done():
                entry.future.set_exception(error)
            return
        if is_known:
            self._again(entry, 0.0)
        elif not entry.future.done():
            entry.future.set_result(answer)

    def _take_in(self, lane: Lane, meaning: Meaning, wait: float | None) -> None:
        """Pause a mailbox that is throttled, as long as it says or longer each time."""
        if meaning is Meaning.DONE:
            lane.strikes = 0
        elif may_be_applied(meaning) and (wait is not None or meaning is Meaning.THROTTLED):
            self.counts.throttled += 1
            lane.strikes += 1
            delay = self.backoff(lane.strikes) if wait is None else wait
            now = self._loop.time()
            lane.pause(now, now + delay)

    def _again(self, entry: Entry, delay: float) -> None:
        now = self._loop.time()
        entry.is_sent = False
        self.counts.again += 1
        if not entry.has_patience(now, now + delay):
            give_up(entry)
        elif delay <= 0:
            self._queue.put(entry, first=True)
        else:
            self._loop.call_later(delay, self._queue.put, entry)

    def _arrived(self, lane: Lane) -> None:
        self._under_way -= 1
        self._queue.arrived(lane)


async def _let_go(entries: Sequence[Entry]) -> None:
    """Drop what was not sent, and wait for what was: nothing goes on behind the caller's back."""
    sent = [entry.future for entry in entries if entry.is_sent and not entry.future.done()]
    for entry in entries:
        if not entry.is_sent:
            entry.future.cancel()
    await asyncio.gather(*sent, return_exceptions=True)
    for entry in entries:
        if entry.future.done() and not entry.future.cancelled():
            entry.future.exception()
