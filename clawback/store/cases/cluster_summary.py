"""A cluster at a glance: what it says of itself, and its members as counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from clawback.core.delivery import delivery_action, location_words
from clawback.store.action_list import read_verdicts
from clawback.store.cases.cluster_threats import count_threats
from clawback.store.cases.clusters import missing_cluster
from clawback.store.database import Database
from clawback.store.documents import read_facts, read_guards
from clawback.store.index.refs import ROLES
from models.action_list import ClusterSummary, SampleMessage
from models.clusters import ClusterKind
from models.indicators import Indicator, IndicatorKind, UrlMatch
from models.tables.catalog import (
    cluster_members,
    clusters,
    copies,
    mailboxes,
    mails,
)


def read_summary(
    database: Database, connection: Connection, cluster_id: int, *, sample: int
) -> ClusterSummary:
    """The cluster with `sample` of its members. Raises `NotFound`."""
    row = connection.execute(select(clusters).where(clusters.c.id == cluster_id)).first()
    if row is None:
        raise missing_cluster(cluster_id)
    roles = _first_roles(connection, cluster_id)
    return ClusterSummary(
        id=cluster_id,
        kind=ClusterKind(row.kind),
        indicator=Indicator(
            IndicatorKind(row.indicator_kind), row.indicator, row.given, UrlMatch(row.match)
        ),
        name=row.name,
        facts=read_facts(row.facts),
        guards=tuple(one.reason for one in read_guards(row.guards)),
        excluded=row.excluded,
        external_recipients=row.external_recipients,
        query_at=row.query_at,
        members=sum(roles.values()),
        verdict=read_verdicts(database, connection, [cluster_id]).get(cluster_id),
        by_threat=count_threats(database, connection, cluster_id),
        by_delivery=_by_delivery(roles),
        sample=_sample(connection, cluster_id, sample),
    )


def _first_roles(connection: Connection, cluster_id: int) -> dict[str, int]:
    """Members by the role of the folder that each was delivered to."""
    statement = (
        select(copies.c.first_role, func.count())
        .join(cluster_members, cluster_members.c.copy_id == copies.c.id)
        .where(cluster_members.c.cluster_id == cluster_id)
        .group_by(copies.c.first_role)
    )
    return dict(connection.execute(statement).tuples().all())


def _by_delivery(roles: Mapping[str, int]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for role, number in roles.items():
        found[delivery_action(location_words(ROLES[role]))] += number
    return dict(found)


def _sample(connection: Connection, cluster_id: int, limit: int) -> tuple[SampleMessage, ...]:
    statement = (
        select(
            mailboxes.c.address,
            mails.c.subject,
            mails.c.from_name,
            mails.c.from_address,
            func.coalesce(copies.c.received_at, copies.c.first_seen_at).label("received_at"),
            mails.c.network_message_id,
            cluster_members.c.why,
        )
        .select_from(
            cluster_members.join(copies, copies.c.id == cluster_members.c.copy_id)
            .join(mailboxes, mailboxes.c.id == copies.c.mailbox_id)
            .join(mails, mails.c.id == copies.c.mail_id)
        )
        .where(cluster_members.c.cluster_id == cluster_id)
        .order_by(cluster_members.c.copy_id)
        .limit(limit)
    )
    return tuple(_message(row) for row in connection.execute(statement))


def _message(row: Any) -> SampleMessage:
    return SampleMessage(
        mailbox=row.address,
        subject=row.subject,
        from_name=row.from_name,
        from_address=row.from_address,
        received_at=row.received_at,
        network_message_id=row.network_message_id,
        why=row.why,
    )
