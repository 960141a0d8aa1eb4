"""What an action on selected messages would come to, before anybody asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from models.decisions import Decision
from models.locations import DeliveryLocation
from models.settings import Mode


@dataclass(frozen=True, slots=True)
class Standing:
    """The copies of a selection at one location: how many, and why they would stay, or empty."""

    location: DeliveryLocation
    copies: int
    why_left: str


@dataclass(frozen=True, slots=True)
class SelectionReview:
    """What policy would say about a selection as the index knows it; nothing was decided or written.

    `digest` stands for these very copies. Of `messages` that were asked for, `missing` are not in the
    index. `excluded` counts copies that the settings protect, by reason; all other figures are of the
    `copies` that are left. `senders_copies` are among them. Where each copy is may have changed since
    `index_as_of`, None where not every mailbox was read yet.
    """

    digest: str
    messages: int
    missing: int
    copies: int
    senders_copies: int
    mails: int
    mailboxes: int
    senders: int
    excluded: Mapping[str, int]
    standings: tuple[Standing, ...]
    decision: Decision
    cap: int
    mode: Mode
    index_as_of: datetime | None

    @property
    def moves(self) -> int:
        """How many copies the action would move."""
        return sum(one.copies for one in self.standings if not one.why_left)
