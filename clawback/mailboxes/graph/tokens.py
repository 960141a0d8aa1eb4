"""Tokens: got once, kept until shortly before they end, got anew when the server refuses one.

A token is in memory only: no log, no error and no `repr` shows one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from clawback.errors import SourceDenied, SourceError, SourceUnavailable

RENEW_BEFORE_SECONDS = 300.0
"""How long before its end a token is renewed: as the Azure libraries do."""


class NoToken(Exception):
    """No token could be had; `code` is a constant, `retryable` says whether it may pass."""

    def __init__(self, code: str, *, retryable: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.retryable = retryable


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token and when it ends, in seconds since 1970."""

    secret: str = field(repr=False)
    ends_at: float


class TokenSource(Protocol):
    """Something that gives tokens."""

    async def get(self) -> Token:
        """A new token. Raises `NoToken`."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class StaticToken:
    """A token that a person or another program puts into the environment, read anew each time."""

    def __init__(self, variable: str, env: Mapping[str, str]) -> None:
        self._variable = variable
        self._env = env

    async def get(self) -> Token:
        """What the variable holds now; it never ends by itself."""
        secret = self._env.get(self._variable, "").strip()
        if not secret:
            raise NoToken("no-token")
        if not secret.isascii() or not secret.isprintable() or " " in secret:
            raise NoToken("unusable-token")
        return Token(secret, float("inf"))

    async def close(self) -> None:
        """Nothing is open."""


class Tokens:
    """The token of one client: many requests ask, one renewal is under way at most."""

    def __init__(self, name: str, source: TokenSource, clock: Callable[[], float]) -> None:
        self._name = name
        self._source = source
        self._clock = clock
        self._token: Token | None = None
        self._lock = asyncio.Lock()

    async def current(self) -> str:
        """A token that is good for a while. Raises `SourceError`."""
        token = self._token
        if token is None or self._ends_soon(token):
            token = await self._renew(token)
        return token.secret

    async def renewed(self, refused: str) -> str:
        """A token other than the one that the server refused, or the same where there is no other."""
        token = self._token
        if token is None or token.secret == refused:
            token = await self._renew(token)
        return token.secret

    async def close(self) -> None:
        """Let go of the source's connections."""
        await self._source.close()

    async def _renew(self, before: Token | None) -> Token:
        async with self._lock:
            if self._token is not before and self._token is not None:
                return self._token  # another request got it meanwhile
            try:
                self._token = await self._source.get()
            except NoToken as error:
                if before is not None and before.ends_at > self._clock():
                    return before  # still good: an outage of the sign-in is no reason to stop
                raise self._failed(error) from None
            return self._token

    def _ends_soon(self, token: Token) -> bool:
        return token.ends_at - self._clock() < RENEW_BEFORE_SECONDS

    def _failed(self, error: NoToken) -> SourceError:
        kind = SourceUnavailable if error.retryable else SourceDenied
        return kind(self._name, error.code)
