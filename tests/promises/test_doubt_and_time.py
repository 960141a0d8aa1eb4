"""What fails to a human and what a person's time limits mean, on the services over a memory source."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from campaign_mail import INDICATORS
from watching import FakeClock
from world import ANALYST, World

from clawback.core.policy import decide as real
from clawback.errors import AlreadyDecided, Conflict
from clawback.mail.extract import EXTRACTOR_VERSION
from clawback.mailboxes.memory_mailbox import Access
from clawback.services import (
    approvals,
    batches,
    decide,
    intake,
    investigate,
    remediate,
    revert,
    sync,
)
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


def _alert(ctx: Context, *indicators: Indicator, external_id: str = "1") -> int:
    alert = intake.alert_for_indicators(
        indicators, source="test", external_id=external_id, reported_by="test", now=ctx.clock.now()
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
            batches.run_batch(ctx, execution.lease, batch.source, batch.size, last_try=last_try)
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
    original = batches.reconcile_batch
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            batches,
            "reconcile_batch",
            lambda entries, intents, replies, live, **rest: original(
                entries, intents, replies, {}, **rest
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

    opened = sweep(ctx, {"feed": [INDICATORS["url"]]}).investigations
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


def test_of_two_actions_over_one_message_one_moves_it_and_the_other_finds_it_moved(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deliver(INBOX_ONE, ("file",), "INBOX", False)
    ctx, other = world.context(), world.context()
    one, two = _two_actions(world, ctx, monkeypatch)
    first, second = remediate.open_execution(ctx, one), remediate.open_execution(other, two)

    async def both() -> list[object]:
        # Both have looked at the message before either writes its intent.
        running = [
            batches.run_batch(ctx, first.lease, "memory", 10),
            batches.run_batch(other, second.lease, "memory", 10),
        ]
        return list(await asyncio.gather(*running, return_exceptions=True))

    _meet_before_intents(monkeypatch)
    answers = asyncio.run(both())
    monkeypatch.undo()

    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "Counter"]
    with pytest.raises(Conflict, match=r"works on messages|only an ended action"):
        revert.request(ctx, one, revert.RevertTo.ORIGINAL, actor=ANALYST, reason="too early")
    world.settle()
    outcomes = [dict(world.store.cases.action(number).outcomes) for number in (one, two)]
    assert sorted(name for found in outcomes for name in found) == [
        "already in destination",
        "moved",
    ]
    assert _number(world, "SELECT count(*) FROM post_delivery_events") == 1


def _two_actions(world: World, ctx: Context, patch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Two investigations of one indicator whose policy looked before either action was there."""
    asyncio.run(sync.sync(ctx, processes=1))
    clusters = []
    for external_id in ("1", "2"):
        number = _alert(ctx, INDICATORS["file"], external_id=external_id)
        investigate.start(ctx, number, "run", 1)
        investigate.judge(ctx, number)
        clusters.append(investigate.build_cluster(ctx, number, 0).cluster_id)
        asyncio.run(check_locations(ctx, clusters[-1]))
    made = []
    with patch.context() as inner:
        inner.setattr(decide, "decide", lambda inputs, now: real(replace(inputs, recent=()), now))
        for cluster_id in clusters:
            made.append(decide.apply_policy(ctx, cluster_id).action_id)
    assert None not in made
    return made[0], made[1]


def _meet_before_intents(patch: pytest.MonkeyPatch) -> None:
    original, arrived = batches._Run._move, asyncio.Event()
    waiting: list[int] = []

    async def move(*args: Any, **options: Any) -> Any:
        waiting.append(1)
        if len(waiting) == 2:
            arrived.set()
        await arrived.wait()
        return await original(*args, **options)

    patch.setattr(batches._Run, "_move", move)


def _settings(world: World, **changes: object) -> None:
    current, version = world.store.settings.current()
    wanted = current.with_changes(changes)
    world.store.settings.save(wanted, based_on=version, actor=ANALYST, now=world.clock.now())


def _number(world: World, statement: str) -> int:
    with closing(sqlite3.connect(world.folder / "clawback.db")) as database:
        return int(database.execute(statement).fetchone()[0])
