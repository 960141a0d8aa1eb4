"""Mailboxes in Exchange Online, or in anything else that speaks Microsoft Graph's mail API."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

import httpx

from clawback.errors import SetupError, SourceUnavailable
from clawback.mailboxes.faults import source_error
from clawback.mailboxes.graph import checking, wire
from clawback.mailboxes.graph.asking import Answer
from clawback.mailboxes.graph.changing import Failed, changes_in
from clawback.mailboxes.graph.clouds import Endpoints, endpoints_of
from clawback.mailboxes.graph.credentials import token_source
from clawback.mailboxes.graph.directory import Directory
from clawback.mailboxes.graph.dispatch import Dispatcher
from clawback.mailboxes.graph.errors import Meaning, fault_of
from clawback.mailboxes.graph.fetching import Fetcher
from clawback.mailboxes.graph.folders import FolderBook
from clawback.mailboxes.graph.locating import Locator, MailKeyOf, Seen
from clawback.mailboxes.graph.moving import Mover
from clawback.mailboxes.graph.naming import FolderNames
from clawback.mailboxes.graph.queueing import Pace
from clawback.mailboxes.graph.tokens import TokenSource
from clawback.mailboxes.graph.transport import Connection, Transport
from clawback.mailboxes.graph.whereabouts import Whereabouts
from clawback.mailboxes.per_loop import PerLoop
from clawback.mailboxes.spreading import LISTED_AT_ONCE, UNBOUNDED
from clawback.mailboxes.throttled import OnThrottled, unheard
from clawback.ports import MailboxSource
from clawback.source_config import GraphConfig
from models.copies import (
    CopyRef,
    FetchedCopy,
    FolderRole,
    LiveCopy,
    MailboxChanges,
    Place,
    Retention,
    SourceFault,
)
from models.outcomes import MoveIntent, MoveReply

# Where four requests at once are all there is, a piece has to stay within the lease.
_MAILBOXES_AT_ONCE_IN_ALL = 50
_COPIES_AT_ONCE_IN_ALL = 100
# In forty mailboxes with fifty copies each, four at once and 50 ms a request are 3,200 a second.
_COPIES_AT_ONCE = 2_000
_LISTED_AT_ONCE = 48


@dataclass(frozen=True, slots=True)
class Client:
    """What belongs to one event loop."""

    transport: Transport
    dispatcher: Dispatcher
    fetcher: Fetcher
    locator: Locator
    mover: Mover


class GraphSource:
    """The mail system of one tenant. A handle is a message's immutable id.

    Found by content means: found by Message-ID, and its mail key is that of the copy. What Graph
    gives as a message's bytes is written anew each time, so that its hash proves nothing; an immutable
    id stands for the bytes that were read under it.
    """

    def __init__(
        self,
        config: GraphConfig,
        endpoints: Endpoints,
        make_tokens: Callable[[], TokenSource],
        *,
        read_at_most: int,
        mail_key_of: MailKeyOf,
        transport: httpx.AsyncBaseTransport | None = None,
        chance: random.Random | None = None,
        on_throttled: OnThrottled = unheard,
    ) -> None:
        self._on_throttled = on_throttled
        self._config = config
        self._endpoints = endpoints
        self._make_tokens = make_tokens
        self._read_at_most = read_at_most
        self._mail_key_of = mail_key_of
        self._transport = transport
        self._chance = chance
        self._names = FolderNames(config.folders)
        self._seen = Seen(self._names, FolderBook(), Whereabouts())
        self._directory = Directory(config)
        self._directory.dispatcher = self._dispatcher
        self._clients = PerLoop(self._open)

    @property
    def name(self) -> str:
        """The configured name."""
        return self._config.name

    @property
    def retention(self) -> Retention:
        """As long as the tenant keeps deleted items: 14 days unless an administrator changed it."""
        days = self._config.retention_days
        if days is None:
            return Retention(None, "as the tenant's policies say")
        return Retention(days, f"{days} days in Recoverable Items, unless the mailbox is on hold")

    @property
    def mailboxes_at_once(self) -> int:
        """As many as there are, unless all of them share a few requests."""
        is_shared = self._config.concurrency_scope == "application"
        return _MAILBOXES_AT_ONCE_IN_ALL if is_shared else UNBOUNDED

    @property
    def copies_at_once(self) -> int:
        """Enough for the limit of requests a second; few where all mailboxes share a few requests.

        Four at once of 200 ms each are 20 requests a second: a hundred copies, looked at, moved and
        looked at again, then take 15 seconds, and the lease of an action is two minutes.
        """
        is_shared = self._config.concurrency_scope == "application"
        return _COPIES_AT_ONCE_IN_ALL if is_shared else _COPIES_AT_ONCE

    @property
    def listed_at_once(self) -> int:
        """Many, since each waits for one answer after the other; few where all share four requests."""
        is_shared = self._config.concurrency_scope == "application"
        return LISTED_AT_ONCE if is_shared else _LISTED_AT_ONCE

    def folder_for(self, role: FolderRole) -> str:
        """The folder that a move to `role` goes to."""
        return self._names.folder_for(role)

    def role_of(self, folder: str) -> FolderRole:
        """What a folder is for: by Exchange's own names, not by what people call it."""
        return self._names.role_of(folder)

    async def check(self) -> tuple[str, ...]:
        """What is wrong with the application, its rights and its mailboxes; nothing is changed."""
        return await checking.problems(self._config, self._directory, self._dispatcher)

    async def mailboxes(self) -> tuple[str, ...]:
        """The configured mailboxes, or everybody in the directory who has one. Raises `SourceError`."""
        if self._directory.is_configured:
            return self._directory.configured()
        try:
            names = await self._directory.listed(await self._dispatcher())
        except wire.Unreadable:
            raise source_error(self.name, SourceFault.CORRUPT) from None
        if isinstance(names, Answer):
            raise self._failed(names.meaning)
        if not names:
            raise SourceUnavailable(self.name, "no-mailboxes")
        return names

    async def changes(self, mailbox: str, cursor: str) -> MailboxChanges:
        """What changed since `cursor`, folder by folder. Raises `SourceError`."""
        dispatcher = await self._dispatcher()
        try:
            return await changes_in(dispatcher, self._seen.book, self._names, mailbox, cursor)
        except Failed as error:
            raise self._failed(error.meaning) from None
        except wire.Unreadable:
            raise source_error(self.name, SourceFault.CORRUPT) from None

    async def fetch(self, mailbox: str, places: Sequence[Place]) -> AsyncIterator[FetchedCopy]:
        """The messages' bytes, or None. Raises `SourceError` where the tenant does not give them."""
        client = await self._clients.get()
        fetching = client.fetcher.fetch(mailbox, places)
        try:
            async for fetched, meaning in fetching:
                if fault_of(meaning) not in (None, SourceFault.GONE):
                    raise self._failed(meaning)
                yield fetched
        finally:
            await fetching.aclose()

    async def locate(self, copies: Sequence[CopyRef]) -> AsyncIterator[LiveCopy]:
        """Where each copy is now. Raises `SourceError` only if the whole tenant is away."""
        client = await self._clients.get()
        async for live in client.locator.locate(copies):
            yield live

    async def move(self, intents: Sequence[MoveIntent]) -> AsyncIterator[MoveReply]:
        """Move each message. Raises `SourceError` only if the whole tenant is away."""
        client = await self._clients.get()
        moving = client.mover.move(intents)
        try:
            async for reply in moving:
                yield reply
        finally:
            await moving.aclose()

    async def client(self) -> Client:
        """What belongs to the running loop, for its counts."""
        return await self._clients.get()

    async def _dispatcher(self) -> Dispatcher:
        return (await self._clients.get()).dispatcher

    def _failed(self, meaning: Meaning) -> Exception:
        return source_error(self.name, fault_of(meaning) or SourceFault.CORRUPT)

    def _open(self) -> _Opened:
        return _Opened(self._connection(), self._client_over)

    def _connection(self) -> Connection:
        return Connection(
            self.name,
            self._endpoints,
            self._make_tokens,
            timeout_seconds=self._config.timeout_seconds,
            transport=self._transport,
        )

    def _client_over(self, transport: Transport) -> Client:
        config, at_once = self._config, self._config.mailbox_concurrency
        in_all = at_once if config.concurrency_scope == "application" else None
        pace = Pace(at_once, in_all, config.requests_per_10_minutes, config.requests_per_second)
        dispatcher = Dispatcher(
            self.name,
            transport,
            pace,
            self._directory,
            chance=self._chance,
            on_throttled=self._on_throttled,
        )
        fetcher = Fetcher(dispatcher, transport, read_at_most=self._read_at_most, at_once=at_once)
        locator = Locator(dispatcher, fetcher, self._seen, self._mail_key_of)
        return Client(transport, dispatcher, fetcher, locator, Mover(dispatcher, self._seen))


class _Opened:
    """A client while it is entered; what is under way at the end is stopped."""

    def __init__(self, connection: Connection, make: Callable[[Transport], Client]) -> None:
        self._connection = connection
        self._make = make
        self._client: Client | None = None

    async def __aenter__(self) -> Client:
        self._client = self._make(await self._connection.__aenter__())
        return self._client

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None:
            await self._client.dispatcher.close()
        await self._connection.__aexit__()


def open_graph(
    config: GraphConfig,
    env: Mapping[str, str],
    *,
    read_at_most: int,
    mail_key_of: MailKeyOf,
    transport: httpx.AsyncBaseTransport | None = None,
    on_throttled: OnThrottled = unheard,
) -> MailboxSource:
    """The configured tenant; nothing is asked of it yet.

    `mail_key_of` gives the key of a message's bytes, as the index keeps it. `transport` replaces the
    network. Raises `SetupError` for an address that can be none and for a library that is missing.
    """
    endpoints = endpoints_of(config)
    try:
        is_sound = bool(httpx.URL(endpoints.base_url).host) and endpoints.base_url.isprintable()
    except httpx.InvalidURL:
        is_sound = False
    if not is_sound or not endpoints.base_url.startswith(("https://", "http://")):
        raise SetupError(f"the source {config.name}: base_url has to be an https address")
    return GraphSource(
        config,
        endpoints,
        token_source(config, env, endpoints),
        read_at_most=read_at_most,
        mail_key_of=mail_key_of,
        transport=transport,
        on_throttled=on_throttled,
    )
