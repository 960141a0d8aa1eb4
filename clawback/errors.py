"""Every error that Clawback raises on purpose.

    ClawbackError
    ├── UserError                  a person can put it right: one clear line, no traceback
    │   ├── BadInput               what was typed or given cannot be used              exit 2
    │   ├── NotFound               no such investigation, action, copy, setting …      exit 2
    │   ├── Conflict               the thing is no longer in the state asked for       exit 1
    │   │   ├── AlreadyDecided     somebody decided this action first
    │   │   └── LeaseLost          another worker holds this action now
    │   ├── Refused                policy or a setting forbids it                      exit 1
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


class Paused(Refused):
    """Remediation is paused, or the mode is observe: nothing moves."""


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
