"""A tenant and a client of it without a socket; a dropped connection is what httpx makes of one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.applications import Starlette

from clawback.lab.graph.app import ConnectionDropped, tenant_app
from clawback.lab.graph.gateway import Gateway
from clawback.lab.graph.switches import Switches
from clawback.lab.graph.tenant import STATIC_TOKEN, Tenant

IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}


class TenantTransport(httpx.ASGITransport):
    """As a socket would have it: whoever calls sees a `ReadError`."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except ConnectionDropped as error:
            raise httpx.ReadError("dropped", request=request) from error


class Rig:
    """One tenant, its gateway and a client with a token."""

    def __init__(self, tenant: Tenant, app: Starlette, client: httpx.AsyncClient) -> None:
        self.tenant = tenant
        self.app = app
        self.client = client

    @property
    def gateway(self) -> Gateway:
        gateway = self.app.state.gateway
        assert isinstance(gateway, Gateway)
        return gateway

    def switch(self, **values: object) -> None:
        """Change switches while it runs."""
        self.gateway.change(self.gateway.switches.changed(values))

    async def get(self, path: str, *, regular: bool = False, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers={**({} if regular else IMMUTABLE), **headers})

    async def post(self, path: str, body: object, *, regular: bool = False) -> httpx.Response:
        return await self.client.post(path, json=body, headers={} if regular else IMMUTABLE)

    async def delete(self, path: str) -> httpx.Response:
        return await self.client.delete(path, headers=IMMUTABLE)

    async def batch(self, *parts: Mapping[str, object]) -> dict[str, dict[str, Any]]:
        """The answers of a batch by id."""
        answer = await self.client.post("/$batch", json={"requests": list(parts)})
        assert answer.status_code == 200, answer.text
        return {entry["id"]: entry for entry in answer.json()["responses"]}


def move_part(number: int, user: str, message_id: str, folder: str) -> dict[str, object]:
    """A move within a batch, by immutable id."""
    return {
        "id": str(number),
        "method": "POST",
        "url": f"/users/{user}/messages/{message_id}/move",
        "headers": {"Content-Type": "application/json", **IMMUTABLE},
        "body": {"destinationId": folder},
    }


def mail(number: int, subject: str = "Report") -> bytes:
    """A small mail with a Message-ID of its own."""
    return (
        f"From: Sender <sender@example.org>\r\nTo: user@example.com\r\n"
        f"Subject: {subject} {number}\r\nMessage-ID: <m{number}@example.org>\r\n"
        f"Date: Mon, 02 Nov 2026 09:{number % 60:02d}:00 +0000\r\n\r\nText {number}\r\n"
    ).encode()


@asynccontextmanager
async def a_rig(tenant: Tenant, switches: Switches | None = None) -> AsyncIterator[Rig]:
    """A rig over a tenant."""
    app = tenant_app(tenant, switches or Switches())
    async with httpx.AsyncClient(
        transport=TenantTransport(app),
        base_url="http://127.0.0.1/v1.0",
        headers={"Authorization": f"Bearer {STATIC_TOKEN}"},
    ) as client:
        yield Rig(tenant, app, client)


def code_of(answer: httpx.Response) -> str:
    """The code in an error's body."""
    return str(answer.json()["error"]["code"])
