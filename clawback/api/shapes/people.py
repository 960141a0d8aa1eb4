"""Accounts and tokens in JSON. A secret is in one answer only: that which makes it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StrictBool

from clawback.api.shapes.texts import WHOLE, Shape, Text
from clawback.core.accounts import DAYS_DEFAULT, DAYS_MAX, LABEL_MAX, PASSWORD_MAX, PASSWORD_MIN
from models.people import Permission, Role

Password = Annotated[str, Field(min_length=PASSWORD_MIN, max_length=PASSWORD_MAX)]
AccountName = Annotated[str, Field(min_length=1, max_length=64)]
Roles = Annotated[list[Role], Field(min_length=1, max_length=len(Role))]


class MeOut(Shape):
    """Who asks, and what they may do."""

    name: Text
    roles: list[Role]
    permissions: list[Permission]
    via: str
    token_id: int | None


class UserIn(Shape):
    """A new account; without a password only its tokens let anybody in."""

    name: AccountName
    roles: Roles
    password: Password | None = None


class UserChange(Shape):
    """What changes of an account; what is left out stays."""

    roles: Roles | None = None
    password: Password | None = None
    disabled: StrictBool | None = None


class UserOut(Shape):
    """One account."""

    name: Text
    roles: list[Role]
    created_at: datetime
    created_by: Text
    password_changed_at: datetime
    disabled_at: datetime | None
    last_login_at: datetime | None


class UserList(Shape):
    """All accounts, by name."""

    items: list[UserOut]


class TokenIn(Shape):
    """A new token; by default of who asks, with all roles of the account."""

    label: str = Field(min_length=1, max_length=LABEL_MAX, description="What it is for")
    user: AccountName | None = None
    roles: list[Role] = Field(default=[], max_length=len(Role))
    days: Annotated[int, Field(ge=1, le=DAYS_MAX), WHOLE] = DAYS_DEFAULT


class TokenOut(Shape):
    """One token, without its secret: only a hash of that is kept."""

    id: int
    user: Text
    label: Text
    roles: list[Role]
    created_at: datetime
    created_by: Text
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class IssuedToken(TokenOut):
    """A token with its secret, which is shown this once."""

    secret: str


class TokenList(Shape):
    """Tokens, newest first."""

    items: list[TokenOut]
