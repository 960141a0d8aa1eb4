"""Connections to the tenant: used again, never more than allowed, none lost by whoever is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from clawback.mailboxes.graph.connecting import Connections, connections_to


class Server:
    """Answers each request once it may, over plain HTTP; counts who is connected."""

    def __init__(self) -> None:
        self.accepted = 0
        self.open = 0
        self.most_open = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.ends_after = False
        self.writers: list[asyncio.StreamWriter] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        self.writers.append(writer)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await self.may_answer.wait()
                if self.ends_after:
                    return
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def serving(most: int) -> AsyncIterator[tuple[Server, Connections]]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    connections = Connections(httpx.URL(server.url), most)
    try:
        yield server, connections
    finally:
        await connections.aclose()
        listening.close()
        for writer in server.writers:
            writer.close()


async def get(server: Server, connections: Connections) -> str:
    timeout = httpx.Timeout(20, pool=None).as_dict()
    request = httpx.Request("GET", f"{server.url}/a", extensions={"timeout": timeout})
    response = await connections.handle_async_request(request)
    try:
        return (await response.aread()).decode()
    finally:
        await response.aclose()


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(4_000):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came to hold")


def test_a_connection_is_used_again_and_no_more_are_open_than_allowed() -> None:
    async def work() -> None:
        async with serving(most=3) as (server, connections):
            for _ in range(5):
                assert await get(server, connections) == "ok"
            assert server.accepted == 1
            assert await asyncio.gather(*(get(server, connections) for _ in range(30)))
            assert server.most_open <= 3

    asyncio.run(work())


def test_one_that_the_server_ended_while_it_was_idle_is_not_used() -> None:
    async def work() -> None:
        async with serving(most=3) as (server, connections):
            await get(server, connections)
            server.writers[0].close()
            await until(lambda: server.open == 0)
            assert await get(server, connections) == "ok"
            assert server.accepted == 2

    asyncio.run(work())


def test_one_that_ends_within_an_answer_is_an_error_of_httpx_and_its_place_is_free() -> None:
    async def work() -> None:
        async with serving(most=1) as (server, connections):
            server.ends_after = True
            for _ in range(3):
                with pytest.raises(httpx.TransportError):
                    await get(server, connections)
            server.ends_after = False
            assert await get(server, connections) == "ok"

    asyncio.run(work())


def test_whoever_is_stopped_leaves_nothing_open_and_his_place_is_free() -> None:
    async def work() -> None:
        async with serving(most=1) as (server, connections):
            server.may_answer.clear()
            for _ in range(3):
                asking = asyncio.ensure_future(get(server, connections))
                accepted = server.accepted
                await until(lambda accepted=accepted: server.accepted > accepted)
                asking.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asking
            server.may_answer.set()
            assert await get(server, connections) == "ok"
            await until(lambda: server.open == 1)

    asyncio.run(work())


def test_where_nobody_listens_it_is_an_error_of_httpx() -> None:
    async def work() -> None:
        async with serving(most=1) as (server, connections):
            server.url = server.url.replace("127.0.0.1", "127.0.0.2")
            with pytest.raises(httpx.TransportError):
                await get(server, connections)

    asyncio.run(work())


def test_a_proxy_of_the_environment_is_used_unless_the_server_is_excepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("ALL_PROXY", "all_proxy", "HTTPS_PROXY", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("https_proxy", raising=False)

    async def kind() -> type[httpx.AsyncBaseTransport]:
        return type(connections_to("https://graph.example/v1.0", 4))

    assert asyncio.run(kind()) is Connections
    monkeypatch.setenv("https_proxy", "proxy.example:3128")
    assert asyncio.run(kind()) is httpx.AsyncHTTPTransport
    monkeypatch.setenv("no_proxy", "graph.example")
    assert asyncio.run(kind()) is Connections
