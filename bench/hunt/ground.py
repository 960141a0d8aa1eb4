"""What the bench of hunting stands on: an organisation in the index, and one action that removes mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from bench.find import index_deltas
from clawback.core.indicators import parse_file_indicator
from clawback.lab.facts import facts_clusters, iter_facts
from clawback.lab.options import LabOptions
from clawback.services.context import Context
from clawback.services.intake import alert_for_indicators, raise_alert
from clawback.services.investigate import gather
from models.actions import AUTOMATION, ActionSource, ActionStatus, ActionType, DecidedVia, Lease
from models.copies import FolderRole, Place
from models.outcomes import CopyOutcome, LedgerEntry, Outcome, RestorePoint
from models.planning import NewAction, PlannedCopy
from models.syncing import MailboxDelta

_BATCH = 4096
_PERIOD = timedelta(days=30)
_LEASE = timedelta(hours=6)
_JUNK_EACH = 13


def fill(ctx: Context, messages: int, lab: LabOptions) -> None:
    """So many messages in the index, delivered over the last thirty days."""
    now = ctx.clock.now()
    stream, number = iter_facts(messages, lab), 0
    while batch := list(islice(stream, _BATCH)):
        deltas = []
        for delta in index_deltas(batch):
            deltas.append(_dated(delta, now, number, messages))
            number += len(delta.new)
        ctx.store.index.apply(deltas, now)


def mailboxes_of(messages: int, lab: LabOptions) -> list[str]:
    """The mailboxes of the organisation."""
    first = islice(iter_facts(messages, lab), lab.mailboxes)
    return sorted({mailbox for mailbox, *_ in first})


def _dated(delta: MailboxDelta, now: datetime, number: int, messages: int) -> MailboxDelta:
    new = tuple(
        replace(
            copy,
            received_at=now - _PERIOD * (1 - at / messages),
            role=copy.role if at % _JUNK_EACH else FolderRole.JUNK,
        )
        for at, copy in enumerate(delta.new, number)
    )
    return replace(delta, new=new)


def start_removal(ctx: Context, messages: int, lab: LabOptions) -> tuple[Lease, list[LedgerEntry]]:
    """A soft delete of the largest file's cluster whose restore points are written, by the ledger."""
    now = ctx.clock.now()
    indicator = parse_file_indicator(facts_clusters(messages, lab)[0].indicator)
    alert = alert_for_indicators(
        [indicator], source="bench", external_id="1", reported_by="bench", now=now
    )
    investigation, _ = raise_alert(ctx, alert)
    cluster = gather(ctx, indicator)
    planned = tuple(
        PlannedCopy(member.ref.copy_id, "", FolderRole.RECOVERABLE, "Recoverable")
        for member in cluster.members
    )
    action = ctx.store.cases.create_action(
        NewAction(
            key="bench",
            cluster_id=ctx.store.cases.save_cluster(investigation.id, cluster),
            decision_id=None,
            type=ActionType.SOFT_DELETE,
            status=ActionStatus.RUNNING,
            source=ActionSource.AUTOMATED,
            decided_by=AUTOMATION,
            decided_via=DecidedVia.AUTOMATION.value,
            verified=True,
            reason="bench",
            copies=planned,
            expires_at=now + _PERIOD,
        ),
        now,
    )
    lease = ctx.store.ledger.acquire(action.id, "bench", ttl=_LEASE, now=now)
    entries = list(ctx.store.ledger.entries(action.id))
    points = {
        each.copy.copy_id: RestorePoint(each.copy.place, each.copy.role, frozenset())
        for each in entries
    }
    ctx.store.ledger.write_intents(lease, points, now)
    return lease, entries


def remove(ctx: Context, lease: Lease, entries: list[LedgerEntry]) -> None:
    """Commit that these copies were moved: index, ledger, events and history in one transaction."""
    outcomes = list(map(_moved, entries))
    ctx.store.ledger.write_outcomes(lease, outcomes, None, ctx.clock.now())


def _moved(entry: LedgerEntry) -> CopyOutcome:
    place = Place("Recoverable", entry.copy.place.handle)
    return CopyOutcome(entry.copy.copy_id, Outcome.MOVED, "", place, FolderRole.RECOVERABLE)


def shares(entries: list[LedgerEntry], *sizes: int) -> Iterator[list[LedgerEntry]]:
    """The entries in pieces of these sizes at most."""
    rest = iter(entries)
    for size in sizes:
        yield list(islice(rest, size))
