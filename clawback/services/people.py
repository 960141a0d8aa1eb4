"""People: accounts, what they may do, and tokens of programs.

Nothing is remembered between two requests: what an account or a token allows is read each time, so
that a revocation counts at once.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from clawback.core.accounts import (
    DAYS_DEFAULT,
    account_name,
    checked_label,
    checked_roles,
    lifetime,
    new_password,
    role_words,
)
from clawback.errors import (
    BadInput,
    Conflict,
    Denial,
    Forbidden,
    SetupError,
    Unauthenticated,
    Unavailable,
)
from clawback.people_ports import PasswordHasher
from clawback.services.context import Context
from models.actions import Actor, DecidedVia
from models.people import ApiToken, Permission, Principal, Role, User

PREFIX = "clawback_"
"""Every secret begins so: scanners of repositories and logs find what was left there."""

_SECRET_BYTES = 32
_LONGEST = 200


def add_user(
    ctx: Context, name: str, roles: Collection[Role], password: str | None, *, actor: Actor
) -> User:
    """A new account; without a password only its tokens let anybody in.

    Raises `BadInput` for a name or password that cannot be, `Conflict` where the name is taken.
    """
    wanted, granted = account_name(name), checked_roles(roles)
    hashed = "" if password is None else _hashed(ctx, wanted, password)
    return ctx.store.people.add_user(wanted, granted, hashed, actor, ctx.clock.now())


def change_roles(ctx: Context, name: str, roles: Collection[Role], *, actor: Actor) -> User:
    """The account with exactly these roles, which count from its next request on.

    Raises `NotFound`, and `Conflict` where nobody would be left who may administer.
    """
    return ctx.store.people.change_user(
        account_name(name), roles=checked_roles(roles), actor=actor, now=ctx.clock.now()
    )


def set_password(ctx: Context, name: str, password: str, *, actor: Actor) -> User:
    """The account with another password. Raises `NotFound`, `BadInput` saying what it lacks."""
    user = ctx.store.people.user(account_name(name))
    hashed = _hashed(ctx, user.name, password)
    return ctx.store.people.change_user(
        user.name, password_hash=hashed, actor=actor, now=ctx.clock.now()
    )


def disable_user(ctx: Context, name: str, *, actor: Actor) -> User:
    """The account, which can do nothing from now on, nor can its tokens.

    Raises `NotFound`, and `Conflict` for the last enabled admin.
    """
    return ctx.store.people.change_user(
        account_name(name), disabled=True, actor=actor, now=ctx.clock.now()
    )


def enable_user(ctx: Context, name: str, *, actor: Actor) -> User:
    """The account as it was before it was disabled, with its tokens. Raises `NotFound`."""
    return ctx.store.people.change_user(
        account_name(name), disabled=False, actor=actor, now=ctx.clock.now()
    )


def issue_token(
    ctx: Context,
    user: str,
    label: str,
    roles: Collection[Role] = (),
    *,
    days: int = DAYS_DEFAULT,
    by: Actor | Principal,
) -> tuple[ApiToken, str]:
    """A new token and its secret, which is shown this once; without roles it has its account's.

    One that a token makes for its own account ends no later than that token: who found a secret must
    not keep what it lets in beyond its end.

    Raises `Forbidden` for an account of others where `by` may not administer, and for roles that
    `by` has not itself; `BadInput` for roles that the account has not; `Conflict` if it is disabled.
    """
    account = ctx.store.people.user(account_name(user))
    granted = frozenset(roles) or account.roles
    if isinstance(by, Principal):
        _check_may_issue(by, account, granted)
    if account.disabled_at is not None:
        raise Conflict(f"the account {account.name} is disabled: enable it first")
    if missing := granted - account.roles:
        raise BadInput(
            f"the account {account.name} has not the role {role_words(missing)}: "
            f"it has {role_words(account.roles)}"
        )
    secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    now, wanted = ctx.clock.now(), lifetime(days)
    token = ctx.store.people.add_token(
        account.name,
        checked_label(label),
        granted,
        digest=_digest(secret),
        expires_at=min([now + wanted, *_ends(ctx, by, account)]),
        actor=by.actor if isinstance(by, Principal) else by,
        now=now,
    )
    return token, secret


def _check_may_issue(by: Principal, account: User, granted: frozenset[Role]) -> None:
    if by.name != account.name:
        require(by, Permission.ADMINISTER)
    elif more := granted - by.roles:
        raise Forbidden(f"a token of yours cannot allow more than you may: {role_words(more)}")


def _ends(ctx: Context, by: Actor | Principal, account: User) -> list[datetime]:
    """When the token ends by which its own account makes another one; empty where it is none."""
    if not isinstance(by, Principal) or by.name != account.name or by.token_id is None:
        return []
    return [one.expires_at for one in ctx.store.people.tokens(by.name) if one.id == by.token_id]


def revoke_token(ctx: Context, token_id: int, *, by: Actor | Principal) -> ApiToken:
    """The token, which lets nobody in from now on; harmless when repeated.

    Raises `NotFound`, `Forbidden` for one of others where `by` may not administer.
    """
    if isinstance(by, Principal):
        if token_id not in {token.id for token in ctx.store.people.tokens(by.name)}:
            require(by, Permission.ADMINISTER)
        by = by.actor
    return ctx.store.people.revoke_token(token_id, by, ctx.clock.now())


def authenticate_token(ctx: Context, secret: str) -> Principal:
    """Who holds this secret, with the roles that token and account both have now.

    Raises `Unauthenticated` with the reason UNKNOWN, EXPIRED, REVOKED or DISABLED.
    """
    is_ours = secret.startswith(PREFIX) and len(secret) <= _LONGEST
    found = ctx.store.people.token(_digest(secret)) if is_ours else None
    if found is None:
        raise Unauthenticated("this token is not known here", Denial.UNKNOWN)
    token, user = found
    now = ctx.clock.now()
    if token.revoked_at is not None:
        raise Unauthenticated("this token was revoked", Denial.REVOKED)
    if token.expires_at <= now:
        raise Unauthenticated("this token has expired: issue another one", Denial.EXPIRED)
    if user.disabled_at is not None:
        raise Unauthenticated("the account of this token is disabled", Denial.DISABLED)
    with suppress(Unavailable):  # a busy writer must not keep anybody out who only reads
        ctx.store.people.touch_token(token.id, now)
    return Principal(user.name, token.roles & user.roles, DecidedVia.TOKEN, token.id)


def require(principal: Principal, permission: Permission) -> None:
    """Return if the principal may. Raises `Forbidden` saying which role it lacks."""
    if permission in principal.permissions:
        return
    able = " or ".join(role.value for role in Role if permission in role.permissions)
    whose = "this token" if principal.via is DecidedVia.TOKEN else "this account"
    raise Forbidden(f"this needs the role {able}: {whose} has {role_words(principal.roles)}")


def hasher(ctx: Context) -> PasswordHasher:
    """What makes and checks hashes of passwords. Raises `SetupError` where there is nothing."""
    if ctx.passwords is None:
        raise SetupError("nothing here can check passwords: open the application as a whole")
    return ctx.passwords


def _hashed(ctx: Context, name: str, password: str) -> str:
    return hasher(ctx).hash(new_password(name, password))


def _digest(secret: str) -> str:
    """A plain SHA-256 is enough for a secret of 256 random bits: nobody can try them all."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
