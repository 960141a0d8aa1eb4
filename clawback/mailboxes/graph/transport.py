"""HTTP to Graph: the token on every request, answers of bounded size, nothing but our own server."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from clawback.mailboxes.graph import wire
from clawback.mailboxes.graph.clouds import Endpoints
from clawback.mailboxes.graph.connecting import connections_to
from clawback.mailboxes.graph.errors import DROPPED
from clawback.mailboxes.graph.retrying import retry_after
from clawback.mailboxes.graph.tokens import Tokens, TokenSource
from models.mails import MessageHead

IMMUTABLE_IDS = 'IdType="ImmutableId"'
"""On every request, or the ids of moved messages change (graph/outlook-immutable-id)."""

MOST_JSON_BYTES = 64_000_000
"""Of one answer: twenty parts, each far larger than anything that we select."""

BATCH = "/$batch"

_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "clawback"}
_CONNECTIONS = 128
_BAD_REQUEST = 400
_TIMES_THE_TIMEOUT = 5  # a body that drips: each byte comes in time, and it never ends


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer: status, the seconds it asks to wait, the body; status 0 is none at all.

    `token` is the one that was sent.
    """

    status: int
    wait_seconds: float | None = None
    body: Any = None
    token: str = field(default="", repr=False)


class Transport:
    """One connection pool with one token. `sent` counts HTTP requests for statistics."""

    def __init__(
        self,
        endpoints: Endpoints,
        http: httpx.AsyncBaseTransport,
        tokens: Tokens,
        *,
        timeout_seconds: float,
    ) -> None:
        self._base = endpoints.base_url
        self._http = http
        self._tokens = tokens
        self._more = {"timeout": httpx.Timeout(timeout_seconds, pool=None).as_dict()}
        self._longest_seconds = timeout_seconds * _TIMES_THE_TIMEOUT
        self._batches = httpx.URL(f"{self._base}{BATCH}")
        self.sent = 0

    async def send(
        self, method: str, path: str, *, json: bytes | None = None, page: int = 0
    ) -> Reply:
        """The answer to one request, with a new token once where it refuses ours.

        Raises `SourceError` where no token can be had. A connection that breaks is status 0.
        """
        return await self._with_token(
            lambda token: self._send(method, path, token, content=json, page=page)
        )

    async def stream(self, path: str, *, at_most: int) -> Reply:
        """As `send` does, for a message's bytes: the body is them, or a `MessageHead` beyond `at_most`."""
        return await self._with_token(lambda token: self._stream(path, token, at_most))

    def batch_part(self, number: str, path: str, body: Any, page: int) -> dict[str, Any]:
        """One part of a batch."""
        part: dict[str, Any] = {
            "id": number,
            "method": "GET" if body is None else "POST",
            "url": path,
            "headers": {"Prefer": prefer(page)},
        }
        if body is not None:
            part["headers"]["Content-Type"] = "application/json"
            part["body"] = body
        return part

    def local(self, link: str) -> str:
        """The path and query of a link that an answer gave, to be asked of our own server.

        Raises `wire.Unreadable` for a link that leads elsewhere: our token goes nowhere else.
        """
        base = self._base
        if link.startswith(base + "/"):
            return link[len(base) :]
        raise wire.Unreadable

    async def renew_token(self, refused: str) -> None:
        """A part of a batch was refused for its token: get another. Raises `SourceError`."""
        await self._tokens.renewed(refused)

    async def _with_token(self, work: Callable[[str], Any]) -> Reply:
        token = await self._tokens.current()
        reply: Reply = await work(token)
        if reply.status == 401:
            again = await self._tokens.renewed(token)
            if again != token:
                token, reply = again, await work(again)
        return replace(reply, token=token)

    async def _send(
        self, method: str, path: str, token: str, *, content: bytes | None, page: int
    ) -> Reply:
        headers = {**_HEADERS, "Authorization": f"Bearer {token}", "Prefer": prefer(page)}
        if content is not None:
            headers["Content-Type"] = "application/json"
        return await self._answered(method, path, headers, content, _read_json)

    async def _stream(self, path: str, token: str, at_most: int) -> Reply:
        headers = {**_HEADERS, "Authorization": f"Bearer {token}", "Prefer": prefer(0)}

        async def read(response: httpx.Response) -> Any:
            if response.status_code != 200:
                return await _read_json(response)
            return await _read_message(response, at_most)

        return await self._answered("GET", path, headers, None, read)

    async def _answered(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        content: bytes | None,
        read: Callable[[httpx.Response], Any],
    ) -> Reply:
        try:
            url = self._batches if path == BATCH else httpx.URL(self._base + path)
            request = httpx.Request(
                method, url, headers=headers, content=content, extensions=self._more
            )
        except httpx.InvalidURL:  # too long, or of characters that no address has
            return Reply(_BAD_REQUEST)
        self.sent += 1
        try:
            async with asyncio.timeout(self._longest_seconds):
                response = await self._http.handle_async_request(request)
                try:
                    body = await read(response)
                finally:
                    await response.aclose()
        except (httpx.RequestError, httpx.StreamError, OSError):  # and TimeoutError
            return Reply(DROPPED)
        waiting = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
        return Reply(response.status_code, waiting, body)


def prefer(page: int) -> str:
    """The `Prefer` header: immutable ids always, and how large pages may be."""
    return f"{IMMUTABLE_IDS}, odata.maxpagesize={page}" if page else IMMUTABLE_IDS


async def _read_json(response: httpx.Response) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > MOST_JSON_BYTES:
            raise httpx.StreamError("more than any answer needs")
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def _read_message(response: httpx.Response, at_most: int) -> bytes | MessageHead:
    """All of the message, or what is read of it and the hash of all; never more in memory."""
    head = bytearray()
    hashed, size = hashlib.sha256(), 0
    async for piece in response.aiter_bytes():
        hashed.update(piece)
        size += len(piece)
        head += piece[: max(at_most - len(head), 0)]
    if size <= at_most:
        return bytes(head)
    return MessageHead(bytes(head), hashed.hexdigest(), size)


class Connection:
    """A transport for one event loop, while it is entered. Nothing follows a redirect.

    No generator: a loop that ends closes all generators at once, those within others too.
    """

    def __init__(
        self,
        name: str,
        endpoints: Endpoints,
        make_tokens: Callable[[], TokenSource],
        *,
        timeout_seconds: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = transport or connections_to(endpoints.base_url, _CONNECTIONS)
        self._tokens = Tokens(name, make_tokens(), time.time)
        self._endpoints = endpoints
        self._timeout_seconds = timeout_seconds

    async def __aenter__(self) -> Transport:
        return Transport(
            self._endpoints, self._http, self._tokens, timeout_seconds=self._timeout_seconds
        )

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        await self._tokens.close()
