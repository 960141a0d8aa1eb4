"""Sessions of the console: opened by a login, asked for with each request, ended at once.

Nothing is remembered between two requests, nor in a process: a session survives a restart, and one
that was ended is over everywhere.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from datetime import timedelta

from clawback.core.accounts import account_name
from clawback.errors import Denial, Unauthenticated, Unavailable
from clawback.services import logins
from clawback.services.context import Context
from models.actions import Actor
from models.people import Principal
from models.sessions import Session

IDLE = timedelta(hours=12)
"""So long a session holds without being used: a working day, with what is left open over lunch."""

LIFETIME = timedelta(days=7)
"""So long a session holds at most, however much it is used."""

_SECRET_BYTES = 32
_LONGEST = 200


def sign_in(ctx: Context, name: str, password: str, origin: str) -> tuple[Session, str]:
    """A new session and its secret, which is shown this once; `origin` is where the request came from.

    Raises `Unauthenticated` as `logins.login` does.
    """
    # From before the password was looked at: one that is changed meanwhile ends the session.
    since = ctx.clock.now()
    who = logins.login(ctx, name, password, origin)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    session = ctx.store.people.open_session(
        who.name, digest=digest_of(secret), expires_at=since + LIFETIME, now=since
    )
    return session, secret


def sign_in_without_password(ctx: Context, name: str) -> tuple[Session, str]:
    """A new session of an account, and its secret: only for a demo, whose mail is made up.

    Raises `NotFound`, `Unauthenticated` where the account is disabled.
    """
    now = ctx.clock.now()
    who = logins.still(ctx, name, now)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    session = ctx.store.people.open_session(
        who.name, digest=digest_of(secret), expires_at=now + LIFETIME, now=now
    )
    return session, secret


def who_is(ctx: Context, digest: str) -> tuple[Session, Principal]:
    """The session whose secret has this digest, and who that is, as the account is now.

    To be asked with each request, and again before anything is done. Raises `Unauthenticated` with
    the reason UNKNOWN, EXPIRED, REVOKED or DISABLED.
    """
    found = ctx.store.people.session(digest) if digest else None
    if found is None:
        raise Unauthenticated("sign in first", Denial.MISSING)
    session, user = found
    now = ctx.clock.now()
    if session.ended_at is not None:
        raise Unauthenticated("this session was ended: sign in again", Denial.REVOKED)
    if session.expires_at <= now or session.seen_at + IDLE <= now:
        raise Unauthenticated("this session is over: sign in again", Denial.EXPIRED)
    return session, logins.admitted(user, session.created_at)


def use(ctx: Context, session: Session) -> None:
    """Note that a person used the session, so that it does not count as idle."""
    with suppress(Unavailable):  # a busy writer must not keep anybody out who only reads
        ctx.store.people.touch_session(session.id, ctx.clock.now())


def sign_out(ctx: Context, session: Session) -> None:
    """End a session at once, everywhere; harmless when repeated."""
    actor = logins.decider(session.user)
    ctx.store.people.end_session(session.id, actor, ctx.clock.now())


def sign_out_everywhere(ctx: Context, name: str, *, actor: Actor) -> int:
    """End all sessions of an account at once; how many there were. Raises `NotFound`."""
    return ctx.store.people.end_sessions(account_name(name), actor, ctx.clock.now())


def digest_of(secret: str) -> str:
    """What is kept of a secret, or the empty string for what cannot be one.

    A plain SHA-256 is enough for a secret of 256 random bits: nobody can try them all.
    """
    if not secret or len(secret) > _LONGEST:
        return ""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
