"""The index in a database: implements `clawback.store_ports.IndexStore`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from clawback.store.database import Database
from clawback.store.index import deltas as changing
from clawback.store.index import rereading, summaries
from clawback.store.index.contents import chunks
from clawback.store.index.finding import find_members
from clawback.store.index.mail_parts import mail_parts
from clawback.store.index.matches import read_matches
from clawback.store.index.picking import (
    listed_copies,
    pick_members,
    recipients,
    senders_copies,
    senders_of,
)
from clawback.store.index.refs import ROLES, read_refs
from models.clusters import ClusterFacts, Match, Member
from models.copies import CopyRef, IndexedCopy, Place
from models.indicators import Indicator
from models.mails import MailFacts
from models.selecting import ListedCopy, MessageKey
from models.syncing import IndexStatus, KnownCopy, MailboxDelta, PlacedContent, ProblemMail
from models.tables import catalog
from models.tables.catalog import copies, mails

_CHUNK = 400


class SqlIndex:
    """Content and copies; short transactions, rows become values without objects in between."""

    def __init__(self, database: Database, extractor_version: int) -> None:
        self._database = database
        self._extractor_version = extractor_version

    def cursors(self, source: str) -> Mapping[str, str]:
        """The cursor of each mailbox that was synced before and is not gone."""
        statement = select(catalog.mailboxes.c.address, catalog.mailboxes.c.cursor).where(
            catalog.mailboxes.c.source == source, catalog.mailboxes.c.gone_at.is_(None)
        )
        with self._database.read() as connection:
            return dict(connection.execute(statement).tuples().all())

    def live_copies(self, source: str, mailbox: str) -> tuple[KnownCopy, ...]:
        """The copies of one mailbox that are not gone, by copy id."""
        with self._database.read() as connection:
            rows = connection.execute(_known(source, mailbox, copies.c.gone_at.is_(None)))
            return tuple(_known_copy(row) for row in rows)

    def gone_copies(
        self, source: str, mailbox: str, sha256s: Collection[str]
    ) -> tuple[KnownCopy, ...]:
        """The copies of one mailbox with these contents that are gone, latest gone first."""
        found: list[Any] = []
        with self._database.read() as connection:
            for chunk in chunks(sorted(sha256s), _CHUNK):
                is_meant = copies.c.gone_at.is_not(None) & copies.c.content_sha256.in_(chunk)
                found += connection.execute(_known(source, mailbox, is_meant)).all()
        found.sort(key=lambda row: (row[5], row[0]), reverse=True)
        return tuple(_known_copy(row) for row in found)

    def known_contents(self, sha256s: Collection[str]) -> frozenset[str]:
        """Those of the content hashes whose facts the index has, at this extractor's version."""
        found: set[str] = set()
        with self._database.read() as connection:
            for chunk in chunks(sorted(sha256s), _CHUNK):
                statement = (
                    select(copies.c.content_sha256)
                    .join(mails, mails.c.id == copies.c.mail_id)
                    .where(
                        copies.c.content_sha256.in_(chunk),
                        mails.c.extractor_version >= self._extractor_version,
                    )
                    .distinct()
                )
                found.update(connection.execute(statement).scalars())
        return frozenset(found)

    def pick(self, keys: Collection[MessageKey]) -> Mapping[MessageKey, tuple[Member, ...]]:
        """The live copies of each message that has any, by copy id; keys in lower case."""
        with self._database.read() as connection:
            return pick_members(self._database, connection, keys)

    def recipients(self, network_message_ids: Collection[str]) -> frozenset[MessageKey]:
        """Each mailbox that has a live copy of one of these mails, as a message; ids in lower case."""
        with self._database.read() as connection:
            return recipients(self._database, connection, network_message_ids)

    def senders_copies(self, mail_ids: Collection[int]) -> tuple[Member, ...]:
        """The live copies of these mails in the Sent Items of the sender's own mailbox."""
        with self._database.read() as connection:
            return senders_copies(self._database, connection, mail_ids)

    def listed(self, keys: Collection[MessageKey]) -> tuple[ListedCopy, ...]:
        """The live copies of some messages with what their mail says of itself, by copy id."""
        with self._database.read() as connection:
            return listed_copies(self._database, connection, keys)

    def senders_of(self, network_message_ids: Collection[str]) -> Mapping[str, str]:
        """The sender of each of these mails that is known; ids and addresses in lower case."""
        with self._database.read() as connection:
            return senders_of(self._database, connection, network_message_ids)

    def parts(self, mail_ids: Collection[int]) -> Mapping[int, tuple[Indicator, ...]]:
        """The files and links of each mail that has any, each once."""
        with self._database.read() as connection:
            return mail_parts(self._database, connection, mail_ids)

    def apply(self, deltas: MailboxDelta | Sequence[MailboxDelta], now: datetime) -> None:
        """Write some mailboxes' changes and cursors, all or nothing; harmless when repeated.

        Raises `BadInput` for a new copy whose content's facts are nowhere.
        """
        batch = (deltas,) if isinstance(deltas, MailboxDelta) else deltas
        if batch:
            changing.apply_deltas(self._database, batch, now)

    def announce(self, source: str, mailboxes: Collection[str]) -> None:
        """Record that the source has these mailboxes; until each was looked at, `as_of` is None."""
        if mailboxes:
            changing.announce_mailboxes(self._database, source, sorted(mailboxes))

    def answered(self, source: str, now: datetime) -> None:
        """Record that a source could be asked for its mailboxes and read."""
        self._heard(source, answered_at=now, failed_at=None, failure="")

    def silent(self, source: str, code: str, now: datetime) -> None:
        """Record that a source could not be asked, with a constant code; until it answers again."""
        self._heard(source, failed_at=now, failure=code)

    def _heard(self, source: str, **change: object) -> None:
        statement = self._database.insert(catalog.sources).values(
            {"name": source, "failure": "", **change}
        )
        upsert = statement.on_conflict_do_update(
            index_elements=[catalog.sources.c.name], set_=change
        )
        with self._database.write() as connection:
            connection.execute(upsert)

    def touch(self, source: str, mailboxes: Collection[str], now: datetime) -> None:
        """Record that these mailboxes were asked just now and had nothing new."""
        with self._database.write() as connection:
            changing.touch_mailboxes(connection, source, sorted(mailboxes), now)

    def drop_mailboxes(self, source: str, present: Collection[str], now: datetime) -> int:
        """Mark copies of mailboxes that the source no longer has as gone; returns how many."""
        return changing.drop_mailboxes(self._database, source, present, now)

    def find(self, indicator: Indicator) -> tuple[Member, ...]:
        """All live copies whose mail carries the indicator in body or attachments, by copy id."""
        with self._database.read() as connection:
            return find_members(connection, indicator)

    def refs(self, copy_ids: Collection[int]) -> tuple[CopyRef, ...]:
        """The copies as the index knows them now, gone ones too, by copy id."""
        with self._database.read() as connection:
            return read_refs(self._database, connection, copy_ids)

    def message_ids(self, copy_ids: Collection[int]) -> Mapping[int, tuple[str, str]]:
        """Internet message id and network message id of each copy."""
        statement = (
            select(copies.c.id, mails.c.internet_message_id, mails.c.network_message_id)
            .join(mails, mails.c.id == copies.c.mail_id)
            .where(self._database.among(copies.c.id, copy_ids))
        )
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return {copy_id: (internet, network) for copy_id, internet, network in rows}

    def describe(self, members: Sequence[Member]) -> tuple[IndexedCopy, ...]:
        """The members with what their mail says of itself, in the same order; hostile text."""
        ids = [member.ref.copy_id for member in members]
        statement = (
            select(
                copies.c.id,
                mails.c.internet_message_id,
                mails.c.network_message_id,
                mails.c.subject,
                mails.c.from_address,
                copies.c.first_seen_at,
            )
            .join(mails, mails.c.id == copies.c.mail_id)
            .where(self._database.among(copies.c.id, ids))
        )
        with self._database.read() as connection:
            rows = {row[0]: row for row in connection.execute(statement)}
        return tuple(
            IndexedCopy(
                ref=member.ref,
                internet_message_id=row[1],
                network_message_id=row[2],
                subject=row[3],
                from_address=row[4],
                first_seen_at=row[5],
                why=member.why,
            )
            for member in members
            if (row := rows.get(member.ref.copy_id)) is not None
        )

    def cluster_facts(self, members: Sequence[Member], indicator: Indicator) -> ClusterFacts:
        """Counts and names that explain a cluster; `organisation_share` is of known mailboxes."""
        with self._database.read() as connection:
            return summaries.cluster_facts(self._database, connection, members, indicator)

    def external_recipients(self, mail_ids: Collection[int], domains: Collection[str]) -> int:
        """Recipients of these mails in `domains` without a mailbox in any source, per mail."""
        with self._database.read() as connection:
            return summaries.external_recipients(self._database, connection, mail_ids, domains)

    def unrelated_senders(self, indicator: Indicator) -> int:
        """How many distinct sender domains sent a mail with this file, or with this link anywhere."""
        with self._database.read() as connection:
            return summaries.unrelated_senders(self._database, connection, indicator)

    def status(self) -> IndexStatus:
        """Size and freshness."""
        with self._database.read() as connection:
            return summaries.index_status(connection)

    def problem_mails(self, limit: int) -> tuple[ProblemMail, ...]:
        """Mails that could not be read whole, newest first."""
        with self._database.read() as connection:
            return summaries.problem_mails(connection, limit)

    def matches(self, mail_ids: Collection[int], indicator: Indicator) -> Mapping[int, Match]:
        """Where each of these mails carries the indicator, by mail id."""
        with self._database.read() as connection:
            return read_matches(self._database, connection, mail_ids, indicator)

    def outdated(self) -> int:
        """How many mails with a live copy an older extractor has read."""
        with self._database.read() as connection:
            return rereading.count_outdated(connection, self._extractor_version)

    def outdated_mails(self) -> tuple[int, ...]:
        """The ids of those mails, newest first by the date that each claims."""
        with self._database.read() as connection:
            return rereading.outdated_mails(connection, self._extractor_version)

    def places_of(self, mail_ids: Collection[int]) -> Mapping[int, tuple[PlacedContent, ...]]:
        """Where each of these mails has live copies, a few of them, newest copy first."""
        with self._database.read() as connection:
            return rereading.read_places(self._database, connection, mail_ids)

    def replace_facts(self, facts: Sequence[MailFacts]) -> None:
        """Write what a newer extractor read, all or nothing; copies and their numbers stay."""
        if facts:
            rereading.replace_facts(self._database, facts)


def _known(source: str, mailbox: str, is_meant: ColumnElement[bool]) -> Select[Any]:
    return (
        select(
            copies.c.id,
            copies.c.folder,
            copies.c.handle,
            copies.c.role,
            copies.c.content_sha256,
            copies.c.gone_at,
        )
        .join(catalog.mailboxes, catalog.mailboxes.c.id == copies.c.mailbox_id)
        .where(
            catalog.mailboxes.c.source == source, catalog.mailboxes.c.address == mailbox, is_meant
        )
        .order_by(copies.c.id)
    )


def _known_copy(row: Sequence[Any]) -> KnownCopy:
    return KnownCopy(row[0], Place(row[1], row[2]), ROLES[row[3]], row[4])
