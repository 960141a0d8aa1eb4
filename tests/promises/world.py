"""A small organisation in memory, the services over it, and a model of what is true of it.

The model checks each move and each outcome, at the moment that it comes, against the mail itself."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from campaign_mail import INDICATORS, message
from picking import every_other, is_elsewhere, ran_without_a_second_person
from watching import (
    AppliedMove,
    Crash,
    FakeClock,
    Fuse,
    Fused,
    FusedStore,
    Violation,
    WatchedLedger,
    WatchedSource,
)

from clawback.errors import ClawbackError, LeaseLost, Paused, SourceError
from clawback.mail.extract import EXTRACTOR_VERSION
from clawback.mailboxes.guard import GuardedSource
from clawback.services import (
    approvals,
    batches,
    cancelling,
    decide,
    intake,
    investigate,
    remediate,
    revert,
    sync,
    take_action,
)
from clawback.services.context import Context
from clawback.services.locate import check_locations
from clawback.services.refresh import refresh
from clawback.services.sweep import sweep
from clawback.services.take_action import Taken, Wish
from clawback.store.engine import open_store
from models.actions import (
    AUTOMATION,
    ActionSource,
    ActionStatus,
    ActionType,
    Actor,
    Choice,
    DecidedVia,
)
from models.alerts import Entity, EntityClaim, NewAlert
from models.indicators import Verdict
from models.outcomes import LedgerState, MoveIntent, Outcome

MAILBOXES = ("a@example.com", "b@example.com", "c@example.com")
FOLDERS = ("INBOX", "Junk", "Projects", "Trash")
MOVING = (ActionStatus.RUNNING, ActionStatus.CANCELLED)
ANALYST = Actor("analyst", DecidedVia.CLI, True)
COLLEAGUE = Actor("colleague", DecidedVia.LOGIN, True)


@dataclass
class World:
    """The organisation, the services and the model."""

    folder: Path
    template: Path
    clock: FakeClock = field(default_factory=FakeClock)
    fuse: Fuse = field(default_factory=Fuse)
    expected: dict[str, Counter[str]] = field(default_factory=dict)
    user_changes: Counter[str] = field(default_factory=Counter)
    moves: list[AppliedMove] = field(default_factory=list)
    suppressed: set[str] = field(default_factory=set)
    cancelled: dict[int, frozenset[int]] = field(default_factory=dict)
    doubtful_investigations: set[int] = field(default_factory=set)
    unfinished: list[int] = field(default_factory=list)
    selected: dict[int, frozenset[int]] = field(default_factory=dict)
    workers: int = 0

    def __post_init__(self) -> None:
        shutil.copy(self.template, self.folder / "clawback.db")
        database = f"sqlite:///{self.folder / 'clawback.db'}"
        self.store = open_store(database, extractor_version=EXTRACTOR_VERSION)
        self.source = WatchedSource("memory", MAILBOXES, new_handles=False)
        self.source.watch = self._moved
        self.ledger = WatchedLedger(self.store.ledger, self._finishing)
        self.expected = {mailbox: Counter() for mailbox in MAILBOXES}
        self.serial = 0

    def context(self) -> Context:
        """A new process: its own lease holder, every port with the fuse."""
        self.workers += 1
        bare = Context(
            store=FusedStore(
                index=Fused(self.store.index, self.fuse),
                cases=Fused(self.store.cases, self.fuse),
                ledger=Fused(self.ledger, self.fuse),
                settings=self.store.settings,
                mirror=self.store.mirror,
                figures=self.store.figures,
                throttles=Fused(self.store.throttles, self.fuse),
            ),
            sources={},
            verdict_sources=(),
            clock=self.clock,
            holder=f"worker-{self.workers}",
        )
        guarded = GuardedSource(Fused(self.source, self.fuse), lambda: batches.check_may_move(bare))
        return replace(bare, sources={"memory": guarded})

    # ---- what others do

    def deliver(self, mailbox: str, kinds: tuple[str, ...], folder: str, twice: bool) -> None:
        """A message arrives, with the malicious file, link, both or none."""
        self.serial += 1
        raw = message(self.serial, kinds)
        for _ in range(2 if twice else 1):
            self.source.deliver(mailbox, raw, folder)
            self.expected[mailbox][hashlib.sha256(raw).hexdigest()] += 1

    def user(self, what: str, choice: int, folder: str) -> None:
        """A user moves, renames or deletes one of the messages."""
        contents = [(box, one) for box in MAILBOXES for one in self.source.contents(box)]
        present = [(mailbox, place, item.sha256) for mailbox, (place, item) in contents]
        if not present:
            return
        mailbox, place, sha256 = present[choice % len(present)]
        self.user_changes[sha256] += 1
        match what:
            case "move":
                self.source.user_move(mailbox, place, folder)
            case "rename":
                self.source.user_rename(mailbox, place)
            case _:
                self.source.user_delete(mailbox, place)
                self.expected[mailbox][sha256] -= 1

    # ---- what the flows do

    def sync(self) -> None:
        """The sync flow."""
        self._run(lambda: sync.sync(self.context(), processes=1))

    def alert(self, name: str, claim: EntityClaim = EntityClaim.NAMED) -> int | None:
        """An alert comes in; its investigation runs unless the process dies."""
        ctx = self.context()
        self.serial += 1
        alert = NewAlert(
            source="test",
            external_id=str(self.serial),
            title="test",
            entities=(Entity(INDICATORS[name], claim),),
            reported_by="test",
            received_at=self.clock.now(),
        )
        investigation, _ = intake.raise_alert(replace(ctx, store=self.store), alert)
        if claim is EntityClaim.PART:
            self.doubtful_investigations.add(investigation.id)
        self.investigate(investigation.id)
        return investigation.id

    def investigate(self, investigation_id: int) -> None:
        """The investigate flow, from the top."""
        if not self._run(lambda: self._investigate(investigation_id)):
            self.unfinished.append(investigation_id)

    async def _investigate(self, investigation_id: int) -> None:
        ctx = self.context()
        investigate.start(ctx, investigation_id, "run", 1)
        await sync.sync(ctx, processes=1)
        investigate.judge(ctx, investigation_id)
        for label in investigate.indicators_to_cluster(ctx, investigation_id):
            cluster = investigate.build_cluster(ctx, investigation_id, label.number)
            await check_locations(ctx, cluster.cluster_id)
            summary = decide.apply_policy(ctx, cluster.cluster_id)
            if summary.action_id is not None:
                await self._execute(ctx, summary.action_id)
        investigate.conclude(ctx, investigation_id)

    def execute(self, action_id: int) -> None:
        """An approve or revert run, after the decision."""
        self._run(lambda: self._execute(self.context(), action_id))

    async def _execute(self, ctx: Context, action_id: int) -> None:
        if ctx.store.cases.action(action_id).status is not ActionStatus.RUNNING:
            return
        try:
            execution = remediate.open_execution(ctx, action_id)
            for batch in execution.batches:
                await self._batch(ctx, execution.lease, batch)
            remediate.finish(ctx, execution.lease)
        except (LeaseLost, Paused, SourceError):
            return

    async def _batch(self, ctx: Context, lease: Any, batch: batches.Batch) -> None:
        for attempt in range(3):
            try:
                await batches.run_batch(ctx, lease, batch.source, batch.size, last_try=attempt == 2)
                return
            except SourceError:
                if attempt == 2:
                    raise

    def pick_up(self) -> None:
        """What refresh starts: unfinished actions whose lease ran out, investigations that died."""
        self.clock.at += batches.LEASE + timedelta(seconds=1)
        for action_id in self.store.ledger.expired_leases(self.clock.now()):
            self.execute(action_id)
        again, self.unfinished = self.unfinished, []
        for investigation_id in again:
            self.investigate(investigation_id)

    def decide(self, action_id: int, choice: Choice) -> None:
        """An analyst decides."""
        self._run_sync(
            lambda: approvals.decide(
                self.context(), action_id, choice, actor=ANALYST, reason="looked at it"
            )
        )
        found = self.store.cases.action(action_id)
        if found.status is ActionStatus.REJECTED:  # not where the process died before it said so
            self.suppressed.add(found.indicator)
        self.execute(action_id)

    def revert(self, action_id: int, to: revert.RevertTo) -> None:
        """An analyst puts back what an action moved."""
        created: list[int] = []

        def ask() -> None:
            made = revert.request(self.context(), action_id, to, actor=ANALYST, reason="harmless")
            created.append(made.id)

        self._run_sync(ask)
        reverts = [a for a in self.store.cases.actions() if a.reverts_action_id == action_id]
        if reverts:
            self.suppressed.add(self.store.cases.action(action_id).indicator)
        for action in created:
            self.execute(action)

    def take(self, which: int, action: ActionType, *, propose: bool, by: Actor) -> None:
        """A person takes action on every other message, as the rows of a query would name them."""
        keys, meant = every_other(self.store, MAILBOXES, which)
        wish = Wish(by, "phish by phone", ActionSource.HUNTING, propose=propose)
        made: list[Taken] = []
        self._run_sync(lambda: made.append(take_action.take(self.context(), keys, action, wish)))
        for number in (taken.investigation.id for taken in made):
            self.selected[number] = meant
            self.investigate(number)

    def cancel(self, action_id: int) -> None:
        """An analyst ends an action that waits or runs; what is about to move may still move."""
        self._run_sync(
            lambda: cancelling.cancel(self.context(), action_id, actor=ANALYST, reason="ours")
        )
        found = self.store.cases.action(action_id)
        if found.status is ActionStatus.CANCELLED and action_id not in self.cancelled:
            moving = self.store.ledger.entries(action_id, LedgerState.INTENT)
            self.cancelled[action_id] = frozenset(entry.copy.copy_id for entry in moving)
            if found.reverts_action_id is None:
                self.suppressed.add(found.indicator)

    def refresh(self) -> None:
        """The refresh flow, without an orchestrator."""
        self._run(lambda: refresh(self.context()))

    def sweep(self) -> None:
        """The sweep flow, and the investigations that it starts."""
        opened: list[int] = []
        listed = tuple(INDICATORS.values())
        self._run_sync(
            lambda: opened.extend(sweep(self.context(), {"feed": listed}).investigations)
        )
        for investigation_id in opened:
            self.investigate(investigation_id)

    def _run(self, start: Callable[[], Any]) -> bool:
        try:
            asyncio.run(start())
            return True
        except Crash:
            return False
        except ClawbackError:
            return True

    def _run_sync(self, do: Callable[[], Any]) -> None:
        try:
            do()
        except (Crash, ClawbackError):
            return

    # ---- what must hold

    def _moved(self, intent: MoveIntent, sha256: str) -> None:
        """A move was just made: by which right?"""
        rows = [
            (action, entry)
            for action in self.store.cases.actions(statuses=MOVING)
            for entry in self.store.ledger.entries(action.id, LedgerState.INTENT)
            if entry.copy.copy_id == intent.copy_id
        ]
        if not rows:
            raise Violation("a message moved without a ledger row that says so")
        action, entry = rows[-1]
        allowed = self.cancelled.get(action.id, frozenset())
        if action.status is ActionStatus.CANCELLED and intent.copy_id not in allowed:
            raise Violation("an action that a person had cancelled went on")
        if entry.restore is None or entry.restore.place != intent.place:
            raise Violation("a message moved and its restore point is not where it was")
        if not action.decided_by:
            raise Violation("a message moved and nobody decided that")
        if intent.copy_id not in self.selected.get(action.investigation_id, {intent.copy_id}):
            raise Violation("an action on selected messages moved one that nobody selected")
        earlier = [
            move
            for move in self.moves
            if (move.action_id, move.copy_id) == (action.id, intent.copy_id)
        ]
        # What users did to these bytes, and what other actions did to this copy, since the start.
        changes = self.user_changes[sha256] + sum(
            move.copy_id == intent.copy_id and move.action_id != action.id for move in self.moves
        )
        if any(move.changes == changes for move in earlier):
            raise Violation("one action moved one copy twice")
        self.moves.append(
            AppliedMove(action.id, intent.copy_id, intent.mailbox, sha256, intent.place, changes)
        )

    def _finishing(self, lease: Any, outcomes: Any) -> None:
        """Outcomes are about to be written: are they true?"""
        action = self.store.cases.action(lease.action_id)
        entries = {entry.copy.copy_id: entry for entry in self.store.ledger.entries(action.id)}
        for outcome in outcomes:
            entry = entries[outcome.copy_id]
            folders = [
                place.folder
                for place, item in self.source.contents(entry.copy.mailbox)
                if item.sha256 == entry.expected_sha256
            ]
            if outcome.outcome is Outcome.MOVED and entry.destination_folder not in folders:
                raise Violation("an outcome says moved and the message is not at its destination")
            restored = outcome.outcome is Outcome.MOVED and action.type is ActionType.RESTORE
            if restored and is_elsewhere(self.moves, action.reverts_action_id, outcome):
                raise Violation("a revert put a message into another folder than its own")

    def check(self) -> None:
        """What holds after every step."""
        for mailbox in MAILBOXES:
            have = Counter(item.sha256 for _, item in self.source.contents(mailbox))
            if have != +self.expected[mailbox]:
                raise Violation("a message is lost or there twice")
        for action in self.store.cases.actions():
            if action.id in self.cancelled and action.status is not ActionStatus.CANCELLED:
                raise Violation("an action that a person had cancelled is not Cancelled any more")
            if action.investigation_id in self.doubtful_investigations:
                raise Violation("an action came of an indicator that nobody called malicious")
            if ran_without_a_second_person(self.store, action):
                raise Violation("a proposal ran without the approval of another person")
            if action.decided_by == AUTOMATION and not self._may_automate(action.cluster_id):
                raise Violation("automation acted on a verdict that nobody gave")

    def _may_automate(self, cluster_id: int) -> bool:
        decision = self.store.cases.latest_decision(cluster_id)
        investigation = self.store.cases.investigation_of(cluster_id)
        verdicts = self.store.cases.verdicts(investigation)
        return decision is not None and any(v.verdict is Verdict.MALICIOUS for v in verdicts)

    def automated(self) -> set[int]:
        """The actions that nobody decided."""
        return {a.id for a in self.store.cases.actions() if a.decided_by == AUTOMATION}

    def settle(self) -> None:
        """Let everything come to its end, and see that it does."""
        self.fuse.out()
        self.source._tricks.clear()
        for _ in range(3):
            self.pick_up()
        self.refresh()
        running = self.store.cases.actions(statuses=[ActionStatus.RUNNING])
        if running:
            raise Violation("an action says Running for ever")
        for action in self.store.cases.actions():
            if action.status is ActionStatus.CANCELLED and self.store.ledger.entries(
                action.id, LedgerState.INTENT
            ):
                raise Violation("a cancelled action holds its messages for ever")
            done = sum(action.outcomes.values())
            if action.status in (ActionStatus.COMPLETED, ActionStatus.FAILED) and (
                done != action.copies
            ):
                raise Violation("an ended action has copies without an outcome")
