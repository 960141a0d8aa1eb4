"""Who asks; accounts and tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from clawback.api.access import Administrator, Reader
from clawback.api.document import failing
from clawback.api.options import PREFIX, Ctx, Exchanged
from clawback.api.routing import SecretRoute
from clawback.api.shapes.actions import RowNumber
from clawback.api.shapes.people import (
    AccountName,
    IssuedToken,
    MeOut,
    TokenIn,
    TokenList,
    UserChange,
    UserIn,
    UserList,
    UserOut,
)
from clawback.services import people
from clawback.services.context import Context
from clawback.services.people_report import role_list, token_view, user_view
from clawback.services.report import View
from models.actions import Actor
from models.people import Permission

router = APIRouter(prefix=PREFIX, route_class=SecretRoute, tags=["people"])

Name = Annotated[AccountName, Path()]


@router.get("/me", response_model=MeOut)
def get_me(ctx: Ctx, who: Reader) -> View:
    """Who asks, and what they may do."""
    return {
        "name": who.name,
        "roles": role_list(who.roles),
        "permissions": [one.value for one in Permission if one in who.permissions],
        "via": who.via.value,
        "token_id": who.token_id,
    }


@router.get("/users", response_model=UserList)
def list_users(ctx: Ctx, who: Administrator) -> View:
    """All accounts, by name."""
    return {"items": [user_view(user) for user in ctx.store.people.users()]}


@router.post("/users", status_code=201, response_model=UserOut)
def add_user(ctx: Ctx, who: Administrator, wanted: UserIn, exchange: Exchanged) -> View:
    """A new account."""
    made = people.add_user(ctx, wanted.name, wanted.roles, wanted.password, actor=who.actor)
    exchange.say_location(f"/users/{made.name}")
    return user_view(made)


@router.get("/users/{name}", response_model=UserOut, responses=failing(404))
def get_user(ctx: Ctx, who: Administrator, name: Name) -> View:
    """One account."""
    return user_view(ctx.store.people.user(name.lower()))


@router.patch("/users/{name}", response_model=UserOut, responses=failing(404))
def change_user(ctx: Ctx, who: Administrator, name: Name, changes: UserChange) -> View:
    """Change roles or password of an account, disable it or enable it again."""
    for change in _changes(changes):
        change(ctx, name, who.actor)
    return user_view(ctx.store.people.user(name.lower()))


@router.get("/tokens", response_model=TokenList)
def list_tokens(ctx: Ctx, who: Reader, user: Annotated[AccountName | None, Query()] = None) -> View:
    """One's own tokens; an administrator's are those of everybody, or of `user`."""
    if user is not None and user.lower() != who.name:
        people.require(who, Permission.ADMINISTER)
    chosen = user.lower() if user is not None else _mine_or_all(who.permissions, who.name)
    return {"items": [token_view(token) for token in ctx.store.people.tokens(chosen)]}


@router.post("/tokens", status_code=201, response_model=IssuedToken, responses=failing(404))
def issue_token(ctx: Ctx, who: Reader, wanted: TokenIn) -> View:
    """A new token and its secret, which is shown this once."""
    token, secret = people.issue_token(
        ctx, wanted.user or who.name, wanted.label, wanted.roles, days=wanted.days, by=who
    )
    return {**token_view(token), "secret": secret}


@router.delete("/tokens/{number}", status_code=204, responses=failing(404))
def revoke_token(ctx: Ctx, who: Reader, number: Annotated[RowNumber, Path()]) -> Response:
    """Revoke a token: it lets nobody in from now on."""
    people.revoke_token(ctx, number, by=who)
    return Response(status_code=204)


Change = Callable[[Context, str, Actor], object]


def _changes(wanted: UserChange) -> list[Change]:
    """What to do, each with its own entry in the audit log; the account is closed last."""
    changes: list[Change] = []
    roles, password = wanted.roles, wanted.password
    if wanted.disabled is False:
        changes.append(lambda ctx, name, actor: people.enable_user(ctx, name, actor=actor))
    if roles is not None:
        changes.append(lambda ctx, name, actor: people.change_roles(ctx, name, roles, actor=actor))
    if password is not None:
        changes.append(
            lambda ctx, name, actor: people.set_password(ctx, name, password, actor=actor)
        )
    if wanted.disabled is True:
        changes.append(lambda ctx, name, actor: people.disable_user(ctx, name, actor=actor))
    return changes


def _mine_or_all(permissions: frozenset[Permission], name: str) -> str:
    return "" if Permission.ADMINISTER in permissions else name
