"""A tenant in this process, its source, and what its users do: the stage of the contract suite."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable
from typing import Any

import httpx

from clawback.lab.graph.app import tenant_app
from clawback.lab.graph.gateway import Gateway
from clawback.lab.graph.switches import MailboxState, Switches
from clawback.lab.graph.tenant import Tenant
from clawback.mailboxes.graph.clouds import endpoints_of
from clawback.mailboxes.graph.credentials import token_source
from clawback.mailboxes.graph.naming import NAMES, alias_of
from clawback.mailboxes.graph.source import GraphSource
from clawback.source_config import GraphConfig
from clawback.wiring import mail_key_of
from models.copies import CopyRef, Place
from models.limits import DEFAULT_LIMITS
from tests.mailboxes.graph.virtual_time import Time
from tests.mailboxes.stages import ANN, BEN

BASE = "http://localhost/v1.0"


def config(**more: Any) -> GraphConfig:
    """A source over the tenant's address with its static token."""
    return GraphConfig(
        **{"kind": "graph", "name": "stage", "credential": "token", "base_url": BASE, **more}
    )


class GraphStage:
    """A tenant with two users. A move that changes the id is an export and an import of the message."""

    def __init__(
        self,
        present: Iterable[str] = (ANN, BEN),
        *,
        switches: Switches | None = None,
        time: Time | None = None,
        read_at_most: int = DEFAULT_LIMITS.message_bytes,
        wrapped: Any = None,
        **more: Any,
    ) -> None:
        self.time = time or Time()
        self.tenant = Tenant(present, clock=self.time.now)
        self.app = tenant_app(self.tenant, switches or Switches())
        self.gateway._timer = lambda: self.time.seconds
        transport: Any = httpx.ASGITransport(self.app)
        self.transport = wrapped(transport) if wrapped else transport
        self.read_at_most = read_at_most
        self.config = config(**more)
        self.throttled: list[tuple[str, float, int | None]] = []
        self.source = self.open()

    def open(self, chance: int = 1) -> GraphSource:
        """Another source over the same tenant, as another process has it."""
        endpoints = endpoints_of(self.config)
        env = {self.config.token_env: self.tenant.static_token}
        return GraphSource(
            self.config,
            endpoints,
            token_source(self.config, env, endpoints),
            read_at_most=self.read_at_most,
            mail_key_of=mail_key_of(DEFAULT_LIMITS),
            transport=self.transport,
            chance=random.Random(chance),
            on_throttled=lambda *told: self.throttled.append(told),
        )

    @property
    def gateway(self) -> Gateway:
        """The tenant's counters and switches."""
        gateway: Gateway = self.app.state.gateway
        return gateway

    def switch(self, **values: object) -> None:
        """Change switches of the tenant."""
        self.gateway.switches = self.gateway.switches.changed(values)

    def deliver(
        self, mailbox: str, raw: bytes, folder: str = "INBOX", flags: Collection[str] = ()
    ) -> Place:
        handle = self.tenant.deliver(mailbox, raw, _tenant_folder(folder))
        place = Place(folder, handle)
        self.user_flag(mailbox, place, flags)
        return place

    def user_move(
        self, mailbox: str, place: Place, folder: str, *, keep_handle: bool = False
    ) -> Place:
        if keep_handle:
            self.tenant.user_move(mailbox, place.handle, _tenant_folder(folder))
            return Place(folder, place.handle)
        kept = self.message(mailbox, place)
        self.tenant.purge(mailbox, place.handle)
        return self.deliver(mailbox, kept.raw, folder)

    def user_delete(self, mailbox: str, place: Place) -> None:
        self.tenant.purge(mailbox, place.handle)

    def user_flag(self, mailbox: str, place: Place, flags: Collection[str]) -> None:
        message = self.message(mailbox, place)
        message.is_read, message.flagged = "Seen" in flags, "Flagged" in flags
        message.categories = tuple(sorted(set(flags) - {"Seen", "Flagged"}))
        self.tenant.mailboxes[mailbox].touch(message, self.time.now())

    def user_delete_folder(self, mailbox: str, folder: str) -> None:
        box = self.tenant.mailboxes[mailbox]
        gone = box.folder_at(_tenant_folder(folder))
        for message in list(gone.messages.values()):
            box.purge(message)
        parent = gone.parent
        assert parent is not None
        parent.children.remove(gone)
        del box.folders[gone.id]

    def user_rename_folder(self, mailbox: str, folder: str, name: str) -> None:
        self.tenant.mailboxes[mailbox].folder_at(_tenant_folder(folder)).name = name

    def replace_content(self, mailbox: str, place: Place, raw: bytes) -> None:
        message = self.message(mailbox, place)
        message.raw, message._header = raw, None

    def occupy(self, mailbox: str, place: Place, raw: bytes) -> None:
        """No two messages have one id: the other one is only in the same folder."""
        self.deliver(mailbox, raw, place.folder)

    def forbid(self, mailbox: str) -> None:
        self.switch(mailboxes={mailbox: MailboxState.OUTSIDE_SCOPE.value})

    def everything(self, mailbox: str) -> list[tuple[str, bytes, frozenset[str]]]:
        return sorted(
            (_our_folder(kept.folder), kept.raw, _flags(kept))
            for kept in self.tenant.everything(mailbox)
        )

    def ref(
        self,
        mailbox: str,
        place: Place,
        raw: bytes,
        *,
        copy_id: int = 1,
        siblings: Collection[str] = (),
    ) -> CopyRef:
        from tests.mailboxes.stages import ref

        return ref(self, mailbox, place, raw, copy_id=copy_id, siblings=siblings)

    def message(self, mailbox: str, place: Place) -> Any:
        """The tenant's own message."""
        return self.tenant.mailboxes[mailbox].immutable[place.handle]


def _tenant_folder(path: str) -> str:
    return alias_of(path) or path


def _our_folder(name: str) -> str:
    return NAMES.get(name, name)


def _flags(kept: Any) -> frozenset[str]:
    system = {"Seen": kept.is_read, "Flagged": kept.flagged}
    return frozenset(kept.categories) | {name for name, is_set in system.items() if is_set}
