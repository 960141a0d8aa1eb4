"""A fuse that goes off at a chosen port call, and ports that a model looks at from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from clawback.mailboxes.memory import MemorySource
from clawback.mailboxes.memory_mailbox import MemoryMailbox
from models.copies import Place
from models.outcomes import MoveIntent, MoveReply

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


class Crash(BaseException):
    """The process dies here: nothing after this line runs."""


class Violation(AssertionError):
    """A promise was broken."""


@dataclass
class FakeClock:
    """A clock that moves when told."""

    at: datetime = START

    def now(self) -> datetime:
        """The time that the test set."""
        return self.at


class Fuse:
    """Counts port calls and does something at the chosen one: a crash, or what a user does."""

    def __init__(self) -> None:
        self._left: int | None = None
        self._then: Callable[[], None] = lambda: None

    def light(self, calls: int, then: Callable[[], None]) -> None:
        """Do `then` at the call of that number."""
        self._left, self._then = calls, then

    def out(self) -> None:
        """Do nothing any more."""
        self._left = None

    def tick(self) -> None:
        """One port call began or ended."""
        if self._left is None:
            return
        self._left -= 1
        if self._left < 0:
            self._left = None
            self._then()


class Fused:
    """A port whose calls tick a fuse before and after; streams tick at each item too."""

    def __init__(self, inner: Any, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if not callable(value):
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            self._fuse.tick()
            result = value(*args, **kwargs)
            if hasattr(result, "__aiter__"):
                return self._stream(result)
            if hasattr(result, "__await__"):
                return self._awaited(result)
            self._fuse.tick()
            return result

        return call

    async def _awaited(self, result: Any) -> Any:
        value = await result
        self._fuse.tick()
        return value

    async def _stream(self, items: Any) -> Any:
        async for item in items:
            self._fuse.tick()
            yield item
        self._fuse.tick()


@dataclass
class FusedStore:
    """The stores that services write, each with a fuse; without it what they only read, and the mirror."""

    index: Any
    cases: Any
    ledger: Any
    settings: Any
    mirror: Any
    figures: Any
    throttles: Any


@dataclass(frozen=True)
class AppliedMove:
    """One move that Clawback really made."""

    action_id: int
    copy_id: int
    mailbox: str
    sha256: str
    origin: Place
    changes: int


class WatchedSource(MemorySource):
    """A mail system that shows every real move to the model before it is made."""

    watch: Callable[[MoveIntent, str], None]

    def _move(self, intent: MoveIntent) -> MoveReply:
        box: MemoryMailbox = self._boxes[intent.mailbox]
        before = box.get(intent.place)
        reply = super()._move(intent)
        if before is not None and box.get(intent.place) is None:
            self.watch(intent, before.sha256)
        return reply


class WatchedLedger:
    """A ledger that checks each outcome against the mail system when it is written."""

    def __init__(self, inner: Any, check: Callable[[Any, Any], None]) -> None:
        self._inner = inner
        self._check = check

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def write_outcomes(self, lease: Any, outcomes: Any, until: Any, now: Any) -> None:
        """Check, then write."""
        self._check(lease, outcomes)
        self._inner.write_outcomes(lease, outcomes, until, now)
