"""A real server, a real worker, real mail: approvals that sleep, and processes that are killed."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator

import pytest
from organisation import found_organisation, opt_in, to_be_taken
from town import Town, running_town, until
from truth import check_finished, check_ledger_is_true, read_rows, read_tree

from clawback.core.indicators import parse_indicator
from clawback.services import dispatch
from clawback.services.revert import RevertTo
from models.actions import ActionStatus, Actor, Choice, DecidedVia
from models.indicators import Indicator

pytestmark = [pytest.mark.prefect_server, pytest.mark.sqlite]

ANALYST = Actor("analyst", DecidedVia.CLI, verified=True)
GOOD = {"decision": "approve", "reason": "confirmed by the proxy logs", "analyst": "analyst"}
BAD = {
    "no decision": {"reason": "confirmed", "analyst": "analyst"},
    "another decision": {**GOOD, "decision": "purge"},
    "a reason of two characters": {**GOOD, "reason": "ok"},
    "a field too much": {**GOOD, "verified": True},
    "nothing": {},
}
MOVED_BEFORE_A_KILL = 40
KILLS = 3
SILENCE_SECONDS = 240.0
"""The automation "a run fell silent" waits 120 seconds, and looks now and then."""


@pytest.fixture(scope="module")
def campaigns() -> dict[str, Indicator]:
    """Indicators of the campaigns on top of the lab's."""
    return {}


@pytest.fixture(scope="module")
def orphans() -> list[str]:
    """Runs whose process was killed and that nobody of ours knows."""
    return []


@pytest.fixture(scope="module")
def town(
    tmp_path_factory: pytest.TempPathFactory, campaigns: dict[str, Indicator]
) -> Iterator[Town]:
    organisation = found_organisation(tmp_path_factory.mktemp("town"), copies=24)
    campaigns["flow"], _ = organisation.deliver_file("flow", mails=88)
    campaigns["worker"], _ = organisation.deliver_file("worker", mails=45)
    campaigns["server"], _ = organisation.deliver_url("server", mails=1)
    with running_town(organisation) as town:
        opt_in(town.ctx, organisation.manifest, similar_files=True)
        yield town


def test_an_approval_sleeps_without_a_process_and_another_process_finishes_it(town: Town) -> None:
    manifest = town.organisation.manifest
    before = read_tree(town.organisation.mail)
    action_id = town.action_of(town.investigate(parse_indicator(manifest.url.indicator)))
    run_id = town.waiting_run(action_id)
    until(lambda: not town.processes.of(run_id), "the process of the approval is gone")
    asked_by = set(town.processes.seen[run_id])
    assert asked_by, "nobody saw the process that asked"

    for name, bad in BAD.items():
        answer = town.post(f"/flow_runs/{run_id}/resume", {"run_input": bad})
        assert answer["status"] == "REJECT", name
    assert town.run(run_id)["state"]["name"] == "Suspended"
    assert town.action(action_id).status is ActionStatus.PENDING
    assert not town.processes.of(run_id)
    assert read_tree(town.organisation.mail) == before

    answer = town.post(f"/flow_runs/{run_id}/resume", {"run_input": GOOD})
    assert answer["status"] == "ACCEPT"
    assert town.ended(run_id)["state"]["type"] == "COMPLETED"
    done_by = town.processes.seen[run_id] - asked_by
    assert done_by, "the process that asked also acted"

    action = town.completed(action_id)
    assert action.copies == to_be_taken(manifest.url)
    assert (action.decided_by, action.decided_via, action.verified) == (
        "analyst",
        DecidedVia.FORM,
        False,
    )
    check_finished(town.ctx, town.organisation.home, action_id, before)
    second = town.post(f"/flow_runs/{run_id}/resume", {"run_input": GOOD})
    assert second["status"] != "ACCEPT"


def test_flow_processes_killed_at_work_are_crashed_and_others_finish(
    town: Town, campaigns: dict[str, Indicator]
) -> None:
    seed = int(os.environ.get("CLAWBACK_TEST_SEED", "0")) or random.randrange(1, 10**6)
    print(f"CLAWBACK_TEST_SEED={seed}")
    dice = random.Random(seed)
    before = read_tree(town.organisation.mail)
    action_id = town.action_of(town.investigate(campaigns["flow"]))
    dead: list[str] = []
    for begun in (with_intents, with_moves, with_outcomes):
        look = begun(town, action_id, dice)
        dead.append(kill_process_of(town, action_id, look, dice))
        assert town.action(action_id).status is ActionStatus.RUNNING, "killed too late"
        entries = town.ctx.store.ledger.entries(action_id)
        check_ledger_is_true(before, read_tree(town.organisation.mail), entries)
        assert town.ended(dead[-1])["state"]["type"] == "CRASHED"
        town.let_the_lease_run_out(action_id)
        assert town.refresh().picked_up == 1
    town.completed(action_id)
    check_finished(town.ctx, town.organisation.home, action_id, before)
    town.ended(town.action(action_id).run_id)
    runs = [*dead, town.action(action_id).run_id]
    at_work = [town.processes.seen[run_id] for run_id in runs]
    assert len(set(runs)) == KILLS + 1
    assert all(at_work)
    assert sum(map(len, at_work)) == len(set().union(*at_work)), "one process worked twice"
    until(lambda: not town.runs_that_say_running(), "no run says Running")


def kill_process_of(
    town: Town, action_id: int, begun: Callable[[], bool], dice: random.Random
) -> str:
    """Kill the process that works on an action a moment after `begun`; its run."""
    run_id = until(lambda: working_run(town, action_id), "a run works on the action", every=0.02)
    [pid] = town.processes.started_by(town.stack.worker.pid, run_id)
    until(begun, "the work has begun", every=0.001)
    sum(range(dice.randrange(100_000)))
    os.kill(pid, signal.SIGKILL)
    until(lambda: not town.processes.of(run_id), "the process is gone")
    return run_id


def working_run(town: Town, action_id: int) -> str:
    """The run that a process works on now and that took up the action last."""
    run_id = town.action(action_id).run_id
    return run_id if run_id and town.processes.of(run_id) else ""


def count(town: Town, action_id: int, condition: str) -> int:
    """Rows of the ledger of an action."""
    statement = f"SELECT count(*) FROM action_copies WHERE action_id = ? AND {condition}"
    [(number,)] = read_rows(town.organisation.home, statement, action_id)
    assert isinstance(number, int)
    return number


def with_intents(town: Town, action_id: int, dice: random.Random) -> Callable[[], bool]:
    return lambda: count(town, action_id, "state = 'intent'") > 0


def with_moves(town: Town, action_id: int, dice: random.Random) -> Callable[[], bool]:
    more = recoverable(town) + dice.randrange(1, MOVED_BEFORE_A_KILL)
    return lambda: recoverable(town) >= more


def with_outcomes(town: Town, action_id: int, dice: random.Random) -> Callable[[], bool]:
    done = count(town, action_id, "state = 'done'")
    return lambda: count(town, action_id, "state = 'done'") > done


def recoverable(town: Town) -> int:
    """Messages in all Recoverable Items."""
    folders = town.organisation.mail.glob("*/.Recoverable Items/cur")
    return sum(len(os.listdir(folder)) for folder in folders)


def test_a_worker_killed_with_its_flows_leaves_no_run_that_says_running_for_ever(
    town: Town, campaigns: dict[str, Indicator]
) -> None:
    before = read_tree(town.organisation.mail)
    action_id = town.action_of(town.investigate(campaigns["worker"]))
    until(lambda: count(town, action_id, "state = 'intent'") > 0, "it moves", every=0.001)
    town.kill_worker()
    orphan = town.action(action_id).run_id
    assert not town.processes.of(orphan)
    assert town.action(action_id).status is ActionStatus.RUNNING, "killed too late"
    assert town.run(orphan)["state"]["type"] == "RUNNING", "somebody reported the dead"

    town.restart_worker()
    town.let_the_lease_run_out(action_id)
    assert town.run_deployment("refresh")["state"]["type"] == "COMPLETED"
    town.completed(action_id)
    check_finished(town.ctx, town.organisation.home, action_id, before)
    assert town.run(orphan)["state"]["type"] == "CRASHED"
    heir = town.action(action_id).run_id
    assert town.ended(heir)["state"]["type"] == "COMPLETED"
    assert town.processes.seen[heir].isdisjoint(town.processes.seen[orphan])
    until(lambda: not town.runs_that_say_running(), "no run says Running")


def test_a_run_dies_with_its_worker_in_its_first_moment(town: Town, orphans: list[str]) -> None:
    """No action and no lease tells of it: the server's own automation has to."""
    run_id = town.start_deployment("sync")
    until(lambda: town.run(run_id)["state"]["type"] == "RUNNING", "it runs", every=0.01)
    town.kill_worker()
    assert town.run(run_id)["state"]["type"] == "RUNNING", "somebody reported the dead"
    orphans.append(run_id)
    town.restart_worker()


def test_an_approval_outlives_a_killed_server(town: Town, campaigns: dict[str, Indicator]) -> None:
    before = read_tree(town.organisation.mail)
    action_id = town.action_of(town.investigate(campaigns["server"]))
    run_id = town.waiting_run(action_id)
    until(lambda: not town.processes.of(run_id), "the process of the approval is gone")
    town.kill_server()
    town.stack.restart_server()
    assert town.run(run_id)["state"]["name"] == "Suspended"
    assert town.runs.resume(
        run_id, decision=Choice.APPROVE, reason="checked twice", analyst="analyst"
    )
    assert town.ended(run_id)["state"]["type"] == "COMPLETED"
    assert town.completed(action_id).decided_via == DecidedVia.FORM
    check_finished(town.ctx, town.organisation.home, action_id, before)


def test_a_sweep_after_a_revert_moves_nothing(town: Town) -> None:
    ctx, home = town.ctx, town.organisation.home
    before = read_tree(town.organisation.mail)
    manifest = town.organisation.manifest
    action_id = town.action_of(town.investigate(parse_indicator(manifest.file.indicator)))
    assert town.completed(action_id).copies == to_be_taken(manifest.file)
    check_finished(ctx, home, action_id, before)
    away = read_tree(town.organisation.mail)
    answer = dispatch.undo(
        ctx, town.runs, action_id, RevertTo.ORIGINAL, actor=ANALYST, reason="harmless after all"
    )
    town.completed(answer.action.id)
    check_finished(ctx, home, answer.action.id, away)
    assert read_tree(town.organisation.mail) == before
    known = len(ctx.store.cases.investigations())
    assert town.run_deployment("sweep")["state"]["type"] == "COMPLETED"
    assert read_tree(town.organisation.mail) == before
    assert len(ctx.store.cases.investigations()) == known


def test_at_the_end_nothing_says_running(town: Town, orphans: list[str]) -> None:
    until(lambda: not town.runs_that_say_running(), "no run says Running", patience=SILENCE_SECONDS)
    assert [town.run(run_id)["state"]["type"] for run_id in orphans] == ["CRASHED"] * len(orphans)
    assert not [a for a in town.ctx.store.cases.actions() if a.status is ActionStatus.RUNNING]
