"""Finishing copies: everything that an outcome changes, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, assert_never

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Text,
    bindparam,
    case,
    func,
    insert,
    literal,
    select,
    type_coerce,
    update,
)

from clawback.core.locations import delivery_location
from clawback.errors import Conflict
from clawback.store.cases.action_rows import read_action
from clawback.store.database import Database
from clawback.store.index.places import Placement, lock_mailboxes, place_copies
from clawback.store.index.refs import ROLES
from clawback.store.journal import record
from clawback.store.many import Many
from models.actions import ActionType, DecidedVia, RemediationAction
from models.copies import FolderRole
from models.history import (
    Event,
    PostDeliveryAction,
    PostDeliveryActionType,
    PostDeliveryResult,
    PostDeliveryTrigger,
)
from models.outcomes import CopyOutcome, LedgerState, Outcome
from models.tables.catalog import (
    action_copies,
    actions,
    copies,
    mailboxes,
    mails,
    post_delivery_events,
)

_RESULTS: Mapping[Outcome, PostDeliveryResult] = {
    Outcome.MOVED: PostDeliveryResult.SUCCESS,
    Outcome.FAILED: PostDeliveryResult.ERROR,
}
"""Outcomes that are an event to a hunter; in the others remediation changed nothing."""


def finish_copies(
    database: Database,
    connection: Connection,
    action_id: int,
    outcomes: Sequence[CopyOutcome],
    *,
    until: datetime | None,
    now: datetime,
) -> None:
    """Write outcomes in the caller's transaction, which has checked the lease."""
    action = read_action(connection, action_id)
    rows = _ledger_rows(database, connection, action_id, outcomes)
    pending = {item.copy_id: item for item in outcomes if not rows[item.copy_id].is_done}
    if not pending:
        return
    finished = [pending[copy_id] for copy_id in sorted(pending)]
    lock_mailboxes(database, connection, {rows[item.copy_id].mailbox_id for item in finished})
    _finish(database, connection, action, finished, rows, until=until, now=now)
    place_copies(database, connection, _placements(finished, rows), now)
    for outcome, result in _RESULTS.items():
        copy_ids = [item.copy_id for item in finished if item.outcome is outcome]
        if copy_ids:
            is_one = (action_copies.c.action_id == action_id) & database.among(
                action_copies.c.copy_id, copy_ids
            )
            connection.execute(_insert_events(action, is_one, result, now))
    # Added up rather than counted: a count reads the whole ledger again with each batch. The
    # action's row is locked, and nothing else finishes copies.
    endings = Counter(item.outcome.value for item in finished)
    counts = dict(sorted((Counter(action.outcomes) + endings).items()))
    connection.execute(
        update(actions).where(actions.c.id == action_id).values(outcomes=counts, updated_at=now)
    )
    record(
        connection,
        Event.BATCH_FINISHED,
        now,
        investigation_id=action.investigation_id,
        action_id=action_id,
        outcomes=dict(endings),
    )


def count_outcomes(connection: Connection, action_id: int) -> dict[str, int]:
    """Finished copies of an action by outcome."""
    statement = (
        select(action_copies.c.outcome, func.count())
        .where(action_copies.c.action_id == action_id, action_copies.c.outcome.is_not(None))
        .group_by(action_copies.c.outcome)
        .order_by(action_copies.c.outcome)
    )
    return dict(connection.execute(statement).tuples().all())


class _LedgerRow(NamedTuple):
    is_done: bool
    is_removal: bool
    mailbox_id: int
    role: FolderRole
    handle: str
    restore_handle: str | None


def _ledger_rows(
    database: Database, connection: Connection, action_id: int, outcomes: Sequence[CopyOutcome]
) -> dict[int, _LedgerRow]:
    """What is known of each copy. Raises `Conflict` for one that the action has not."""
    wanted = {item.copy_id for item in outcomes}
    ledger = action_copies.c
    statement = (
        select(
            ledger.copy_id,
            ledger.state == LedgerState.DONE.value,
            ledger.destination_role == FolderRole.RECOVERABLE.value,
            copies.c.mailbox_id,
            copies.c.role,
            type_coerce(copies.c.handle, Text),
            type_coerce(ledger.restore_handle, Text),
        )
        .join(copies, copies.c.id == ledger.copy_id)
        .where(ledger.action_id == action_id, database.among(ledger.copy_id, wanted))
    )
    rows = {
        copy_id: _LedgerRow(bool(done), bool(removal), mailbox_id, ROLES[role], handle, restore)
        for copy_id, done, removal, mailbox_id, role, handle, restore in connection.execute(
            statement
        ).all()
    }
    if len(rows) != len(wanted):
        raise Conflict(f"some of these copies are not part of action {action_id}")
    return rows


_FINISH = Many(
    update(action_copies)
    .where(
        action_copies.c.action_id == bindparam("of_action"),
        action_copies.c.copy_id == bindparam("of_copy"),
    )
    .values(
        state=LedgerState.DONE.value,
        outcome=bindparam("ending"),
        detail=bindparam("why"),
        moved_folder=bindparam("in_folder"),
        moved_handle=bindparam("by_handle"),
        recoverable_until=bindparam("until"),
        finished_at=bindparam("now"),
    ),
    "of_copy",
    "by_handle",
)


class _Ending(NamedTuple):
    """What copies that end together have in common; `keeps_handle` is that of the restore point."""

    outcome: Outcome
    detail: str
    folder: str | None
    keeps_handle: bool
    is_removal: bool


def _finish(
    database: Database,
    connection: Connection,
    action: RemediationAction,
    finished: Sequence[CopyOutcome],
    rows: Mapping[int, _LedgerRow],
    *,
    until: datetime | None,
    now: datetime,
) -> None:
    """Write the endings; only what was soft-deleted has to be recovered.

    Copies that end alike are written at once. Most keep their handle, which is in the row already.
    """
    groups: dict[_Ending, list[tuple[int, str | None]]] = {}
    for copy_id, outcome, detail, place, _ in finished:
        folder, handle = place or (None, None)
        keeps = handle is not None and handle == rows[copy_id].restore_handle
        removed = outcome is Outcome.MOVED and rows[copy_id].is_removal
        ending = _Ending(outcome, detail, folder, keeps, removed)
        groups.setdefault(ending, []).append((copy_id, handle))
    for ending, ended in groups.items():
        shared: dict[str, Any] = {
            "of_action": action.id,
            "ending": ending.outcome.value,
            "why": ending.detail,
            "in_folder": ending.folder,
            "until": until if ending.is_removal else None,
            "now": now,
        }
        if ending.keeps_handle:
            _finish_alike(database, connection, [copy_id for copy_id, _ in ended], shared)
        else:
            _FINISH.run(connection, ended, **shared)


def _finish_alike(
    database: Database, connection: Connection, copy_ids: Sequence[int], shared: Mapping[str, Any]
) -> None:
    """The same ending for all of these copies, each under the handle of its restore point."""
    ledger = action_copies.c
    statement = (
        update(action_copies)
        .where(ledger.action_id == shared["of_action"], database.among(ledger.copy_id, copy_ids))
        .values(
            state=LedgerState.DONE.value,
            outcome=shared["ending"],
            detail=shared["why"],
            moved_folder=shared["in_folder"],
            moved_handle=ledger.restore_handle,
            recoverable_until=shared["until"],
            finished_at=shared["now"],
        )
    )
    connection.execute(statement)


def _placements(finished: Iterable[CopyOutcome], rows: Mapping[int, _LedgerRow]) -> list[Placement]:
    """Where copies were seen: the next sync then finds nothing new.

    A changed message is not the copy that the index knows; what it is now, the sync finds out.
    """
    placements: list[Placement] = []
    for copy_id, outcome, _, place, role in finished:
        if place is not None and outcome is not Outcome.CHANGED:
            row = rows[copy_id]
            keeps = place.handle == row.handle
            placements.append(Placement(copy_id, row.mailbox_id, place, role or row.role, keeps))
    return placements


def _insert_events(
    action: RemediationAction,
    is_meant: ColumnElement[bool],
    result: PostDeliveryResult,
    now: datetime,
) -> Insert:
    """One event for each of these copies, as the index has them after the action."""
    # Not by the name: whoever fills in the form may type that of the automation.
    is_automated = action.decided_via == DecidedVia.AUTOMATION.value
    kind = PostDeliveryActionType.AUTOMATED if is_automated else PostDeliveryActionType.MANUAL
    trigger = PostDeliveryTrigger.AUTOMATION if is_automated else PostDeliveryTrigger.ADMIN
    event = post_delivery_events.c
    values: dict[str, ColumnElement[Any]] = {
        "action_id": action_copies.c.action_id,
        "copy_id": action_copies.c.copy_id,
        "timestamp": literal(now, event.timestamp.type),
        "network_message_id": mails.c.network_message_id,
        "internet_message_id": mails.c.internet_message_id,
        "action": literal(_words(action.type).value, event.action.type),
        "action_type": literal(kind.value, event.action_type.type),
        "action_trigger": literal(trigger.value, event.action_trigger.type),
        "action_result": literal(result.value, event.action_result.type),
        "recipient_email_address": mailboxes.c.address,
        "delivery_location": _LOCATION,
    }
    source = (
        select(*values.values())
        .select_from(action_copies)
        .join(copies, copies.c.id == action_copies.c.copy_id)
        .join(mailboxes, mailboxes.c.id == copies.c.mailbox_id)
        .join(mails, mails.c.id == copies.c.mail_id)
        .where(is_meant)
        .order_by(action_copies.c.copy_id)
    )
    return insert(post_delivery_events).from_select(list(values), source)


_LOCATION = case(
    {role.value: delivery_location(role).value for role in FolderRole}, value=copies.c.role
)
"""The latest delivery location that a copy's folder stands for."""


def _words(action: ActionType) -> PostDeliveryAction:
    match action:
        case ActionType.SOFT_DELETE:
            return PostDeliveryAction.SOFT_DELETE
        case ActionType.MOVE_TO_INBOX:
            return PostDeliveryAction.MOVED_TO_INBOX
        case ActionType.MOVE_TO_JUNK:
            return PostDeliveryAction.MOVED_TO_JUNK
        case ActionType.MOVE_TO_DELETED_ITEMS:
            return PostDeliveryAction.MOVED_TO_DELETED
        case ActionType.RESTORE:
            return PostDeliveryAction.MOVED_TO_ORIGINAL
        case _:
            assert_never(action)
