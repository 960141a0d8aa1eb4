"""The copies that are meant by the messages that a person selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clawback.core.planning import destination_role
from clawback.core.selecting import LIMIT, selection_of
from clawback.core.showing import counted
from clawback.errors import BadInput, NotFound
from clawback.services.context import Context
from models.actions import ActionSource, ActionType
from models.clusters import Member
from models.copies import FolderRole
from models.indicators import Indicator
from models.selecting import MessageKey

WHY = {
    ActionSource.HUNTING: "selected by a hunting query",
    ActionSource.EXPLORER: "selected in the Explorer",
}
"""Why a copy is in, by where it was selected; nothing else is a source of a selection."""

SENDERS_COPY = "the sender's copy in Sent Items"

OTHER_MESSAGES = (
    "these are other messages now than you reviewed: mail was delivered or removed since. "
    "Nothing was done: review them again"
)
"""Said to who submits what they did not see."""


@dataclass(frozen=True, slots=True)
class Selected:
    """What a selection comes to before the settings exclude anything: its copies, by copy id.

    `missing` are the messages that the index does not hold. `indicator` stands for these copies, and
    its value is a digest over them.
    """

    members: tuple[Member, ...]
    missing: tuple[MessageKey, ...]
    indicator: Indicator


def selected(
    ctx: Context,
    messages: Sequence[MessageKey],
    action: ActionType,
    source: ActionSource,
    *,
    senders_copy: bool = False,
) -> Selected:
    """The copies that an action on these messages is about.

    Raises `BadInput` for none or too many, `NotFound` where the index holds none of them.
    """
    if source not in WHY:
        raise BadInput(f"{source.value} is no source of a selection")
    keys = _keys(messages)
    found = ctx.store.index.pick(keys)
    if not found:
        raise NotFound(
            f"the index holds none of {counted(len(keys), 'message')}: it may have been purged, or "
            "its mailbox not read yet (`clawback sync`)"
        )
    why = WHY[source]
    chosen = {
        member.ref.copy_id: member._replace(why=why)
        for copies in found.values()
        for member in _meant(copies, action)
    }
    if senders_copy:
        for member in ctx.store.index.senders_copies({one.mail_id for one in chosen.values()}):
            chosen.setdefault(member.ref.copy_id, member._replace(why=SENDERS_COPY))
    members = tuple(chosen[copy_id] for copy_id in sorted(chosen))
    return Selected(members, tuple(sorted(keys - found.keys())), selection_of(chosen))


def _keys(messages: Sequence[MessageKey]) -> frozenset[MessageKey]:
    """The messages, each once, in lower case. Raises `BadInput` for none or too many."""
    keys = frozenset(
        MessageKey(mail.strip().lower(), recipient.strip().lower()) for mail, recipient in messages
    )
    if not keys:
        raise BadInput("no message is selected: nothing to take action on")
    if len(keys) > LIMIT:
        raise BadInput(
            f"{len(keys):,} messages are more than one action takes ({LIMIT:,}): narrow the query"
        )
    return keys


def _meant(copies: Sequence[Member], action: ActionType) -> Sequence[Member]:
    """Of one message's copies in one mailbox those that a row of a result stands for.

    A copy in Sent Items is meant only where there is no other: else it is the sender's own, of a
    message to themselves. Copies at the destination are left out where there are others.
    """
    received = [one for one in copies if one.ref.role is not FolderRole.SENT] or list(copies)
    there = destination_role(action)
    return [one for one in received if one.ref.role is not there] or received
