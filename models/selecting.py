"""Messages that a person selected, in a hunting query or in the Explorer, and what is to become of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from models.actions import ActionSource, ActionType, Actor
from models.copies import FolderRole


class MessageKey(NamedTuple):
    """One message in one mailbox, as `NetworkMessageId` and `RecipientEmailAddress` name it."""

    network_message_id: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What a person asked for: the action, why, and whether another person is to approve it.

    `missing` counts the messages that were asked for and that the index does not hold.
    """

    action: ActionType
    source: ActionSource
    actor: Actor
    reason: str
    is_proposed: bool = False
    takes_senders_copy: bool = False
    missing: int = 0


@dataclass(frozen=True, slots=True)
class ListedCopy:
    """One live copy of a message for a list to choose from; subject and addresses are hostile text.

    `received_at` is when the store says that it was delivered, else when the index first saw it.
    """

    key: MessageKey
    copy_id: int
    source: str
    role: FolderRole
    subject: str
    sender: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What a person leaves out of what they chose: single messages, mailboxes, senders; in lower case.

    A message is named by its mark (`clawback.core.report_ids.message_mark`).
    """

    messages: frozenset[str] = frozenset()
    mailboxes: frozenset[str] = frozenset()
    senders: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.messages or self.mailboxes or self.senders)
