"""The Explorer over the mirror: implements `clawback.hunting_ports.EmailExplorer`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from clawback.errors import NotFound, QueryStopped, StopReason
from clawback.hunting.explorer.conditions import Clause, where
from clawback.hunting.explorer.counting import bars_of, counts_of, counts_query, histogram_query
from clawback.hunting.explorer.emails import (
    edge_query,
    email_of,
    messages_query,
    page_query,
)
from clawback.hunting.explorer.entity import entity_of, entity_query
from clawback.hunting_ports import HuntEngine
from models.explore import (
    Bucket,
    EmailCounts,
    EmailEntity,
    ExploredPage,
    ExploreFilter,
    ExploreOrder,
    ExplorePlace,
    Histogram,
    Pivot,
)
from models.hunting import HuntLimits, HuntResult
from models.selecting import MessageKey

_EPOCH = datetime.fromtimestamp(0, UTC)


class MirrorExplorer:
    """Each answer is a query in a process of its own, or two, under the limits of hunting."""

    def __init__(self, engine: HuntEngine, limits: HuntLimits) -> None:
        self._engine = engine
        self._limits = limits

    def emails(
        self,
        wanted: ExploreFilter,
        order: ExploreOrder = ExploreOrder.NEWEST,
        *,
        after: ExplorePlace | None = None,
        limit: int,
    ) -> ExploredPage:
        """See `EmailExplorer.emails`."""
        asked = (where(wanted), order, after, limit)
        moment, copies = self._read(edge_query(*asked)).rows[0]
        edge = None if moment is None else _EPOCH + timedelta(microseconds=int(str(moment)))
        found = self._read(page_query(*asked, edge=edge), rows=limit)
        if len(found.rows) < int(str(copies)):  # some left the mirror meanwhile: others follow
            found = self._read(page_query(*asked), rows=limit)
        names = [column.name for column in found.columns]
        emails = tuple(email_of(dict(zip(names, row, strict=True))) for row in found.rows)
        return ExploredPage(emails, found.mirror_lag)

    def count(self, wanted: ExploreFilter) -> EmailCounts:
        """See `EmailExplorer.count`."""
        found = self._read(counts_query(where(wanted)))
        totals, by = counts_of(found.rows)
        return EmailCounts(**totals, by=by, mirror_lag=found.mirror_lag)

    def histogram(
        self,
        wanted: ExploreFilter,
        bucket: Bucket = Bucket.DAY,
        pivot: Pivot = Pivot.DELIVERY_ACTION,
    ) -> Histogram:
        """See `EmailExplorer.histogram`."""
        found = self._read(histogram_query(where(wanted), bucket, pivot))
        return Histogram(bars_of(found.rows, pivot), found.mirror_lag)

    def messages(self, wanted: ExploreFilter, limit: int) -> tuple[MessageKey, ...]:
        """See `EmailExplorer.messages`."""
        found = self._read(messages_query(where(wanted), limit), rows=limit)
        return tuple(MessageKey(str(mail), str(recipient)) for mail, recipient in found.rows)

    def email(self, email_id: str) -> EmailEntity:
        """See `EmailExplorer.email`."""
        found = self._read(entity_query(email_id))
        entity = entity_of(found.rows, found.mirror_lag)
        if entity is None:
            raise NotFound("there is no such message in that mailbox, or it is not in the index")
        return entity

    def _read(self, query: Clause, *, rows: int | None = None) -> HuntResult:
        """The whole answer. Raises `QueryStopped` where the limits cut it off: half of it misleads."""
        limits = replace(self._limits, rows=max(rows or 0, self._limits.rows))
        found = self._engine.read(query.sql, query.values, limits)
        if found.truncated:
            raise QueryStopped(
                "the answer has more rows than it may: narrow the filter by time",
                StopReason.MEMORY,
            )
        return found
