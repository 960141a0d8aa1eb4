"""Take action: what policy says about messages that a person selected, and which of them can move.

A person with the role for it decides, so no setting lets anything run, and nothing is left to an
earlier action. What is doubtful still waits for another look: see `SELECTION_RULES`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import assert_never

from clawback.core.policy import (
    Finding,
    Rule,
    cap,
    exclusions,
    mode,
    suppression,
    unknown_location,
)
from clawback.core.showing import counted, inert
from clawback.errors import BadInput
from models.actions import ActionType, RemediationAction
from models.clusters import ClusterKind
from models.decisions import Effect, PolicyInputs
from models.hunting import HuntResult
from models.indicators import Indicator, IndicatorKind
from models.locations import DeliveryLocation, LocationCounts
from models.selecting import MessageKey

LIMIT = 200_000
"""Messages in one selection; the original's limit."""

ACTIONS = (
    ActionType.SOFT_DELETE,
    ActionType.MOVE_TO_INBOX,
    ActionType.MOVE_TO_JUNK,
    ActionType.MOVE_TO_DELETED_ITEMS,
)
"""What may be done to a selection."""

KEY_COLUMNS = ("NetworkMessageId", "RecipientEmailAddress")
"""What a result names a message by; names are compared without case."""

SENDERS_COPY = (ActionType.SOFT_DELETE, ActionType.MOVE_TO_DELETED_ITEMS)
"""Actions that may take the sender's copy along: it has no place in an Inbox or in Junk."""


def selection_of(copy_ids: Collection[int]) -> Indicator:
    """What stands for a selection of these copies: the same copies, the same indicator."""
    listed = ",".join(map(str, sorted(copy_ids)))
    digest = hashlib.sha256(listed.encode()).hexdigest()
    return Indicator(IndicatorKind.SELECTION, digest, digest)


def keys_in(result: HuntResult) -> tuple[MessageKey, ...]:
    """The messages that the rows of a result name, each once, in the order of the rows.

    Raises `BadInput` for a result without the two columns, and for one that was cut off: what is not
    shown would be left out without a word.
    """
    positions = {column.name.lower(): at for at, column in enumerate(result.columns)}
    missing = [name for name in KEY_COLUMNS if name.lower() not in positions]
    if missing:
        raise BadInput(
            f"the result has no column {' and no column '.join(missing)}: take action needs "
            f"{' and '.join(KEY_COLUMNS)}; keep both in `project` and `summarize`"
        )
    if result.truncated:
        raise BadInput(
            "the result was cut off, so action would be taken on a part of it: "
            "narrow the query, or write `| take N` into it"
        )
    mail, recipient = (positions[name.lower()] for name in KEY_COLUMNS)
    named = ((row[mail], row[recipient]) for row in result.rows)
    keys = {MessageKey(str(one), str(other)): None for one, other in named if one and other}
    if result.rows and not keys:
        raise BadInput(f"no row of the result has a value in {' and '.join(KEY_COLUMNS)}")
    return tuple(keys)


def check_action(action: ActionType, *, senders_copy: bool) -> None:
    """Return if the action may be taken on a selection. Raises `BadInput`."""
    if action not in ACTIONS:
        raise BadInput(f"{action.value} undoes an action: use `clawback revert`")
    if senders_copy and action not in SENDERS_COPY:
        raise BadInput(
            f"the sender's copy goes with {' or '.join(one.value for one in SENDERS_COPY)} only"
        )


def takes(action: ActionType, location: DeliveryLocation) -> bool:
    """Whether the action moves a copy that is there; quarantine is left alone.

    Wider than a removal by Automation: a person who selects a message in Deleted Items means it.
    """
    match location:
        case DeliveryLocation.INBOX | DeliveryLocation.ARCHIVE | DeliveryLocation.SENT_ITEMS:
            return action is not ActionType.MOVE_TO_INBOX  # its user sees it where it is
        case DeliveryLocation.JUNK:
            return action is not ActionType.MOVE_TO_JUNK
        case DeliveryLocation.DELETED_ITEMS:
            return action is not ActionType.MOVE_TO_DELETED_ITEMS
        case DeliveryLocation.RECOVERABLE:
            return action is not ActionType.SOFT_DELETE
        case DeliveryLocation.QUARANTINE | DeliveryLocation.GONE:
            return False
        case DeliveryLocation.EXTERNAL | DeliveryLocation.UNKNOWN:
            return False
        case _:
            assert_never(location)


def why_left(action: ActionType, location: DeliveryLocation) -> str:
    """Why the action leaves a copy alone that is there, for people; empty where it takes it."""
    if takes(action, location):
        return ""
    match location:
        case DeliveryLocation.QUARANTINE:
            return "in quarantine, which is left alone"
        case DeliveryLocation.GONE:
            return "not in its mailbox any more"
        case DeliveryLocation.EXTERNAL | DeliveryLocation.UNKNOWN:
            return "where no connected mail system can reach it"
        case DeliveryLocation.ARCHIVE | DeliveryLocation.SENT_ITEMS:
            return "its user sees it where it is"
        case _:
            return "at the destination already"


def left_to_take(action: RemediationAction, counts: LocationCounts) -> int:
    """How many copies an action that waits would still move, or may: those of unknown location too."""
    if action.cluster_kind != ClusterKind.SELECTED.value:
        return counts.in_mailbox + counts.unknown
    return counts.unknown + _taken(action.type, counts.by_location)


def _taken(action: ActionType, by_location: Mapping[DeliveryLocation, int]) -> int:
    return sum(number for place, number in by_location.items() if takes(action, place))


def selected(inputs: PolicyInputs) -> Finding:
    """Records whose word it is; a person's word is enough."""
    who = inert(inputs.selected_by, 60)
    said = f"{who} selected the messages for: {inputs.action.value}"
    return Finding(False, f"{said}. That says: {inputs.verdict.value}.")


def nothing_to_move(inputs: PolicyInputs) -> Finding:
    """With nothing that the action would move there is nothing to do; unknown copies may be such."""
    if inputs.in_mailbox:
        return Finding(False, f"{counted(len(inputs.in_mailbox), 'message')} can be moved.")
    if inputs.unknown or inputs.counts.unknown:
        return Finding(False, "No message is known to be where it can be moved, but some may be.")
    reason = (
        f"None of {counted(len(inputs.members), 'message')} can be moved: they are at the "
        "destination already, gone or in quarantine."
    )
    return Finding(True, reason, Effect.NO_ACTION)


def put_back(inputs: PolicyInputs) -> Finding:
    """What one person put back another one does not take away without a second look."""
    returned = (inputs.in_mailbox | inputs.unknown) & inputs.put_back
    if inputs.action is ActionType.MOVE_TO_INBOX or not returned:
        return Finding(False, "No message here was put back by a person.")
    verb = "was" if len(returned) == 1 else "were"
    reason = f"{counted(len(returned), 'message')} {verb} put back by a person before."
    return Finding(True, reason, Effect.AWAIT_APPROVAL)


def proposal(inputs: PolicyInputs) -> Finding:
    """A proposal waits for a person other than the one who proposes."""
    if not inputs.is_proposed:
        return Finding(False, "It was not proposed, but decided.")
    who = inert(inputs.selected_by, 60)
    return Finding(True, f"{who} proposes it: another person decides.", Effect.AWAIT_APPROVAL)


SELECTION_RULES: tuple[Rule, ...] = (
    # name                     looks            a hit leads to
    Rule("selected by", selected),  #           recorded
    Rule("exclusions", exclusions),  #          recorded
    Rule("unknown location", unknown_location),  # approval
    Rule("nothing to move", nothing_to_move),  # no action
    Rule("put back", put_back),  #              approval
    Rule("suppression", suppression),  #        approval
    Rule("cap", cap),  #                        approval
    Rule("proposal", proposal),  #              approval
    Rule("mode", mode),  #                      recorded
)
"""The policy for what a person selected, in order.

No rule asks for the state of the index: a person saw each message, and each is located now.
"""
