"""What waits to be asked, mailbox by mailbox: who may go now, who has to wait, and until when."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto

from clawback.mailboxes.graph.entries import Entry
from clawback.mailboxes.graph.limits import Window


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
                entry.give_up()

    def is_idle(self, now: float) -> bool:
        """Whether nothing is known of it that would be missed."""
        is_quiet = self.state is State.IDLE and not self.under_way and self.paused_until <= now
        return is_quiet and self.window.is_unused(now)
