"""Sessions kept open between calls, one for each mailbox, a bounded number of them at work."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar
from weakref import WeakValueDictionary

from clawback.mailboxes.imap.door import Door
from clawback.mailboxes.imap.looks import Looks
from clawback.mailboxes.imap.problems import MailboxFault
from clawback.mailboxes.imap.session import Session

Result = TypeVar("Result")
Group = TypeVar("Group")

FRESH_SECONDS = 120.0
"""How long a session that rests is trusted to be alive: servers and address translation forget."""


class _Kept(NamedTuple):
    session: Session
    used_at: float  # the loop's time


class Pool:
    """The sessions of one event loop: `at_once` at work, `kept` more at rest, the latest used."""

    def __init__(self, door: Door, *, at_once: int, kept: int) -> None:
        self._door = door
        self._kept = kept
        self._gate = asyncio.Semaphore(at_once)
        self._resting: OrderedDict[str, _Kept] = OrderedDict()
        self.looks = Looks()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def run(
        self,
        mailbox: str,
        work: Callable[[Session], Awaitable[Result]],
        *,
        repeatable: bool = True,
    ) -> Result:
        """What `work` answers in a session of the mailbox.

        Work that only reads is done once more where a session that was kept turns out to be dead.
        Raises `MailboxFault`, `ServerFault`.
        """
        async with self.session(mailbox) as (session, was_kept):
            try:
                return await work(session)
            except MailboxFault:
                if session.is_open or not (was_kept and repeatable):
                    raise
        async with self.session(mailbox) as (session, _):
            return await work(session)

    @contextlib.asynccontextmanager
    async def session(self, mailbox: str) -> AsyncIterator[tuple[Session, bool]]:
        """A session of the mailbox for this task alone, and whether it was open already."""
        lock = self._locks.get(mailbox)
        if lock is None:
            lock = self._locks[mailbox] = asyncio.Lock()
        async with lock, self._gate:
            kept = self._take(mailbox)
            session = kept or await self._door.open(mailbox)
            try:
                yield session, kept is not None
            finally:
                self._keep(session)

    async def __aenter__(self) -> Pool:
        """The pool itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all that rest."""
        while self._resting:
            self._resting.popitem()[1].session.close()

    def _take(self, mailbox: str) -> Session | None:
        kept = self._resting.pop(mailbox, None)
        if kept is None:
            return None
        is_fresh = asyncio.get_running_loop().time() - kept.used_at < FRESH_SECONDS
        if is_fresh and kept.session.is_open:
            return kept.session
        kept.session.close()
        return None

    def _keep(self, session: Session) -> None:
        if session.is_finished or not session.is_open:
            session.close()
            return
        self._resting[session.mailbox] = _Kept(session, asyncio.get_running_loop().time())
        while len(self._resting) > self._kept:
            self._resting.popitem(last=False)[1].session.close()


async def side_by_side(
    groups: Iterable[Group],
    work: Callable[[Group], Awaitable[Sequence[Result]]],
    *,
    at_once: int,
) -> AsyncIterator[Result]:
    """What `work` answers for each group, as it comes, with `at_once` groups under way.

    When the caller stops listening or `work` raises, what is under way is stopped and waited for.
    """
    waiting = iter(groups)
    running: set[asyncio.Future[Sequence[Result]]] = set()
    try:
        while True:
            while len(running) < at_once and (group := next(waiting, None)) is not None:
                running.add(asyncio.ensure_future(work(group)))
            if not running:
                return
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for future in done:
                for answer in future.result():
                    yield answer
    finally:
        for future in running:
            future.cancel()
        await asyncio.gather(*running, return_exceptions=True)
