"""What-if over a real store: what it says of other settings is what happens under them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from scene import ANALYST, BOXES, FILE, FILE_SHA256, Scene

from clawback.errors import BadInput
from clawback.services import approvals, revert
from clawback.services.revert import RevertTo
from clawback.services.what_if import what_if
from models.actions import Choice
from models.decisions import Effect
from models.settings import Settings
from models.what_if import Course, Fate

TRAINING = "https://training.example/course?id=1"
LINK = "https://evil.test/a?b=1"
COURSES = {
    Effect.REMEDIATE: Course.RAN,
    Effect.AWAIT_APPROVAL: Course.WAITED,
    Effect.NO_ACTION: Course.NO_ACTION,
}


def one_course(told: dict[Course, object]) -> Course:
    """The course of the only decision."""
    [course] = [course for course, tally in told.items() if tally.decisions]  # type: ignore[attr-defined]
    return course


def built(folder: Path) -> Scene:
    """An empty organisation in a folder of its own."""
    folder.mkdir()
    return Scene.build(folder)


def in_inbox(scene: Scene) -> str:
    scene.deliver(BOXES[0], file=FILE)
    return FILE_SHA256


def in_deleted_items(scene: Scene) -> str:
    scene.deliver(BOXES[0], file=FILE, folder="Trash")
    return FILE_SHA256


def in_both_boxes(scene: Scene) -> str:
    scene.deliver(BOXES[0], file=FILE)
    scene.deliver(BOXES[1], file=FILE)
    return FILE_SHA256


def of_a_training(scene: Scene) -> str:
    scene.deliver(BOXES[0], file=FILE, text=f"see {TRAINING}")
    return FILE_SHA256


def by_link(scene: Scene) -> str:
    scene.deliver(BOXES[0], text=f"see {LINK}")
    return LINK


FILES = {"similar_files": True}
PAIRS = (
    (in_inbox, FILES),
    (in_both_boxes, {**FILES, "cap": 1}),
    (in_deleted_items, {"take_deleted_items": True}),
    (in_deleted_items, {**FILES, "take_deleted_items": True}),
    (in_inbox, {**FILES, "secops_mailboxes": BOXES[:1]}),
    (in_both_boxes, {**FILES, "secops_mailboxes": BOXES[:1]}),
    (of_a_training, {**FILES, "simulation_urls": (TRAINING,)}),
    (by_link, {"similar_urls": True}),
    (by_link, {"similar_urls": True, "allowed_indicators": ("evil.test",)}),
    (by_link, {"similar_urls": True, "simulation_urls": (LINK,)}),
)


@pytest.mark.parametrize(
    ("stage", "changes"), PAIRS, ids=[f"{s.__name__} {' '.join(c)}" for s, c in PAIRS]
)
def test_what_it_says_is_what_happens_under_those_settings(
    tmp_path: Path, stage: Callable[[Scene], str], changes: dict[str, object]
) -> None:
    before, after = built(tmp_path / "before"), built(tmp_path / "after")
    asyncio.run(before.investigate(stage(before)))
    after.set(**changes)
    true = asyncio.run(after.investigate(stage(after)))
    told = what_if(before.ctx, changes)
    assert one_course(dict(told.edited)) is COURSES[true.effect]
    assert told.decisions == 1
    assert not told.unlike


def test_what_was_reverted_or_rejected_is_told_of_what_would_run(scene: Scene) -> None:
    scene.deliver(BOXES[0], file=FILE)
    scene.deliver(BOXES[1], text=f"see {LINK}")
    scene.set(similar_files=True)
    ran = asyncio.run(scene.investigate(FILE_SHA256))
    assert ran.action_id is not None
    asyncio.run(scene.execute(ran.action_id))
    undone = revert.request(
        scene.ctx, ran.action_id, RevertTo.ORIGINAL, actor=ANALYST, reason="harmless"
    )
    asyncio.run(scene.execute(undone.id))
    waits = asyncio.run(scene.investigate(LINK))
    assert waits.action_id is not None
    approvals.decide(
        scene.ctx, waits.action_id, Choice.REJECT, actor=ANALYST, reason="a newsletter"
    )

    told = what_if(scene.ctx, {"similar_urls": True})

    assert told.happened[Course.RAN].fates == {Fate.REVERTED: 1}
    assert told.current == told.happened
    assert told.edited[Course.RAN].decisions == 2
    assert told.edited[Course.RAN].objections == 2
    [change] = told.changes
    assert (change.happened, change.edited, change.fate) == (
        Course.WAITED,
        Course.RAN,
        Fate.REJECTED,
    )
    assert change.action_id == waits.action_id
    off = what_if(scene.ctx, {"similar_files": False})
    [change] = off.changes
    assert (change.edited, change.fate, change.reverted_by) == (
        Course.WAITED,
        Fate.REVERTED,
        undone.id,
    )


def test_many_senders_are_counted_as_of_then(scene: Scene) -> None:
    scene.deliver(file=FILE)
    asyncio.run(scene.investigate(FILE_SHA256))
    told = what_if(scene.ctx, {"similar_files": True, "many_senders": 2})
    assert one_course(dict(told.edited)) is Course.RAN
    raw = scene.deliver(file=FILE)
    scene.source.deliver(BOXES[1], raw.replace(b"@", b"@other-", 1) + b" ", "INBOX")
    scene.clock.forward(hours=2)
    scene.set(similar_files=True)
    asyncio.run(scene.investigate(FILE_SHA256))
    again = what_if(scene.ctx, {"many_senders": 2})
    assert again.edited[Course.UNTOLD].decisions == 0


def test_nothing_is_written_and_old_decisions_are_left_out(scene: Scene) -> None:
    scene.deliver(file=FILE)
    asyncio.run(scene.investigate(FILE_SHA256))
    head = scene.store.audit.entries(limit=1)
    scene.clock.forward(days=20)
    assert what_if(scene.ctx, {"similar_files": True}).decisions == 1
    assert what_if(scene.ctx, {"similar_files": True}, days=7).decisions == 0
    assert scene.store.audit.entries(limit=1) == head
    assert scene.store.settings.current() == (Settings(), 0)


@pytest.mark.parametrize(
    ("changes", "days", "words"),
    [
        ({"cap": 20_000}, 30, "cap"),
        ({"shared_hosts": ("x y",)}, 30, "shared_hosts: x y is no host"),
        ({"nonsense": 1}, 30, "nonsense"),
        ({}, 0, "days"),
        ({}, 366, "days"),
    ],
)
def test_bad_input_is_named(
    scene: Scene, changes: dict[str, object], days: int, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        what_if(scene.ctx, changes, days=days)
