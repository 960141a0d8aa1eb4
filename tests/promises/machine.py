"""The state machine: whatever happens in whatever order, the promises hold."""

from __future__ import annotations

import os
import tempfile
from datetime import timedelta
from pathlib import Path

from campaign_mail import INDICATORS
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from watching import Crash, Violation
from world import ANALYST, COLLEAGUE, FOLDERS, MAILBOXES, World

from clawback.core.selecting import ACTIONS
from clawback.errors import LeaseLost
from clawback.mail.extract import EXTRACTOR_VERSION
from clawback.mailboxes.memory_levers import Trick
from clawback.services import batches, remediate
from clawback.services.revert import RevertTo
from clawback.store.engine import open_store
from models.actions import ActionStatus, ActionType, Actor, Choice, DecidedVia
from models.alerts import EntityClaim
from models.pausing import Pause
from models.settings import Settings

NAMES = st.sampled_from(sorted(INDICATORS))
CARRIED = st.sampled_from([("file",), ("url",), ("file", "url"), ()])
CALLS = st.integers(0, 60)
# Of a whole investigation execution alone is half: it begins at 96 to 128 and ends at 153 to 200.
ALERT_CALLS = st.integers(0, 90) | st.integers(90, 200)
CANCELLABLE = (ActionStatus.PENDING, ActionStatus.RUNNING)
REVERTIBLE = (ActionStatus.COMPLETED, ActionStatus.CANCELLED)
ADMIN = Actor("admin", DecidedVia.CLI, True)

# Thousands of commits wait for a disk here; that they do is tested with the store.
QUICK_DISK = next((path for path in ("/dev/shm",) if os.access(path, os.W_OK)), None)

_template: list[Path] = []


def template() -> Path:
    """An empty database at the newest version, made once and copied for each example."""
    if not _template:
        folder = Path(tempfile.mkdtemp(prefix="clawback-machine-", dir=QUICK_DISK))
        open_store(f"sqlite:///{folder / 'empty.db'}", extractor_version=EXTRACTOR_VERSION).close()
        _template.append(folder / "empty.db")
    return _template[0]


class Promises(RuleBasedStateMachine):
    """Users, attackers, analysts, crashes and clocks against the services."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(prefix="clawback-world-", dir=QUICK_DISK)
        self.world = World(Path(self._folder.name), template())

    def teardown(self) -> None:
        """Everything comes to an end, and still holds."""
        try:
            self._go_on()
            self.world.settle()
            self.world.check()
        finally:
            self.world.store.close()
            self._folder.cleanup()

    @initialize(
        boxes=st.lists(st.sampled_from(MAILBOXES), min_size=1, max_size=3),
        folder=st.sampled_from(FOLDERS),
        opted_in=st.sampled_from([True, True, True, False]),
    )
    def campaign(self, boxes: list[str], folder: str, opted_in: bool) -> None:
        """Something to act on, in an organisation that mostly lets it act."""
        for box in boxes:
            self.world.deliver(box, ("file", "url"), folder, False)
        self.opt_in(opted_in, opted_in, 10_000)

    @rule(box=st.sampled_from(MAILBOXES), what=CARRIED, folder=st.sampled_from(FOLDERS),
          twice=st.booleans())  # fmt: skip
    def deliver(self, box: str, what: tuple[str, ...], folder: str, twice: bool) -> None:
        self.world.deliver(box, what, folder, twice)

    @rule(what=st.sampled_from(["move", "rename", "delete"]), which=st.integers(0, 50),
          folder=st.sampled_from(FOLDERS))  # fmt: skip
    def user(self, what: str, which: int, folder: str) -> None:
        self.world.user(what, which, folder)

    @rule()
    def sync(self) -> None:
        self.world.sync()

    @rule(files=st.booleans(), urls=st.booleans(), cap=st.sampled_from([0, 2, 10_000]))
    def opt_in(self, files: bool, urls: bool, cap: int) -> None:
        _, version = self.world.store.settings.current()
        self.world.store.settings.save(
            Settings(similar_files=files, similar_urls=urls, cap=cap),
            based_on=version,
            actor=ADMIN,
            now=self.world.clock.now(),
        )

    @rule(name=NAMES)
    def alert(self, name: str) -> None:
        self._suppression_holds(lambda: self.world.alert(name))

    @rule(name=NAMES)
    def alert_about_parts_of_a_message(self, name: str) -> None:
        self.world.alert(name, EntityClaim.PART)

    @rule(name=NAMES, calls=ALERT_CALLS)
    def alert_and_crash(self, name: str, calls: int) -> None:
        self.world.fuse.light(calls, _crash)
        self._suppression_holds(lambda: self.world.alert(name))
        self.world.fuse.out()

    @rule(name=NAMES, calls=ALERT_CALLS, what=st.sampled_from(["move", "rename", "delete"]),
          which=st.integers(0, 50))  # fmt: skip
    def alert_while_a_user_acts(self, name: str, calls: int, what: str, which: int) -> None:
        self.world.fuse.light(calls, lambda: self.world.user(what, which, "Projects"))
        self._suppression_holds(lambda: self.world.alert(name))
        self.world.fuse.out()

    @rule(name=NAMES, calls=ALERT_CALLS)
    def alert_while_another_worker_takes_over(self, name: str, calls: int) -> None:
        self.world.fuse.light(calls, self._take_over)
        self._suppression_holds(lambda: self.world.alert(name))
        self.world.fuse.out()

    @rule(trick=st.sampled_from(list(Trick)), times=st.integers(1, 4))
    def the_store_misbehaves(self, trick: Trick, times: int) -> None:
        self.world.source.play(trick, times=times)

    @rule(which=st.integers(0, 20), choice=st.sampled_from(list(Choice)),
          calls=st.none() | CALLS)  # fmt: skip
    def analyst_decides(self, which: int, choice: Choice, calls: int | None) -> None:
        pending = self.world.store.cases.actions(statuses=[ActionStatus.PENDING])
        if pending:
            self._maybe_crash(calls)
            self.world.decide(pending[which % len(pending)].id, choice)
            self.world.fuse.out()

    @rule(which=st.integers(0, 20), calls=st.none() | CALLS)
    def analyst_cancels(self, which: int, calls: int | None) -> None:
        self._maybe_crash(calls)
        self._cancel(which)
        self.world.fuse.out()

    @rule(name=NAMES, calls=ALERT_CALLS, which=st.integers(0, 20))
    def alert_while_an_analyst_cancels(self, name: str, calls: int, which: int) -> None:
        self.world.fuse.light(calls, lambda: self._cancel(which))
        self._suppression_holds(lambda: self.world.alert(name))
        self.world.fuse.out()

    @rule(which=st.integers(0, 1), action=st.sampled_from(ACTIONS), propose=st.booleans(),
          by=st.sampled_from([ANALYST, COLLEAGUE]), calls=st.none() | ALERT_CALLS)  # fmt: skip
    def a_person_takes_action(
        self, which: int, action: ActionType, propose: bool, by: Actor, calls: int | None
    ) -> None:
        self._maybe_crash(calls)
        self.world.take(which, action, propose=propose, by=by)
        self.world.fuse.out()

    @rule(which=st.integers(0, 20), to=st.sampled_from(list(RevertTo)), calls=st.none() | CALLS)
    def analyst_reverts(self, which: int, to: RevertTo, calls: int | None) -> None:
        ended = self.world.store.cases.actions(statuses=REVERTIBLE)
        if ended:
            self._maybe_crash(calls)
            self.world.revert(ended[which % len(ended)].id, to)
            self.world.fuse.out()

    @rule(which=st.integers(0, 20))
    def revert_then_sweep_moves_nothing(self, which: int) -> None:
        ended = self.world.store.cases.actions(statuses=[ActionStatus.COMPLETED])
        removals = [
            action
            for action in ended
            if action.reverts_action_id is None and action.type is not ActionType.MOVE_TO_INBOX
        ]
        if not removals:
            return
        self._go_on()
        action = removals[which % len(removals)]
        self.world.revert(action.id, RevertTo.ORIGINAL)
        self.world.sync()
        before = len(self.world.moves)
        suppressed = action.indicator in self.world.suppressed
        self.world.sweep()
        moved = [move for move in self.world.moves[before:] if self._is_about(move, action)]
        if suppressed and moved:
            raise Violation("a sweep moved again what a revert had put back")

    @rule()
    def sweep(self) -> None:
        self._suppression_holds(self.world.sweep)

    @rule(days=st.sampled_from([0, 1, 8]))
    def refresh(self, days: int) -> None:
        self.world.clock.at += timedelta(days=days)
        self.world.refresh()

    @rule(calls=st.none() | CALLS)
    def pick_up(self, calls: int | None) -> None:
        self._maybe_crash(calls)
        self.world.pick_up()
        self.world.fuse.out()

    @rule()
    def stop_button(self) -> None:
        pause = Pause(True, "wait", "admin", self.world.clock.now())
        self.world.store.settings.set_pause(pause, ADMIN)
        before = len(self.world.moves)
        self.world.pick_up()
        self.world.alert("file")
        if len(self.world.moves) != before:
            raise Violation("a message moved while the stop button was pressed")
        self._go_on()

    @rule(name=NAMES, calls=ALERT_CALLS)
    def alert_while_a_second_worker_tries(self, name: str, calls: int) -> None:
        """Two workers at once: the lease lets one of them in."""
        self.world.fuse.light(calls, self._second_worker)
        self._suppression_holds(lambda: self.world.alert(name))
        self.world.fuse.out()

    @invariant()
    def promises_hold(self) -> None:
        self.world.check()

    def _take_over(self) -> None:
        """Our lease runs out while we are slow, and another worker does all that is left."""
        self.world.clock.at += batches.LEASE + timedelta(seconds=1)
        world = self.world
        for action_id in world.store.ledger.expired_leases(world.clock.now()):
            _in_a_thread(lambda action_id=action_id: world.execute(action_id))

    def _second_worker(self) -> None:
        store, now = self.world.store, self.world.clock.now()
        free = set(store.ledger.expired_leases(now))
        for action in store.cases.actions(statuses=[ActionStatus.RUNNING]):
            if action.id not in free:
                try:
                    remediate.open_execution(self.world.context(), action.id)
                except LeaseLost:
                    continue
                raise Violation("two workers hold one action at once")

    def _cancel(self, which: int) -> None:
        open_ones = self.world.store.cases.actions(statuses=CANCELLABLE)
        if open_ones:
            self.world.cancel(open_ones[which % len(open_ones)].id)

    def _maybe_crash(self, calls: int | None) -> None:
        if calls is not None:
            self.world.fuse.light(calls, _crash)

    def _suppression_holds(self, do: object) -> None:
        """Suppressed indicators never remediate by themselves."""
        before, suppressed = self.world.automated(), set(self.world.suppressed)
        do()  # type: ignore[operator]
        for action_id in self.world.automated() - before:
            if self.world.store.cases.action(action_id).indicator in suppressed:
                raise Violation("a suppressed indicator remediated by itself")

    def _go_on(self) -> None:
        pause = Pause(False, "go on", "admin", self.world.clock.now())
        self.world.store.settings.set_pause(pause, ADMIN)

    def _is_about(self, move: object, action: object) -> bool:
        entries = self.world.store.ledger.entries(action.id)  # type: ignore[attr-defined]
        return move.copy_id in {e.copy.copy_id for e in entries}  # type: ignore[attr-defined]


def _crash() -> None:
    raise Crash


def _in_a_thread(do: object) -> None:
    """Another process, as far as an event loop is concerned."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        pool.submit(do).result()  # type: ignore[arg-type]
