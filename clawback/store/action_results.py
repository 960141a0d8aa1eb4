"""What became of the messages of one action, and what is left to put back."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, func, select

from models.action_list import ActionMessage, PutBack
from models.outcomes import LedgerState, Outcome
from models.tables.catalog import action_copies, actions, copies, mailboxes, mails

_MESSAGE = (
    action_copies.c.copy_id,
    mailboxes.c.source,
    mailboxes.c.address,
    mails.c.subject,
    mails.c.from_address,
    action_copies.c.state,
    action_copies.c.outcome,
    action_copies.c.detail,
    action_copies.c.restore_folder,
    action_copies.c.moved_folder,
    action_copies.c.finished_at,
    action_copies.c.recoverable_until,
)


def read_results(
    connection: Connection,
    action_id: int,
    outcomes: Collection[Outcome],
    *,
    offset: int,
    limit: int,
) -> tuple[ActionMessage, ...]:
    """Messages by copy id: those that ended in one of these ways, or all."""
    source = (
        action_copies.join(copies, copies.c.id == action_copies.c.copy_id)
        .join(mailboxes, mailboxes.c.id == copies.c.mailbox_id)
        .join(mails, mails.c.id == copies.c.mail_id)
    )
    statement = select(*_MESSAGE).select_from(source).where(action_copies.c.action_id == action_id)
    if outcomes:
        statement = statement.where(action_copies.c.outcome.in_([one.value for one in outcomes]))
    ordered = statement.order_by(action_copies.c.copy_id).offset(offset).limit(limit)
    return tuple(_message(row) for row in connection.execute(ordered))


def read_put_back(connection: Connection, action_id: int) -> PutBack:
    """What the action moved and no revert of it moved since."""
    taken, given = action_copies, action_copies.alias("given")
    is_back = (
        select(given.c.copy_id)
        .join(actions, actions.c.id == given.c.action_id)
        .where(
            actions.c.reverts_action_id == action_id,
            given.c.copy_id == taken.c.copy_id,
            given.c.outcome == Outcome.MOVED.value,
        )
        .exists()
    )
    until = taken.c.recoverable_until
    statement = select(func.count(), func.count(until), func.min(until), func.max(until)).where(
        taken.c.action_id == action_id, taken.c.outcome == Outcome.MOVED.value, ~is_back
    )
    messages, with_end, first, last = connection.execute(statement).one()
    return PutBack(messages, first, last if with_end == messages else None)


def _message(row: Any) -> ActionMessage:
    return ActionMessage(
        copy_id=row.copy_id,
        source=row.source,
        mailbox=row.address,
        subject=row.subject,
        from_address=row.from_address,
        state=LedgerState(row.state),
        outcome=None if row.outcome is None else Outcome(row.outcome),
        detail=row.detail,
        from_folder=row.restore_folder or "",
        to_folder=row.moved_folder or "",
        finished_at=row.finished_at,
        recoverable_until=row.recoverable_until,
    )
