"""The Action center's lists as CSV: all that the filters give, in the list's order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clawback.console.asked_actions import Tab, asked_actions, entity_type
from clawback.console.downloads import Sheet, csv_file
from clawback.console.pages.action_center_table import asset_of, columns_of, threat_type
from clawback.console.visiting import Visit
from clawback.services import action_center, report
from models.action_list import ListedAction
from models.locations import Bucket

FILES = {
    Tab.PENDING: "/action-center/files/PendingActions.csv",
    Tab.HISTORY: "/action-center/files/ActionHistory.csv",
}

_MORE = ("Cluster", "Messages", "Created", "Ended")


@csv_file(FILES[Tab.PENDING])
def export_pending(visit: Visit) -> Sheet:
    """What waits, as it is filtered and sorted, whole."""
    return _sheet(visit, Tab.PENDING)


@csv_file(FILES[Tab.HISTORY])
def export_history(visit: Visit) -> Sheet:
    """What was decided, likewise."""
    return _sheet(visit, Tab.HISTORY)


def _sheet(visit: Visit, tab: Tab) -> Sheet:
    asked = asked_actions(visit.here, tab, visit.ctx.clock.now())
    rows: Sequence[ListedAction] = ()
    if asked.wanted is not None:
        rows = action_center.exported(visit.ctx, asked.wanted, asked.sorting)
    labels = [label for _, label, _ in columns_of(tab)]
    return [*labels, *_MORE], (list(_cells(tab, one)) for one in rows)


def _cells(tab: Tab, one: ListedAction) -> Iterator[object]:
    action = one.action
    yield from (report.iso(action.updated_at), action.investigation_id, action.id)
    yield from (action.type.value, entity_type(action.cluster_kind).value, asset_of(one))
    if tab is Tab.PENDING:
        by_bucket = one.counts.by_bucket if one.counts else {}
        yield from (threat_type(one), one.emails)
        for bucket in (Bucket.MAILBOX, Bucket.NOT_IN_MAILBOX, Bucket.EXTERNAL):
            yield by_bucket.get(bucket, 0) if one.counts else None
        yield report.iso(one.first_seen_at)
        yield from (report.iso(action.created_at), report.iso(action.expires_at))
    yield from (action.status.decision, action.decided_by, action.source.value, action.status.value)
    yield from (one.name, action.copies, report.iso(action.created_at), report.iso(action.ended_at))
