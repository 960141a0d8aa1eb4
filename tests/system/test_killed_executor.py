"""The executor on a real database and real Maildir, killed with SIGKILL in every phase."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from executor import TAKEN
from killing import PHASES, Doom, Executors
from organisation import (
    Organisation,
    decided_action,
    found_organisation,
    opt_in,
    to_be_taken,
)
from truth import Tree, check_finished, check_ledger_is_true, read_tree

from clawback.core.indicators import parse_indicator
from clawback.services import revert
from clawback.services.context import Context
from clawback.services.revert import RevertTo
from clawback.services.sync import sync
from models.actions import Actor, DecidedVia

ANALYST = Actor("analyst", DecidedVia.CLI, verified=True)
COPIES = 48
HITS = 10
HITS_A_ROUND = 3
"""In each of four rounds: a few more than needed, since an action may end before all are had."""

KILLS_AT_MOST = 40

pytestmark = pytest.mark.sqlite


@pytest.fixture
def dice() -> random.Random:
    """Chance that can be had again: the seed is printed."""
    seed = int(os.environ.get("CLAWBACK_TEST_SEED", "0")) or random.randrange(1, 10**6)
    print(f"CLAWBACK_TEST_SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def organisation(tmp_path: Path) -> Organisation:
    return found_organisation(tmp_path, copies=COPIES)


@pytest.fixture
def ctx(organisation: Organisation) -> Context:
    ctx = organisation.context()
    opt_in(ctx, organisation.manifest, similar_files=True, similar_urls=True)
    return ctx


def next_phase(hits: Counter[str], wanted: int) -> str | None:
    """The phase that was hit least, or None once each was hit often enough."""
    phase = min(PHASES, key=lambda name: hits[name])
    return phase if hits[phase] < wanted else None


def kill_until_hit(
    executors: Executors,
    action_id: int,
    *,
    dice: random.Random,
    wanted: int,
    check: Callable[[], None],
) -> Counter[str]:
    """Kill one executor after the other until each phase was hit; the last one goes through.

    The ruins are looked at each time. Where an executor ends before it was hit there are fewer hits.
    """
    hits: Counter[str] = Counter()
    for _ in range(KILLS_AT_MOST):
        phase = next_phase(hits, wanted)
        if phase is None:
            break
        ended = executors.run(action_id, Doom.roll(dice, phase))
        if ended.exit_code == 0:
            return hits
        assert ended.was_killed, ended
        hits[ended.last_step] += 1
        check()
    assert executors.run(action_id).exit_code == 0
    return hits


def test_executors_killed_in_every_phase_lose_and_double_nothing(
    organisation: Organisation, ctx: Context, dice: random.Random
) -> None:
    manifest = organisation.manifest
    found = read_tree(organisation.mail)
    hits: Counter[str] = Counter()
    with Executors(organisation.home) as executors:
        for campaign in (manifest.file, manifest.url):
            action_id = decided_action(ctx, parse_indicator(campaign.indicator))
            assert ctx.store.cases.action(action_id).copies == to_be_taken(campaign)
            hits += run_through(organisation, ctx, executors, dice, action_id)
            back = revert.request(
                ctx, action_id, RevertTo.ORIGINAL, actor=ANALYST, reason="harmless after all"
            )
            hits += run_through(organisation, ctx, executors, dice, back.id)
            assert read_tree(organisation.mail) == found, "a revert did not restore every folder"
    report = asyncio.run(sync(ctx, processes=1))
    assert (report.new, report.moved, report.gone) == (0, 0, 0), "the index was not kept in step"
    print(f"kills by phase: {dict(hits)}")
    assert all(hits[phase] >= HITS for phase in PHASES), hits


def run_through(
    organisation: Organisation,
    ctx: Context,
    executors: Executors,
    dice: random.Random,
    action_id: int,
) -> Counter[str]:
    """An action from its first killed executor to its end; how often each phase was hit."""
    before = read_tree(organisation.mail)
    hits = kill_until_hit(
        executors,
        action_id,
        dice=dice,
        wanted=HITS_A_ROUND,
        check=lambda: check_now(organisation, ctx, action_id, before),
    )
    check_finished(ctx, organisation.home, action_id, before)
    return hits


def check_now(organisation: Organisation, ctx: Context, action_id: int, before: Tree) -> None:
    """What the dead left behind is true."""
    check_ledger_is_true(before, read_tree(organisation.mail), ctx.store.ledger.entries(action_id))


def test_nobody_takes_over_before_the_lease_of_the_dead_ran_out(
    organisation: Organisation, ctx: Context
) -> None:
    action_id = decided_action(ctx, parse_indicator(organisation.manifest.file.indicator))
    before = read_tree(organisation.mail)
    with Executors(organisation.home) as executors:
        assert executors.run(action_id, Doom("move", 1, 0)).was_killed
        ruins = read_tree(organisation.mail)
        assert executors.run(action_id, at_once=True).exit_code == TAKEN
        assert read_tree(organisation.mail) == ruins
        assert executors.run(action_id).exit_code == 0
    check_finished(ctx, organisation.home, action_id, before)


@pytest.mark.parametrize(
    ("how", "caught"),
    [
        ("no intents", "no restore point says from where"),
        ("outcomes first", "not at its destination"),
    ],
)
def test_an_executor_that_breaks_the_order_is_caught_by_the_same_kills(
    organisation: Organisation, ctx: Context, dice: random.Random, how: str, caught: str
) -> None:
    action_id = decided_action(ctx, parse_indicator(organisation.manifest.file.indicator))
    before = read_tree(organisation.mail)

    def check() -> None:
        check_now(organisation, ctx, action_id, before)

    def kill(executors: Executors) -> None:
        # One kill where it surely shows, between two renames; then at random as everywhere.
        assert executors.run(action_id, Doom("move", 3, 0)).was_killed
        check()
        kill_until_hit(executors, action_id, dice=dice, wanted=3, check=check)

    with (
        Executors(organisation.home, how) as executors,
        pytest.raises(AssertionError, match=caught),
    ):
        kill(executors)
