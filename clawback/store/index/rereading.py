"""Facts of an older extractor, and their replacement by those of this one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, delete, exists, func, select, type_coerce, update

from clawback.store.database import Database
from clawback.store.index.contents import PARTS, write_mails
from clawback.store.index.deltas import NEVER
from models.copies import Place
from models.mails import MailFacts
from models.syncing import PlacedContent
from models.tables.catalog import copies, mailboxes, mails
from models.tables.columns import UtcDateTime

PLACES_TRIED = 4
"""Copies of one mail that are named, newest first: one of them is enough to read it again."""


def count_outdated(connection: Connection, version: int) -> int:
    """How many mails with a live copy an older extractor has read."""
    statement = select(func.count()).select_from(mails).where(_is_outdated(version))
    return int(connection.execute(statement).scalar_one())


def outdated_mails(connection: Connection, version: int) -> tuple[int, ...]:
    """Their mail ids, newest first by the date that each claims, undated ones last."""
    dated = func.coalesce(mails.c.sent_at, type_coerce(NEVER, UtcDateTime))
    statement = select(mails.c.id).where(_is_outdated(version))
    ordered = statement.order_by(dated.desc(), mails.c.id.desc())
    return tuple(connection.execute(ordered).scalars())


def read_places(
    database: Database, connection: Connection, mail_ids: Collection[int]
) -> Mapping[int, tuple[PlacedContent, ...]]:
    """Where each of these mails has live copies, a few of them, newest copy first."""
    turn = func.row_number().over(partition_by=copies.c.mail_id, order_by=copies.c.id.desc())
    ranked = (
        select(
            copies.c.mail_id,
            mailboxes.c.source,
            mailboxes.c.address,
            copies.c.folder,
            copies.c.handle,
            copies.c.content_sha256,
            mails.c.size_bytes,
            turn.label("turn"),
        )
        .select_from(
            copies.join(mailboxes, mailboxes.c.id == copies.c.mailbox_id).join(
                mails, mails.c.id == copies.c.mail_id
            )
        )
        .where(database.among(copies.c.mail_id, mail_ids), copies.c.gone_at.is_(None))
        .subquery()
    )
    statement = select(ranked).where(ranked.c.turn <= PLACES_TRIED)
    found: dict[int, list[PlacedContent]] = defaultdict(list)
    for row in connection.execute(statement.order_by(ranked.c.mail_id, ranked.c.turn)):
        found[row[0]].append(PlacedContent(row[1], row[2], Place(row[3], row[4]), *row[5:7]))
    return {mail_id: tuple(places) for mail_id, places in found.items()}


def replace_facts(database: Database, facts: Sequence[MailFacts]) -> None:
    """Write the facts in one transaction: a reader sees a mail's old ones or its new ones.

    A newer extractor may give a mail another key: the copies with these bytes then belong to that
    mail, and a mail that no copy belongs to any more is deleted.
    """
    with database.write() as connection:
        left = set()
        for content, mail_id in sorted(write_mails(database, connection, facts).items()):
            left |= _move_copies(database, connection, content, mail_id)
        if left:
            _delete_orphans(database, connection, left)


def _move_copies(database: Database, connection: Connection, content: str, to: int) -> set[int]:
    """Give the copies with these bytes to a mail; the mails that they belonged to before."""
    is_elsewhere = (copies.c.content_sha256 == content) & (copies.c.mail_id != to)
    found = connection.execute(select(copies.c.id, copies.c.mail_id).where(is_elsewhere)).all()
    if found:
        moved = database.among(copies.c.id, [copy_id for copy_id, _ in found])
        connection.execute(update(copies).where(moved).values(mail_id=to))
    return {mail_id for _, mail_id in found}


def _delete_orphans(database: Database, connection: Connection, mail_ids: Collection[int]) -> None:
    held = select(copies.c.mail_id).where(database.among(copies.c.mail_id, mail_ids)).distinct()
    orphans = set(mail_ids) - set(connection.execute(held).scalars())
    for table, column in (*((part, part.c.mail_id) for part in PARTS), (mails, mails.c.id)):
        connection.execute(delete(table).where(database.among(column, orphans)))


def _is_outdated(version: int) -> ColumnElement[bool]:
    live = exists().where(copies.c.mail_id == mails.c.id, copies.c.gone_at.is_(None))
    return (mails.c.extractor_version < version) & live
