"""Rows about copies: EmailEvents, EmailAttachmentInfo, EmailUrlInfo and EmailPostDeliveryEvents.

A row is its key and the values of `carried` columns, in their order; tests compare the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from clawback.core.delivery import (
    NOT_FOUND,
    delivery_action,
    latest_action,
    location_words,
    words_for,
)
from clawback.core.report_ids import report_id
from clawback.store.database import Database
from clawback.store.index.refs import ROLES
from clawback.store.keys import domain_of
from clawback.store.mirror.mail_facts import Judged, MailRow, read_mails
from models.copies import FolderRole
from models.history import PostDeliveryResult
from models.locations import DeliveryLocation
from models.tables.catalog import (
    action_copies,
    cluster_members,
    copies,
    mailboxes,
    post_delivery_events,
)

Row = tuple[object, ...]

_ROLE_WORDS = {role.value: location_words(role) for role in FolderRole}
_PLACE_WORDS = {place.value: words_for(place) for place in DeliveryLocation}
_SUCCESS = PostDeliveryResult.SUCCESS.value
SECOPS, SIMULATION, ALLOW = "SecOps Mailbox", "Phishing simulation", "Allow"


class _Event(NamedTuple):
    id: int
    copy_id: int
    at: datetime
    action: str
    kind: str
    trigger: str
    result: str
    location: str
    restore_role: str | None


@dataclass(slots=True)
class CopyRows:
    """The rows of some copies, and the keys that they replace."""

    copy_ids: list[int]
    mail_ids: set[int]
    event_ids: list[int]
    events: list[Row]
    files: list[Row]
    post_delivery: list[Row]


def read_copies(
    database: Database,
    connection: Connection,
    is_meant: ColumnElement[bool],
    judged: Judged,
    cache: dict[int, MailRow],
) -> CopyRows:
    """The rows of the copies that are meant. `cache` holds mails that were read, and is filled."""
    found = connection.execute(_COPIES.where(is_meant)).all()
    ids = [row[0] for row in found]
    events = _read_events(database, connection, ids)
    clusters = _read_clusters(database, connection, ids)
    rows = CopyRows(ids, {row[1] for row in found}, [], [], [], [])
    missing = rows.mail_ids - cache.keys()
    cache.update(read_mails(database, connection, missing, judged))
    for row in found:
        copy = _Copy(row, cache[row[1]], judged)
        done = events.get(row[0], ())
        rows.events.append(copy.event_row(clusters.get(row[0], 0), done))
        rows.files += copy.file_rows()
        rows.event_ids += [event.id for event in done]
        rows.post_delivery += [copy.post_delivery_row(event) for event in done]
    return rows


_COPIES = (
    select(
        copies.c.id,
        copies.c.mail_id,
        mailboxes.c.address,
        mailboxes.c.source,
        copies.c.role,
        copies.c.first_role,
        copies.c.received_at,
        copies.c.first_seen_at,
        copies.c.gone_at,
    )
    .join(mailboxes, mailboxes.c.id == copies.c.mailbox_id)
    .order_by(copies.c.id)
)


class _Copy:
    """One copy with its mail, in the words of the tables."""

    def __init__(self, row: Any, mail: MailRow, judged: Judged) -> None:
        self.id, _, self.address, self.source, role, first_role, received_at, seen_at, gone_at = row
        self.mail = mail
        self.at: datetime = received_at or seen_at
        self.seen_at: datetime = seen_at
        self.gone_at: datetime | None = gone_at
        self.delivered = _ROLE_WORDS[first_role]
        self.now = NOT_FOUND if gone_at else _ROLE_WORDS[role]
        self.report_id = report_id(mail.network_message_id, self.address)
        is_secops = self.address in judged.exclusions.mailboxes
        policy = SECOPS if is_secops else SIMULATION if mail.is_simulation else ""
        self.policy = (ALLOW if policy else "", policy)

    def event_row(self, cluster_id: int, events: Collection[_Event]) -> Row:
        """The row of EmailEvents."""
        mail = self.mail
        done = [event for event in events if event.result == _SUCCESS]
        last = done[-1] if done else None
        return (
            self.id,
            self.at,
            *mail.sender,
            self.address,
            domain_of(self.address),
            mail.subject,
            cluster_id,
            mail.direction,
            delivery_action(self.delivered),
            self.delivered,
            self.now,
            latest_action(
                self.delivered,
                self.now,
                remediation=last.action if last else "",
                remediated_to=_PLACE_WORDS[last.location] if last else "",
            ),
            *mail.threats,
            *mail.measures,
            *self.policy,
            mail.to,
            mail.cc,
            self._changed_at(events),
            {"Source": self.source, "CopyId": self.id},
            self.report_id,
        )

    def _changed_at(self, events: Collection[_Event]) -> datetime:
        times = [event.at for event in events]
        if self.gone_at:
            times.append(self.gone_at)
        return max(times) if times else self.seen_at

    def file_rows(self) -> Iterator[Row]:
        """The rows of EmailAttachmentInfo."""
        mail = self.mail
        for file in mail.files:
            yield (
                self.id,
                self.at,
                mail.network_message_id,
                mail.from_address,
                mail.from_name,
                self.address,
                *file,
                self.report_id,
            )

    def post_delivery_row(self, event: _Event) -> Row:
        """A row of EmailPostDeliveryEvents."""
        mail = self.mail
        types, methods, _ = mail.threats
        return (
            event.id,
            event.at,
            mail.network_message_id,
            mail.internet_message_id,
            event.action,
            event.kind,
            event.trigger,
            event.result,
            self.address,
            mail.direction,
            mail.from_address,
            location_words(ROLES[event.restore_role]) if event.restore_role else "",
            _PLACE_WORDS[event.location],
            types,
            methods,
            self.report_id,
        )


def _read_events(
    database: Database, connection: Connection, copy_ids: Collection[int]
) -> Mapping[int, list[_Event]]:
    """What remediation did to each copy, oldest first."""
    found = post_delivery_events.c
    ledger = action_copies.c
    is_same = (ledger.action_id == found.action_id) & (ledger.copy_id == found.copy_id)
    columns = (found.id, found.copy_id, found.timestamp, found.action, found.action_type)
    more = (found.action_trigger, found.action_result, found.delivery_location, ledger.restore_role)
    statement = (
        select(*columns, *more)
        .select_from(post_delivery_events.outerjoin(action_copies, is_same))
        .where(database.among(found.copy_id, copy_ids))
        .order_by(found.id)
    )
    by_copy: dict[int, list[_Event]] = defaultdict(list)
    for row in connection.execute(statement).all():
        by_copy[row[1]].append(_Event(*row))
    return by_copy


def _read_clusters(
    database: Database, connection: Connection, copy_ids: Collection[int]
) -> Mapping[int, int]:
    """The newest cluster of each copy that is in one."""
    found = cluster_members.c
    statement = (
        select(found.copy_id, func.max(found.cluster_id))
        .where(database.among(found.copy_id, copy_ids))
        .group_by(found.copy_id)
    )
    return dict(connection.execute(statement).tuples().all())


def read_links(
    database: Database,
    connection: Connection,
    mail_ids: Collection[int],
    judged: Judged,
    cache: dict[int, MailRow],
    *,
    first_from: int = 0,
) -> tuple[list[int], list[Row]]:
    """The rows of EmailUrlInfo of mails whose first copy has `first_from` as its number or a higher one.

    With the numbers of these mails; a mail without a copy has no rows.
    """
    first = func.min(func.coalesce(copies.c.received_at, copies.c.first_seen_at))
    statement = (
        select(copies.c.mail_id, first)
        .where(database.among(copies.c.mail_id, mail_ids))
        .group_by(copies.c.mail_id)
        .having(func.min(copies.c.id) >= first_from)
    )
    times = dict(connection.execute(statement).tuples().all())
    cache.update(read_mails(database, connection, times.keys() - cache.keys(), judged))
    rows: list[Row] = [
        (mail_id, at, mail.network_message_id, *link, mail.network_message_id)
        for mail_id, at in times.items()
        if (mail := cache.get(mail_id)) is not None
        for link in mail.links
    ]
    return list(times), rows
