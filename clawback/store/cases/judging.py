"""What is known of a cluster at a time, and what the gate said of it: both append-only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from clawback.store.cases.clusters import investigation_of
from clawback.store.database import Database
from clawback.store.documents import plain
from clawback.store.index.refs import ROLES
from clawback.store.journal import record
from models.copies import LiveCopy, Place, SourceFault
from models.decisions import Decision, Effect, PolicyInputs, RuleResult
from models.history import Event
from models.locations import Bucket, CopyLocation, DeliveryLocation, LocationCounts
from models.tables.catalog import copy_locations, decisions, location_checks


class Judging:
    """The part of `CaseStore` that is about location checks and decisions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_locations(
        self, cluster_id: int, locations: Sequence[CopyLocation], counts: LocationCounts
    ) -> None:
        """Append one location check; the latest counts."""
        statement = insert(location_checks).values(
            cluster_id=cluster_id,
            checked_at=counts.checked_at,
            by_bucket=plain(counts.by_bucket),
            by_location=plain(counts.by_location),
            by_source=plain(counts.by_source),
        )
        with self._database.write() as connection:
            investigation_id = investigation_of(connection, cluster_id)
            check_id = connection.execute(statement.returning(location_checks.c.id)).scalar_one()
            rows = [_location_row(check_id, item) for item in locations]
            if rows:
                connection.execute(insert(copy_locations), rows)
            record(
                connection,
                Event.LOCATIONS_CHECKED,
                counts.checked_at,
                investigation_id=investigation_id,
                cluster_id=cluster_id,
                by_bucket=plain(counts.by_bucket),
            )

    def latest_counts(self, cluster_id: int) -> LocationCounts | None:
        """The counts of the latest check."""
        statement = select(location_checks).where(location_checks.c.id == _latest(cluster_id))
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        return None if row is None else counts_of(row)

    def latest_locations(self, cluster_id: int) -> tuple[CopyLocation, ...]:
        """The members' locations at the latest check, by copy id; empty where none was made."""
        statement = (
            select(copy_locations)
            .where(copy_locations.c.check_id == _latest(cluster_id))
            .order_by(copy_locations.c.copy_id)
        )
        with self._database.read() as connection:
            return tuple(_location(row) for row in connection.execute(statement))

    def save_decision(self, cluster_id: int, decision: Decision, inputs: PolicyInputs) -> int:
        """Append a decision with the inputs that policy saw; returns its id."""
        statement = insert(decisions).values(
            cluster_id=cluster_id,
            effect=decision.effect.value,
            reason=decision.reason,
            rules=[[rule.rule, rule.hit, rule.reason] for rule in decision.rules],
            copies=sorted(decision.copies),
            deduplicated_by=decision.deduplicated_by,
            inputs=plain(inputs),
            decided_at=decision.decided_at,
        )
        with self._database.write() as connection:
            investigation_id = investigation_of(connection, cluster_id)
            number = int(connection.execute(statement.returning(decisions.c.id)).scalar_one())
            record(
                connection,
                Event.DECISION_MADE,
                decision.decided_at,
                investigation_id=investigation_id,
                cluster_id=cluster_id,
                decision_id=number,
                effect=decision.effect.value,
                reason=decision.reason,
                copies=len(decision.copies),
            )
        return number

    def latest_decision(self, cluster_id: int) -> Decision | None:
        """The decision that counts."""
        with self._database.read() as connection:
            row = _latest_decision(connection, cluster_id)
        if row is None:
            return None
        return Decision(
            effect=Effect(row.effect),
            reason=row.reason,
            rules=tuple(RuleResult(*rule) for rule in row.rules),
            copies=frozenset(row.copies),
            decided_at=row.decided_at,
            deduplicated_by=row.deduplicated_by,
        )


def counts_of(row: Any) -> LocationCounts:
    """The counts in the columns of a location check."""
    return LocationCounts(
        checked_at=row.checked_at,
        by_bucket={Bucket(name): number for name, number in row.by_bucket.items()},
        by_location={DeliveryLocation(n): number for n, number in row.by_location.items()},
        by_source={
            source: {Bucket(name): number for name, number in buckets.items()}
            for source, buckets in row.by_source.items()
        },
    )


def _latest(cluster_id: int) -> Any:
    """The number of a cluster's latest check."""
    return (
        select(location_checks.c.id)
        .where(location_checks.c.cluster_id == cluster_id)
        .order_by(location_checks.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _latest_decision(connection: Connection, cluster_id: int) -> Any:
    statement = select(decisions).where(decisions.c.cluster_id == cluster_id)
    return connection.execute(statement.order_by(decisions.c.id.desc()).limit(1)).first()


def _location_row(check_id: int, item: CopyLocation) -> dict[str, Any]:
    live = item.live
    return {
        "check_id": check_id,
        "copy_id": item.copy_id,
        "folder": live.place.folder if live.place else None,
        "handle": live.place.handle if live.place else None,
        "role": live.role.value if live.role else None,
        "content_sha256": live.content_sha256,
        "flags": " ".join(sorted(live.flags)),
        "is_protected": live.protected,
        "fault": live.fault.value if live.fault else None,
        "location": item.location.value,
        "bucket": item.bucket.value,
    }


def _location(row: Any) -> CopyLocation:
    live = LiveCopy(
        copy_id=row.copy_id,
        place=None if row.folder is None else Place(row.folder, row.handle),
        role=None if row.role is None else ROLES[row.role],
        content_sha256=row.content_sha256,
        flags=frozenset(row.flags.split()),
        protected=row.is_protected,
        fault=None if row.fault is None else SourceFault(row.fault),
    )
    return CopyLocation(row.copy_id, live, DeliveryLocation(row.location), Bucket(row.bucket))
