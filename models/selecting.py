"""Messages that a person selected, in a hunting query or in the Explorer, and what is to become of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from models.actions import ActionSource, ActionType, Actor


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
