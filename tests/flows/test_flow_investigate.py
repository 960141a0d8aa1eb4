"""The flow from an alert to verified outcomes, as an operator sees it and as the rows have it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flow_stage import FILE_INDICATOR, URL_INDICATOR, Stage, run, shown

from clawback.core.showing import show_indicator
from clawback.errors import SourceDenied, SourceUnavailable
from flows.approve import approve
from flows.investigate import investigate
from models.actions import AUTOMATION, ActionSource, ActionStatus
from models.alerts import InvestigationStatus
from models.outcomes import LedgerState
from tasks.execution import run_batch
from tests.pretending import UI

pytestmark = pytest.mark.prefect_server
SHORT = show_indicator(FILE_INDICATOR)


def test_an_opted_in_cluster_is_found_located_decided_and_soft_deleted_without_anyone(
    stage: Stage,
) -> None:
    stage.deliver(file=2, harmless=1)
    stage.opt_in(similar_files=True)
    number = stage.alert(FILE_INDICATOR)

    state = run(investigate(number, return_state=True))

    assert (state.type.value, state.name) == ("COMPLETED", "Remediated")
    seen = shown(state, tasks=11)
    assert seen.name == f"investigate-{number}"
    assert seen.tasks == dict.fromkeys(
        [
            f"begin investigation {number}",
            "bring the index up to date",
            "judge entities",
            f"cluster similar files {SHORT}",
            "check locations",
            "apply policy",
            "look at action 1",
            "take up action 1",
            "soft-delete batch 1 of 1 in maildir",
            "close the action",
            f"conclude investigation {number}",
        ],
        "Completed",
    )
    assert seen.artifacts == {
        "locations-1": "table",
        "decision-1": "markdown",
        "execution-1": "progress",
    }
    [action] = stage.actions()
    assert action.status is ActionStatus.COMPLETED
    assert (action.decided_by, action.source) == (AUTOMATION, ActionSource.AUTOMATED)
    assert action.outcomes == {"moved": 6}
    assert action.run_id == str(seen.run_id)
    assert stage.folder_counts() == {"inbox": 3, "recoverable": 6}
    found = stage.ctx.store.cases.investigation(number)
    assert found.status is InvestigationStatus.REMEDIATED
    assert found.run_id == str(seen.run_id)


def test_without_opt_in_an_approval_is_opened_and_nothing_moves(stage: Stage) -> None:
    stage.deliver(url=1)
    number = stage.alert(URL_INDICATOR)

    state = run(investigate(number, return_state=True))

    assert (state.type.value, state.name) == ("COMPLETED", "Pending Action")
    assert "1 Pending" in (state.message or "")
    [action] = stage.actions()
    assert action.status is ActionStatus.PENDING
    assert stage.runs.started == [("approve", action.id, 1)]
    assert action.approval_run_id == f"approve-{action.id}-1"
    seen = shown(state, tasks=9)
    opened = [name for name in seen.tasks if name.startswith("open approval for ")]
    assert len(opened) == 1
    assert "https://" not in opened[0]
    assert seen.artifacts[f"approval-{action.id}"] == "markdown"
    assert stage.folder_counts() == {"inbox": 3, "recoverable": 0}
    assert stage.runs.link(action.approval_run_id).startswith(UI)


def test_an_alert_about_both_kinds_takes_the_files_and_asks_about_the_links(stage: Stage) -> None:
    stage.deliver(file=1, url=1)
    stage.opt_in(similar_files=True)
    number = stage.alert(FILE_INDICATOR, URL_INDICATOR)

    state = run(investigate(number, return_state=True))

    assert state.is_completed()
    assert {a.cluster_kind: a.status for a in stage.actions()} == {
        "Similar files": ActionStatus.COMPLETED,
        "Similar URLs": ActionStatus.PENDING,
    }
    found = stage.ctx.store.cases.investigation(number)
    assert state.name == found.status.value == "Partially Remediated"
    assert stage.folder_counts() == {"inbox": 3, "recoverable": 3}


def test_a_second_run_of_an_investigation_makes_nothing_new_and_moves_nothing(stage: Stage) -> None:
    stage.deliver(file=1, url=1)
    stage.opt_in(similar_files=True)
    number = stage.alert(FILE_INDICATOR, URL_INDICATOR)
    run(investigate(number, return_state=True))
    before = stage.actions()

    run(investigate(number, 2, return_state=True))

    after = stage.actions()
    assert [(a.id, a.status, a.outcomes) for a in after] == [
        (a.id, a.status, a.outcomes) for a in before
    ]
    assert {started[1:] for started in stage.runs.started} == {(after[1].id, 1)}
    assert stage.folder_counts() == {"inbox": 3, "recoverable": 3}


def test_an_indicator_that_nobody_received_ends_without_an_action(stage: Stage) -> None:
    stage.deliver(harmless=1)
    number = stage.alert(FILE_INDICATOR)

    state = run(investigate(number, return_state=True))

    assert (state.type.value, state.name) == ("COMPLETED", "No Threats Found")
    assert stage.actions() == []
    seen = shown(state, tasks=7)
    assert not [name for name in seen.tasks if "batch" in name or "approval" in name]


def test_a_second_run_finishes_the_action_that_the_first_one_could_not(stage: Stage) -> None:
    stage.deliver(file=1)
    stage.opt_in(similar_files=True)
    number = stage.alert(FILE_INDICATOR)
    stage.pause()
    run(investigate(number, return_state=True))
    stage.resume()

    state = run(investigate(number, 2, return_state=True))

    assert state.name == "Remediated"
    assert [action.outcomes for action in stage.actions()] == [{"moved": 3}]
    assert stage.folder_counts() == {"inbox": 0, "recoverable": 3}


def test_pressing_stop_ends_the_run_with_a_message_and_leaves_the_action_for_later(
    stage: Stage,
) -> None:
    stage.deliver(file=1)
    stage.opt_in(similar_files=True)
    number = stage.alert(FILE_INDICATOR)
    stage.pause()

    state = run(investigate(number, return_state=True))

    assert (state.type.value, state.name) == ("COMPLETED", "Paused")
    assert (state.message or "").startswith("paused: ")
    [action] = stage.actions()
    assert action.status is ActionStatus.RUNNING
    assert stage.folder_counts() == {"inbox": 3, "recoverable": 0}
    stage.resume()
    again = run(approve(action.id, 2, return_state=True))
    assert again.name == "Completed"
    assert stage.folder_counts() == {"inbox": 0, "recoverable": 3}


def test_a_batch_that_its_source_refuses_is_red_and_its_copies_are_written_as_failed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.deliver(file=1)
    stage.opt_in(similar_files=True)
    number = stage.alert(FILE_INDICATOR)

    def refuse(*_: object) -> None:
        raise SourceDenied("maildir", "permission-denied")

    monkeypatch.setattr(type(stage.source), "move", refuse)
    state = run(investigate(number, return_state=True))

    seen = shown(state, tasks=11)
    assert seen.tasks["soft-delete batch 1 of 1 in maildir"] == "Failed"
    [action] = stage.actions()
    assert action.status is ActionStatus.FAILED
    assert action.outcomes == {"failed": 3}
    assert state.name == "Partially Remediated"
    assert stage.folder_counts() == {"inbox": 3, "recoverable": 0}
    entries = stage.ctx.store.ledger.entries(action.id)
    assert all(one.state is LedgerState.DONE and one.restore is not None for one in entries)


def test_a_source_that_is_away_fails_the_run_and_leaves_the_action_to_be_taken_up(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.deliver(file=1)
    stage.opt_in(similar_files=True)
    number = stage.alert(FILE_INDICATOR)
    tries: list[int] = []

    def away(*_: object) -> None:
        tries.append(1)
        raise SourceUnavailable("maildir", "unavailable")

    with monkeypatch.context() as broken:
        broken.setattr(type(stage.source), "move", away)
        broken.setattr(run_batch, "retry_delay_seconds", [0, 0, 0])
        state = run(investigate(number, return_state=True))

    assert len(tries) == 4
    assert (state.type.value, state.name) == ("FAILED", "Failed")
    [action] = stage.actions()
    assert action.status is ActionStatus.RUNNING
    assert stage.ctx.store.ledger.expired_leases(stage.ctx.clock.now()) == (action.id,)
    assert run(approve(action.id, 2, return_state=True)).name == "Completed"
    assert stage.folder_counts() == {"inbox": 0, "recoverable": 3}


def test_a_source_that_is_not_configured_any_more_leaves_the_action_to_be_taken_up(
    stage: Stage,
) -> None:
    stage.deliver(file=1)
    stage.opt_in(similar_files=True)
    number = stage.alert(FILE_INDICATOR)
    stage.pause()
    run(investigate(number, return_state=True))
    stage.resume()
    [action] = stage.actions()
    sources = dict(stage.ctx.sources)
    stage.ctx.sources.clear()  # type: ignore[attr-defined]

    state = run(approve(action.id, 2, return_state=True))

    assert (state.type.value, state.name) == ("FAILED", "Failed")
    assert "clawback.toml" in state.message
    stage.ctx.sources.update(sources)  # type: ignore[attr-defined]
    assert stage.ctx.store.ledger.expired_leases(stage.ctx.clock.now()) == (action.id,)
    assert run(approve(action.id, 3, return_state=True)).name == "Completed"
    assert stage.folder_counts() == {"inbox": 0, "recoverable": 3}


def test_an_action_that_another_worker_holds_is_left_to_it(stage: Stage) -> None:
    stage.deliver(file=1)
    stage.opt_in(similar_files=True)
    number = stage.alert(FILE_INDICATOR)
    stage.pause()
    run(investigate(number, return_state=True))
    stage.resume()
    [action] = stage.actions()
    stage.ctx.store.ledger.acquire(
        action.id, "another", ttl=timedelta(minutes=2), now=stage.ctx.clock.now()
    )

    state = run(approve(action.id, 2, return_state=True))

    assert (state.type.value, state.name) == ("COMPLETED", "Taken over")
    assert stage.folder_counts() == {"inbox": 3, "recoverable": 0}
