"""Actions on selected messages by the flows that every other action runs in."""

from __future__ import annotations

import asyncio

import pytest
from flow_stage import ADMIN, Stage, run, shown

from clawback.services import approvals
from clawback.services.sync import sync
from clawback.services.take_action import Taken, Wish, take
from flows.approve import approve
from flows.investigate import investigate
from models.actions import ActionSource, ActionStatus, ActionType, Actor, Choice, DecidedVia
from models.selecting import MessageKey

pytestmark = pytest.mark.prefect_server

COLLEAGUE = Actor("colleague", DecidedVia.LOGIN, verified=True)


def selected(stage: Stage, *, propose: bool = False) -> Taken:
    """All messages, selected for a soft delete."""
    asyncio.run(sync(stage.ctx, processes=1))
    index = stage.ctx.store.index
    boxes = asyncio.run(stage.source.mailboxes())
    known = {copy.copy_id: box for box in boxes for copy in index.live_copies("maildir", box)}
    ids = index.message_ids(list(known))
    keys = [MessageKey(ids[number][1], box) for number, box in known.items()]
    wish = Wish(ADMIN, "phish by phone", ActionSource.HUNTING, propose=propose)
    return take(stage.ctx, keys, ActionType.SOFT_DELETE, wish)


def test_a_selection_is_located_decided_and_moved_and_no_index_is_asked(stage: Stage) -> None:
    stage.deliver(harmless=2)
    number = selected(stage).investigation.id

    state = run(investigate(number, return_state=True))

    assert (state.type.value, state.name) == ("COMPLETED", "Remediated")
    seen = shown(state, tasks=10)
    assert "bring the index up to date" not in seen.tasks
    assert any(name.startswith("cluster selected messages ") for name in seen.tasks)
    assert seen.tasks["soft-delete batch 1 of 1 in maildir"] == "Completed"
    [action] = stage.actions()
    assert (action.decided_by, action.source) == (ADMIN.name, ActionSource.HUNTING)
    assert stage.folder_counts() == {"inbox": 0, "recoverable": 6}


def test_a_proposal_opens_an_approval_and_moves_once_another_person_said_yes(
    stage: Stage,
) -> None:
    stage.deliver(harmless=1)
    number = selected(stage, propose=True).investigation.id
    assert run(investigate(number, return_state=True)).name == "Pending Action"
    [action] = stage.actions()
    assert stage.runs.started == [("approve", action.id, 1)]
    assert stage.folder_counts() == {"inbox": 3, "recoverable": 0}

    approvals.decide(stage.ctx, action.id, Choice.APPROVE, actor=COLLEAGUE, reason="seen it")
    assert run(approve(action.id, return_state=True)).name == "Completed"
    assert stage.actions()[0].status is ActionStatus.COMPLETED
    assert stage.folder_counts() == {"inbox": 0, "recoverable": 3}


def test_a_run_that_starts_again_after_it_died_goes_on_where_it_was(stage: Stage) -> None:
    stage.deliver(harmless=1)
    number = selected(stage).investigation.id
    stage.pause()
    assert run(investigate(number, return_state=True)).name == "Paused"
    assert stage.folder_counts() == {"inbox": 3, "recoverable": 0}
    stage.resume()
    assert run(investigate(number, 2, return_state=True)).name == "Remediated"
    assert len(stage.actions()) == 1
    assert stage.folder_counts() == {"inbox": 0, "recoverable": 3}
