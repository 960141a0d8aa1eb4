"""Take action: messages that a person selected become an investigation with an action of theirs.

Policy, cap, ledger, approvals and history are those of every other action; see
`clawback.core.selecting` for what policy says. What is asked for is written in one transaction; the
run that locates the messages, decides and moves may die anywhere and be started again.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from clawback.core.planning import destination_role
from clawback.core.selecting import LIMIT, check_action, selection_of
from clawback.core.showing import counted, inert
from clawback.errors import BadInput, NotFound, Refused
from clawback.services.approvals import checked_reason
from clawback.services.collecting import uncollected
from clawback.services.context import Context
from clawback.services.investigate import selected_cluster
from models.actions import ActionSource, ActionType, Actor
from models.alerts import Entity, EntityClaim, Investigation, NewAlert
from models.clusters import Member
from models.copies import FolderRole
from models.selecting import MessageKey, Selection

NAME_CHARACTERS = 200

_WHY = {
    ActionSource.HUNTING: "selected by a hunting query",
    ActionSource.EXPLORER: "selected in the Explorer",
}
_SENDERS_COPY = "the sender's copy in Sent Items"


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants an action, and how it is to be.

    `source` is HUNTING or EXPLORER. `name` is shown as the investigation's title. With `propose`
    another person has to approve. With `senders_copy` the copy in the Sent Items of a sender of the
    organisation goes too. `external_id` makes a repeated request one and the same; empty: a new one.
    `unknown` are further messages that were asked for and that nothing is known of: they are counted as
    missing.
    """

    actor: Actor
    reason: str
    source: ActionSource
    name: str = ""
    propose: bool = False
    senders_copy: bool = False
    external_id: str = ""
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """The investigation that works on it; its decision and action come with its run.

    `copies` are in its cluster, `missing` the messages that the index does not hold, `excluded`
    counts what the settings protect, by reason. `is_new` is false for a repeated request.
    """

    investigation: Investigation
    copies: int
    missing: tuple[MessageKey, ...] = ()
    excluded: Mapping[str, int] = field(default_factory=dict)
    is_new: bool = True


@uncollected()
def take(ctx: Context, messages: Sequence[MessageKey], action: ActionType, wish: Wish) -> Taken:
    """The recorded selection; nothing has moved yet.

    Whoever calls has made sure that the actor may operate. Raises `BadInput` for an empty selection,
    one over the limit, a reason that says nothing or an action that is none for a selection,
    `NotFound` where the index holds none of the messages, `Refused` where all of them are excluded.
    """
    check_action(action, senders_copy=wish.senders_copy)
    if wish.source not in _WHY:
        raise BadInput(f"{wish.source.value} is no source of a selection")
    reason = checked_reason(wish.reason)
    keys = _keys(messages)
    members, missing = _members(ctx, keys, wish, action)
    indicator = selection_of([member.ref.copy_id for member in members])
    cluster = selected_cluster(ctx, indicator, members, {})
    if not cluster.members:
        why = ", ".join(sorted(cluster.excluded))
        raise Refused(f"all of these messages are excluded ({why}): see `clawback settings`")
    selection = Selection(
        action=action,
        source=wish.source,
        actor=wish.actor,
        reason=reason,
        is_proposed=wish.propose,
        takes_senders_copy=wish.senders_copy,
        missing=len(missing) + wish.unknown,
    )
    claim = EntityClaim.CLEARED if action is ActionType.MOVE_TO_INBOX else EntityClaim.TAKEN
    alert = NewAlert(
        source=wish.source.value,
        external_id=wish.external_id or uuid.uuid4().hex,
        title=_title(action, wish, len(cluster.members)),
        entities=(Entity(indicator, claim, wish.actor.name),),
        reported_by=wish.actor.name,
        received_at=ctx.clock.now(),
        via=wish.actor.via,
        verified=wish.actor.verified,
        token_id=wish.actor.token_id,
    )
    found, is_new = ctx.store.cases.add_selection(alert, selection, cluster)
    return Taken(found, len(cluster.members), missing, cluster.excluded, is_new)


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


def _members(
    ctx: Context, keys: frozenset[MessageKey], wish: Wish, action: ActionType
) -> tuple[tuple[Member, ...], tuple[MessageKey, ...]]:
    """The copies that are meant, by copy id, and the messages of which there is none."""
    found = ctx.store.index.pick(keys)
    missing = tuple(sorted(keys - found.keys()))
    if not found:
        raise NotFound(
            f"the index holds none of {counted(len(keys), 'message')}: it may have been purged, or "
            "its mailbox not read yet (`clawback sync`)"
        )
    why = _WHY[wish.source]
    chosen = {
        member.ref.copy_id: member._replace(why=why)
        for copies in found.values()
        for member in _meant(copies, action)
    }
    if wish.senders_copy:
        for member in ctx.store.index.senders_copies({one.mail_id for one in chosen.values()}):
            chosen.setdefault(member.ref.copy_id, member._replace(why=_SENDERS_COPY))
    return tuple(chosen[copy_id] for copy_id in sorted(chosen)), missing


def _meant(copies: Sequence[Member], action: ActionType) -> Sequence[Member]:
    """Of one message's copies in one mailbox those that a row of a result stands for.

    A copy in Sent Items is meant only where there is no other: else it is the sender's own, of a
    message to themselves. Copies at the destination are left out where there are others.
    """
    received = [one for one in copies if one.ref.role is not FolderRole.SENT] or list(copies)
    there = destination_role(action)
    return [one for one in received if one.ref.role is not there] or received


def _title(action: ActionType, wish: Wish, copies: int) -> str:
    name = " ".join(wish.name.split())
    if len(name) > NAME_CHARACTERS:
        raise BadInput(f"the name of an action has at most {NAME_CHARACTERS} characters")
    return (
        inert(name, NAME_CHARACTERS) or f"{action.value} of {counted(copies, 'selected message')}"
    )
