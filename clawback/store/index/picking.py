"""Picking: the live copies of messages that people name by mail and mailbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from clawback.store.database import Database
from clawback.store.index.refs import (
    COPIES,
    NO_SIBLINGS,
    ROLES,
    read_siblings,
    ref_of,
    select_refs,
)
from models.clusters import Member
from models.copies import FolderRole
from models.selecting import ListedCopy, MessageKey
from models.tables.catalog import copies, mailboxes, mails
from models.tables.columns import UtcDateTime

AT_ONCE = 5_000
"""Mails, or rows, that are asked for at once."""


def pick_members(
    database: Database, connection: Connection, keys: Collection[MessageKey]
) -> Mapping[MessageKey, tuple[Member, ...]]:
    """The live copies of each message that has any, by copy id; keys in lower case."""
    found: dict[MessageKey, list[Member]] = defaultdict(list)
    names = sorted({key.network_message_id for key in keys})
    for some in _pieces(names):
        statement = _live(mails.c.network_message_id).where(
            database.among_texts(mails.c.network_message_id, some)
        )
        rows = [row for row in connection.execute(statement) if MessageKey(row[-1], row[2]) in keys]
        for row, member in zip(rows, _members(database, connection, rows), strict=True):
            found[MessageKey(row[-1], row[2])].append(member)
    return {key: tuple(members) for key, members in found.items()}


def recipients(
    database: Database, connection: Connection, network_message_ids: Collection[str]
) -> frozenset[MessageKey]:
    """Each mailbox that has a live copy of one of these mails, as a message."""
    found: set[MessageKey] = set()
    for some in _pieces(sorted(network_message_ids)):
        statement = (
            select(mails.c.network_message_id, mailboxes.c.address)
            .join(copies, copies.c.mail_id == mails.c.id)
            .join(mailboxes, mailboxes.c.id == copies.c.mailbox_id)
            .where(
                database.among_texts(mails.c.network_message_id, some), copies.c.gone_at.is_(None)
            )
            .distinct()
        )
        found.update(MessageKey(*row) for row in connection.execute(statement).tuples())
    return frozenset(found)


def senders_copies(
    database: Database, connection: Connection, mail_ids: Collection[int]
) -> tuple[Member, ...]:
    """The live copies of these mails in the Sent Items of the sender's own mailbox, by copy id."""
    found: list[Member] = []
    for some in _pieces(sorted(mail_ids)):
        statement = _live(mails.c.from_address).where(
            database.among(mails.c.id, some),
            copies.c.role == FolderRole.SENT.value,
            mailboxes.c.address == mails.c.from_address,
        )
        found += _members(database, connection, connection.execute(statement).all())
    return tuple(sorted(found, key=lambda member: member.ref.copy_id))


def listed_copies(
    database: Database, connection: Connection, keys: Collection[MessageKey]
) -> tuple[ListedCopy, ...]:
    """The live copies of some messages with what their mail says of itself, by copy id."""
    statement = (
        select(
            copies.c.id,
            mails.c.network_message_id,
            mailboxes.c.address,
            mailboxes.c.source,
            copies.c.role,
            mails.c.subject,
            mails.c.from_address,
            func.coalesce(copies.c.received_at, copies.c.first_seen_at, type_=UtcDateTime),
        )
        .select_from(COPIES)
        .where(
            database.among_texts(
                mails.c.network_message_id, sorted({key.network_message_id for key in keys})
            ),
            copies.c.gone_at.is_(None),
        )
        .order_by(copies.c.id)
    )
    wanted = frozenset(keys)
    return tuple(
        ListedCopy(key, number, source, ROLES[role], subject, sender, at)
        for number, mail, box, source, role, subject, sender, at in connection.execute(statement)
        if (key := MessageKey(mail, box)) in wanted
    )


def senders_of(
    database: Database, connection: Connection, network_message_ids: Collection[str]
) -> Mapping[str, str]:
    """The sender of each of these mails that is known."""
    found: dict[str, str] = {}
    for some in _pieces(sorted(network_message_ids)):
        statement = select(mails.c.network_message_id, mails.c.from_address).where(
            database.among_texts(mails.c.network_message_id, some)
        )
        found.update(connection.execute(statement).tuples().all())
    return found


def _live(last: Any) -> Select[Any]:
    """References with the mail's number, and one more column at the end."""
    statement = select_refs(copies.c.mail_id, last).where(copies.c.gone_at.is_(None))
    return statement.order_by(copies.c.id)


def _members(
    database: Database, connection: Connection, rows: Collection[Row[Any]]
) -> Iterator[Member]:
    siblings = {}
    for some in _pieces([row[0] for row in rows]):
        siblings.update(read_siblings(database, connection, some))
    for row in rows:
        yield Member(ref_of(row, siblings.get(row[0], NO_SIBLINGS)), row[-2], "")


def _pieces(items: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]
