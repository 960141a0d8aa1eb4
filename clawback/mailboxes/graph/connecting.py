"""HTTP connections to one server: whichever was free last goes first, and only that is looked at.

The pool of httpx asks the operating system about every idle connection at every request. A removal
holds some thirty of them, and each of its requests took 1.7 ms of processor time so, 0.3 without.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cache
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

_IDLE_SECONDS = 5.0  # as httpx has it: servers end idle connections soon after
_BROKEN = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ConnectionNotAvailable,
)


def connections_to(base_url: str, most: int) -> httpx.AsyncBaseTransport:
    """The way to a server, `most` connections at once. Behind a proxy it is httpx's own."""
    url = httpx.URL(base_url)
    proxies = getproxies()
    is_direct = not (url.scheme in proxies or "all" in proxies) or bool(proxy_bypass(url.host))
    if is_direct:
        return Connections(url, most)
    limits = httpx.Limits(max_connections=most, max_keepalive_connections=most)
    proxy = proxies.get(url.scheme) or proxies["all"]
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    return httpx.AsyncHTTPTransport(verify=_context(), limits=limits, proxy=proxy)


@cache
def _context() -> ssl.SSLContext:
    """One for all loops: to read the certificates that are trusted takes 50 ms."""
    return httpx.create_ssl_context()


class Connections(httpx.AsyncBaseTransport):
    """HTTP/1.1 connections to one server, for one event loop."""

    def __init__(self, url: httpx.URL, most: int) -> None:
        self._origin = _url(url).origin
        self._context = _context() if url.scheme == "https" else None
        self._free = asyncio.Semaphore(most)
        self._idle: list[httpcore.AsyncHTTPConnection] = []
        self._closing: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, whose body is yet to be read and closed. Raises `httpx.TransportError`."""
        url = _url(request.url)
        if url.origin != self._origin:
            raise httpx.UnsupportedProtocol("another server than ours", request=request)
        assert isinstance(request.stream, httpx.AsyncByteStream)
        wanted = httpcore.Request(
            request.method,
            url,
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        await self._free.acquire()
        connection = self._taken()
        try:
            with _told_as_httpx():
                response = await connection.handle_async_request(wanted)
        except BaseException:
            self._give_back(connection)
            raise
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(self, connection, response),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close what is idle; whoever reads an answer closes it himself."""
        for connection in self._idle:
            self._close(connection)
        self._idle.clear()
        await asyncio.gather(*self._closing, return_exceptions=True)

    def _taken(self) -> httpcore.AsyncHTTPConnection:
        """The connection that was free last, if it is still open; else a new one."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_available() and not connection.has_expired():
                return connection
            self._close(connection)
        return httpcore.AsyncHTTPConnection(
            self._origin, ssl_context=self._context, keepalive_expiry=_IDLE_SECONDS
        )

    def _give_back(self, connection: httpcore.AsyncHTTPConnection) -> None:
        self._free.release()
        if connection.is_idle() and connection.is_available():
            self._idle.append(connection)
        else:
            self._close(connection)
        if self._idle and self._idle[0].has_expired():  # of those that nobody takes, one each time
            self._close(self._idle.pop(0))

    def _close(self, connection: httpcore.AsyncHTTPConnection) -> None:
        """Close it in a task of its own: whoever gives it back may be cancelled."""
        task = asyncio.ensure_future(connection.aclose())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


class _Body(httpx.AsyncByteStream):
    """The body of one answer; its connection is free once it is closed."""

    def __init__(
        self,
        connections: Connections,
        connection: httpcore.AsyncHTTPConnection,
        response: httpcore.Response,
    ) -> None:
        self._connections = connections
        self._connection = connection
        self._response = response
        self._is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _told_as_httpx():
            async for piece in self._response.aiter_stream():
                yield piece

    async def aclose(self) -> None:
        """Read no more."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            with _told_as_httpx():
                await self._response.aclose()
        finally:
            self._connections._give_back(self._connection)


def _url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


@contextmanager
def _told_as_httpx() -> Iterator[None]:
    """A connection that broke is an error of httpx, whichever way it broke."""
    try:
        yield
    except _BROKEN as error:
        raise httpx.TransportError(type(error).__name__) from None
