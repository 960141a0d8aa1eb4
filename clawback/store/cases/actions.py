"""Actions: made once, decided once, moved from status to status by compare-and-set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    bindparam,
    insert,
    literal,
    select,
    update,
)

from clawback.core.lifecycle import may_move
from clawback.errors import AlreadyDecided, Conflict, NotFound
from clawback.store.cases.action_rows import (
    action_of,
    missing_action,
    read_action,
    select_actions,
)
from clawback.store.cases.clusters import investigation_of
from clawback.store.cases.suppressions import suppress
from clawback.store.database import Database
from clawback.store.journal import SYSTEM, record
from models.actions import ActionStatus, Actor, Choice, DecidedVia, RemediationAction
from models.history import Event
from models.outcomes import LedgerState
from models.planning import NewAction, PlannedCopy
from models.tables.catalog import action_copies, actions, copies

_GOING_ON = frozenset({ActionStatus.PENDING, ActionStatus.RUNNING})


class Actions:
    """The part of `CaseStore` that makes and changes actions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create_action(self, new: NewAction, now: datetime) -> RemediationAction:
        """The action with its planned ledger rows; the same `key` returns the one that exists.

        A revert suppresses the indicator of what it reverts in the same transaction. Raises
        `NotFound` for a cluster or copy that is not there.
        """
        with self._database.write() as connection:
            row = _new_row(new, investigation_of(connection, new.cluster_id), now)
            statement = self._database.insert(actions).values(row).on_conflict_do_nothing()
            number = connection.execute(statement.returning(actions.c.id)).scalar()
            if number is None:
                known = select_actions().where(actions.c.key == new.key)
                return action_of(connection.execute(known).one())
            self._plan(connection, int(number), new.copies)
            action = read_action(connection, int(number))
            actor = _decider(new)
            record(
                connection,
                Event.ACTION_CREATED,
                now,
                by=actor,
                investigation_id=action.investigation_id,
                action_id=action.id,
                type=action.type.value,
                status=action.status.value,
                copies=action.copies,
                reason=action.reason,
                reverts=action.reverts_action_id,
            )
            self._suppress_reverted(connection, action, actor, now)
            return action

    def _plan(self, connection: Connection, action_id: int, planned: Sequence[PlannedCopy]) -> None:
        """Write the ledger rows; an empty expected hash is the one that the index knows."""
        wanted = {item.copy_id: item for item in reversed(planned)}
        groups: dict[tuple[str, str], list[int]] = defaultdict(list)
        for item in wanted.values():
            groups[item.destination_role.value, item.destination_folder].append(item.copy_id)
        for (role, folder), copy_ids in groups.items():
            is_meant = self._database.among(copies.c.id, copy_ids)
            connection.execute(_insert_ledger(action_id, is_meant, role, folder))
        self._expect(connection, action_id, wanted)

    def _expect(
        self, connection: Connection, action_id: int, wanted: Mapping[int, PlannedCopy]
    ) -> None:
        """Write the expected hashes that are others than the index knows, and folders' identities."""
        statement = select(action_copies.c.copy_id, action_copies.c.expected_sha256)
        written = connection.execute(statement.where(action_copies.c.action_id == action_id)).all()
        if len(written) != len(wanted):
            raise NotFound("the index holds not all copies of this action: nothing was written")
        rows = [
            {"of_action": action_id, "of_copy": copy_id, "expected": expected}
            for copy_id, content in written
            if (expected := wanted[copy_id].expected_sha256) not in ("", content)
        ]
        if rows:
            connection.execute(_EXPECT, rows)
        folders = [
            {"of_action": action_id, "of_copy": copy_id, "folder_id": item.destination_id}
            for copy_id, item in wanted.items()
            if item.destination_id
        ]
        if folders:
            connection.execute(_TO_FOLDER, folders)

    def _suppress_reverted(
        self, connection: Connection, revert: RemediationAction, actor: Actor, now: datetime
    ) -> None:
        if revert.reverts_action_id is not None:
            reverted = read_action(connection, revert.reverts_action_id)
            suppress(self._database, connection, reverted, actor, why="reverted", now=now)

    def action(self, action_id: int) -> RemediationAction:
        """One action. Raises `NotFound`."""
        with self._database.read() as connection:
            return read_action(connection, action_id)

    def actions(
        self,
        *,
        statuses: Collection[ActionStatus] = (),
        decided_by: str = "",
        investigation_id: int | None = None,
        limit: int = 1000,
    ) -> tuple[RemediationAction, ...]:
        """Actions, latest update first; empty filters take all."""
        statement = select_actions()
        if statuses:
            statement = statement.where(actions.c.status.in_([s.value for s in statuses]))
        if decided_by:
            statement = statement.where(actions.c.decided_by == decided_by)
        if investigation_id is not None:
            statement = statement.where(actions.c.investigation_id == investigation_id)
        ordered = statement.order_by(actions.c.updated_at.desc(), actions.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return tuple(action_of(row) for row in connection.execute(ordered))

    def decide_action(
        self, action_id: int, choice: Choice, actor: Actor, reason: str, now: datetime
    ) -> RemediationAction:
        """Pending becomes Running or Rejected, once, and not after it expired.

        Raises `AlreadyDecided`, for a second writer too. A rejection suppresses the indicator in the
        same transaction.
        """
        rejected = choice is Choice.REJECT
        values = {
            "status": (ActionStatus.REJECTED if rejected else ActionStatus.RUNNING).value,
            "decided_by": actor.name,
            "decided_via": actor.via.value,
            "verified": actor.verified,
            "decided_at": now,
            "ended_at": now if rejected else None,
            "updated_at": now,
        }
        with self._database.write() as connection:
            is_open = actions.c.expires_at.is_(None) | (actions.c.expires_at > now)
            if not _compare_and_set(connection, action_id, ActionStatus.PENDING, values, is_open):
                raise _already(read_action(connection, action_id))
            action = read_action(connection, action_id)
            record(
                connection,
                Event.ACTION_DECIDED,
                now,
                by=actor,
                investigation_id=action.investigation_id,
                action_id=action_id,
                choice=choice.value,
                reason=reason,
            )
            if rejected:
                suppress(self._database, connection, action, actor, why="rejected", now=now)
            return action

    def cancel_action(
        self, action_id: int, actor: Actor, reason: str, now: datetime
    ) -> RemediationAction:
        """Pending or Running becomes Cancelled by a person. Raises `Conflict` where it has ended.

        Cancelling a removal suppresses the indicator in the same transaction. Whoever approved an
        action stays its decider; of a pending one it is who cancels it.
        """
        values = {"status": ActionStatus.CANCELLED.value, "ended_at": now, "updated_at": now}
        decides = {
            "decided_by": actor.name,
            "decided_via": actor.via.value,
            "verified": actor.verified,
            "decided_at": now,
        }
        with self._database.write() as connection:
            was = ActionStatus.PENDING
            if not _compare_and_set(connection, action_id, was, values | decides):
                was = ActionStatus.RUNNING
                if not _compare_and_set(connection, action_id, was, values):
                    found = read_action(connection, action_id)
                    raise Conflict(f"action {action_id} is {found.status.value}: nothing to cancel")
            action = read_action(connection, action_id)
            record(
                connection,
                Event.ACTION_CANCELLED,
                now,
                by=actor,
                investigation_id=action.investigation_id,
                action_id=action_id,
                was=was.value,
                reason=reason,
            )
            if action.reverts_action_id is None:
                suppress(self._database, connection, action, actor, why="cancelled", now=now)
            return action

    def change_status(
        self, action_id: int, *, was: ActionStatus, to: ActionStatus, note: str, now: datetime
    ) -> RemediationAction:
        """Compare-and-set of the status. Raises `Conflict` where it is another one now.

        Raises `ValueError` for a move that no action makes. A revert that completes suppresses the
        indicator of what it reverted, if nothing else did.
        """
        if not may_move(was, to):
            raise ValueError(f"an action never goes from {was.value} to {to.value}")
        ended_at = None if to in _GOING_ON else now
        values = {"status": to.value, "ended_at": ended_at, "updated_at": now}
        with self._database.write() as connection:
            if not _compare_and_set(connection, action_id, was, values):
                found = read_action(connection, action_id).status.value
                raise Conflict(f"action {action_id} is {found}, no longer {was.value}: look again")
            action = read_action(connection, action_id)
            record(
                connection,
                Event.ACTION_STATUS,
                now,
                investigation_id=action.investigation_id,
                action_id=action_id,
                was=was.value,
                to=to.value,
                note=note,
            )
            if to is ActionStatus.COMPLETED:
                self._suppress_reverted(connection, action, _decider(action), now)
            return action

    def count_pick_up(self, action_id: int, pick_ups: int, now: datetime) -> None:
        """Record that an unfinished action gets a new run, the so many-th in a row.

        Raises `NotFound`.
        """
        with self._database.write() as connection:
            done = sum(read_action(connection, action_id).outcomes.values())
            values = {"pick_ups": pick_ups, "picked_up_done": done, "picked_up_at": now}
            connection.execute(update(actions).where(actions.c.id == action_id).values(values))

    def bind_action_run(
        self, action_id: int, *, run_id: str = "", approval_run_id: str = "", attempt: int = 0
    ) -> None:
        """Record the Prefect run that waits for, or works on, an action; what is empty stays."""
        given = {"run_id": run_id, "approval_run_id": approval_run_id, "attempt": attempt}
        values = {name: value for name, value in given.items() if value}
        if not values:
            return
        statement = update(actions).where(actions.c.id == action_id).values(values)
        with self._database.write() as connection:
            if not connection.execute(statement).rowcount:
                raise missing_action(action_id)


def _compare_and_set(
    connection: Connection,
    action_id: int,
    was: ActionStatus,
    values: dict[str, Any],
    *conditions: ColumnElement[bool],
) -> bool:
    is_meant = (actions.c.id == action_id, actions.c.status == was.value, *conditions)
    return connection.execute(update(actions).where(*is_meant).values(values)).rowcount == 1


def _already(action: RemediationAction) -> AlreadyDecided:
    if action.status is ActionStatus.PENDING:
        return AlreadyDecided(f"action {action.id} expired: nothing changed")
    by = f", decided by {action.decided_by}" if action.decided_by else ""
    return AlreadyDecided(f"action {action.id} is {action.status.value} already{by}")


def _decider(action: NewAction | RemediationAction) -> Actor:
    if not action.decided_by:
        return SYSTEM
    return Actor(action.decided_by, DecidedVia(action.decided_via), action.verified)


def _new_row(new: NewAction, investigation_id: int, now: datetime) -> dict[str, Any]:
    return {
        "key": new.key,
        "investigation_id": investigation_id,
        "cluster_id": new.cluster_id,
        "decision_id": new.decision_id,
        "type": new.type.value,
        "status": new.status.value,
        "source": new.source.value,
        "decided_by": new.decided_by,
        "decided_via": new.decided_via,
        "verified": new.verified,
        "reason": new.reason,
        "copies": len({item.copy_id for item in new.copies}),
        "outcomes": {},
        "reverts_action_id": new.reverts_action_id,
        "attempt": 0,
        "pick_ups": 0,
        "picked_up_done": 0,
        "approval_run_id": "",
        "run_id": "",
        "fence": 0,
        "lease_holder": "",
        "created_at": now,
        "decided_at": None if new.status is ActionStatus.PENDING else now,
        "expires_at": new.expires_at,
        "updated_at": now,
    }


def _insert_ledger(action_id: int, is_meant: ColumnElement[bool], role: str, folder: str) -> Insert:
    """Planned rows for these copies, with the content that the index knows."""
    ledger = action_copies.c
    values: dict[str, ColumnElement[Any]] = {
        "action_id": literal(action_id, ledger.action_id.type),
        "copy_id": copies.c.id,
        "mailbox_id": copies.c.mailbox_id,
        "state": literal(LedgerState.PLANNED.value, ledger.state.type),
        "expected_sha256": copies.c.content_sha256,
        "destination_role": literal(role, ledger.destination_role.type),
        "destination_folder": literal(folder, ledger.destination_folder.type),
        "destination_id": literal("", ledger.destination_id.type),
        "restore_folder_id": literal("", ledger.restore_folder_id.type),
        "detail": literal("", ledger.detail.type),
    }
    source = select(*values.values()).where(is_meant).order_by(copies.c.id)
    return insert(action_copies).from_select(list(values), source)


_EXPECT = (
    update(action_copies)
    .where(
        action_copies.c.action_id == bindparam("of_action"),
        action_copies.c.copy_id == bindparam("of_copy"),
    )
    .values(expected_sha256=bindparam("expected"))
)

_TO_FOLDER = (
    update(action_copies)
    .where(
        action_copies.c.action_id == bindparam("of_action"),
        action_copies.c.copy_id == bindparam("of_copy"),
    )
    .values(destination_id=bindparam("folder_id"))
)
