"""The Action center's lists as CSV: all that the filters give, in the list's order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clawback.console.asked_actions import Tab, asked_actions, entity_type
from clawback.console.downloads import Sheet, csv_file
from clawback.console.pages.action_center_results import MESSAGES, chosen_result
from clawback.console.pages.action_center_table import asset_of, columns_of, threat_type
from clawback.console.visiting import Visit
from clawback.core.result_words import result_of
from clawback.core.showing import plain
from clawback.services import action_center, report
from models.action_list import ActionMessage, ListedAction
from models.actions import RemediationAction
from models.locations import Bucket

FILES = {
    Tab.PENDING: "/action-center/files/PendingActions.csv",
    Tab.HISTORY: "/action-center/files/ActionHistory.csv",
}

_TEXT = 2_000
"""Characters of a text of a mail that are written: a subject may have more."""

_MORE = ("Cluster", "Messages", "Created", "Ended")


@csv_file(FILES[Tab.PENDING])
def export_pending(visit: Visit) -> Sheet:
    """What waits, as it is filtered and sorted, whole."""
    return _sheet(visit, Tab.PENDING)


@csv_file(FILES[Tab.HISTORY])
def export_history(visit: Visit) -> Sheet:
    """What was decided, likewise."""
    return _sheet(visit, Tab.HISTORY)


@csv_file(MESSAGES)
def export_messages(visit: Visit) -> Sheet:
    """What became of each message of the open action, as it is filtered by result, whole."""
    action = visit.ctx.store.cases.action(visit.here.number("open", 0))
    chosen = chosen_result(visit.here)
    rows, _ = action_center.results(
        visit.ctx, action, chosen, offset=0, limit=action_center.EXPORT_MAX
    )
    columns = (
        "Recipient", "Source", "Sender", "Subject", "Result", "Detail", "From folder", "To folder",
        "Finished", "Recoverable until",
    )  # fmt: skip
    return columns, (_message(one, action) for one in rows)


def _message(one: ActionMessage, action: RemediationAction) -> list[object]:
    return [
        plain(one.mailbox, _TEXT),
        one.source,
        plain(one.from_address, _TEXT),
        plain(one.subject, _TEXT),
        result_of(one.state, one.outcome, action.status).value,
        plain(one.detail, _TEXT),
        plain(one.from_folder, _TEXT),
        plain(one.to_folder, _TEXT),
        report.iso(one.finished_at),
        report.iso(one.recoverable_until),
    ]


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
    yield from (
        action.status.decision,
        plain(action.decided_by),
        action.source.value,
        action.status.value,
    )
    yield from (
        plain(one.name, 400),
        action.copies,
        report.iso(action.created_at),
        report.iso(action.ended_at),
    )
