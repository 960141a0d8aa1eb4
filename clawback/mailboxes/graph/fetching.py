"""The bytes of messages, a few of a mailbox at a time, never more in memory than was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from clawback.mailboxes.graph.asking import SYNC_PATIENCE_SECONDS, Answer, Ask, message_path
from clawback.mailboxes.graph.dispatch import Dispatcher
from clawback.mailboxes.graph.errors import Meaning, may_be_applied
from clawback.mailboxes.graph.retrying import TRIES
from clawback.mailboxes.graph.transport import Transport
from models.copies import FetchedCopy, Place


class Fetcher:
    """Reads messages as they are, each with a request of its own that is streamed."""

    def __init__(
        self, dispatcher: Dispatcher, transport: Transport, *, read_at_most: int, at_once: int
    ) -> None:
        self._dispatcher = dispatcher
        self._transport = transport
        self._read_at_most = read_at_most
        self._at_once = at_once

    async def read(
        self, mailbox: str, handle: str, patience_seconds: float = SYNC_PATIENCE_SECONDS
    ) -> Answer:
        """One message: the answer's body is its bytes, or a `MessageHead` of a larger one."""
        ask = Ask(mailbox, f"{message_path(handle)}/$value", patience_seconds=patience_seconds)
        answer = Answer(Meaning.TRANSIENT)
        loop = asyncio.get_running_loop()
        until = loop.time() + patience_seconds  # of all tries together
        for tries in range(1, TRIES + 1):
            ask = replace(ask, patience_seconds=until - loop.time())
            async with self._dispatcher.leave(ask) as leave:
                if not leave.is_done:
                    return leave
                path = self._dispatcher.path_of(ask)
                reply = await self._transport.stream(path, at_most=self._read_at_most)
                answer = self._dispatcher.settle_alone(ask, reply)
            if not (may_be_applied(answer.meaning) or answer.meaning is Meaning.TOKEN):
                return answer
            if reply.wait_seconds is None:  # else its mailbox is paused for that long
                await asyncio.sleep(self._dispatcher.backoff(tries))
        return answer

    async def fetch(
        self, mailbox: str, places: Sequence[Place]
    ) -> AsyncGenerator[tuple[FetchedCopy, Meaning], None]:
        """Each message with what the answer meant, as they come; None for one that is not there."""
        left = iter(places)
        ready: asyncio.Queue[FetchedCopy | Exception] = asyncio.Queue(self._at_once)
        meanings: dict[Place, Meaning] = {}

        async def work() -> None:
            try:
                for place in left:
                    answer = await self.read(mailbox, place.handle)
                    meanings[place] = answer.meaning
                    body = answer.body if answer.is_done else None
                    await ready.put(FetchedCopy(mailbox, place, body))
            except Exception as error:
                await ready.put(error)

        workers = [asyncio.create_task(work()) for _ in range(min(self._at_once, len(places)))]
        try:
            for _ in places:
                got = await ready.get()
                if isinstance(got, Exception):
                    raise got
                yield got, meanings.pop(got.place)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
