"""What an investigation's actions did about its messages: by message, and counted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, func, select

from clawback.core.report_ids import report_id
from clawback.store.database import Database
from clawback.store.index.refs import ROLES
from models.actions import ActionStatus
from models.cases import Dealing, DealtGroup, EventPage, MessageEvent
from models.outcomes import LedgerState, Outcome
from models.tables.catalog import action_copies, actions, copies, post_delivery_events


def read_dealings(
    database: Database, connection: Connection, investigation_id: int, copy_ids: Collection[int]
) -> Mapping[int, Dealing]:
    """What became of each copy in the investigation's latest removal of it."""
    ledger = action_copies.c
    statement = (
        select(
            ledger.copy_id, ledger.action_id, actions.c.status, ledger.state, ledger.outcome,
            ledger.detail, actions.c.reverts_action_id,
        )
        .join(actions, actions.c.id == ledger.action_id)
        .where(
            actions.c.investigation_id == investigation_id,
            database.among(ledger.copy_id, copy_ids),
        )
        .order_by(ledger.action_id)
    )  # fmt: skip
    return _latest(connection.execute(statement).all())


def _latest(rows: Iterable[Any]) -> Mapping[int, Dealing]:
    """By copy; the rows are in the order of their actions, so that reverts come after removals."""
    found: dict[int, Dealing] = {}
    for copy_id, action_id, status, state, outcome, detail, reverts in rows:
        ended = None if outcome is None else Outcome(outcome)
        if reverts is None:
            found[copy_id] = Dealing(
                action_id, ActionStatus(status), LedgerState(state), ended, detail
            )
        elif ended is Outcome.MOVED and copy_id in found:
            before = found[copy_id]
            found[copy_id] = Dealing(
                before.action_id, before.action, before.state, before.outcome, before.detail,
                is_put_back=True,
            )  # fmt: skip
    return found


def read_groups(
    connection: Connection, investigation_id: int, inside: Select[Any]
) -> tuple[DealtGroup, ...]:
    """The copies of `inside`, counted by where they are and what the latest removal did about them."""
    members = inside.subquery("members")
    latest = _latest_removals(investigation_id)
    keys = (
        copies.c.role, copies.c.gone_at.is_not(None), actions.c.status, action_copies.c.state,
        action_copies.c.outcome, _is_put_back(members, latest),
    )  # fmt: skip
    each = (
        select(*(key.label(f"key_{place}") for place, key in enumerate(keys)))
        .select_from(members)
        .join(copies, copies.c.id == members.c.copy_id)
        .outerjoin(latest, latest.c.copy_id == members.c.copy_id)
        .outerjoin(
            action_copies,
            (action_copies.c.copy_id == members.c.copy_id)
            & (action_copies.c.action_id == latest.c.action_id),
        )
        .outerjoin(actions, actions.c.id == latest.c.action_id)
        .subquery("each_copy")
    )
    statement = select(*each.c, func.count()).group_by(*each.c)
    return tuple(_group(row) for row in connection.execute(statement))


def _latest_removals(investigation_id: int) -> Subquery:
    """Each copy with the investigation's latest removal of it."""
    removal, ledger = actions.alias("removal"), action_copies.alias("ledger")
    is_ours = removal.c.investigation_id == investigation_id
    return (
        select(ledger.c.copy_id, func.max(ledger.c.action_id).label("action_id"))
        .join(removal, removal.c.id == ledger.c.action_id)
        .where(is_ours, removal.c.reverts_action_id.is_(None))
        .group_by(ledger.c.copy_id)
        .subquery("latest")
    )


def _is_put_back(members: Subquery, latest: Subquery) -> ColumnElement[bool]:
    """Whether a revert of that removal moved the copy."""
    back, revert = action_copies.alias("back"), actions.alias("revert")
    return (
        select(back.c.copy_id)
        .join(revert, revert.c.id == back.c.action_id)
        .where(
            back.c.copy_id == members.c.copy_id,
            revert.c.reverts_action_id == latest.c.action_id,
            back.c.outcome == Outcome.MOVED.value,
        )
        .correlate(members, latest)
        .exists()
    )


def _group(row: Any) -> DealtGroup:
    role, is_gone, status, state, outcome, is_put_back, number = row
    dealing = None
    if status is not None:
        ended = None if outcome is None else Outcome(outcome)
        dealing = Dealing(
            0, ActionStatus(status), LedgerState(state), ended, "", is_put_back=bool(is_put_back)
        )
    return DealtGroup(None if is_gone else ROLES[role], dealing, number)


def read_events(
    connection: Connection, investigation_id: int, offset: int, limit: int
) -> EventPage:
    """What its actions did to messages, as Advanced hunting tells it, the newest first."""
    event = post_delivery_events.c
    is_ours = actions.c.investigation_id == investigation_id
    joined = post_delivery_events.join(actions, actions.c.id == event.action_id)
    total = connection.execute(select(func.count()).select_from(joined).where(is_ours))
    page = (
        select(
            event.id, event.timestamp, event.action_id, event.network_message_id,
            event.recipient_email_address, event.action, event.action_type, event.action_trigger,
            event.action_result, event.delivery_location,
        )
        .select_from(joined)
        .where(is_ours)
        .order_by(event.timestamp.desc(), event.id.desc())
        .offset(offset)
        .limit(limit)
    )  # fmt: skip
    return EventPage(
        tuple(
            MessageEvent(
                id=row.id,
                at=row.timestamp,
                action_id=row.action_id,
                email_id=report_id(row.network_message_id, row.recipient_email_address),
                recipient=row.recipient_email_address,
                action=row.action,
                type=row.action_type,
                trigger=row.action_trigger,
                result=row.action_result,
                location=row.delivery_location,
            )
            for row in connection.execute(page)
        ),
        int(total.scalar_one()),
    )
