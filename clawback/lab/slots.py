"""Ordinary mail by slots: what each of a mailbox's ordinary messages is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from random import Random

from clawback.lab.addresses import Party
from clawback.lab.messages import Draft, reader_flags
from clawback.lab.options import LabOptions
from models.copies import FolderRole

_DAYS_OF_MAIL = 60


class SlotKind(StrEnum):
    """The kinds of ordinary mail."""

    THREAD = "thread"
    NOTE = "note"
    FOREIGN_NOTE = "foreign note"
    OWN_NOTE = "own note"
    NEWSLETTER = "newsletter"
    INVITATION = "invitation"
    NOTIFICATION = "notification"
    LIST_POST = "list post"
    ANNOUNCEMENT = "announcement"
    PDF = "pdf"
    DOCX = "docx"
    PNG = "png"
    CSV = "csv"


# A cycle of twenty: the mixture is the same in every mailbox, and in small ones too.
CYCLE = (
    SlotKind.THREAD, SlotKind.THREAD, SlotKind.THREAD, SlotKind.THREAD,
    SlotKind.NOTE, SlotKind.FOREIGN_NOTE, SlotKind.NEWSLETTER, SlotKind.INVITATION,
    SlotKind.PDF, SlotKind.NOTIFICATION, SlotKind.LIST_POST, SlotKind.ANNOUNCEMENT,
    SlotKind.FOREIGN_NOTE, SlotKind.DOCX, SlotKind.NEWSLETTER, SlotKind.NOTIFICATION,
    SlotKind.PNG, SlotKind.CSV, SlotKind.LIST_POST, SlotKind.OWN_NOTE,
)  # fmt: skip
THREAD_LENGTH = CYCLE.count(SlotKind.THREAD)


def slots_of_kind(kind: SlotKind, options: LabOptions) -> int:
    """How many slots of one kind each mailbox has."""
    laps, rest = divmod(options.messages_per_mailbox, len(CYCLE))
    return laps * CYCLE.count(kind) + CYCLE[:rest].count(kind)


@dataclass(frozen=True)
class Slot:
    """Ordinary message `number` of one mailbox, with chance of its own: same slot, same message."""

    options: LabOptions
    owner: Party
    mailbox_index: int
    number: int

    @property
    def kind(self) -> SlotKind:
        return CYCLE[self.number % len(CYCLE)]

    @property
    def lap(self) -> int:
        """How many cycles came before: the number of an announcement, of a conversation."""
        return self.number // len(CYCLE)

    @property
    def position(self) -> int:
        """The place within the cycle."""
        return self.number % len(CYCLE)

    @property
    def serial(self) -> str:
        """Unlike for any two slots of a lab: for message ids, boundaries and reference numbers."""
        return f"{self.mailbox_index:05}{self.number:05}"

    @cached_property
    def rng(self) -> Random:
        return Random(f"{self.options.seed}/slot/{self.serial}")

    @cached_property
    def sent_at(self) -> datetime:
        """The slot's own time; mail that many receive has one time for all (`shared_time`)."""
        return _some_time(Random(f"{self.options.seed}/time/{self.serial}"), self.options.base_at)

    def shared_time(self) -> datetime:
        """The time of a mail that stands at this slot in every mailbox."""
        seed = f"{self.options.seed}/time/{self.number}"
        return _some_time(Random(seed), self.options.base_at)

    def filed(self, raw: bytes, sent_at: datetime, *, bulk: bool = False) -> Draft:
        """The message where a reader would have put it; `bulk` mail ends as junk more often."""
        roles = _BULK_PLACES if bulk else _PLACES
        role = self.rng.choice(roles)
        flags = "S" if role is FolderRole.DELETED else reader_flags(self.rng)
        return Draft(role, flags, raw, sent_at + timedelta(seconds=2))


_PLACES = (
    *[FolderRole.INBOX] * 14,
    *[FolderRole.USER] * 3,
    *[FolderRole.ARCHIVE] * 2,
    FolderRole.DELETED,
)
_BULK_PLACES = (*_PLACES, *[FolderRole.JUNK] * 3, *[FolderRole.DELETED] * 3)


def _some_time(rng: Random, base_at: datetime) -> datetime:
    """A moment in the weeks before the lab's present, a day before it at the latest."""
    ago = timedelta(days=1, microseconds=rng.randrange(_DAYS_OF_MAIL * 86_400_000_000))
    return base_at - ago
