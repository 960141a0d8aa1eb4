"""The whole way through a tenant that fails every fifth time: nothing lost, nothing twice, all true."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from clawback.lab.graph.switches import Fault, Switches
from clawback.mailboxes.graph import moving
from clawback.mailboxes.guard import GuardedSource
from clawback.ports import MailboxSource
from clawback.services import batches, revert
from models.copies import FolderRole
from models.decisions import Effect
from models.outcomes import Outcome
from tests.mailboxes.graph.graph_stage import GraphStage
from tests.mailboxes.graph.virtual_time import run
from tests.pretending import PretendedRuns, open_context
from tests.services.scene import ANALYST, FILE, FILE_SHA256, Scene, SetClock, message

USERS = tuple(f"user-{number:02}@example.com" for number in range(20))
COPIES = 10  # in each mailbox
FOLDERS = ("INBOX", "Junk", "Projects/2026", "Archive")
RECOVERABLE = "recoverableitemsdeletions"


def every_fault(rate: float) -> dict[Fault, float]:
    """Every kind of fault that passes, all together at this rate."""
    kinds = [kind for kind in Fault if kind is not Fault.QUOTA]
    return dict.fromkeys(kinds, rate / len(kinds))


def _message(user: str) -> bytes:
    return message(file=FILE).replace(b"To: a@example.com", f"To: {user}".encode())


class Campaign:
    """One file in many mailboxes of a tenant, and the services over it."""

    def __init__(self, folder: Path, *, rate: float = 0.0, seed: int = 1) -> None:
        self.stage = GraphStage(USERS, switches=Switches(seed=seed, latency_seconds=0.05))
        clock, runs = SetClock(), PretendedRuns()
        sources: dict[str, MailboxSource] = {}
        ctx, store = open_context(folder, sources, clock=clock, runs=runs)
        sources["stage"] = GuardedSource(
            self.stage.source, lambda: batches.check_may_move(ctx), lambda: ()
        )
        source: Any = self.stage.source
        self.scene = Scene(source, store, clock, runs, ctx)
        self.scene.set(similar_files=True)
        for user in USERS:
            for number in range(COPIES):
                self.stage.deliver(user, _message(user), FOLDERS[number % len(FOLDERS)])
        self.before = self.folders()
        self.stage.switch(faults=every_fault(rate))

    def folders(self) -> dict[str, str]:
        """Where each message is, by its immutable id, whichever mailbox it is in."""
        return {
            kept.immutable_id: kept.folder
            for user in USERS
            for kept in self.stage.tenant.everything(user)
        }

    def moves(self) -> int:
        """How many moves the tenant has made."""
        return sum(box.moves for box in self.stage.tenant.mailboxes.values())

    def remove(self) -> int:
        """Investigate and remove; the action's number."""
        summary = run(self.scene.investigate(FILE_SHA256), self.stage.time)
        assert summary.effect is Effect.REMEDIATE, summary.reason
        (action,) = self.scene.store.cases.actions()
        self.execute(action.id)
        return action.id

    def execute(self, action_id: int) -> None:
        run(self.scene.execute(action_id), self.stage.time)

    def untrue(self, action_id: int) -> list[str]:
        """Every outcome in the ledger that the tenant itself does not show."""
        folders = self.folders()
        wrong: list[str] = []
        for entry in self.scene.store.ledger.entries(action_id):
            is_there = folders.get(entry.copy.place.handle) == RECOVERABLE
            removes = entry.destination_role is FolderRole.RECOVERABLE
            said = entry.outcome in (Outcome.MOVED, Outcome.ALREADY)
            if said != (is_there is removes):
                wrong.append(f"{entry.copy.copy_id}: {entry.outcome} {entry.detail}")
        return wrong


def test_every_fifth_answer_a_fault_and_still_nothing_is_lost_or_made_twice(
    tmp_path: Path,
) -> None:
    campaign = Campaign(tmp_path, rate=0.2)
    action_id = campaign.remove()
    assert campaign.scene.store.cases.action(action_id).outcomes == {"moved": 200}
    assert Counter(campaign.folders().values()) == {RECOVERABLE: 200}
    assert campaign.untrue(action_id) == []
    assert campaign.moves() == 200

    back = revert.request(
        campaign.scene.ctx, action_id, revert.RevertTo.ORIGINAL, actor=ANALYST, reason="harmless"
    )
    campaign.execute(back.id)
    assert campaign.scene.store.cases.action(back.id).outcomes == {"moved": 200}
    assert campaign.folders() == campaign.before
    assert campaign.untrue(back.id) == []
    assert campaign.moves() == 400
    assert sum(campaign.stage.gateway.statistics.faults.values()) > 200


def test_one_that_repeats_without_looking_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def blind(self: moving.Mover, moves: Any) -> Any:
        for move in moves:
            yield move, None

    monkeypatch.setattr(moving.Mover, "_look", blind)
    campaign = Campaign(tmp_path, rate=0.4)
    campaign.remove()
    assert campaign.moves() > 200


def test_a_restore_goes_to_the_folder_that_was_renamed_meanwhile(tmp_path: Path) -> None:
    campaign = Campaign(tmp_path)
    action_id = campaign.remove()
    for user in USERS:
        campaign.stage.user_rename_folder(user, "Projects", "Old projects")
    back = revert.request(
        campaign.scene.ctx, action_id, revert.RevertTo.ORIGINAL, actor=ANALYST, reason="harmless"
    )
    campaign.stage.source = campaign.stage.open()  # a process that knows no folders yet
    campaign.execute(back.id)
    assert campaign.scene.store.cases.action(back.id).outcomes == {"moved": 200}
    renamed = Counter(campaign.folders().values())["Old projects/2026"]
    assert renamed == Counter(campaign.before.values())["Projects/2026"]


def test_a_restore_makes_the_folder_anew_that_was_removed_meanwhile(tmp_path: Path) -> None:
    campaign = Campaign(tmp_path)
    action_id = campaign.remove()
    for user in USERS:
        campaign.stage.user_delete_folder(user, "Projects/2026")
    back = revert.request(
        campaign.scene.ctx, action_id, revert.RevertTo.ORIGINAL, actor=ANALYST, reason="harmless"
    )
    campaign.execute(back.id)
    assert campaign.scene.store.cases.action(back.id).outcomes == {"moved": 200}
    assert campaign.folders() == campaign.before
