"""People and programs that use Clawback, and what each may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.actions import Actor, DecidedVia


class Permission(StrEnum):
    """One thing that a role allows."""

    READ = "read"  # metadata of everything: never the text of a message
    OPERATE = "operate"  # approve, reject, cancel, revert, take action, raise alerts, pause
    PREVIEW = "preview"  # read the text of a message; each time is recorded
    ADMINISTER = "administer"  # settings, users, tokens of others, named lists


class Role(StrEnum):
    """What an account or a token may do; one may have several."""

    READER = "reader"
    OPERATOR = "operator"
    PREVIEW = "preview"
    ADMIN = "admin"

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the role allows; each allows to read."""
        match self:
            case Role.READER:
                return frozenset({Permission.READ})
            case Role.OPERATOR:
                return frozenset({Permission.READ, Permission.OPERATE})
            case Role.PREVIEW:
                return frozenset({Permission.READ, Permission.PREVIEW})
            case Role.ADMIN:
                return frozenset({Permission.READ, Permission.ADMINISTER})


@dataclass(frozen=True, slots=True)
class User:
    """A local account. `name` is unique and lower case; a disabled one can't do anything.

    What was granted to who logged in before `password_changed_at` holds no longer.
    """

    id: int
    name: str
    roles: frozenset[Role]
    created_at: datetime
    created_by: str
    password_changed_at: datetime
    disabled_at: datetime | None
    last_login_at: datetime | None


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token of an account, without its secret: only a hash of that is kept.

    What it allows is never more than its account allows now.
    """

    id: int
    user: str
    label: str
    roles: frozenset[Role]
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, after that was checked: a user who logged in, or a token of one."""

    name: str
    roles: frozenset[Role]
    via: DecidedVia
    token_id: int | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        """All that the roles allow together."""
        return frozenset[Permission]().union(*(role.permissions for role in self.roles))

    @property
    def actor(self) -> Actor:
        """The same as the decider of an action; the identity was verified."""
        return Actor(self.name, self.via, verified=True, token_id=self.token_id)
