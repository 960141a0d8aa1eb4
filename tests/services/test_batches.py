"""A batch in pieces: the order in which looks, intents, moves and outcomes happen."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from scene import ANALYST, BOXES, Scene

from clawback.errors import LeaseLost, Paused, SourceUnavailable
from clawback.services import batches, remediate
from models.copies import CopyRef, LiveCopy
from models.outcomes import LedgerEntry, LedgerState, MoveIntent, MoveReply
from models.pausing import Pause

pytestmark = pytest.mark.sqlite

FILE = b"%PDF-1.4 harmless bytes that stand for a malicious file"
SHA256 = hashlib.sha256(FILE).hexdigest()


class Watched:
    """A source and a ledger that write down what is asked of them, and wait where a test says so."""

    def __init__(self, scene: Scene) -> None:
        self.steps: list[str] = []
        self.looks = 0
        self.looked = threading.Event()  # at a second piece
        self.before_write: Any = lambda: None
        self.before_look: Any = lambda: None
        self._scene = scene
        self._source: Any = scene.ctx.sources["memory"]
        self._ledger: Any = scene.store.ledger
        store: Any = scene.ctx.store
        self.ctx = replace(
            scene.ctx,
            sources={"memory": _Relay(self._source, locate=self._locate, move=self._move)},  # type: ignore[dict-item]
            store=_Relay(  # type: ignore[arg-type]
                store,
                ledger=_Relay(
                    self._ledger, write_intents=self._intents, write_outcomes=self._outcomes
                ),
            ),
        )

    async def _locate(self, copies: Sequence[CopyRef]) -> AsyncIterator[LiveCopy]:
        self.looks += 1
        self.before_look()
        self.steps.append(f"look {copies[0].mailbox}")
        if copies[0].mailbox == BOXES[1]:
            self.looked.set()
        async for live in self._source.locate(copies):
            yield live

    async def _move(self, intents: Sequence[MoveIntent]) -> AsyncIterator[MoveReply]:
        action = intents and self._scene.store.ledger.entries(1, LedgerState.INTENT)
        assert {entry.copy.mailbox for entry in action} == {intents[0].mailbox}
        self.steps.append(f"move {intents[0].mailbox}")
        async for reply in self._source.move(intents):
            yield reply

    def _intents(self, *args: Any) -> None:
        self.steps.append("intents")
        self._ledger.write_intents(*args)

    def _outcomes(self, *args: Any) -> None:
        self.before_write()
        self._ledger.write_outcomes(*args)
        self.steps.append("outcomes")


class _Relay:
    """Something with a few of its attributes replaced."""

    def __init__(self, inner: Any, **replaced: Any) -> None:
        self.__dict__.update(replaced)
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@pytest.fixture
def watched(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Two mailboxes with two copies each, and an action that runs over them, a piece for each."""
    monkeypatch.setattr(batches, "PIECE_SIZE", 1)
    scene.set(similar_files=True)
    for box in BOXES[:2]:
        for _ in range(2):
            scene.deliver(box, file=FILE)
    assert asyncio.run(scene.investigate(SHA256)).action_id == 1
    return Watched(scene)


def run(watched: Watched) -> None:
    """One batch over everything."""
    lease = remediate.open_execution(watched.ctx, 1).lease
    asyncio.run(batches.run_batch(watched.ctx, lease, "memory", 100))


def states(scene: Scene) -> list[tuple[str, str]]:
    """Mailbox and state of each copy."""
    return sorted(
        (entry.copy.mailbox, entry.state.value) for entry in scene.store.ledger.entries(1)
    )


def test_the_next_piece_is_looked_at_while_one_is_written_down(
    watched: Watched, scene: Scene
) -> None:
    watched.before_write = lambda: watched.looked.wait(20) or pytest.fail("nobody looked ahead")
    run(watched)
    assert {state for _, state in states(scene)} == {"done"}
    assert watched.looks == 4


def test_intents_of_a_piece_wait_for_the_outcomes_of_the_one_before(watched: Watched) -> None:
    run(watched)
    kept = [step.split()[0] for step in watched.steps if not step.startswith("look")]
    assert kept == ["intents", "move", "outcomes"] * 2


def test_a_lease_that_is_lost_over_the_outcomes_moves_nothing_more(
    watched: Watched, scene: Scene
) -> None:
    def another_takes_over() -> None:
        watched.before_write = lambda: None
        later = scene.clock.now() + batches.LEASE + timedelta(seconds=1)
        scene.store.ledger.acquire(1, "another", ttl=batches.LEASE, now=later)

    watched.before_write = another_takes_over
    with pytest.raises(LeaseLost):
        run(watched)
    assert watched.steps.count("intents") == 1
    assert states(scene) == [
        *[(BOXES[0], "intent")] * 2,
        *[(BOXES[1], "planned")] * 2,
    ]


def test_a_source_that_goes_away_before_a_piece_leaves_the_one_before_written_down(
    watched: Watched, scene: Scene
) -> None:
    def away() -> None:
        if watched.looks == 2:
            raise SourceUnavailable("memory", "gone")

    watched.before_look = away
    with pytest.raises(SourceUnavailable):
        run(watched)
    assert states(scene) == [*[(BOXES[0], "done")] * 2, *[(BOXES[1], "planned")] * 2]
    watched.before_look = lambda: None
    watched.ctx.store.ledger.release(
        watched.ctx.store.ledger.acquire(
            1, scene.ctx.holder, ttl=batches.LEASE, now=scene.clock.now()
        )
    )
    run(watched)
    assert {state for _, state in states(scene)} == {"done"}


def test_the_stop_button_counts_between_two_pieces(watched: Watched, scene: Scene) -> None:
    def press() -> None:
        scene.store.settings.set_pause(Pause(True, "stop", "person", scene.clock.now()), ANALYST)

    watched.before_write = press
    with pytest.raises(Paused):
        run(watched)
    assert states(scene) == [*[(BOXES[0], "done")] * 2, *[(BOXES[1], "planned")] * 2]


def test_no_mailbox_is_in_two_pieces(scene: Scene, watched: Watched) -> None:
    entries = scene.store.ledger.next_batch(1, "memory", 100)
    assert len(entries) == 4
    for size in range(1, 6):
        pieces = [list(piece) for piece in batches.pieces_of(entries, size, 100)]
        assert [entry for piece in pieces for entry in piece] == list(entries)
        assert all(len(piece) >= size for piece in pieces[:-1])
        boxes = [box for piece in pieces for box in _boxes(piece)]
        assert len(boxes) == len(set(boxes))
    assert len(list(batches.pieces_of(entries, 2, 100))) == 2
    assert len(list(batches.pieces_of(entries, 3, 100))) == 1


def test_a_piece_holds_no_more_mailboxes_than_the_source_keeps_open(
    scene: Scene, watched: Watched
) -> None:
    entries = scene.store.ledger.next_batch(1, "memory", 100)
    assert len(set(_boxes(entries))) == 2
    pieces = [list(piece) for piece in batches.pieces_of(entries, 100, 1)]
    assert [len(_boxes(piece)) for piece in pieces] == [1, 1]
    assert [entry for piece in pieces for entry in piece] == list(entries)


def _boxes(piece: Sequence[LedgerEntry]) -> set[str]:
    return {entry.copy.mailbox for entry in piece}
