"""The ledger of actions: implements `clawback.ledger_port.Ledger`.

The action's row carries the lease. Each write locks that row and compares fence and holder in its
own transaction, so a worker that was thought dead writes nothing after another took over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    bindparam,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from clawback.errors import Conflict, LeaseLost
from clawback.store.cases.action_rows import missing_action
from clawback.store.database import Database
from clawback.store.entries import AT_ONCE, ENDED, entry_of, flag_text, select_entries
from clawback.store.index.refs import (
    NO_SIBLINGS,
    read_siblings,
)
from clawback.store.many import Many
from clawback.store.outcomes import count_outcomes, finish_copies
from clawback.store.removals import removed_by_others
from models.actions import ActionStatus, Lease
from models.copies import FolderRole
from models.outcomes import CopyOutcome, LedgerEntry, LedgerState, RestorePoint
from models.tables.catalog import action_copies, actions, mailboxes

# Written into the statement, so that the partial index over unfinished rows fits it.
_UNFINISHED = action_copies.c.state != literal(LedgerState.DONE.value, literal_execute=True)


class SqlLedger:
    """Lease, intents and outcomes of actions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def acquire(self, action_id: int, holder: str, *, ttl: timedelta, now: datetime) -> Lease:
        """The lease with a higher fence. Raises `LeaseLost` while another holder's is valid."""
        with self._database.write() as connection:
            row = _locked(connection, action_id)
            until = row.lease_expires_at
            if row.lease_holder not in ("", holder) and until is not None and until > now:
                raise LeaseLost(f"another worker holds action {action_id}: wait until it is done")
            lease = Lease(action_id, holder, row.fence + 1, now + ttl)
            _write_lease(connection, lease)
            return lease

    def renew(self, lease: Lease, *, ttl: timedelta, now: datetime) -> Lease:
        """The lease, valid for longer. Raises `LeaseLost` where another worker took over."""
        with self._database.write() as connection:
            check_lease(connection, lease)
            renewed = replace(lease, expires_at=now + ttl)
            _write_lease(connection, renewed)
            return renewed

    def release(self, lease: Lease) -> None:
        """Give the lease back; a lost one is left alone."""
        statement = (
            update(actions)
            .where(
                actions.c.id == lease.action_id,
                actions.c.fence == lease.fence,
                actions.c.lease_holder == lease.holder,
            )
            .values(lease_holder="", lease_expires_at=None)
        )
        with self._database.write() as connection:
            connection.execute(statement)

    def expired_leases(self, now: datetime) -> tuple[int, ...]:
        """Actions in Running without a valid lease, oldest first."""
        is_free = actions.c.lease_expires_at.is_(None) | (actions.c.lease_expires_at <= now)
        statement = select(actions.c.id).where(
            actions.c.status == ActionStatus.RUNNING.value, is_free
        )
        with self._database.read() as connection:
            return tuple(connection.execute(statement.order_by(actions.c.id)).scalars())

    def ran_out(self, action_id: int, now: datetime) -> bool:
        """Whether a holder neither renewed the lease in time nor gave it back."""
        statement = select(actions.c.id).where(
            actions.c.id == action_id,
            actions.c.lease_holder != "",
            actions.c.lease_expires_at <= now,
        )
        with self._database.read() as connection:
            return connection.execute(statement).first() is not None

    def removed_by_others(self, action_id: int, copy_ids: Collection[int]) -> frozenset[int]:
        """Those of the copies that another action soft-deleted since this one was asked for."""
        with self._database.read() as connection:
            return removed_by_others(self._database, connection, action_id, copy_ids)

    def unsettled(self, now: datetime) -> tuple[int, ...]:
        """Cancelled actions without a valid lease that hold an intent without an outcome."""
        is_free = actions.c.lease_expires_at.is_(None) | (actions.c.lease_expires_at <= now)
        is_moving = action_copies.c.state == literal(LedgerState.INTENT.value, literal_execute=True)
        statement = (
            select(actions.c.id)
            .join(action_copies, action_copies.c.action_id == actions.c.id)
            .where(is_moving, actions.c.status == ActionStatus.CANCELLED.value, is_free)
            .distinct()
        )
        with self._database.read() as connection:
            return tuple(connection.execute(statement.order_by(actions.c.id)).scalars())

    def unfinished(self, action_id: int) -> Mapping[str, int]:
        """How many copies of each source are not done."""
        statement = (
            select(mailboxes.c.source, func.count())
            .join(action_copies, action_copies.c.mailbox_id == mailboxes.c.id)
            .where(action_copies.c.action_id == action_id, _UNFINISHED)
            .group_by(mailboxes.c.source)
            .order_by(mailboxes.c.source)
        )
        with self._database.read() as connection:
            return dict(connection.execute(statement).tuples().all())

    def next_batch(self, action_id: int, source: str, size: int) -> tuple[LedgerEntry, ...]:
        """The next copies that are not done, ordered by mailbox and copy."""
        of_source = select(mailboxes.c.id).where(mailboxes.c.source == source)
        statement = (
            select_entries()
            .where(
                action_copies.c.action_id == action_id,
                _UNFINISHED,
                action_copies.c.mailbox_id.in_(of_source),
            )
            .order_by(action_copies.c.mailbox_id, action_copies.c.copy_id)
            .limit(size)
        )
        with self._database.read() as connection:
            return self._entries(connection, statement)

    def entries(self, action_id: int, state: LedgerState | None = None) -> tuple[LedgerEntry, ...]:
        """The rows of an action, by copy id."""
        statement = select_entries(*ENDED).where(action_copies.c.action_id == action_id)
        if state is not None:
            statement = statement.where(action_copies.c.state == state.value)
        with self._database.read() as connection:
            return self._entries(connection, statement.order_by(action_copies.c.copy_id))

    def _entries(self, connection: Connection, statement: Select[Any]) -> tuple[LedgerEntry, ...]:
        found: list[LedgerEntry] = []
        for rows in connection.execute(statement).partitions(AT_ONCE):
            siblings = read_siblings(self._database, connection, [row[0] for row in rows])
            found.extend(entry_of(row, siblings.get(row[0], NO_SIBLINGS)) for row in rows)
        return tuple(found)

    def write_intents(
        self, lease: Lease, restore_points: Mapping[int, RestorePoint], now: datetime
    ) -> None:
        """Write the restore point of each copy before it moves, all or none.

        Raises `LeaseLost` for a lease that was lost or ran out, `Conflict` for an action that does
        not run, for copies that are done or not in its ledger, and for those that another action
        moves right now.
        """
        if not restore_points:
            return
        with self._database.write() as connection:
            row = check_lease(connection, lease)
            if row.lease_expires_at is None or row.lease_expires_at <= now:
                raise LeaseLost(f"the lease of action {lease.action_id} ran out: nothing may move")
            if row.status != ActionStatus.RUNNING.value:
                raise Conflict(f"action {lease.action_id} is {row.status}: nothing may move")
            self._check_unfinished(connection, lease.action_id, restore_points)
            try:
                _write_points(connection, lease.action_id, restore_points, now)
            except IntegrityError:
                raise Conflict(
                    f"another action moves messages of action {lease.action_id} now: "
                    "this one goes on when that is done"
                ) from None

    def _check_unfinished(
        self, connection: Connection, action_id: int, copy_ids: Mapping[int, object]
    ) -> None:
        statement = select(func.count()).where(
            action_copies.c.action_id == action_id,
            self._database.among(action_copies.c.copy_id, copy_ids),
            _UNFINISHED,
        )
        if connection.execute(statement).scalar_one() != len(copy_ids):
            raise Conflict(
                f"some of these copies are done already, or not part of action {action_id}"
            )

    def write_outcomes(
        self, lease: Lease, outcomes: Sequence[CopyOutcome], until: datetime | None, now: datetime
    ) -> None:
        """Finish copies: ledger, index, post-delivery events and history in one transaction.

        `until` is the time up to which moved copies can be recovered, None for no fixed end. What
        is done already stays as it is. Raises `LeaseLost`, and `Conflict` for copies that are not
        part of the action.
        """
        if not outcomes:
            return
        with self._database.write() as connection:
            check_lease(connection, lease)
            finish_copies(
                self._database, connection, lease.action_id, outcomes, until=until, now=now
            )

    def counts(self, action_id: int) -> Mapping[str, int]:
        """Finished copies by outcome."""
        with self._database.read() as connection:
            return count_outcomes(connection, action_id)


def check_lease(connection: Connection, lease: Lease) -> Any:
    """The action's row, locked, if the lease is still its lease. Raises `LeaseLost`."""
    row = _locked(connection, lease.action_id)
    if (row.fence, row.lease_holder) != (lease.fence, lease.holder):
        raise LeaseLost(f"another worker took over action {lease.action_id}: stop")
    return row


def _locked(connection: Connection, action_id: int) -> Any:
    statement = select(
        actions.c.fence, actions.c.lease_holder, actions.c.lease_expires_at, actions.c.status
    ).where(actions.c.id == action_id)
    row = connection.execute(statement.with_for_update()).first()
    if row is None:
        raise missing_action(action_id)
    return row


def _write_lease(connection: Connection, lease: Lease) -> None:
    connection.execute(
        update(actions)
        .where(actions.c.id == lease.action_id)
        .values(fence=lease.fence, lease_holder=lease.holder, lease_expires_at=lease.expires_at)
    )


_INTENT = Many(
    update(action_copies)
    .where(
        action_copies.c.action_id == bindparam("of_action"),
        action_copies.c.copy_id == bindparam("of_copy"),
    )
    .values(
        state=LedgerState.INTENT.value,
        restore_folder=bindparam("in_folder"),
        restore_handle=bindparam("by_handle"),
        restore_role=bindparam("in_role"),
        restore_flags=bindparam("flags"),
        restore_folder_id=bindparam("in_folder_id"),
        intent_at=bindparam("now"),
    ),
    "of_copy",
    "by_handle",
    "in_folder_id",
)


def _write_points(
    connection: Connection,
    action_id: int,
    restore_points: Mapping[int, RestorePoint],
    now: datetime,
) -> None:
    """Write them, those that differ in nothing but copy, handle and folder's identity together."""
    groups: dict[tuple[str, FolderRole, frozenset[str]], list[tuple[int, str, str]]] = {}
    for copy_id, (place, role, flags, folder_id) in sorted(restore_points.items()):
        point = copy_id, place.handle, folder_id
        groups.setdefault((place.folder, role, flags), []).append(point)
    for (folder, role, flags), points in groups.items():
        _INTENT.run(
            connection,
            points,
            of_action=action_id,
            in_folder=folder,
            in_role=role.value,
            flags=flag_text(flags),
            now=now,
        )
