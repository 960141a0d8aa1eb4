"""Who may use which route: each says it in its signature, by the type of the person who asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant

from clawback.api.limiting import Allowance
from clawback.api.options import edge_of
from clawback.errors import Denial, Unauthenticated
from clawback.services import people
from models.people import Permission, Principal

SCHEME = "bearer"


@dataclass(frozen=True, slots=True)
class Requires:
    """A dependency that gives who asks, if their roles allow it."""

    permission: Permission

    def __call__(self, request: Request) -> Principal:
        """Who asks, as `admit` found out before the body was read. Raises `Forbidden`."""
        who: Principal = request.state.principal
        people.require(who, self.permission)
        return who


@dataclass(frozen=True, slots=True)
class Open:
    """A dependency that marks a route which everybody may use."""

    def __call__(self) -> None:
        """Nobody in particular."""


Reader = Annotated[Principal, Depends(Requires(Permission.READ))]
Operator = Annotated[Principal, Depends(Requires(Permission.OPERATE))]
Previewer = Annotated[Principal, Depends(Requires(Permission.PREVIEW))]
Administrator = Annotated[Principal, Depends(Requires(Permission.ADMINISTER))]
Anybody = Annotated[None, Depends(Open())]


def demanded(dependant: Dependant) -> Requires | Open | None:
    """What a route's signature demands of who asks, or None where it says nothing."""
    return next(_demands(dependant), None)


def _demands(dependant: Dependant) -> Iterator[Requires | Open]:
    for needed in dependant.dependencies:
        if isinstance(needed.call, Requires | Open):
            yield needed.call
        yield from _demands(needed)


def admit(request: Request, demand: Requires, policy: str) -> tuple[Principal, Allowance]:
    """Who asks, counted, with what is left to them.

    Raises `Unauthenticated`, `Forbidden`, and `Refusal` 429: for too many requests of one token, and
    for too many wrong tokens from one address. A right one from there is let in all the same: nobody
    guesses 256 bits, and one bad client must not lock out all others behind its proxy.
    """
    limits = edge_of(request).limits
    try:
        who = people.authenticate_token(edge_of(request).ctx, _secret(request))
    except Unauthenticated:
        limits.take("failures", request.client.host if request.client else "unknown")
        raise
    allowance = limits.take(policy, f"token {who.token_id}" if who.token_id else who.name)
    people.require(who, demand.permission)
    return who, allowance


def _secret(request: Request) -> str:
    """The bearer token. Raises `Unauthenticated` where there is none."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != SCHEME or not secret.strip():
        raise Unauthenticated(
            "send a token: Authorization: Bearer clawback_… (`clawback token issue` makes one)",
            Denial.MISSING,
        )
    return secret.strip()
