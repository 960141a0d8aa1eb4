"""The first account: a link that is good once and for a day, where nobody has an account yet."""

from __future__ import annotations

import secrets
from datetime import timedelta

from clawback.core.accounts import account_name, new_password
from clawback.errors import Conflict
from clawback.services.context import Context
from clawback.services.people import hasher
from clawback.services.sessions import digest_of
from models.actions import Actor
from models.people import Role, User

ROLES = frozenset({Role.ADMIN, Role.OPERATOR})
"""What a first person needs: to set things up and give others accounts, and to decide."""

GOOD_FOR = timedelta(days=1)
_KEY_BYTES = 32


def make_key(ctx: Context, *, actor: Actor) -> str:
    """The key of a new link, or the empty string where somebody has an account.

    It is shown this once; a link that was made before is void.
    """
    if ctx.store.people.users():
        return ""
    key, now = secrets.token_urlsafe(_KEY_BYTES), ctx.clock.now()
    try:
        ctx.store.people.make_first_link(
            digest=digest_of(key), expires_at=now + GOOD_FOR, actor=actor, now=now
        )
    except Conflict:
        return ""
    return key


def check_key(ctx: Context, key: str) -> None:
    """Return if the first account can be made with this key. Raises `Conflict` saying why not."""
    if ctx.store.people.users():
        raise Conflict("there is an account already: sign in, or ask an administrator for one")
    link = ctx.store.people.first_link(digest_of(key))
    if link is None or link.used_at is not None or link.expires_at <= ctx.clock.now():
        raise Conflict(
            "this link was used, is over or was replaced: `clawback up` prints a new one"
        )


def make_account(ctx: Context, key: str, name: str, password: str) -> User:
    """The first account, with `ROLES`; the key is used up.

    Raises `BadInput` for a name or password that cannot be, `Conflict` as `check_key` does.
    """
    check_key(ctx, key)
    wanted = account_name(name)
    hashed = hasher(ctx).hash(new_password(wanted, password))
    return ctx.store.people.add_first_user(
        wanted, ROLES, hashed, digest=digest_of(key), now=ctx.clock.now()
    )
