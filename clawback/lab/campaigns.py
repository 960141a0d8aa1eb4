"""Where every copy of a campaign lies: one list that generator and manifest both go by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from clawback.lab.options import LabOptions
from models.copies import FolderRole

# One block of copies, by place in the block; all others are in the Inbox. The marks say how real
# campaigns look some hours after delivery: filters, users and an earlier clean-up have moved some.
_BLOCK = 24
_ROLES = {
    3: FolderRole.JUNK,
    6: FolderRole.USER,
    8: FolderRole.DELETED,
    10: FolderRole.JUNK,
    13: FolderRole.QUARANTINE,
    15: FolderRole.USER,
    17: FolderRole.RECOVERABLE,
    19: FolderRole.DELETED,
    21: FolderRole.ARCHIVE,
}
_TWIN_AT = 1  # once in a campaign: the copy before it again, byte for byte, in the same mailbox
_FORWARD_AT = 5  # once in a campaign: a user sent it on, the copy is in the Sent folder
_CLEAN_UP = (FolderRole.QUARANTINE, FolderRole.RECOVERABLE)


class CampaignKind(StrEnum):
    """The lab's two campaigns."""

    FILE = "file"
    URL = "url"


class CopyForm(StrEnum):
    """How a copy came to lie where it lies."""

    RECEIVED = "received"
    TWIN = "twin"  # the same bytes as the copy before it
    FORWARDED = "forwarded"  # written by the mailbox's owner


@dataclass(frozen=True, slots=True)
class Placement:
    """Copy `number` of a campaign: its mailbox by index, its folder's role and its form."""

    number: int
    mailbox_index: int
    role: FolderRole
    form: CopyForm

    @property
    def message_number(self) -> int:
        """The number that the message is written for: a twin's is that of the copy before it."""
        return self.number - 1 if self.form is CopyForm.TWIN else self.number


def copies_of(kind: CampaignKind, options: LabOptions) -> int:
    """How many copies the campaign has outside of the SecOps mailbox."""
    if options.empty:
        return 0
    return options.file_copies if kind is CampaignKind.FILE else options.url_copies


def _mailbox_index(kind: CampaignKind, number: int, options: LabOptions) -> int:
    # The campaigns start at different mailboxes, so that small ones do not hit the same people.
    start = 0 if kind is CampaignKind.FILE else options.mailboxes // 3
    return (number + start) % options.mailboxes


def placement(kind: CampaignKind, number: int, options: LabOptions) -> Placement:
    """Where copy `number` lies."""
    index = _mailbox_index(kind, number, options)
    if not options.scatter:
        return Placement(number, index, FolderRole.INBOX, CopyForm.RECEIVED)
    if number == _TWIN_AT:
        first = _mailbox_index(kind, number - 1, options)
        return Placement(number, first, FolderRole.INBOX, CopyForm.TWIN)
    if number == _FORWARD_AT:
        return Placement(number, index, FolderRole.SENT, CopyForm.FORWARDED)
    role = _ROLES.get(number % _BLOCK, FolderRole.INBOX)
    return Placement(number, index, role, CopyForm.RECEIVED)


def placements(kind: CampaignKind, options: LabOptions) -> Iterator[Placement]:
    """Every copy outside of the SecOps mailbox, by number."""
    return (placement(kind, number, options) for number in range(copies_of(kind, options)))


def placements_in(
    kind: CampaignKind, mailbox_index: int, options: LabOptions
) -> Iterator[Placement]:
    """The copies in one person's mailbox, by number, without walking all of them."""
    first = (mailbox_index - _mailbox_index(kind, 0, options)) % options.mailboxes
    numbers = set(range(first, copies_of(kind, options), options.mailboxes))
    if copies_of(kind, options) > _TWIN_AT:
        numbers.add(_TWIN_AT)  # it lies beside the copy before it, out of the rhythm
    for number in sorted(numbers):
        found = placement(kind, number, options)
        if found.mailbox_index == mailbox_index:
            yield found


def was_cleaned_up(role: FolderRole) -> bool:
    """Whether a copy in such a folder is out of its reader's hands already."""
    return role in _CLEAN_UP
