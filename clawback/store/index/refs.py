"""Rows of copies as values: references with their siblings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from clawback.store.database import Database
from models.copies import CopyRef, FolderRole, Place
from models.tables.catalog import copies, mailboxes, mails

REF_COLUMNS = (
    copies.c.id,
    mailboxes.c.source,
    mailboxes.c.address,
    copies.c.folder,
    copies.c.handle,
    copies.c.role,
    copies.c.content_sha256,
    mails.c.mail_key,
)
"""What `ref_of` reads, in its order; the source of a select joins the three tables."""

COPIES = copies.join(mailboxes, mailboxes.c.id == copies.c.mailbox_id).join(
    mails, mails.c.id == copies.c.mail_id
)

NO_SIBLINGS: frozenset[str] = frozenset()
ROLES: Mapping[str, FolderRole] = {role.value: role for role in FolderRole}


def ref_of(row: Sequence[Any], siblings: frozenset[str] = NO_SIBLINGS) -> CopyRef:
    """The reference in the first eight columns of a row."""
    return CopyRef(
        row[0], row[1], row[2], Place(row[3], row[4]), ROLES[row[5]], row[6], row[7], siblings
    )


def select_refs(*more: Any) -> Select[Any]:
    """A select of references, with further columns behind the first eight."""
    return select(*REF_COLUMNS, *more).select_from(COPIES)


def read_refs(
    database: Database, connection: Connection, copy_ids: Collection[int]
) -> tuple[CopyRef, ...]:
    """The copies as the index knows them now, by copy id, with their siblings."""
    if not copy_ids:
        return ()
    statement = select_refs().where(database.among(copies.c.id, copy_ids)).order_by(copies.c.id)
    siblings = read_siblings(database, connection, copy_ids)
    return tuple(
        ref_of(row, siblings.get(row[0], NO_SIBLINGS)) for row in connection.execute(statement)
    )


def read_siblings(
    database: Database, connection: Connection, copy_ids: Collection[int]
) -> dict[int, frozenset[str]]:
    """For each copy that has any: handles of other live copies with its bytes in its mailbox."""
    other = copies.alias("other")
    statement = (
        select(copies.c.id, other.c.handle)
        .join(
            other,
            (other.c.content_sha256 == copies.c.content_sha256)
            & (other.c.mailbox_id == copies.c.mailbox_id),
        )
        .where(
            database.among(copies.c.id, copy_ids),
            other.c.id != copies.c.id,
            other.c.gone_at.is_(None),
        )
    )
    found: dict[int, set[str]] = defaultdict(set)
    for copy_id, handle in connection.execute(statement):
        found[copy_id].add(handle)
    return {copy_id: frozenset(handles) for copy_id, handles in found.items()}


def siblings_within(rows: Iterable[Sequence[Any]]) -> dict[int, frozenset[str]]:
    """The same, read out of rows of references that hold all live copies of their mails."""
    handles: dict[tuple[str, str, str], dict[int, str]] = {}
    for row in rows:
        handles.setdefault((row[2], row[6], row[1]), {})[row[0]] = row[4]
    return {
        copy_id: frozenset(handle for other, handle in twins.items() if other != copy_id)
        for twins in handles.values()
        if len(twins) > 1
        for copy_id in twins
    }
