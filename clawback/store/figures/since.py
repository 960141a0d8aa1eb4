"""What became of a cluster's members, and what came after it, in grouped statements."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, and_, exists, func, or_, select

from clawback.store.database import Database
from clawback.store.index.carrying import carriers
from clawback.store.index.refs import ROLES
from models.copies import FolderRole
from models.indicators import Indicator
from models.locations import Bucket
from models.outcomes import Outcome
from models.since import MemberGroup
from models.tables.catalog import (
    action_copies,
    cluster_members,
    clusters,
    copies,
    copy_locations,
    location_checks,
    mailboxes,
)


def read_member_groups(connection: Connection, cluster_id: int) -> tuple[MemberGroup, ...]:
    """The members by what became of them since the check that came with the analysis."""
    then, ours = copy_locations.c, _was_moved()
    source = (
        cluster_members.join(clusters, clusters.c.id == cluster_members.c.cluster_id)
        .join(copies, copies.c.id == cluster_members.c.copy_id)
        .outerjoin(
            copy_locations,
            and_(
                then.check_id == _first_check(connection, cluster_id),
                then.copy_id == cluster_members.c.copy_id,
            ),
        )
    )
    columns = (
        then.bucket,
        then.folder.is_not(None).label("was_somewhere"),
        or_(then.folder != copies.c.folder, then.role != copies.c.role).label("is_elsewhere"),
        copies.c.gone_at.is_not(None).label("is_gone"),
        ours.label("is_ours"),
        copies.c.role,
    )
    inner = select(*columns).select_from(source).where(cluster_members.c.cluster_id == cluster_id)
    each = inner.subquery()
    statement = select(*each.c, func.count()).group_by(*each.c)
    return tuple(_group(row) for row in connection.execute(statement))


def read_arrivals(
    database: Database,
    connection: Connection,
    cluster_id: int,
    indicator: Indicator,
    *,
    excluded: Collection[str],
    simulations: Collection[Indicator],
) -> Mapping[FolderRole, int]:
    """Live copies that match now and are no members, by role."""
    is_member = exists().where(
        cluster_members.c.cluster_id == cluster_id, cluster_members.c.copy_id == copies.c.id
    )
    wanted = [
        copies.c.gone_at.is_(None),
        copies.c.mail_id.in_(carriers(database, connection, indicator)),
        ~is_member,
        *(copies.c.mail_id.not_in(carriers(database, connection, one)) for one in simulations),
    ]
    if excluded:
        wanted.append(~database.among_texts(mailboxes.c.address, excluded))
    statement = (
        select(copies.c.role, func.count())
        .join(mailboxes, mailboxes.c.id == copies.c.mailbox_id)
        .where(*wanted)
        .group_by(copies.c.role)
    )
    return {ROLES[role]: number for role, number in connection.execute(statement)}


def _first_check(connection: Connection, cluster_id: int) -> int:
    """The first check of the cluster as it is, 0 for none: an earlier one was of an earlier search."""
    statement = (
        select(func.min(location_checks.c.id))
        .join(clusters, clusters.c.id == location_checks.c.cluster_id)
        .where(
            location_checks.c.cluster_id == cluster_id,
            location_checks.c.checked_at >= clusters.c.query_at,
        )
    )
    return int(connection.execute(statement).scalar() or 0)


def _was_moved() -> Any:
    """Whether an action moved the copy since the cluster was looked for."""
    return exists().where(
        action_copies.c.copy_id == cluster_members.c.copy_id,
        action_copies.c.outcome == Outcome.MOVED.value,
        action_copies.c.finished_at >= clusters.c.query_at,
    )


def _group(row: Any) -> MemberGroup:
    bucket, was_somewhere, is_elsewhere, is_gone, is_ours, role, members = row
    return MemberGroup(
        bucket=None if bucket is None else Bucket(bucket),
        was_somewhere=bool(was_somewhere),
        is_elsewhere=bool(is_elsewhere),
        is_gone=bool(is_gone),
        is_ours=bool(is_ours),
        role=ROLES[role],
        members=members,
    )
