"""Selections in the small organisation: what a person picks, and what must hold of it."""

from __future__ import annotations

from typing import Any

from models.actions import ActionStatus, RemediationAction
from models.outcomes import CopyOutcome
from models.selecting import MessageKey

RAN = (
    ActionStatus.RUNNING,
    ActionStatus.CANCELLED,
    ActionStatus.COMPLETED,
    ActionStatus.FAILED,
)


def every_other(
    store: Any, mailboxes: tuple[str, ...], which: int
) -> tuple[list[MessageKey], frozenset[int]]:
    """Every other message, as the rows of a query would name them, and the copies that are meant."""
    known = {
        copy.copy_id: mailbox
        for mailbox in mailboxes
        for copy in store.index.live_copies("memory", mailbox)
    }
    ids = store.index.message_ids(list(known))
    rows = {number: MessageKey(ids[number][1], box) for number, box in known.items()}
    keys = [key for at, key in enumerate(sorted(set(rows.values()))) if at % 2 == which % 2]
    return keys, frozenset(number for number, key in rows.items() if key in keys)


def ran_without_a_second_person(store: Any, action: RemediationAction) -> bool:
    """Whether a proposal ran that nobody but who proposed it approved."""
    asked = store.cases.selection(action.investigation_id)
    if asked is None or not asked.is_proposed or action.reverts_action_id is not None:
        return False
    ran = action.status in RAN and bool(action.outcomes)
    return ran and action.decided_by in ("", asked.actor.name)


def is_elsewhere(moves: list[Any], reverted: int | None, outcome: CopyOutcome) -> bool:
    """Whether a restored message is in another folder than the reverted action took it from."""
    origins = [
        move.origin.folder
        for move in moves
        if move.action_id == reverted and move.copy_id == outcome.copy_id
    ]
    return bool(origins) and (outcome.place is None or outcome.place.folder not in origins)
