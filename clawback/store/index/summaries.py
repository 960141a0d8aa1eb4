"""Numbers about the index and about clusters, for policy and for people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, exists, func, select

from clawback.store.database import Database
from clawback.store.index.deltas import NEVER
from clawback.store.index.matches import url_ids
from clawback.store.keys import is_sha256
from models.clusters import ClusterFacts, Member
from models.indicators import Indicator, IndicatorKind
from models.syncing import IndexStatus, ProblemMail
from models.tables.catalog import (
    copies,
    mail_files,
    mail_recipients,
    mail_urls,
    mailboxes,
    mails,
    sources,
)

CLAIMED = " (claimed)"
"""Behind a type that only the message says: its first bytes do not."""

UNKNOWN_TYPE = "unknown"

_TOP = 10


def cluster_facts(
    database: Database, connection: Connection, members: Sequence[Member], indicator: Indicator
) -> ClusterFacts:
    """What explains a cluster; files are those with the indicator's hash."""
    mail_ids = {member.mail_id for member in members}
    boxes = {(member.ref.source, member.ref.mailbox) for member in members}
    known = connection.execute(
        select(func.count()).select_from(mailboxes).where(mailboxes.c.gone_at.is_(None))
    ).scalar_one()
    seen = connection.execute(
        select(func.min(copies.c.first_seen_at), func.max(copies.c.first_seen_at)).where(
            database.among(copies.c.id, [member.ref.copy_id for member in members])
        )
    ).one()
    senders, subjects = connection.execute(
        select(
            func.count(mails.c.from_address.distinct()), func.count(mails.c.subject.distinct())
        ).where(database.among(mails.c.id, mail_ids))
    ).one()
    names, types = _files(database, connection, mail_ids, indicator)
    return ClusterFacts(
        mails=len(mail_ids),
        senders=senders,
        subjects=subjects,
        mailboxes=len(boxes),
        first_seen_at=seen[0],
        last_seen_at=seen[1],
        file_names=names,
        file_types=types,
        organisation_share=len(boxes) / known if known else 0.0,
        known_mailboxes=known,
    )


def _files(
    database: Database, connection: Connection, mail_ids: Collection[int], indicator: Indicator
) -> tuple[dict[str, int], dict[str, int]]:
    """How many mails carry each name and each type of the file: the ten most frequent of each."""
    if indicator.kind is not IndicatorKind.FILE or not is_sha256(indicator.value):
        return {}, {}
    found = mail_files.c
    claimed = case((found.content_type != "", found.content_type + CLAIMED), else_=UNKNOWN_TYPE)
    kind = case((found.file_type != "", found.file_type), else_=claimed)
    is_meant = (found.sha256 == indicator.value) & database.among(found.mail_id, mail_ids)
    names, types = (
        connection.execute(_most_frequent(column, is_meant)) for column in (found.filename, kind)
    )
    return dict(names.tuples().all()), dict(types.tuples().all())


def _most_frequent(column: ColumnElement[str], is_meant: ColumnElement[bool]) -> Select[Any]:
    number = func.count(mail_files.c.mail_id.distinct())
    named = column.label("named")
    grouped = select(named, number).where(is_meant).group_by(named)
    return grouped.order_by(number.desc(), named).limit(_TOP)


def external_recipients(
    database: Database, connection: Connection, mail_ids: Collection[int], domains: Collection[str]
) -> int:
    """Recipients in these domains whose mailbox no source holds, once per mail and address."""
    if not mail_ids or not domains:
        return 0
    found = mail_recipients.c
    held = exists().where(mailboxes.c.address == found.address, mailboxes.c.gone_at.is_(None))
    statement = (
        select(found.mail_id, found.address)
        .where(
            database.among(found.mail_id, mail_ids),
            found.domain.in_(sorted({domain.lower() for domain in domains})),
            ~held,
        )
        .distinct()
    )
    return int(
        connection.execute(select(func.count()).select_from(statement.subquery())).scalar_one()
    )


def unrelated_senders(database: Database, connection: Connection, indicator: Indicator) -> int:
    """How many sender domains sent the file or link; mails without a sender count as one.

    Mails without a live copy count too, and links in headers, which do not cluster: both tell
    who else uses it.
    """
    match indicator.kind:
        case IndicatorKind.FILE:
            if not is_sha256(indicator.value):
                return 0
            carrier, is_meant = mail_files, mail_files.c.sha256 == indicator.value
        case IndicatorKind.SELECTION:
            return 0
        case IndicatorKind.URL:
            found = url_ids(connection, indicator)
            carrier, is_meant = mail_urls, database.among(mail_urls.c.url_id, found)
    statement = (
        select(func.count(mails.c.from_domain.distinct()))
        .join(carrier, carrier.c.mail_id == mails.c.id)
        .where(is_meant)
    )
    return int(connection.execute(statement).scalar_one())


def index_status(connection: Connection) -> IndexStatus:
    """Size and freshness of what is not gone."""
    boxes, as_of = connection.execute(
        select(func.count(), func.min(mailboxes.c.last_synced_at)).where(
            mailboxes.c.gone_at.is_(None)
        )
    ).one()
    live = select(func.count()).select_from(copies).where(copies.c.gone_at.is_(None))
    problems = select(func.count()).select_from(mails).where(mails.c.problem_count > 0)
    return IndexStatus(
        mailboxes=boxes,
        mails=connection.execute(select(func.count()).select_from(mails)).scalar_one(),
        copies=connection.execute(live).scalar_one(),
        problem_mails=connection.execute(problems).scalar_one(),
        as_of=None if as_of == NEVER else as_of,
        answered_at=dict(connection.execute(_ANSWERED).tuples().all()),
    )


_ANSWERED = select(sources.c.name, sources.c.answered_at).where(
    sources.c.answered_at.is_not(None), sources.c.failed_at.is_(None)
)


def problem_mails(connection: Connection, limit: int) -> tuple[ProblemMail, ...]:
    """Mails that could not be read whole and still have a copy, newest first."""
    any_copy = copies.alias("any_copy")
    first = (
        select(func.min(any_copy.c.id))
        .where(any_copy.c.mail_id == mails.c.id, any_copy.c.gone_at.is_(None))
        .scalar_subquery()
    )
    statement = (
        select(
            mailboxes.c.source,
            mailboxes.c.address,
            copies.c.folder,
            copies.c.content_sha256,
            mails.c.problems,
        )
        .select_from(mails)
        .join(copies, copies.c.id == first)
        .join(mailboxes, mailboxes.c.id == copies.c.mailbox_id)
        .where(mails.c.problem_count > 0)
        .order_by(mails.c.id.desc())
        .limit(limit)
    )
    return tuple(
        ProblemMail(source, address, folder, content, tuple(code for code, _ in problems))
        for source, address, folder, content, problems in connection.execute(statement)
    )
