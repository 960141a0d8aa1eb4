"""Clusters and their members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select

from clawback.errors import NotFound
from clawback.store.cases.alerts import indicator_of
from clawback.store.database import Database
from clawback.store.documents import plain, read_facts, read_guards
from clawback.store.index.refs import COPIES, NO_SIBLINGS, REF_COLUMNS, read_siblings, ref_of
from clawback.store.journal import record
from clawback.store.keys import text_key
from models.clusters import Cluster, ClusterKind, Member
from models.history import Event
from models.indicators import Indicator
from models.tables.catalog import cluster_members, clusters, copies

INDICATOR = (
    clusters.c.indicator_kind,
    clusters.c.indicator,
    clusters.c.given,
    clusters.c.match,
)
"""What `indicator_of` reads."""


class Clusters:
    """The part of `CaseStore` that is about clusters."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_cluster(self, investigation_id: int, cluster: Cluster) -> int:
        """Upsert on (investigation, kind, indicator, match) with its members; returns the id."""
        with self._database.write() as connection:
            return write_cluster(self._database, connection, investigation_id, cluster)

    def cluster(self, cluster_id: int) -> Cluster:
        """One cluster with its members as the index knows them now. Raises `NotFound`."""
        with self._database.read() as connection:
            row = connection.execute(select(clusters).where(clusters.c.id == cluster_id)).first()
            if row is None:
                raise missing_cluster(cluster_id)
            return Cluster(
                kind=ClusterKind(row.kind),
                indicator=indicator_of((row.indicator_kind, row.indicator, row.given, row.match)),
                name=row.name,
                members=members_of(self._database, connection, select_members(cluster_id)),
                facts=read_facts(row.facts),
                guards=read_guards(row.guards),
                external_recipients=row.external_recipients,
                excluded=row.excluded,
                query_at=row.query_at,
            )

    def investigation_of(self, cluster_id: int) -> int:
        """The investigation that a cluster belongs to. Raises `NotFound`."""
        with self._database.read() as connection:
            return investigation_of(connection, cluster_id)

    def cluster_ids(self, investigation_id: int) -> tuple[int, ...]:
        """The clusters of one investigation, oldest first."""
        return tuple(self.cluster_indicators(investigation_id))

    def cluster_indicators(self, investigation_id: int) -> Mapping[int, Indicator]:
        """The indicator of each cluster of one investigation, by cluster id, oldest first."""
        statement = select(*INDICATOR, clusters.c.id).where(
            clusters.c.investigation_id == investigation_id
        )
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(clusters.c.id))
            return {row[4]: indicator_of(row) for row in rows}


def write_cluster(
    database: Database, connection: Connection, investigation_id: int, cluster: Cluster
) -> int:
    """The id of the cluster, written with its members in the caller's transaction."""
    row = _row(investigation_id, cluster)
    statement = database.insert(clusters).values(row)
    identity = ("investigation_id", "kind", "indicator_key", "match")
    upsert = statement.on_conflict_do_update(
        index_elements=[clusters.c[name] for name in identity],
        set_={name: value for name, value in row.items() if name not in identity},
    )
    number = int(connection.execute(upsert.returning(clusters.c.id)).scalar_one())
    if _write_members(database, connection, number, cluster.members):
        record(
            connection,
            Event.CLUSTER_FOUND,
            cluster.query_at,
            investigation_id=investigation_id,
            cluster_id=number,
            kind=cluster.kind.value,
            members=len(cluster.members),
            mails=cluster.facts.mails,
            excluded=plain(cluster.excluded),
        )
    return number


def _write_members(
    database: Database, connection: Connection, cluster_id: int, members: Sequence[Member]
) -> bool:
    """Whether anything changed, or a cluster is written for the first time."""
    known = dict(
        connection.execute(
            select(cluster_members.c.copy_id, cluster_members.c.why).where(
                cluster_members.c.cluster_id == cluster_id
            )
        )
        .tuples()
        .all()
    )
    wanted = {member.ref.copy_id: member for member in members}
    stale = [number for number in known if number not in wanted]
    changed = [
        number for number in known if number in wanted and known[number] != wanted[number].why
    ]
    if stale or changed:
        connection.execute(
            delete(cluster_members).where(
                cluster_members.c.cluster_id == cluster_id,
                database.among(cluster_members.c.copy_id, [*stale, *changed]),
            )
        )
    fresh = [member for number, member in wanted.items() if number not in known]
    fresh += [wanted[number] for number in changed]
    if fresh:
        rows = [_member_row(cluster_id, member) for member in fresh]
        connection.execute(insert(cluster_members), rows)
    return bool(stale or fresh or not known)


def investigation_of(connection: Connection, cluster_id: int) -> int:
    """The investigation of a cluster. Raises `NotFound`."""
    statement = select(clusters.c.investigation_id).where(clusters.c.id == cluster_id)
    number = connection.execute(statement).scalar()
    if number is None:
        raise missing_cluster(cluster_id)
    return int(number)


def is_over(indicator: Indicator) -> Any:
    """Whether a cluster is about this indicator, with the same match."""
    return (
        (clusters.c.indicator_key == text_key(indicator.value))
        & (clusters.c.indicator_kind == indicator.kind.value)
        & (clusters.c.match == indicator.match.value)
    )


_MAIL_ID, _WHY = len(REF_COLUMNS), len(REF_COLUMNS) + 1


def select_members(cluster_id: int) -> Select[Any]:
    """A select of what `members_of` reads, by copy id."""
    return (
        select(*REF_COLUMNS, copies.c.mail_id, cluster_members.c.why)
        .select_from(COPIES.join(cluster_members, cluster_members.c.copy_id == copies.c.id))
        .where(cluster_members.c.cluster_id == cluster_id)
        .order_by(cluster_members.c.copy_id)
    )


def members_of(
    database: Database, connection: Connection, statement: Select[Any]
) -> tuple[Member, ...]:
    """The members that a `select_members` finds, as the index knows them now."""
    rows = connection.execute(statement).all()
    siblings = read_siblings(database, connection, [row[0] for row in rows]) if rows else {}
    return tuple(
        Member(ref_of(row, siblings.get(row[0], NO_SIBLINGS)), row[_MAIL_ID], row[_WHY])
        for row in rows
    )


def _row(investigation_id: int, cluster: Cluster) -> dict[str, Any]:
    return {
        "investigation_id": investigation_id,
        "kind": cluster.kind.value,
        "indicator_kind": cluster.indicator.kind.value,
        "indicator_key": text_key(cluster.indicator.value),
        "indicator": cluster.indicator.value,
        "given": cluster.indicator.given,
        "match": cluster.indicator.match.value,
        "name": cluster.name,
        "facts": plain(cluster.facts),
        "guards": plain(cluster.guards),
        "external_recipients": cluster.external_recipients,
        "excluded": plain(cluster.excluded),
        "query_at": cluster.query_at,
    }


def _member_row(cluster_id: int, member: Member) -> dict[str, Any]:
    return {
        "cluster_id": cluster_id,
        "copy_id": member.ref.copy_id,
        "mail_id": member.mail_id,
        "why": member.why,
    }


def missing_cluster(cluster_id: int) -> NotFound:
    """The error for a number that no cluster has."""
    return NotFound(f"there is no cluster {cluster_id}: look at the investigation's clusters")
