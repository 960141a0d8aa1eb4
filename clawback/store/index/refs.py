"""Rows of copies as values: references with their siblings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, LargeBinary, Select, Text, select, type_coerce

from clawback.store.database import Database
from models.copies import CopyRef, FolderRole, Place
from models.tables.catalog import copies, mailboxes, mails
from models.tables.columns import unescaped

REF_COLUMNS = (
    copies.c.id,
    mailboxes.c.source,
    mailboxes.c.address,
    type_coerce(copies.c.folder, Text),
    type_coerce(copies.c.handle, Text),
    copies.c.role,
    type_coerce(copies.c.content_sha256, LargeBinary),
    type_coerce(mails.c.mail_key, LargeBinary),
    type_coerce(mails.c.internet_message_id, Text),
)
"""What `ref_of` reads, in its order and as the database has it: ten thousand rows at a time.

The source of a select joins the three tables.
"""

COPIES = copies.join(mailboxes, mailboxes.c.id == copies.c.mailbox_id).join(
    mails, mails.c.id == copies.c.mail_id
)

NO_SIBLINGS: frozenset[str] = frozenset()
ROLES: Mapping[str, FolderRole] = {role.value: role for role in FolderRole}


def ref_of(row: Sequence[Any], siblings: frozenset[str] = NO_SIBLINGS) -> CopyRef:
    """The reference in the first columns of a row."""
    number, source, mailbox, folder, handle, role, content, key, message_id = row[:9]
    # As `place_of` does, without the call: it shows in clusters of ten thousand.
    if not (folder.isascii() and handle.isascii()):
        folder, handle = unescaped(folder), unescaped(handle)
    return CopyRef(
        number,
        source,
        mailbox,
        Place(folder, handle),
        ROLES[role],
        content.hex(),
        key.hex(),
        siblings,
        message_id if message_id.isascii() else unescaped(message_id),
    )


def place_of(folder: str, handle: str) -> Place:
    """The place in two columns as the database has them."""
    if folder.isascii() and handle.isascii():
        return Place(folder, handle)
    return Place(unescaped(folder), unescaped(handle))


def select_refs(*more: Any) -> Select[Any]:
    """A select of references, with further columns behind `REF_COLUMNS`."""
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
    """For each copy that has any: handles of other live copies of its mail in its mailbox."""
    other = copies.alias("other")
    statement = (
        select(copies.c.id, other.c.handle)
        .join(
            other,
            (other.c.mail_id == copies.c.mail_id) & (other.c.mailbox_id == copies.c.mailbox_id),
        )
        .where(
            database.among(copies.c.id, copy_ids),
            other.c.id != copies.c.id,
            other.c.gone_at.is_(None),
        )
    )
    found: dict[int, set[str]] = defaultdict(set)
    for copy_id, handle in connection.execute(statement).all():
        found[copy_id].add(handle)
    return {copy_id: frozenset(handles) for copy_id, handles in found.items()}
