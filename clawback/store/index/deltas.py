"""What a sync changes: copies that are new, moved or gone, with the cursor that says so."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, case, select, update
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from clawback.errors import BadInput
from clawback.store.database import Database
from clawback.store.index.bulk import Change, Insert
from clawback.store.index.contents import chunks, write_mails
from clawback.store.index.places import Placement, lock_mailboxes, mark_gone, place_copies
from models.copies import Place
from models.syncing import MailboxDelta, NewCopy
from models.tables.catalog import copies, mailboxes

FACTS_IN_ONE_COMMIT = 200
"""Mails written in one transaction: keeps a commit far below 200 ms, so that no one waits long."""

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When a mailbox was last synced that was only heard of."""

_CHUNK = 400
_COPIES = Insert(copies)
_ANNOUNCED = 2_000  # rows in one commit


def apply_deltas(database: Database, deltas: Sequence[MailboxDelta], now: datetime) -> None:
    """Write the changes and cursors of some mailboxes in one transaction.

    What mails say goes ahead in commits of its own where there is much of it: it belongs to no
    mailbox, changes nothing by itself, and a repeat finds it there.
    """
    facts = [item for delta in deltas for item in delta.facts]
    ahead = (len(facts) - 1) // FACTS_IN_ONE_COMMIT * FACTS_IN_ONE_COMMIT if facts else 0
    mail_ids: dict[str, int] = {}
    for start in range(0, ahead, FACTS_IN_ONE_COMMIT):
        with database.write() as connection:
            chunk = facts[start : start + FACTS_IN_ONE_COMMIT]
            mail_ids |= write_mails(database, connection, chunk)
    with database.write() as connection:
        mail_ids |= write_mails(database, connection, facts[ahead:])
        ordered = sorted(deltas, key=lambda each: (each.source, each.mailbox))
        mailbox_ids = _write_mailboxes(database, connection, ordered, now)
        for delta in ordered:
            mailbox_id = mailbox_ids[delta.source, delta.mailbox]
            _apply(database, connection, mailbox_id, delta, mail_ids=mail_ids, now=now)


def _apply(
    database: Database,
    connection: Connection,
    mailbox_id: int,
    delta: MailboxDelta,
    *,
    mail_ids: Mapping[str, int],
    now: datetime,
) -> None:
    mark_gone(database, connection, delta.gone, now)
    moved = [Placement(item.copy_id, mailbox_id, item.place, item.role) for item in delta.moved]
    place_copies(database, connection, moved, now)
    _add(database, connection, mailbox_id, delta.new, mail_ids=mail_ids, now=now)


def _write_mailboxes(
    database: Database, connection: Connection, deltas: Sequence[MailboxDelta], now: datetime
) -> dict[tuple[str, str], int]:
    """The numbers of the mailboxes by source and address, with their cursors written.

    One that was gone is back. It counts as synced once its last delta is in: until then it was
    looked at in part. The rows are locked in the order of the deltas.
    """
    rows = [
        {
            "source": delta.source,
            "address": delta.mailbox,
            "cursor": delta.cursor,
            "last_synced_at": now if delta.is_last else NEVER,
        }
        for delta in deltas
    ]
    _MAILBOXES.run(database, connection, rows)
    found: dict[tuple[str, str], int] = {}
    for source in sorted({delta.source for delta in deltas}):
        wanted = sorted({delta.mailbox for delta in deltas if delta.source == source})
        for chunk in chunks(wanted, _CHUNK):
            statement = select(mailboxes.c.address, mailboxes.c.id).where(
                mailboxes.c.source == source, mailboxes.c.address.in_(chunk)
            )
            for address, mailbox_id in connection.execute(statement):
                found[source, address] = mailbox_id
    lock_mailboxes(database, connection, list(found.values()))
    return found


def _cursor_written(new: ReadOnlyColumnCollection[str, Any]) -> Change:
    is_whole = new.last_synced_at != NEVER
    return {
        "cursor": new.cursor,
        "gone_at": None,
        "last_synced_at": case((is_whole, new.last_synced_at), else_=mailboxes.c.last_synced_at),
    }


_MAILBOXES = Insert(mailboxes, ("source", "address"), _cursor_written)


def _add(
    database: Database,
    connection: Connection,
    mailbox_id: int,
    new: Sequence[NewCopy],
    *,
    mail_ids: Mapping[str, int],
    now: datetime,
) -> None:
    """Add copies that are not there; one that was at that place before is the same copy again."""
    if not new:
        return
    contents = {item.content_sha256 for item in new}
    live, gone = _here(connection, mailbox_id, contents)
    wanted = [item for item in new if item.place not in live]
    back = [item for item in wanted if (item.place, item.content_sha256) in gone]
    place_copies(
        database,
        connection,
        [
            Placement(gone[item.place, item.content_sha256], mailbox_id, item.place, item.role)
            for item in back
        ],
        now,
    )
    rows = [item for item in wanted if (item.place, item.content_sha256) not in gone]
    if rows:
        ids = _mail_ids(connection, {item.content_sha256 for item in rows}, mail_ids)
        added = [_copy_row(mailbox_id, item, ids, now) for item in rows]
        _COPIES.run(database, connection, added)


def _here(
    connection: Connection, mailbox_id: int, contents: Collection[str]
) -> tuple[set[Place], dict[tuple[Place, str], int]]:
    """Places of live copies with these contents, and the numbers of gone ones by place."""
    live: set[Place] = set()
    gone: dict[tuple[Place, str], int] = {}
    any_copy = select(copies.c.id).where(copies.c.mailbox_id == mailbox_id).limit(1)
    if connection.execute(any_copy).first() is None:
        return live, gone
    for chunk in chunks(sorted(contents), _CHUNK):
        statement = select(
            copies.c.id,
            copies.c.folder,
            copies.c.handle,
            copies.c.content_sha256,
            copies.c.gone_at.is_(None),
        ).where(copies.c.mailbox_id == mailbox_id, copies.c.content_sha256.in_(chunk))
        for copy_id, folder, handle, content, is_live in connection.execute(statement).all():
            if is_live:
                live.add(Place(folder, handle))
            else:
                gone[Place(folder, handle), content] = copy_id
    return live, gone


def _mail_ids(
    connection: Connection, contents: Collection[str], known: Mapping[str, int]
) -> Mapping[str, int]:
    """The mail of each content, from this delta or from copies that there are already."""
    found = dict(known)
    missing = sorted(content for content in contents if content not in found)
    for chunk in chunks(missing, _CHUNK):
        statement = select(copies.c.content_sha256, copies.c.mail_id).where(
            copies.c.content_sha256.in_(chunk)
        )
        found.update((content, mail_id) for content, mail_id in connection.execute(statement))
    if any(content not in found for content in missing):
        raise BadInput("a new copy came without the facts of its content: nothing was written")
    return found


def _copy_row(
    mailbox_id: int, item: NewCopy, mail_ids: Mapping[str, int], now: datetime
) -> dict[str, Any]:
    return {
        "mailbox_id": mailbox_id,
        "mail_id": mail_ids[item.content_sha256],
        "folder": item.place.folder,
        "handle": item.place.handle,
        "role": item.role.value,
        "content_sha256": item.content_sha256,
        "received_at": item.received_at,
        "first_seen_at": now,
        "first_role": item.role.value,
    }


def announce_mailboxes(database: Database, source: str, addresses: Sequence[str]) -> None:
    """Write the mailboxes that are not known yet as never synced."""
    statement = database.insert(mailboxes).on_conflict_do_nothing()
    row = {"source": source, "cursor": "", "last_synced_at": NEVER}
    for chunk in chunks(addresses, _ANNOUNCED):
        with database.write() as connection:
            connection.execute(statement, [{**row, "address": address} for address in chunk])


def touch_mailboxes(
    connection: Connection, source: str, addresses: Sequence[str], now: datetime
) -> None:
    """Record that these mailboxes were asked and had nothing new."""
    for chunk in chunks(addresses, _CHUNK):
        connection.execute(
            update(mailboxes)
            .where(mailboxes.c.source == source, mailboxes.c.address.in_(chunk))
            .values(last_synced_at=now)
        )


def drop_mailboxes(database: Database, source: str, present: Collection[str], now: datetime) -> int:
    """Mark what the source no longer has as gone, a mailbox at a time; returns copies marked."""
    known = select(mailboxes.c.id, mailboxes.c.address).where(
        mailboxes.c.source == source, mailboxes.c.gone_at.is_(None)
    )
    with database.read() as connection:
        here = set(present)
        gone = [row_id for row_id, address in connection.execute(known) if address not in here]
    return sum(_drop(database, mailbox_id, now) for mailbox_id in gone)


def _drop(database: Database, mailbox_id: int, now: datetime) -> int:
    with database.write() as connection:
        lock_mailboxes(database, connection, [mailbox_id])
        connection.execute(
            update(mailboxes).where(mailboxes.c.id == mailbox_id).values(gone_at=now, cursor="")
        )
        marked = connection.execute(
            update(copies)
            .where(copies.c.mailbox_id == mailbox_id, copies.c.gone_at.is_(None))
            .values(gone_at=now)
        )
        return int(marked.rowcount)
