"""What waits to be asked, mailbox by mailbox: who may go now, who has to wait, and until when."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto

from clawback.mailboxes.graph.asking import Answer, Ask
from clawback.mailboxes.graph.errors import Meaning
from clawback.mailboxes.graph.limits import Window


@dataclass(slots=True, eq=False)
class Entry:
    """One request on its way. One that is `alone` gets leave to go, and is sent by whoever asked."""

    ask: Ask
    future: asyncio.Future[Answer]
    alone: bool = False
    tries: int = 0
    tokens: int = 0
    was_looked_up: bool = False
    is_sent: bool = False
    waits_since: float | None = None

    def has_patience(self, now: float, until: float) -> bool:
        """Whether it may wait until then, counted from when it first had to."""
        if self.waits_since is None:
            self.waits_since = now
        return until - self.waits_since <= self.ask.patience_seconds


class State(Enum):
    """Where a lane stands."""

    IDLE = auto()  # nothing waits
    READY = auto()  # in the queue of those that may go
    FULL = auto()  # as many are under way as may be
    PAUSED = auto()  # the server or our own count says: later


@dataclass(slots=True, eq=False)
class Lane:
    """The requests about one mailbox."""

    mailbox: str | None
    window: Window
    waiting: deque[Entry] = field(default_factory=deque)
    under_way: int = 0
    paused_until: float = 0.0
    strikes: int = 0
    state: State = State.IDLE

    def pause(self, now: float, until: float) -> None:
        """Let nothing go until then; those that have no patience for it are answered now."""
        self.paused_until = max(self.paused_until, until)
        self.drop_impatient(now, self.paused_until)

    def drop_impatient(self, now: float, until: float) -> None:
        """Answer those that have no patience to wait until then."""
        impatient = [entry for entry in self.waiting if not entry.has_patience(now, until)]
        if impatient:
            gone = set(map(id, impatient))
            self.waiting = deque(entry for entry in self.waiting if id(entry) not in gone)
            for entry in impatient:
                give_up(entry)

    def is_idle(self, now: float) -> bool:
        """Whether nothing is known of it that would be missed."""
        is_quiet = self.state is State.IDLE and not self.under_way and self.paused_until <= now
        return is_quiet and self.window.is_unused(now)


def give_up(entry: Entry) -> None:
    """Answer that it can't be asked now."""
    if not entry.future.done():
        entry.future.set_result(Answer(Meaning.THROTTLED))
