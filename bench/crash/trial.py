"""Bench `crash`: executors of real actions killed with SIGKILL wherever chance has it.

A campaign is taken out and put back over and over. Two executors are started at once; one gets the
action, and it is killed; then the next two. After each kill a second client reads the store, and
what the ledger says is held against it. Each phase is hit at least once.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import signal
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.cases import alerted, soft_delete_all
from bench.crash import worker
from bench.crash.executors import Ended, Executors
from bench.crash.jobs import Doom, Phase, Spoil
from bench.crash.journal import Event, JournalReader
from bench.crash.mail import FILE_SHA256, Delivery, Message, Move, Reading, campaign, message_id_of
from bench.crash.repeats import claimed_twice, sent_though_applied, two_at_work, unanswered
from bench.crash.stores import OpenStore, TrialStore
from bench.crash.tally import Tally
from bench.crash.truth import false_after_return, false_at_the_end, false_events, false_midway
from bench.grounds import environment
from bench.measuring import expect
from clawback.config import load_config
from clawback.errors import BadInput
from clawback.services import revert
from clawback.services.context import Context
from clawback.services.sync import sync
from clawback.store.engine import SqlStore
from clawback.wiring import open_app
from models.actions import ActionStatus, ActionType, Actor, DecidedVia, RemediationAction
from models.outcomes import Outcome

PERSON = Actor("bench", DecidedVia.CLI, verified=True)
KILLS_AN_ACTION = 8
"""Then an action is left to end: removal and way back alternate that often."""

EXPECTED = (worker.DONE, worker.TAKEN, worker.AWAY, -signal.SIGKILL)
"""How an executor may end."""

FINAL_TRIES = 12
"""Executors without a doom until an action must have ended: faults of a store hold it up."""

REVERTS_AT_MOST = 4

MOST = 4
"""So many times the kills that were asked for, at most, until each phase was hit."""

BREACHES_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Terms:
    """So many kills at least, so many breaches at most, and where chance begins."""

    kills: int
    breaches: int
    seed: int


def hold_trial(
    home: Path,
    open_store: OpenStore,
    *,
    mailboxes: int,
    kills: int,
    seed: int,
    spoil: Spoil | None = None,
    breaches: int = BREACHES_AT_MOST,
) -> tuple[Tally, Mapping[str, object]]:
    """A trial below `home`; what it saw, and what the store tells. It stops at many breaches."""
    deliveries = campaign(mailboxes)
    with open_store(home, deliveries) as store:
        (home / "clawback.toml").write_text(
            f'[organisation]\ndomains = ["example.com"]\n\n{store.toml}', encoding="utf-8"
        )
        with environment(store.environment), _opened(home) as ctx:
            executors = Executors(home, store.environment, spoil=spoil, strike=store.strike)
            trial = _Trial(ctx, store, executors, home, Terms(kills, breaches, seed))
            trial.run(deliveries)
        return trial.tally, store.facts()


class _Trial:
    """One trial: its store, its executors, its chance."""

    def __init__(
        self,
        ctx: Context,
        store: TrialStore,
        executors: Executors,
        home: Path,
        terms: Terms,
    ) -> None:
        self.tally = Tally()
        self._ctx = ctx
        self._store = store
        self._executors = executors
        self._journal = JournalReader(home)
        self._database = home / "clawback.db"
        self._terms = terms
        self._dice = random.Random(terms.seed)
        self._events: defaultdict[int, list[Event]] = defaultdict(list)
        self._moves: Counter[Move] = Counter()
        self._excused: Counter[Move] = Counter()

    def run(self, deliveries: Iterable[Delivery]) -> None:
        """Take out and put back until there were kills enough, and all is back."""
        asyncio.run(sync(self._ctx, processes=1))
        cluster_id = alerted(self._ctx, FILE_SHA256)
        ids = {
            Message(one.mailbox, hashlib.sha256(one.raw).hexdigest()): message_id_of(one.raw)
            for one in deliveries
        }
        initial = self._read()
        while self._goes_on():
            taken = self._action(soft_delete_all(self._ctx, cluster_id, PERSON), ids)
            if taken is None:
                return
            self._put_back(taken, ids)
            if self._is_hopeless():
                return
        self._at_the_end(initial)

    def _put_back(self, taken: RemediationAction, ids: Mapping[Message, str]) -> None:
        """The way back; again for copies that a store would not give back the first time."""
        for _ in range(REVERTS_AT_MOST):
            try:
                back = revert.request(
                    self._ctx, taken.id, revert.RevertTo.ORIGINAL, actor=PERSON, reason="bench"
                )
            except BadInput:
                return  # nothing is left to put back
            if self._action(back, ids) is None:
                return

    def _goes_on(self) -> bool:
        wanted = self._terms.kills * (MOST if self.tally.missed_phase() else 1)
        return self._all_kills() < wanted and not self._is_hopeless()

    def _all_kills(self) -> int:
        return self.tally.kills + self.tally.strikes

    def _is_hopeless(self) -> bool:
        return len(self.tally.breaches) >= self._terms.breaches

    def _action(
        self, action: RemediationAction, ids: Mapping[Message, str]
    ) -> RemediationAction | None:
        """The action, ended; None where it is no use to go on."""
        before = then = self._read()
        ended = action
        for number in range(KILLS_AN_ACTION + FINAL_TRIES):
            dooms = [self._doom() if number < KILLS_AN_ACTION else None] * 2
            takeover = number < KILLS_AN_ACTION and self._dice.random() < 0.25
            pair = self._executors.pair(action.id, dooms, takeover=takeover)
            self.tally.takeovers += takeover
            then = self._look(action.id, (before, then), pair, takeover=takeover)
            ended = self._ctx.store.cases.action(action.id)
            if ended.status is not ActionStatus.RUNNING or self._is_hopeless():
                break
        self.tally.actions += 1
        return self._ended(ended, before, then, ids)

    def _doom(self) -> Doom:
        """A kill in the phase that was hit least."""
        hits = self.tally.by_phase
        phase = min(Phase, key=lambda phase: (hits[phase.value], self._dice.random()))
        return Doom.roll(
            self._dice,
            phase,
            steps=max(1, self.tally.steps[phase.value]),
            latest=self._store.latest_microseconds,
            victims=self._store.victims,
        )

    def _look(
        self,
        action_id: int,
        earlier: tuple[Reading, Reading],
        pair: Sequence[Ended],
        *,
        takeover: bool,
    ) -> Reading:
        """The store after a pair of executors, by a second client; what is not true is noted."""
        before, then = earlier
        for one in pair:
            expect(one.exit_code in EXPECTED, f"an executor ended with {one.exit_code}")
        events = self._journal.news()
        now = self._read()
        entries = self._ctx.store.ledger.entries(action_id)
        tally = self.tally
        tally.note(false_midway(before, now, entries, doubles=self._store.doubles))
        if not takeover:
            tally.note(sent_though_applied(before, then, entries, events))
        tally.note(two_at_work(events, takeover=takeover))
        tally.count(pair, events)
        self._events[action_id] += events
        return now

    def _ended(
        self,
        action: RemediationAction,
        before: Reading,
        now: Reading,
        ids: Mapping[Message, str],
    ) -> RemediationAction | None:
        entries = self._ctx.store.ledger.entries(action.id)
        if action.status is ActionStatus.RUNNING:
            self.tally.note(["an action did not come to its end"])
            return None
        self.tally.note(false_at_the_end(before, now, entries))
        self.tally.note(false_events(self._database, action.id, entries))
        self.tally.note(claimed_twice({action.id: self._events[action.id]}))
        unsure = unanswered(self._events[action.id])
        for entry in entries:
            is_moved = entry.outcome is Outcome.MOVED
            self.tally.moved += is_moved
            self.tally.failed += not is_moved
            key = Message(entry.copy.mailbox, entry.expected_sha256)
            move = Move(key.mailbox, ids[key], is_removal=action.type is ActionType.SOFT_DELETE)
            self._moves[move] += is_moved
            self._excused[move] += unsure[entry.copy.copy_id]
        if not any(entry.outcome is Outcome.MOVED for entry in entries):
            self.tally.note(["an action moved nothing"])
            return None
        return None if self._is_hopeless() else action

    def _at_the_end(self, initial: Reading) -> None:
        """All is back, the store counted as many moves as the ledger, and the index is in step."""
        self.tally.note(false_after_return(initial, self._read()))
        self.tally.note(self._store.false_counts(self._moves, self._excused))
        report = asyncio.run(sync(self._ctx, processes=1))
        if (report.new, report.moved, report.gone) != (0, 0, 0):
            self.tally.note(["the index was not kept in step"])

    def _read(self) -> Reading:
        self.tally.looks += 1
        return self._store.read()


@contextmanager
def _opened(home: Path) -> Iterator[Context]:
    ctx = open_app(load_config({"CLAWBACK_HOME": str(home)}))
    try:
        yield ctx
    finally:
        if isinstance(ctx.store, SqlStore):
            ctx.store.close()
