"""Whose mailboxes there are, and how each is named in a path."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import quote

from clawback.errors import SourceUnavailable
from clawback.mailboxes.graph import wire
from clawback.mailboxes.graph.asking import SYNC_PATIENCE_SECONDS, Answer, Ask
from clawback.mailboxes.graph.dispatch import Dispatcher
from clawback.mailboxes.graph.paging import Trail
from clawback.source_config import GraphConfig

_SELECT = "$select=id,userPrincipalName,mail,userType"
_PAGE = 999  # "List users" (graph/api/user-list): the largest page
_MOST_USERS = 2_000_000
_NAME = r"[^\s@/\\?#%&<>\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,256}"
_ADDRESS = re.compile(
    rf"{_NAME}@{_NAME}|[0-9a-fA-F]{{8}}(-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}"
)


class Directory:
    """Addresses in lower case, and the ids of those whose sign-in name is another.

    Graph's paths take a user's id or sign-in name, and a mailbox's address may be neither.
    """

    def __init__(self, config: GraphConfig) -> None:
        self._config = config
        self._ids: dict[str, str] = {}
        self._paths: dict[str, str] = {}
        self._looking_up: dict[str, asyncio.Future[bool]] = {}
        self._unknown: set[str] = set()
        self.dispatcher: Callable[[], Awaitable[Dispatcher]] | None = None

    @property
    def is_configured(self) -> bool:
        """Whether the configuration names the mailboxes."""
        return bool(self._config.users) or self._config.users_file is not None

    def may_exist(self, mailbox: str) -> bool:
        """Whether a text can be an address or a user's id at all; no path is made of another."""
        return _ADDRESS.fullmatch(mailbox) is not None

    def path_of(self, mailbox: str) -> str:
        """The beginning of every path about this mailbox."""
        path = self._paths.get(mailbox)
        if path is None:
            path = f"/users/{quote(self._ids.get(mailbox, mailbox), safe='@')}"
            self._paths[mailbox] = path
        return path

    def configured(self) -> tuple[str, ...]:
        """The mailboxes that the configuration names. Raises `SourceUnavailable`."""
        names = self._config.users
        if self._config.users_file is not None:
            names = self._in_file(self._config.users_file)
        return tuple(sorted({name.strip().lower() for name in names if name.strip()}))

    def _in_file(self, path: Path) -> tuple[str, ...]:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise SourceUnavailable(self._config.name, "users-file-unreadable") from None
        return tuple(line for line in lines if not line.lstrip().startswith("#"))

    async def listed(self, dispatcher: Dispatcher) -> tuple[str, ...] | Answer:
        """Everybody in the directory who has a mailbox's address, guests not; or the refusal.

        Raises `Unreadable`, `SourceError`.
        """
        ask = Ask(None, f"/users?$top={_PAGE}&{_SELECT}", patience_seconds=SYNC_PATIENCE_SECONDS)
        names: set[str] = set()
        trail = Trail()
        while True:
            answer = await dispatcher.ask(ask)
            if not answer.is_done:
                return answer
            page = answer.read(wire.Users)
            names.update(name for user in page.value if (name := self._note(user)))
            if page.next_link is None or len(names) > _MOST_USERS:
                return tuple(sorted(names))
            trail.step(page.next_link)
            ask = dispatcher.follow(ask, page.next_link)

    def _note(self, user: wire.User) -> str:
        """The user's address, empty for one without a mailbox here; a guest's mail is elsewhere."""
        mail = (user.mail or "").strip().lower()
        if not mail or user.kind == "Guest":
            return ""
        if (user.principal or "").lower() != mail:
            self._ids[mail] = user.id
            self._paths.pop(mail, None)
        return mail

    async def look_up(self, mailbox: str) -> bool:
        """Whether the directory has a user with this address under another sign-in name."""
        if mailbox in self._ids:
            return True
        if mailbox in self._unknown or self.dispatcher is None:
            return False
        looking = self._looking_up.get(mailbox)
        if looking is None or looking.get_loop() is not asyncio.get_running_loop():
            looking = asyncio.ensure_future(self._look_up(mailbox))
            self._looking_up[mailbox] = looking
        try:
            return await asyncio.shield(looking)
        finally:
            if looking.done():
                self._looking_up.pop(mailbox, None)

    async def _look_up(self, mailbox: str) -> bool:
        assert self.dispatcher is not None
        said = quote("'" + mailbox.replace("'", "''") + "'", safe="'@")
        dispatcher = await self.dispatcher()
        answer = await dispatcher.ask(Ask(None, f"/users?$filter=mail%20eq%20{said}&{_SELECT}"))
        if not answer.is_done:
            return False
        self._unknown.add(mailbox)
        try:
            users = answer.read(wire.Users).value
        except wire.Unreadable:
            return False
        for user in users:
            if self._note(user) == mailbox:
                self._ids.setdefault(mailbox, user.id)
                self._paths.pop(mailbox, None)
                self._unknown.discard(mailbox)
        return mailbox in self._ids
