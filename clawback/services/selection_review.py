"""A dry run of an action on selected messages: what would move, what would stay, what policy says.

Decides nothing and writes nothing. It knows where copies are from the index; an action looks at each
of them in its mailbox before it moves it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from clawback.core.judging import judge_entity
from clawback.core.locations import copy_location, count_locations
from clawback.core.policy import decide
from clawback.core.selecting import SELECTION_RULES, check_action, why_left
from clawback.services.collecting import uncollected
from clawback.services.context import Context
from clawback.services.decide import policy_inputs, selection_inputs
from clawback.services.selected import SENDERS_COPY, selected
from clawback.services.take_action import Wish, entity_of, kept_of
from models.actions import ActionType
from models.clusters import Cluster, Member
from models.copies import LiveCopy
from models.decisions import PolicyInputs
from models.locations import CopyLocation, DeliveryLocation, LocationCounts
from models.reviewing import SelectionReview, Standing
from models.selecting import MessageKey, Selection
from models.settings import Settings


@uncollected()
def review(
    ctx: Context, messages: Sequence[MessageKey], action: ActionType, wish: Wish
) -> SelectionReview:
    """What `take_action.take` would come to now. Raises what it raises, but for the reason."""
    check_action(action, senders_copy=wish.senders_copy)
    found = selected(ctx, messages, action, wish.source, senders_copy=wish.senders_copy)
    cluster = kept_of(ctx, found)
    settings, _ = ctx.store.settings.current()
    locations = tuple(_indexed(member, settings) for member in cluster.members)
    counts = count_locations(
        locations,
        {member.ref.copy_id: member.ref.source for member in cluster.members},
        external_recipients=0,
        checked_at=ctx.clock.now(),
    )
    inputs = _inputs(ctx, cluster, locations, counts, action=action, wish=wish)
    return SelectionReview(
        digest=found.indicator.value,
        messages=len(messages) + wish.unknown,
        missing=len(found.missing) + wish.unknown,
        copies=len(cluster.members),
        senders_copies=sum(member.why == SENDERS_COPY for member in cluster.members),
        mails=cluster.facts.mails,
        mailboxes=cluster.facts.mailboxes,
        senders=cluster.facts.senders,
        excluded=cluster.excluded,
        standings=_standings(counts, action),
        decision=decide(inputs, ctx.clock.now(), SELECTION_RULES),
        cap=settings.cap,
        mode=settings.mode,
        index_as_of=inputs.index_as_of,
    )


def _indexed(member: Member, settings: Settings) -> CopyLocation:
    """Where the index says that a copy is."""
    ref = member.ref
    return copy_location(LiveCopy(ref.copy_id, ref.place, ref.role, ref.content_sha256), settings)


def _inputs(
    ctx: Context,
    cluster: Cluster,
    locations: Sequence[CopyLocation],
    counts: LocationCounts,
    *,
    action: ActionType,
    wish: Wish,
) -> PolicyInputs:
    judged = judge_entity(entity_of(cluster.indicator, action, wish.actor))
    inputs = policy_inputs(
        ctx,
        cluster,
        locations,
        counts,
        verdict=judged.verdict,
        verdict_source=judged.source,
    )
    selection = Selection(
        action, wish.source, wish.actor, wish.reason, wish.propose, wish.senders_copy
    )
    return selection_inputs(inputs, selection, locations)


def _standings(counts: LocationCounts, action: ActionType) -> tuple[Standing, ...]:
    """By location, in the order of the enumeration."""
    found = Counter(counts.by_location)
    return tuple(
        Standing(location, found[location], why_left(action, location))
        for location in DeliveryLocation
        if found[location]
    )
