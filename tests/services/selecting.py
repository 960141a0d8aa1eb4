"""Actions on selected messages, walked through as the flows do."""

from __future__ import annotations

import asyncio
from typing import Any

from scene import ANALYST, Scene

from clawback.services import batches, decide, investigate, remediate, take_action
from clawback.services.decide import DecisionSummary
from clawback.services.locate import check_locations
from clawback.services.sync import sync
from clawback.services.take_action import Taken, Wish
from models.actions import ActionSource, ActionType, Actor, DecidedVia, RemediationAction
from models.selecting import MessageKey

COLLEAGUE = Actor("colleague", DecidedVia.LOGIN, True)


def synced(scene: Scene) -> list[MessageKey]:
    """All live messages, as the rows of a result would name them, after a sync."""
    asyncio.run(sync(scene.ctx, processes=1))
    found = []
    for box in asyncio.run(scene.source.mailboxes()):
        copies = scene.store.index.live_copies("memory", box)
        ids = scene.store.index.message_ids([copy.copy_id for copy in copies])
        found += [MessageKey(ids[copy.copy_id][1], box) for copy in copies]
    return found


def wish(**changes: Any) -> Wish:
    """An analyst's wish for an action on the result of a query."""
    given = {"actor": ANALYST, "reason": "phish by phone", "source": ActionSource.HUNTING}
    return Wish(**{**given, **changes})


def take(scene: Scene, keys: list[MessageKey], action: ActionType, **changes: Any) -> Taken:
    """The selection, recorded."""
    return take_action.take(scene.ctx, keys, action, wish(**changes))


def decided(scene: Scene, taken: Taken) -> DecisionSummary:
    """The investigation up to its decision, as the flow goes."""
    number = taken.investigation.id
    investigate.start(scene.ctx, number, "run", 1)
    investigate.judge(scene.ctx, number)
    (label,) = investigate.indicators_to_cluster(scene.ctx, number)
    cluster = investigate.build_cluster(scene.ctx, number, label.number)
    asyncio.run(check_locations(scene.ctx, cluster.cluster_id))
    summary = decide.apply_policy(scene.ctx, cluster.cluster_id)
    investigate.conclude(scene.ctx, number)
    return summary


def action_of(scene: Scene, taken: Taken) -> RemediationAction:
    """The action that the decision made."""
    summary = decided(scene, taken)
    assert summary.action_id is not None, summary.reason
    return scene.store.cases.action(summary.action_id)


def done(scene: Scene, action_id: int) -> RemediationAction:
    """The action after its execution."""
    execution = remediate.open_execution(scene.ctx, action_id)
    for batch in execution.batches:
        asyncio.run(
            batches.run_batch(scene.ctx, execution.lease, batch.source, batch.size, last_try=True)
        )
    return remediate.finish(scene.ctx, execution.lease)
