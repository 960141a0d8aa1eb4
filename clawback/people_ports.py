"""The ports of people: accounts, tokens, passwords, and the audit log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from models.actions import Actor
from models.audit import AuditEntry, AuditFilter, AuditHead, CoveredRow
from models.history import Event
from models.people import ApiToken, Role, User
from models.sessions import OneTimeLink, Session


class PasswordHasher(Protocol):
    """Makes and checks hashes of passwords; slow on purpose."""

    def hash(self, password: str) -> str:
        """A salted hash with its parameters."""
        ...

    def verify(self, kept: str, password: str) -> bool:
        """Whether the password is the one that was hashed; takes as long for an empty `kept`."""
        ...

    def outdated(self, kept: str) -> bool:
        """Whether the hash was made with other parameters than new ones are."""
        ...


class SessionStore(Protocol):
    """Sessions of the console; found by the digest of their secret (hex SHA-256)."""

    def open_session(
        self, user: str, *, digest: str, expires_at: datetime, now: datetime
    ) -> Session:
        """A new session; those that reached their `expires_at` are forgotten.

        Raises `NotFound` for an unknown account.
        """
        ...

    def session(self, digest: str) -> tuple[Session, User] | None:
        """The session with this digest, and its account as it is now; None where there is none."""
        ...

    def touch_session(self, session_id: int, now: datetime) -> None:
        """Record that a session was used; at most one write a minute for each."""
        ...

    def end_session(self, session_id: int, actor: Actor, now: datetime) -> bool:
        """End one at once; False where it had ended already, which is harmless."""
        ...

    def end_sessions(self, user: str, actor: Actor, now: datetime) -> int:
        """End all of an account at once; how many had not ended. Raises `NotFound`."""
        ...


class FirstAccountStore(Protocol):
    """Links that make the first account, found by the digest of their key (hex SHA-256)."""

    def make_first_link(
        self, *, digest: str, expires_at: datetime, actor: Actor, now: datetime
    ) -> OneTimeLink:
        """A new link; all others are void from now on. Raises `Conflict` where there is an account."""
        ...

    def first_link(self, digest: str) -> OneTimeLink | None:
        """The link with this digest, used or not; None where there is none."""
        ...

    def add_first_user(
        self, name: str, roles: frozenset[Role], password_hash: str, *, digest: str, now: datetime
    ) -> User:
        """The first account, made by the link with this digest, which is used up in the same step.

        Raises `Conflict` where there is an account, or the link is unknown, used or over.
        """
        ...


class PeopleStore(SessionStore, FirstAccountStore, Protocol):
    """Accounts and tokens. Each change writes its audit entry in the same transaction."""

    def users(self) -> tuple[User, ...]:
        """All accounts, by name."""
        ...

    def user(self, name: str) -> User:
        """One account. Raises `NotFound`."""
        ...

    def password_hash(self, name: str) -> str:
        """The kept hash, or the empty string for an unknown or disabled account."""
        ...

    def add_user(
        self, name: str, roles: frozenset[Role], password_hash: str, actor: Actor, now: datetime
    ) -> User:
        """A new account; no password opens one with an empty hash.

        Raises `Conflict` where the name is taken.
        """
        ...

    def change_user(
        self,
        name: str,
        *,
        actor: Actor,
        now: datetime,
        roles: frozenset[Role] | None = None,
        password_hash: str | None = None,
        disabled: bool | None = None,
    ) -> User:
        """Change what is given; what is so already stays, without an entry.

        Another password, and disabling, end the sessions of the account.

        Raises `NotFound`; `Conflict` for the last enabled admin's end.
        """
        ...

    def renew_hash(self, name: str, kept: str, renewed: str) -> None:
        """Exchange a hash for one of the same password, if it is still the kept one."""
        ...

    def claim_login(self, name: str, origin: str, now: datetime) -> timedelta:
        """Count one try before its password is looked at; zero, or how long to wait instead.

        Counted first, so that a hundred tries at once are a hundred failures. A `record_login` that
        succeeded takes the count back.
        """
        ...

    def record_login(
        self, name: str, *, succeeded: bool, known: bool, origin: str, now: datetime
    ) -> None:
        """Write a login, or a failed one, into the audit log, and the account's last login.

        What was typed as the name of an account that is not `known` is not kept: people type
        passwords there.
        """
        ...

    def add_token(
        self, user: str, label: str, roles: frozenset[Role], *, digest: str, expires_at: datetime,
        actor: Actor, now: datetime,
    ) -> ApiToken:  # fmt: skip
        """A new token, of which only `digest` (hex SHA-256 of its secret) is kept.

        Raises `NotFound` for an unknown account.
        """
        ...

    def token(self, digest: str) -> tuple[ApiToken, User] | None:
        """The token with this digest, and its account as it is now; None where there is none."""
        ...

    def tokens(self, user: str = "") -> tuple[ApiToken, ...]:
        """All tokens, or those of one account, newest first."""
        ...

    def revoke_token(self, token_id: int, actor: Actor, now: datetime) -> ApiToken:
        """Revoke at once. Raises `NotFound`; harmless when repeated."""
        ...

    def touch_token(self, token_id: int, now: datetime) -> None:
        """Record that a token was used; at most one write a minute for each."""
        ...


class AuditSnapshot(Protocol):
    """The log at one moment."""

    def head(self) -> AuditHead | None:
        """What the log says of its own end; None where that is gone."""
        ...

    def entries(self) -> Iterator[AuditEntry]:
        """All entries, oldest first, a few in memory at a time."""
        ...

    def covered(self) -> Iterator[CoveredRow]:
        """The rows of other tables that entries tell of."""
        ...


class AuditLog(Protocol):
    """The history as a chain: each entry holds a digest over itself and the one before."""

    def append(
        self, event: Event, actor: Actor, now: datetime, details: Mapping[str, object]
    ) -> None:
        """Write one entry that belongs to no other change, such as a preview."""
        ...

    def entries(
        self, *, before: int | None = None, limit: int = 100, event: str = "", actor: str = ""
    ) -> tuple[AuditEntry, ...]:
        """The newest first; `before` is the number of an entry to go on from."""
        ...

    def search(
        self, wanted: AuditFilter, *, before: int | None, limit: int
    ) -> tuple[AuditEntry, ...]:
        """Entries that match, the newest first; `before` is the number of one to go on from."""
        ...

    def count(self, wanted: AuditFilter, *, most: int) -> int:
        """How many match; it stops counting at `most`."""
        ...

    def entry(self, number: int) -> AuditEntry:
        """One entry. Raises `NotFound`."""
        ...

    def snapshot(self) -> AbstractContextManager[AuditSnapshot]:
        """The log as it is now, whatever is written meanwhile."""
        ...
