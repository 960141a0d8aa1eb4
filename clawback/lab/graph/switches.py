"""What the tenant can be told to be like: limits, latency, faults and the state of mailboxes.

Each switch names the page that describes what it imitates. All can be changed while it runs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from typing import Any

from clawback.errors import BadInput


class Scope(StrEnum):
    """What the limit of concurrent requests is counted for.

    "Microsoft Graph service-specific throttling limits" (graph/throttling-limits), Outlook service
    limits: one version evaluates it "for each app ID and mailbox combination", another for the app
    ID, whether the requests "access the same mailbox, or access different mailboxes".
    """

    MAILBOX = "mailbox"
    APPLICATION = "application"


class Fault(StrEnum):
    """What can go wrong with one request, at a rate of its own.

    The first seven hit any request, `DROPPED…` and `SLOW_BODY` a whole HTTP request (a batch with
    all its parts), the rest only what changes a mailbox: a move or a deletion.
    """

    THROTTLED = "throttled"  # 429 with Retry-After: graph/throttling
    THROTTLED_SILENT = "throttled-silent"  # 429 without: "exponential backoff" of graph/throttling
    UNAVAILABLE = "unavailable"  # 503: graph/errors
    UNAVAILABLE_SILENT = "unavailable-silent"  # the same without Retry-After
    GATEWAY_TIMEOUT = "gateway-timeout"  # 504: graph/errors
    EXPIRED_TOKEN = "expired-token"  # 401: graph/resolve-auth-errors
    RESYNC = "resync"  # 410 to a delta request: graph/delta-query-overview
    DROPPED = "dropped"  # the connection ends, nothing is done
    DROPPED_AFTER = "dropped-after"  # all is done, then the connection ends
    SLOW_BODY = "slow-body"  # the answer comes in pieces
    APPLIED_THROTTLED = "applied-throttled"  # done, and answered 429
    APPLIED_TIMEOUT = "applied-timeout"  # done, and answered 504
    MOVE_COPY_FAILED = "move-copy-failed"  # 500: OfficeDev/outlook-dev-docs #144
    TOO_MANY_OBJECTS = "too-many-objects"  # 429: the same thread
    QUOTA = "quota"  # `quota_status`: "Recoverable Items folder in Exchange Online"


CONNECTION_FAULTS = frozenset({Fault.DROPPED, Fault.DROPPED_AFTER, Fault.SLOW_BODY})
CHANGE_FAULTS = frozenset(
    {
        Fault.APPLIED_THROTTLED,
        Fault.APPLIED_TIMEOUT,
        Fault.MOVE_COPY_FAILED,
        Fault.TOO_MANY_OBJECTS,
        Fault.QUOTA,
    }
)


class MailboxState(StrEnum):
    """What is the matter with one mailbox; those without an entry are sound."""

    ON_PREMISES = "on-premises"  # 404 MailboxNotEnabledForRESTAPI
    INACTIVE = "inactive"  # the same
    UNLICENSED = "unlicensed"  # 404 MailboxNotSupportedForRESTAPI
    GROUP = "group"  # no user: not in the list of users, and no messages
    OUTSIDE_SCOPE = "outside-scope"  # 403 ErrorAccessDenied
    FULL = "full"  # nothing more goes into recoverable items


ROLES = ("Mail.ReadWrite", "User.Read.All")
KNOWN_ROLES = frozenset(
    {"Mail.ReadWrite", "Mail.Read", "Mail.ReadBasic.All", "User.Read.All", "User.ReadBasic.All"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """All switches. A limit of 0 is no limit; rates are 0 to 1; seconds may have fractions.

    `requests_per_second`: older versions of graph/throttling-limits say 2,000 in a second for an
    application, that of 2025 says 130,000 in 10 seconds. The lower one is the default.
    """

    concurrency_scope: Scope = Scope.MAILBOX
    concurrency: int = 4
    requests_per_10_minutes: int = 10_000
    requests_per_second: int = 2_000
    retry_after_seconds: int = 1
    latency_seconds: float = 0.0
    slow_body_seconds: float = 0.5
    seed: int = 1
    faults: Mapping[Fault, float] = field(default_factory=dict)
    mailboxes: Mapping[str, MailboxState] = field(default_factory=dict)
    roles: frozenset[str] = frozenset(ROLES)
    token_lifetime_seconds: int = 3_599
    quota_status: int = 507
    delete_to: str = "deleteditems"
    shuffle: bool = True
    delta_repeats: float = 0.0
    delta_rounds_kept: int = 100_000
    batch_any_order: bool = True
    batch_queues: bool = True

    def changed(self, values: Mapping[str, object]) -> Switches:
        """The same with other values, as JSON gives them. Raises `BadInput`."""
        fields = {entry.name for entry in dataclasses.fields(self)}
        if unknown := sorted(values.keys() - fields):
            raise BadInput(f"no switch named {unknown[0]!r}: one of {', '.join(sorted(fields))}")
        read: dict[str, Any] = {
            name: _read(name, getattr(self, name), value) for name, value in values.items()
        }
        return dataclasses.replace(self, **read)

    def as_json(self) -> dict[str, object]:
        """The values as JSON has them; `changed` reads them back."""
        shown: dict[str, object] = {}
        for entry in dataclasses.fields(self):
            value = getattr(self, entry.name)
            shown[entry.name] = sorted(value) if isinstance(value, frozenset) else value
        shown["faults"] = dict(self.faults)
        shown["mailboxes"] = dict(self.mailboxes)
        return shown


def _read(name: str, now: object, value: object) -> object:
    match name, value:
        case "faults", dict():
            return {_member(Fault, key): _rate(key, rate) for key, rate in value.items()}
        case "mailboxes", dict():
            return {key.lower(): _member(MailboxState, state) for key, state in value.items()}
        case "roles", list():
            if unknown := sorted(set(map(str, value)) - KNOWN_ROLES):
                raise BadInput(f"no role {unknown[0]!r}: one of {', '.join(sorted(KNOWN_ROLES))}")
            return frozenset(map(str, value))
        case "concurrency_scope", str():
            return _member(Scope, value)
        case "delete_to", "deleteditems" | "recoverableitemsdeletions":
            return value
        case "delta_repeats", int() | float():
            return _rate(name, value)
        case "quota_status", 413 | 507:
            return value
        case "quota_status", _:
            raise BadInput(f"quota_status is 413 or 507, not {value!r}")
    if isinstance(now, bool) or isinstance(value, bool):
        if isinstance(now, bool) and isinstance(value, bool):
            return value
    elif isinstance(now, int | float) and isinstance(value, int | float) and isfinite(value):
        whole = isinstance(now, int)
        if value >= 0 and (not whole or value == int(value)):
            return int(value) if whole else float(value)
    raise BadInput(f"{name} cannot be {value!r}")


def _member(kind: type[StrEnum], value: object) -> StrEnum:
    try:
        return kind(str(value))
    except ValueError:
        raise BadInput(f"{value!r} is none of {', '.join(kind)}") from None


def _rate(name: object, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise BadInput(f"{name}: a rate is from 0 to 1, not {value!r}")
