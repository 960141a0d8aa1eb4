"""Requests of all callers, put into full batches and kept within every limit.

A batch holds up to twenty parts of different mailboxes, as many of each as may be under way there.
Reads that fail in passing are asked again here; a change that may have been made is answered as it
is, since only its caller knows how to look.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from clawback.errors import SourceDenied
from clawback.mailboxes.graph.asking import Answer, Ask
from clawback.mailboxes.graph.entries import Entry, Inbox
from clawback.mailboxes.graph.errors import Meaning, may_be_applied
from clawback.mailboxes.graph.lanes import Lane
from clawback.mailboxes.graph.limits import AdaptiveLimit, Rate
from clawback.mailboxes.graph.queueing import Pace, Queue
from clawback.mailboxes.graph.retrying import TRIES, backoff
from clawback.mailboxes.graph.sending import Told, meant, send
from clawback.mailboxes.graph.transport import Reply, Transport
from clawback.mailboxes.throttled import OnThrottled, unheard

_TOKENS = 3  # for one request: a service that is restarted refuses good ones too
_SECOND = 1.01  # clocks differ
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
        on_throttled: OnThrottled = unheard,
    ) -> None:
        self._name = name
        self._on_throttled = on_throttled
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
        self._per_second = max(int(pace.per_second), 1)
        seconds = _SECOND * max(1.0, 1.0 / pace.per_second)
        self._rate = Rate(self._per_second, seconds)
        self._waking_at = float("inf")
        self.counts = Counts()

    async def ask(self, ask: Ask) -> Answer:
        """The answer to one request. Raises `SourceError` where the whole source is away."""
        inbox = Inbox()
        entry = self._entry(ask, inbox)
        try:
            return (await inbox.next()).result()
        finally:
            await inbox.let_go([entry])

    async def answers(self, asks: Sequence[Ask]) -> AsyncIterator[tuple[int, Answer]]:
        """The number of each request and its answer, as they come.

        When the caller stops listening, what was not sent is dropped and what was is waited for.
        """
        inbox = Inbox()
        entries = [self._entry(ask, inbox, number) for number, ask in enumerate(asks)]
        try:
            for _ in entries:
                entry = await inbox.next()
                yield entry.number, entry.result()
        finally:
            await inbox.let_go(entries)

    def follow(self, ask: Ask, link: str) -> Ask:
        """The request for the page behind a link of an answer. Raises `wire.Unreadable`."""
        return replace(ask, path=self._transport.local(link), is_link=True)

    @asynccontextmanager
    async def leave(self, ask: Ask) -> AsyncIterator[Answer]:
        """Leave to send one request by oneself, in its turn; an answer where it may not be sent."""
        inbox = Inbox()
        entry = self._entry(ask, inbox, alone=True)
        try:
            yield (await inbox.next()).result()
        finally:
            if entry.is_sent:
                self._rate.answered(1, sent_at=entry.sent_at, now=self._loop.time())
                self._arrived(entry.lane)
                self._wake()
            else:
                entry.drop()

    def settle_alone(self, ask: Ask, reply: Reply) -> Answer:
        """What a reply to a request that was sent by its caller means; pauses its mailbox if need be."""
        answer = meant(reply.status, reply.body)
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

    def _entry(self, ask: Ask, inbox: Inbox, number: int = 0, *, alone: bool = False) -> Entry:
        """A request that waits for its turn, or has its answer where no mailbox has such a name."""
        if ask.mailbox is None or self._addresses.may_exist(ask.mailbox):
            entry = Entry(ask, inbox, self._queue.lane(ask.mailbox), number, alone)
            self._queue.put(entry)
        else:
            entry = Entry(ask, inbox, self._queue.lane(None), number, alone)
            entry.settle(Answer(Meaning.NO_MAILBOX))
        return entry

    def _wake(self) -> None:
        if not self._is_woken:
            self._is_woken = True
            self._loop.call_soon(self._go)

    def _wake_at(self, at: float) -> None:
        """Look again then; a look that is due before will see to it."""
        if at < self._waking_at:
            self._waking_at = at
            self._loop.call_at(at, self._woken_at, at)

    def _woken_at(self, at: float) -> None:
        if at == self._waking_at:
            self._waking_at = float("inf")
        self._go()

    def _go(self) -> None:
        self._is_woken = False
        now = self._loop.time()
        if self._paused_until > now:
            self._queue.drop_impatient(now, self._paused_until)
            self._wake_at(self._paused_until)
            return
        while not self._has_to_wait(self._queue.at_least, now):
            full = self._queue.full
            picked = self._queue.pick(now)
            if not picked:
                return
            if self._has_to_wait(len(picked), now) or self._is_soon_fuller(len(picked), full):
                self._queue.put_back(picked, now)
                return
            self._start(picked, now)

    def _has_to_wait(self, count: int, now: float) -> bool:
        """Whether so many are too many now: for what is under way, or for this second."""
        if self._under_way and self._under_way + count > self._adaptive.limit:
            return True
        if self._rate.room(now) < min(count, self._per_second):
            batch = min(self._queue.most_in_a_batch, self._per_second)
            if (at := self._rate.free_at(batch, now)) > now:  # else an answer will tell
                self._wake_at(at)
            return True
        return False

    def _is_soon_fuller(self, count: int, full: int) -> bool:
        """Whether a batch of less than half waits for the `full` mailboxes, which have more to ask."""
        return bool(self._under_way and full and count * 2 < self._queue.most_in_a_batch)

    def _start(self, picked: list[Entry], now: float) -> None:
        self._under_way += len(picked)
        self._count(picked, now)
        for entry in picked:
            entry.is_sent, entry.sent_at = True, now
            entry.tries += 1
        if picked[0].alone:
            picked[0].settle(Answer(Meaning.DONE))
            return
        self._run(self._send(picked))

    def _count(self, entries: Sequence[Entry], now: float) -> None:
        """Count what is sent now against every limit."""
        self._rate.take(len(entries))
        self.counts.parts += len(entries)
        for entry in entries:
            entry.lane.window.take(1, now)

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, entries: list[Entry]) -> None:
        began = self._loop.time()
        try:
            told = await self._told(entries)
            now = self._loop.time()
            refused = sum(may_be_applied(answer.meaning) for answer, _ in told)
            self._adaptive.answered(len(entries), refused, seconds=now - began, now=now)
        except BaseException as error:
            for entry in entries:
                entry.fail(error)
            if not isinstance(error, Exception):
                raise
        else:
            for entry, (answer, wait) in zip(entries, told, strict=True):
                self._settle(entry, answer, wait)
        finally:
            for entry in entries:
                self._arrived(entry.lane)
            self._wake()

    async def _told(self, entries: Sequence[Entry]) -> list[Told]:
        """The answer to each. A batch that is refused whole is halved, down to the part that it is for.

        Of twenty parts that is 38 requests more at most: one bad part spoils none of the others.
        """
        began = self._loop.time()
        try:
            asks = [(entry.ask, self.path_of(entry.ask)) for entry in entries]
            sent = await send(self._transport, asks)
        finally:
            self._rate.answered(len(entries), sent_at=began, now=self._loop.time())
        if sent.is_put_off:
            waits = [wait for _, wait in sent.told if wait is not None]
            until = self._loop.time() + max(waits, default=self.backoff(1))
            self._paused_until = max(self._paused_until, until)
        if not sent.is_refused:
            return sent.told
        self._count(entries, self._loop.time())
        middle = len(entries) // 2
        return [*await self._told(entries[:middle]), *await self._told(entries[middle:])]

    def path_of(self, ask: Ask) -> str:
        """The path and query of a request."""
        if ask.is_link or ask.mailbox is None:
            return ask.path
        return self._addresses.path_of(ask.mailbox) + ask.path

    # What comes back

    def _settle(self, entry: Entry, answer: Answer, wait: float | None) -> None:
        meaning, lane = answer.meaning, entry.lane
        self._take_in(lane, meaning, wait)
        if entry.is_over or meaning is Meaning.DONE:
            entry.settle(answer)
        elif self._needs_token(entry, answer):
            entry.tokens += 1
            self._again(entry, 0.0)
        elif meaning is Meaning.TOKEN:
            entry.fail(SourceDenied(self._name, "token-refused"))
        elif meaning is Meaning.NO_MAILBOX and lane.mailbox is not None and not entry.was_looked_up:
            entry.was_looked_up = True
            self._run(self._look_up(entry, answer))
        elif self._is_worth_another_try(entry, answer):
            self._again(entry, self.backoff(entry.tries) if wait is None else wait)
        else:
            entry.settle(answer)

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
            entry.fail(error)
            return
        if is_known:
            self._again(entry, 0.0)
        else:
            entry.settle(answer)

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
            self._on_throttled(self._name, delay, self._adaptive.limit)

    def _again(self, entry: Entry, delay: float) -> None:
        now = self._loop.time()
        entry.is_sent = False
        self.counts.again += 1
        if entry.is_left or not entry.has_patience(now, now + delay):
            entry.give_up()
        elif delay <= 0:
            self._queue.put(entry, first=True)
        else:
            self._loop.call_later(delay, self._queue.put, entry)

    def _arrived(self, lane: Lane) -> None:
        self._under_way -= 1
        self._queue.arrived(lane)
