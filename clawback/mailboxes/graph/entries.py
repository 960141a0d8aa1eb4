"""One request on its way, and where whoever asked is told its answer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clawback.mailboxes.graph.asking import Answer, Ask
from clawback.mailboxes.graph.errors import Meaning

if TYPE_CHECKING:
    from clawback.mailboxes.graph.lanes import Lane


@dataclass(slots=True, eq=False)
class Entry:
    """One request on its way. One that is `alone` gets leave to go, and is sent by whoever asked.

    It ends once: with an answer, with an error, or dropped by whoever asked. `is_left`: nobody waits
    for its answer any more, only for its end.
    """

    ask: Ask
    inbox: Inbox
    lane: Lane
    number: int = 0
    alone: bool = False
    tries: int = 0
    tokens: int = 0
    was_looked_up: bool = False
    is_sent: bool = False
    sent_at: float = 0.0
    is_left: bool = False
    is_over: bool = False
    waits_since: float | None = None
    _answer: Answer | None = None
    _error: BaseException | None = None

    def has_patience(self, now: float, until: float) -> bool:
        """Whether it may wait until then, counted from when it first had to."""
        if self.waits_since is None:
            self.waits_since = now
        return until - self.waits_since <= self.ask.patience_seconds

    def settle(self, answer: Answer) -> None:
        """End it with an answer, unless it has ended."""
        if not self.is_over:
            self.is_over = True
            self._answer = answer
            self.inbox.put(self)

    def fail(self, error: BaseException) -> None:
        """End it with an error, unless it has ended."""
        if not self.is_over:
            self.is_over = True
            self._error = error
            self.inbox.put(self)

    def give_up(self) -> None:
        """Answer that it can't be asked now, unless it has ended."""
        self.settle(Answer(Meaning.THROTTLED))

    def drop(self) -> None:
        """End it without a word to anybody."""
        self.is_over = True

    def result(self) -> Answer:
        """Its answer. Raises its error."""
        if self._error is not None:
            raise self._error
        assert self._answer is not None, "it has not ended"
        return self._answer


class Inbox:
    """The requests of one caller that have ended, in that order.

    A future for each of ten thousand requests, and a turn of the loop for each, would cost more than
    what they are asked for: the caller is woken once for all that end together.
    """

    def __init__(self) -> None:
        self._ended: deque[Entry] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def put(self, entry: Entry) -> None:
        """Tell that a request has ended."""
        self._ended.append(entry)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def next(self) -> Entry:
        """The next request that has ended."""
        while not self._ended:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self._ended.popleft()

    async def let_go(self, entries: Sequence[Entry]) -> None:
        """Drop those of the caller's that were not sent, and wait for the end of those that were.

        Nothing goes on behind the caller's back, and nothing is tried again for nobody.
        """
        self._ended.clear()
        under_way = 0
        for entry in entries:
            if entry.is_over:
                continue
            if entry.is_sent:
                entry.is_left = True
                under_way += 1
            else:
                entry.drop()
        for _ in range(under_way):
            await self.next()
