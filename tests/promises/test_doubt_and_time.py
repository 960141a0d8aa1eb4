"""What fails to a human and what a person's time limits mean, on the services over a memory source."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from watching import FakeClock
from world import ANALYST, INDICATORS, World

from clawback.errors import AlreadyDecided
from clawback.mail.extract import EXTRACTOR_VERSION
from clawback.mailboxes.memory_mailbox import Access
from clawback.services import approvals, decide, intake, investigate, remediate, revert, sync
from clawback.services.context import Context
from clawback.services.locate import check_locations
from clawback.services.refresh import refresh
from clawback.services.sweep import sweep
from clawback.store.engine import open_store
from models.actions import ActionStatus, Actor, Choice, DecidedVia, RemediationAction
from models.alerts import InvestigationStatus
from models.decisions import Effect
from models.indicators import Indicator
from models.outcomes import Outcome

pytestmark = pytest.mark.sqlite

INBOX_ONE = "a@example.com"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An organisation in memory in which both kinds of cluster run by themselves."""
    template = tmp_path / "template.db"
    open_store(f"sqlite:///{template}", extractor_version=EXTRACTOR_VERSION).close()
    folder = tmp_path / "world"
    folder.mkdir()
    made = World(folder, template, clock=FakeClock())
    current, version = made.store.settings.current()
    wanted = current.with_changes({"similar_files": True, "similar_urls": True})
    made.store.settings.save(wanted, based_on=version, actor=ANALYST, now=made.clock.now())
    return made


def _alert(ctx: Context, *indicators: Indicator) -> int:
    alert = intake.alert_for_indicators(
        indicators, source="test", external_id="1", reported_by="test", now=ctx.clock.now()
    )
    return intake.raise_alert(ctx, alert)[0].id


def _decide(ctx: Context, number: int, indicator: int = 0) -> decide.DecisionSummary:
    """The investigation up to the decision on one of its indicators."""
    asyncio.run(sync.sync(ctx, processes=1))
    investigate.start(ctx, number, "run", 1)
    investigate.judge(ctx, number)
    cluster = investigate.build_cluster(ctx, number, indicator)
    asyncio.run(check_locations(ctx, cluster.cluster_id))
    return decide.apply_policy(ctx, cluster.cluster_id)


def _execute(ctx: Context, action_id: int, *, last_try: bool = False) -> RemediationAction:
    execution = remediate.open_execution(ctx, action_id)
    for batch in execution.batches:
        asyncio.run(
            remediate.run_batch(ctx, execution.lease, batch.source, batch.size, last_try=last_try)
        )
    return remediate.finish(ctx, execution.lease)


def test_an_approved_action_takes_the_copies_whose_location_was_unknown(world: World) -> None:
    world.deliver(INBOX_ONE, ("file",), "INBOX", False)
    world.deliver("b@example.com", ("file",), "INBOX", False)
    ctx = world.context()
    asyncio.run(sync.sync(ctx, processes=1))
    world.source.set_access(INBOX_ONE, Access.DENIED)

    summary = _decide(ctx, _alert(ctx, INDICATORS["file"]))
    world.source.set_access(INBOX_ONE, Access.OPEN)

    assert summary.effect is Effect.AWAIT_APPROVAL
    assert summary.action_id is not None
    action = ctx.store.cases.action(summary.action_id)
    assert action.copies == 2
    approvals.decide(ctx, action.id, Choice.APPROVE, actor=ANALYST, reason="looked at it")
    assert _execute(ctx, action.id).outcomes == {"moved": 2}


def test_nobody_decides_after_the_expiry_even_before_refresh_came_by(world: World) -> None:
    world.deliver(INBOX_ONE, ("url",), "INBOX", False)
    ctx = world.context()
    _settings(world, similar_urls=False)
    action_id = _decide(ctx, _alert(ctx, INDICATORS["url"])).action_id
    assert action_id is not None
    expires_at = ctx.store.cases.action(action_id).expires_at
    assert expires_at is not None

    world.clock.at = expires_at
    with pytest.raises(AlreadyDecided, match="expired"):
        approvals.decide(ctx, action_id, Choice.APPROVE, actor=ANALYST, reason="too late")
    with pytest.raises(AlreadyDecided, match="expired"):
        world.store.cases.decide_action(
            action_id, Choice.APPROVE, ANALYST, "too late", world.clock.now()
        )
    assert ctx.store.cases.action(action_id).status is ActionStatus.PENDING
    world.clock.at = expires_at - timedelta(seconds=1)
    decided = approvals.decide(ctx, action_id, Choice.APPROVE, actor=ANALYST, reason="in time")
    assert decided.status is ActionStatus.RUNNING


def test_an_investigation_goes_on_while_one_of_its_threats_has_no_decision(world: World) -> None:
    world.deliver(INBOX_ONE, ("file",), "INBOX", False)
    world.deliver(INBOX_ONE, ("url",), "INBOX", False)
    ctx = world.context()
    number = _alert(ctx, INDICATORS["file"], INDICATORS["url"])
    first = _decide(ctx, number)
    assert first.action_id is not None

    # The run dies here; another one carries out the first action and knows nothing of the second.
    _execute(ctx, first.action_id)
    assert ctx.store.cases.investigation(number).status is InvestigationStatus.RUNNING

    second = _decide(ctx, number, indicator=1)
    assert second.action_id is not None
    _execute(ctx, second.action_id)
    assert ctx.store.cases.investigation(number).status is InvestigationStatus.REMEDIATED


def test_a_move_that_could_not_be_verified_can_be_reverted_once_the_index_has_seen_it(
    world: World,
) -> None:
    world.deliver(INBOX_ONE, ("file",), "Projects", False)
    ctx = world.context()
    action_id = _decide(ctx, _alert(ctx, INDICATORS["file"])).action_id
    assert action_id is not None
    original = remediate.reconcile_batch
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            remediate,
            "reconcile_batch",
            lambda entries, intents, replies, live, *, last_try: original(
                entries, intents, replies, {}, last_try=last_try
            ),
        )
        ended = _execute(ctx, action_id, last_try=True)
    assert ended.outcomes == {Outcome.FAILED.value: 1}
    assert ended.status is ActionStatus.FAILED

    asyncio.run(sync.sync(ctx, processes=1))
    back = revert.request(
        ctx, action_id, revert.RevertTo.ORIGINAL, actor=ANALYST, reason="harmless"
    )
    assert _execute(ctx, back.id).outcomes == {Outcome.MOVED.value: 1}
    assert [place.folder for place, _ in world.source.contents(INBOX_ONE)] == ["Projects"]


def test_a_person_who_calls_himself_automation_does_not_pass_for_it(world: World) -> None:
    world.deliver(INBOX_ONE, ("url",), "INBOX", False)
    ctx = world.context()
    _settings(world, similar_urls=False)
    action_id = _decide(ctx, _alert(ctx, INDICATORS["url"])).action_id
    assert action_id is not None
    impostor = Actor("Automation", DecidedVia.FORM, verified=False)
    approvals.decide(ctx, action_id, Choice.APPROVE, actor=impostor, reason="looked at it")
    _execute(ctx, action_id)

    with closing(sqlite3.connect(world.folder / "clawback.db")) as database:
        said = database.execute("SELECT action_type, action_trigger FROM post_delivery_events")
        assert said.fetchall() == [("Manual Remediation", "AdminAction")]


def test_what_a_revert_put_back_is_not_taken_for_another_indicator(world: World) -> None:
    world.deliver(INBOX_ONE, ("file", "url"), "INBOX", False)
    ctx = world.context()
    taken = _decide(ctx, _alert(ctx, INDICATORS["file"])).action_id
    assert taken is not None
    _execute(ctx, taken)
    back = revert.request(ctx, taken, revert.RevertTo.ORIGINAL, actor=ANALYST, reason="harmless")
    _execute(ctx, back.id)

    opened = sweep(ctx, [INDICATORS["url"]], "feed").investigations
    summary = _decide(ctx, opened[0])

    assert summary.effect is Effect.AWAIT_APPROVAL
    assert [place.folder for place, _ in world.source.contents(INBOX_ONE)] == ["INBOX"]


def test_nothing_runs_by_itself_before_every_mailbox_was_looked_at(world: World) -> None:
    world.deliver(INBOX_ONE, ("file",), "INBOX", False)
    world.deliver("c@example.com", ("file",), "INBOX", False)
    ctx = world.context()
    world.source.set_access("c@example.com", Access.DENIED)
    assert asyncio.run(sync.sync(ctx, processes=1)).failed_mailboxes == 1

    assert ctx.store.index.status().as_of is None
    summary = _decide(ctx, _alert(ctx, INDICATORS["file"]))
    assert summary.effect is Effect.AWAIT_APPROVAL
    assert "every mailbox" in summary.reason

    world.source.set_access("c@example.com", Access.OPEN)
    asyncio.run(sync.sync(ctx, processes=1))
    assert ctx.store.index.status().as_of == world.clock.now()


def test_a_recount_that_finds_the_same_writes_no_rows(world: World) -> None:
    world.deliver(INBOX_ONE, ("url",), "INBOX", False)
    ctx = world.context()
    _settings(world, similar_urls=False)
    _decide(ctx, _alert(ctx, INDICATORS["url"]))
    for _ in range(3):
        world.clock.at += timedelta(minutes=10)
        assert asyncio.run(refresh(ctx)).recounted == 1
    assert _number(world, "SELECT count(*) FROM copy_locations") == 1

    world.clock.at += timedelta(days=1)
    asyncio.run(refresh(ctx))
    assert _number(world, "SELECT count(*) FROM copy_locations") == 2


def _settings(world: World, **changes: object) -> None:
    current, version = world.store.settings.current()
    wanted = current.with_changes(changes)
    world.store.settings.save(wanted, based_on=version, actor=ANALYST, now=world.clock.now())


def _number(world: World, statement: str) -> int:
    with closing(sqlite3.connect(world.folder / "clawback.db")) as database:
        return int(database.execute(statement).fetchone()[0])
