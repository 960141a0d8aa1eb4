"""Prefect's REST API with its failures turned into our errors."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

import httpx

from clawback.errors import SetupError, Unavailable

TIMEOUT_SECONDS = 30.0
"""A busy small server answers within seconds; a dead one refuses at once."""

BUSY = frozenset(
    {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE}
)
"""Answers of a server that undid what it began and asks to be asked again: on SQLite a locked
database. Prefect's own client repeats the same ones."""

PATIENCE_SECONDS = 15.0


class PrefectRest:
    """One server. Answers are the decoded JSON, None for what is not there.

    The shared login of a protected server is read from `PREFECT_API_AUTH_STRING` (user:password).
    """

    def __init__(
        self,
        api_url: str,
        *,
        transport: httpx.BaseTransport | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._patience_seconds = patience_seconds
        self._api_url = api_url.rstrip("/")
        if not self._api_url.startswith(("http://", "https://")):
            raise SetupError(
                f"{api_url!r} is no address of a Prefect server: it starts with http://"
            )
        user, _, password = os.environ.get("PREFECT_API_AUTH_STRING", "").partition(":")
        self._client = httpx.Client(
            base_url=self._api_url,
            timeout=timeout_seconds,
            auth=(user, password) if user else None,
            transport=transport,
            # A proxy for the internet must not get in the way of a server on this machine.
            trust_env=not _is_local(self._api_url),
        )

    def get(self, path: str) -> Any:
        """The resource. Raises `Unavailable`, `SetupError`."""
        return self._call("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """What the server answers. Raises `Unavailable`, `SetupError`."""
        return self._call("POST", path, body)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """What the server answers. Raises `Unavailable`, `SetupError`."""
        return self._call("PUT", path, body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """What the server answers. Raises `Unavailable`, `SetupError`."""
        return self._call("PATCH", path, body)

    def exists(self, path: str) -> bool:
        """Whether there is such a resource, whatever its format."""
        return self._send("GET", path, None).status_code != httpx.codes.NOT_FOUND

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        response = self._send(method, path, body)
        if response.status_code in (httpx.codes.NOT_FOUND, httpx.codes.UNPROCESSABLE_ENTITY):
            return None  # an id that is no UUID is as unknown as one that is not there
        if response.status_code == httpx.codes.NO_CONTENT:
            return {}
        try:
            return response.json()
        except ValueError:
            raise SetupError(
                f"what answers at {self._api_url} is not a Prefect server: check its address"
            ) from None

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx.Response:
        deadline = time.monotonic() + self._patience_seconds
        pause = 0.1
        while (response := self._ask(method, path, body)).status_code in BUSY:
            if time.monotonic() + pause > deadline:
                break
            time.sleep(pause)
            pause = min(2 * pause, 2.0)
        if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise SetupError(
                "the Prefect server wants its login: set PREFECT_API_AUTH_STRING to user:password"
            )
        if response.is_server_error:
            raise Unavailable(
                f"the Prefect server at {self._api_url} failed: look into its log, then try again"
            )
        return response

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx.Response:
        try:
            return self._client.request(method, path, json=body)
        except httpx.HTTPError:
            raise Unavailable(
                f"no Prefect server answers at {self._api_url}: start it with `clawback up`"
            ) from None


def _is_local(url: str) -> bool:
    return httpx.URL(url).host in ("127.0.0.1", "localhost", "::1")
