"""What a lab is made from: a seed, sizes and a date, and the error that says what is wrong with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from clawback.errors import BadInput

# A fixed Monday morning: two labs with the same options are equal on any day. Callers that need
# mail of today (a demo, a sweep over the last 72 hours) pass their own.
DEFAULT_BASE_AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")


class LabError(BadInput, ValueError):
    """A lab cannot be made or filled as asked: one clear line for the person who asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabOptions:
    """The recipe of one organisation: equal options give equal bytes, file names included.

    `mailboxes` counts people's mailboxes; with `scatter` a SecOps mailbox comes on top.
    `messages_per_mailbox` counts ordinary mail. `file_copies` and `url_copies` are all copies of
    each campaign outside of the SecOps mailbox, wherever they lie, spread evenly over mailboxes.
    Without `scatter` every campaign copy lies in an Inbox and there are no special cases: the plain
    shape that benches count on. `base_at` is the lab's present: all mail is older. `empty` makes
    mailboxes without mail.
    """

    seed: int = 1
    mailboxes: int = 25
    messages_per_mailbox: int = 40
    file_copies: int = 24
    url_copies: int = 24
    domain: str = "example.com"
    base_at: datetime = DEFAULT_BASE_AT
    empty: bool = False
    scatter: bool = True

    def __post_init__(self) -> None:
        if self.mailboxes < 1:
            raise LabError(f"a lab needs at least one mailbox, not {self.mailboxes}")
        for name in ("messages_per_mailbox", "file_copies", "url_copies"):
            if getattr(self, name) < 0:
                raise LabError(f"{name} must be 0 or more, not {getattr(self, name)}")
        if self.base_at.tzinfo is None:
            raise LabError("base_at needs a time zone, for example 2026-11-02T09:00:00+00:00")
        # One instant is one lab, whatever zone it is told in.
        object.__setattr__(self, "base_at", self.base_at.astimezone(UTC))
        if len(self.domain) > 200 or _DOMAIN.fullmatch(self.domain) is None:
            raise LabError("the domain must be a lower-case name such as example.com")
