"""Logging in with a password, and whether who logged in is still let in."""

from __future__ import annotations

import math
from datetime import datetime

from clawback.core.accounts import ORIGIN_MAX, PASSWORD_MAX, prepared_password
from clawback.errors import Denial, NotFound, Unauthenticated
from clawback.services.context import Context
from clawback.services.people import hasher
from models.actions import Actor, DecidedVia
from models.people import Principal, User

_WRONG = "the name or the password is wrong"


def login(ctx: Context, name: str, password: str, origin: str) -> Principal:
    """Who this is. `origin` is where the request came from, such as an address.

    Raises `Unauthenticated`, in the same words and after the same work whether the account does not
    exist, is disabled or has another password; THROTTLED after too many failures, without a look at
    the password. Each failure that was looked at is in the audit log.
    """
    people, now = ctx.store.people, ctx.clock.now()
    wanted, origin = name.strip().lower(), " ".join(origin.split())[:ORIGIN_MAX]
    wait = people.claim_login(wanted, origin, now)
    if wait:
        seconds = math.ceil(wait.total_seconds())
        raise Unauthenticated(
            f"too many wrong passwords: try again in {seconds} s",
            Denial.THROTTLED,
            retry_after_s=seconds,
        )
    user, kept = _account(ctx, wanted), people.password_hash(wanted)
    prepared = prepared_password(password[: PASSWORD_MAX + 1])
    if not hasher(ctx).verify(kept, prepared) or user is None:
        people.record_login(wanted, succeeded=False, known=user is not None, origin=origin, now=now)
        raise Unauthenticated(_WRONG)
    if hasher(ctx).outdated(kept):
        people.renew_hash(wanted, kept, hasher(ctx).hash(prepared))
    people.record_login(wanted, succeeded=True, known=True, origin=origin, now=now)
    return Principal(user.name, user.roles, DecidedVia.LOGIN)


def still(ctx: Context, name: str, since: datetime) -> Principal:
    """Who logged in at `since`, as the account is now. To be asked with each request of a session.

    Raises `Unauthenticated` if the account was disabled, or its password changed, since then.
    """
    return admitted(_account(ctx, name), since)


def admitted(user: User | None, since: datetime) -> Principal:
    """Who logged in at `since` to this account. Raises `Unauthenticated` as `still` does."""
    if user is None or user.disabled_at is not None:
        raise Unauthenticated("this account is disabled", Denial.DISABLED)
    if user.password_changed_at > since:
        raise Unauthenticated("the password changed: log in again", Denial.EXPIRED)
    return Principal(user.name, user.roles, DecidedVia.LOGIN)


def decider(name: str) -> Actor:
    """Somebody who logged in, as the one who does something."""
    return Actor(name, DecidedVia.LOGIN, verified=True)


def _account(ctx: Context, name: str) -> User | None:
    try:
        return ctx.store.people.user(name)
    except NotFound:
        return None
