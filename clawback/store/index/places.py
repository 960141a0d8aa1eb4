"""Putting copies at places: a place holds one live copy, whatever came in between."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from clawback.store.database import Database
from clawback.store.many import Many
from models.copies import FolderRole, Place
from models.tables.catalog import copies, mailboxes


class Placement(NamedTuple):
    """One copy and the place where it was seen; `keeps_handle` if the index has that handle."""

    copy_id: int
    mailbox_id: int
    place: Place
    role: FolderRole
    keeps_handle: bool = False


_LEAVE_PLACE = Many(
    update(copies)
    .where(
        copies.c.mailbox_id == bindparam("at_mailbox"),
        copies.c.folder == bindparam("at_folder"),
        copies.c.handle == bindparam("at_handle"),
        copies.c.gone_at.is_(None),
    )
    .values(gone_at=bindparam("now")),
    "at_mailbox",
    "at_folder",
    "at_handle",
)
_TAKE_PLACE = Many(
    update(copies)
    .where(copies.c.id == bindparam("copy_id"))
    .values(
        folder=bindparam("at_folder"),
        handle=bindparam("at_handle"),
        role=bindparam("at_role"),
        gone_at=None,
    ),
    "copy_id",
    "at_folder",
    "at_handle",
    "at_role",
)


def place_copies(
    database: Database, connection: Connection, placements: Sequence[Placement], now: datetime
) -> None:
    """Write where copies are; gone ones come back, and another copy in the place is gone.

    Two copies may swap places: all leave theirs before any takes its new one.
    """
    if not placements:
        return
    by_place = {(item.mailbox_id, item.place): item for item in reversed(placements)}
    seen = sorted(by_place.values())
    if len(seen) == len(placements) and _take(database, connection, seen):
        return
    mark_gone(database, connection, [item.copy_id for item in placements], now)
    _LEAVE_PLACE.run(connection, [(item.mailbox_id, *item.place) for item in seen], now=now)
    _TAKE_PLACE.run(connection, [_take_row(item) for item in seen])


def _take(database: Database, connection: Connection, seen: Sequence[Placement]) -> bool:
    """Whether all places were free, as they mostly are; else nothing was written."""
    alike: dict[tuple[str, FolderRole], list[int]] = {}
    for item in seen:
        if item.keeps_handle:
            alike.setdefault((item.place.folder, item.role), []).append(item.copy_id)
    try:
        with connection.begin_nested():
            for (folder, role), copy_ids in alike.items():
                is_one = database.among(copies.c.id, copy_ids)
                taken = {"folder": folder, "role": role.value, "gone_at": None}
                connection.execute(update(copies).where(is_one).values(**taken))
            _TAKE_PLACE.run(connection, [_take_row(item) for item in seen if not item.keeps_handle])
    except IntegrityError:
        return False
    return True


def _take_row(item: Placement) -> tuple[int, str, str, str]:
    return item.copy_id, *item.place, item.role.value


def mark_gone(
    database: Database, connection: Connection, copy_ids: Collection[int], now: datetime
) -> int:
    """Mark live copies as gone; returns how many were live."""
    if not copy_ids:
        return 0
    statement = update(copies).where(
        database.among(copies.c.id, copy_ids), copies.c.gone_at.is_(None)
    )
    return int(connection.execute(statement.values(gone_at=now)).rowcount)


def lock_mailboxes(
    database: Database, connection: Connection, mailbox_ids: Collection[int]
) -> None:
    """Make other writers of these mailboxes' copies wait; in one order, so that none deadlock.

    SQLite has one writer at a time, who needs no more locks.
    """
    if database.is_sqlite:
        return
    statement = select(mailboxes.c.id).where(database.among(mailboxes.c.id, mailbox_ids))
    ordered = statement.order_by(mailboxes.c.id).with_for_update(key_share=True)
    connection.execute(ordered).all()
