"""Requests as they go over the wire: one alone, or several as a batch whose answers are told apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from clawback.mailboxes.graph import wire
from clawback.mailboxes.graph.asking import Answer, Ask
from clawback.mailboxes.graph.errors import Meaning, may_be_applied, meaning_of
from clawback.mailboxes.graph.retrying import retry_after
from clawback.mailboxes.graph.transport import BATCH, Reply, Transport

Told = tuple[Answer, float | None]
"""An answer, and the seconds that it asks to wait."""

Addressed = tuple[Ask, str]
"""A request, and its path and query."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came back: `told` in the order of the requests.

    `is_refused`: the server refused the batch as a whole, for good, and made nothing of it; which of
    its parts it was that it did not like it does not say. `is_put_off`: it takes none now.
    """

    told: list[Told]
    is_refused: bool = False
    is_put_off: bool = False


async def send(transport: Transport, asks: Sequence[Addressed]) -> Sent:
    """Send one request alone, several as a batch. Raises `SourceError` where no token can be had."""
    return await (_send_one if len(asks) == 1 else _send_batch)(transport, asks)


async def _send_one(transport: Transport, asks: Sequence[Addressed]) -> Sent:
    [(ask, path)] = asks
    content = None if ask.body is None else json.dumps(ask.body).encode()
    method = "GET" if content is None else "POST"
    reply = await transport.send(method, path, json=content, page=ask.page)
    return Sent([(meant(reply.status, reply.body), reply.wait_seconds)])


async def _send_batch(transport: Transport, asks: Sequence[Addressed]) -> Sent:
    parts = [
        transport.batch_part(str(number), path, ask.body, ask.page)
        for number, (ask, path) in enumerate(asks)
    ]
    content = json.dumps({"requests": parts}, separators=(",", ":")).encode()
    reply = await transport.send("POST", BATCH, json=content)
    if reply.status != 200:
        return _of_no_part(reply, len(asks))
    try:
        replies = wire.read_batch(reply.body)
    except wire.Unreadable:
        replies = {}  # as if nothing had come: what was asked may have been done
    now = datetime.now(UTC)
    told: list[Told] = []
    for number in range(len(asks)):
        status, wait, body = replies.get(str(number), wire.NO_ANSWER)
        told.append((meant(status, body), None if wait is None else retry_after(wait, now)))
    if any(answer.meaning is Meaning.TOKEN for answer, _ in told):
        await transport.renew_token(reply.token)
    return Sent(told)


def _of_no_part(reply: Reply, count: int) -> Sent:
    """The answer to a batch as a whole, which is no word about any of its messages."""
    answer = meant(reply.status, reply.body)
    passes = may_be_applied(answer.meaning) or answer.meaning is Meaning.TOKEN
    if not passes:
        answer = Answer(Meaning.BUG)
    told = [(answer, reply.wait_seconds)] * count
    return Sent(told, not passes, answer.meaning is Meaning.THROTTLED)


def meant(status: int, body: object) -> Answer:
    """A reply with what it calls for."""
    code = wire.read_code(body) if status >= 400 else ""
    return Answer(meaning_of(status, code), body)
