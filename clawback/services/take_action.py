"""Take action: messages that a person selected become an investigation with an action of theirs.

Policy, cap, ledger, approvals and history are those of every other action; see
`clawback.core.selecting` for what policy says. What is asked for is written in one transaction; the
run that locates the messages, decides and moves may die anywhere and be started again.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from clawback.core.selecting import check_action
from clawback.core.showing import counted, inert
from clawback.errors import BadInput, Conflict, Refused
from clawback.services.approvals import checked_reason
from clawback.services.collecting import uncollected
from clawback.services.context import Context
from clawback.services.investigate import selected_cluster
from clawback.services.selected import OTHER_MESSAGES, Selected, selected
from models.actions import ActionSource, ActionType, Actor
from models.alerts import Entity, EntityClaim, Investigation, NewAlert
from models.clusters import Cluster
from models.indicators import Indicator
from models.selecting import MessageKey, Selection

NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants an action, and how it is to be.

    `source` is HUNTING or EXPLORER. `name` is shown as the investigation's title. With `propose`
    another person has to approve. With `senders_copy` the copy in the Sent Items of a sender of the
    organisation goes too. `external_id` makes a repeated request one and the same; empty: a new one.
    `unknown` are further messages that were asked for and that nothing is known of: they are counted as
    missing. `reviewed` is the digest of the copies that the person saw before they asked
    (`selection_review`); empty where nobody did.
    """

    actor: Actor
    reason: str
    source: ActionSource
    name: str = ""
    propose: bool = False
    senders_copy: bool = False
    external_id: str = ""
    unknown: int = 0
    reviewed: str = ""


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
    `NotFound` where the index holds none of the messages, `Refused` where all of them are excluded,
    `Conflict` where they come to other copies than were reviewed.
    """
    check_action(action, senders_copy=wish.senders_copy)
    reason = checked_reason(wish.reason)
    found = selected(ctx, messages, action, wish.source, senders_copy=wish.senders_copy)
    if wish.reviewed and wish.reviewed != found.indicator.value:
        raise Conflict(OTHER_MESSAGES)
    cluster = kept_of(ctx, found)
    selection = Selection(
        action=action,
        source=wish.source,
        actor=wish.actor,
        reason=reason,
        is_proposed=wish.propose,
        takes_senders_copy=wish.senders_copy,
        missing=len(found.missing) + wish.unknown,
    )
    alert = NewAlert(
        source=wish.source.value,
        external_id=wish.external_id or uuid.uuid4().hex,
        title=_title(action, wish, len(cluster.members)),
        entities=(entity_of(found.indicator, action, wish.actor),),
        reported_by=wish.actor.name,
        received_at=ctx.clock.now(),
        via=wish.actor.via,
        verified=wish.actor.verified,
        token_id=wish.actor.token_id,
    )
    investigation, is_new = ctx.store.cases.add_selection(alert, selection, cluster)
    return Taken(investigation, len(cluster.members), found.missing, cluster.excluded, is_new)


def kept_of(ctx: Context, found: Selected) -> Cluster:
    """The cluster of what is selected, without what the settings exclude. Raises `Refused`."""
    cluster = selected_cluster(ctx, found.indicator, found.members, {})
    if not cluster.members:
        why = ", ".join(sorted(cluster.excluded))
        raise Refused(f"all of these messages are excluded ({why}): see `clawback settings`")
    return cluster


def entity_of(indicator: Indicator, action: ActionType, actor: Actor) -> Entity:
    """What a person says about messages by the action that they choose."""
    claim = EntityClaim.CLEARED if action is ActionType.MOVE_TO_INBOX else EntityClaim.TAKEN
    return Entity(indicator, claim, actor.name)


def _title(action: ActionType, wish: Wish, copies: int) -> str:
    name = " ".join(wish.name.split())
    if len(name) > NAME_CHARACTERS:
        raise BadInput(f"the name of an action has at most {NAME_CHARACTERS} characters")
    return (
        inert(name, NAME_CHARACTERS) or f"{action.value} of {counted(copies, 'selected message')}"
    )
