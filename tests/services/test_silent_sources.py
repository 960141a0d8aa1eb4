"""A mail system that does not answer: what is decided meanwhile waits for a person."""

from __future__ import annotations

import asyncio

import pytest
from scene import BOXES, FILE, FILE_SHA256, Scene

from clawback.core.indicators import parse_file_indicator
from clawback.mailboxes.memory import MemorySource
from clawback.mailboxes.memory_mailbox import Access
from clawback.services.decide import DecisionSummary
from clawback.services.preview import preview
from clawback.services.sync import sync
from models.decisions import Decision, Effect

pytestmark = pytest.mark.sqlite


def decided(scene: Scene) -> DecisionSummary:
    """The decision over one more message with the file, in an organisation that has opted in."""
    scene.clock.forward(hours=2)
    scene.deliver(file=FILE)
    return asyncio.run(scene.investigate(FILE_SHA256))


def rules(decision: Decision) -> dict[str, str]:
    """What each rule said."""
    return {rule.rule: rule.reason for rule in decision.rules}


@pytest.fixture
def branch(scene: Scene) -> MemorySource:
    """A second mail system of the same organisation."""
    made = MemorySource("branch", ("c@example.com",))
    scene.ctx.sources["branch"] = made  # type: ignore[index]
    scene.set(similar_files=True)
    return made


def test_a_source_that_never_answered_leaves_the_decision_to_a_person(
    scene: Scene, branch: MemorySource
) -> None:
    branch.set_down(True)
    summary = decided(scene)

    assert summary.effect is Effect.AWAIT_APPROVAL
    assert "branch did not answer the last sync" in summary.reason


def test_a_source_that_answers_lets_the_decision_run(scene: Scene, branch: MemorySource) -> None:
    assert decided(scene).effect is Effect.REMEDIATE


def test_a_source_that_failed_in_the_latest_sync_counts_until_it_answers_again(
    scene: Scene, branch: MemorySource
) -> None:
    first = decided(scene)
    branch.set_down(True)
    second = decided(scene)
    branch.set_down(False)
    third = decided(scene)

    assert [found.effect for found in (first, second, third)] == [
        Effect.REMEDIATE,
        Effect.AWAIT_APPROVAL,
        Effect.REMEDIATE,
    ]


def test_a_source_that_lists_its_mailboxes_and_lets_none_be_read_did_not_answer(
    scene: Scene, branch: MemorySource
) -> None:
    scene.deliver(file=FILE)
    decided(scene)
    for box in BOXES:
        scene.source.set_access(box, Access.DENIED)
    asyncio.run(sync(scene.ctx, processes=1))

    shown = asyncio.run(preview(scene.ctx, parse_file_indicator(FILE_SHA256)))
    assert "memory did not answer the last sync" in rules(shown.decision)["index"]


def test_one_mailbox_that_cannot_be_read_for_a_while_stops_nobody(
    scene: Scene, branch: MemorySource
) -> None:
    decided(scene)
    scene.source.set_access(BOXES[1], Access.DENIED)

    assert decided(scene).effect is Effect.REMEDIATE
