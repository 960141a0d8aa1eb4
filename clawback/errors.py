"""Every error that Clawback raises on purpose.

    ClawbackError
    ├── UserError                  a person can put it right: one clear line, no traceback
    │   ├── BadInput               what was typed or given cannot be used              exit 2
    │   │   └── BadQuery           a query that cannot be translated or run, with its place
    │   ├── NotFound               no such investigation, action, copy, setting …      exit 2
    │   ├── Conflict               the thing is no longer in the state asked for       exit 1
    │   │   ├── AlreadyDecided     somebody decided this action first
    │   │   └── LeaseLost          another worker holds this action now
    │   ├── Refused                policy or a setting forbids it                      exit 1
    │   │   ├── Forbidden          the account or token has not the role for it
    │   │   └── Unauthenticated    nobody known asks: no, a wrong, an expired or a revoked secret
    │   ├── QueryStopped           a query over its limits, or cancelled               exit 1
    │   ├── SetupError             configuration, database version, permissions        exit 1
    │   └── Unavailable            a server or disk does not answer now                exit 1
    └── SourceError                a mailbox source failed; `retryable` says what to do
        ├── SourceUnavailable      not now: try again
        ├── SourceDenied           no permission
        ├── SourceNotHosted        the mailbox is not in this system
        └── SourceCorrupt          the store broke its own rules

Vendor exceptions (OSError, sqlite3, sqlalchemy, httpx, prefect) never leave an adapter.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class ClawbackError(Exception):
    """The root: catch this to catch everything that Clawback raises on purpose."""

    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False


class UserError(ClawbackError):
    """Something that a person can put right; its text is one line that says what to do."""


class BadInput(UserError):
    """What was given cannot be used; nothing was changed."""

    exit_code = 2


class BadQuery(BadInput):
    """A query that cannot be translated or run; `line` and `column` count from 1, 0 where unknown.

    `operator` is the operator or function that the engine lacks, or is empty. `length` is how many
    characters are meant, at least 1 where the place is known.
    """

    def __init__(
        self, text: str, *, line: int = 0, column: int = 0, length: int = 0, operator: str = ""
    ) -> None:
        where = f"line {line}, column {column}: " if line else ""
        super().__init__(f"{where}{text}")
        self.text = text
        self.line = line
        self.column = column
        self.length = length
        self.operator = operator


class NotFound(UserError):
    """There is no such row; nothing was changed."""

    exit_code = 2


class Conflict(UserError):
    """The thing is no longer in the state that was asked for; nothing was changed."""


class AlreadyDecided(Conflict):
    """Somebody decided this action first."""


class LeaseLost(Conflict):
    """Another worker holds the action's lease, or ours ran out: stop at once, write nothing."""


class Refused(UserError):
    """Policy or a setting forbids it; nothing was changed."""


class Forbidden(Refused):
    """Who asks has not the role for it."""


class Denial(StrEnum):
    """Why somebody is not let in."""

    MISSING = "missing"  # no secret was shown
    UNKNOWN = "unknown"  # a wrong one, or no such account
    EXPIRED = "expired"
    REVOKED = "revoked"
    DISABLED = "disabled"
    THROTTLED = "throttled"  # too many wrong passwords: not even looked at


class Unauthenticated(Refused):
    """Nobody known asks: no secret, or one that is wrong, expired or revoked.

    `retry_after_s` is set where it is THROTTLED: sooner no password is looked at.
    """

    def __init__(
        self, text: str, reason: Denial = Denial.UNKNOWN, *, retry_after_s: int = 0
    ) -> None:
        super().__init__(text)
        self.reason = reason
        self.retry_after_s = retry_after_s


class Paused(Refused):
    """Remediation is paused, or the mode is observe: nothing moves."""


class StopReason(StrEnum):
    """Why a query was stopped."""

    TIME = "time"
    MEMORY = "memory"
    CANCELLED = "cancelled"
    CRASHED = "crashed"  # its process ended by itself


class QueryStopped(UserError):
    """A query was ended over its limits, or because somebody cancelled it; nothing was changed."""

    def __init__(self, text: str, reason: StopReason) -> None:
        super().__init__(text)
        self.reason = reason


class SetupError(UserError):
    """The set-up is not sound: configuration, database version, permissions."""


class Unavailable(UserError):
    """A server, database or disk does not answer now."""

    retryable = True


class SourceError(ClawbackError):
    """A mailbox source failed.

    `source` is its name, `code` a constant such as "permission-denied" or "disk-full", never text
    from a message or a server.
    """

    def __init__(self, source: str, code: str) -> None:
        super().__init__(f"mailbox source {source}: {code}")
        self.source = source
        self.code = code


class SourceUnavailable(SourceError):
    """The source does not answer now; the same call may work later."""

    retryable = True


class SourceDenied(SourceError):
    """The source refuses us; a person has to grant access."""


class SourceNotHosted(SourceError):
    """The mailbox is on-premises, inactive or without a licence: the source has nothing of it."""


class SourceCorrupt(SourceError):
    """The source broke its own rules, such as two copies behind one handle."""
