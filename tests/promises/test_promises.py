"""The six promises, and broken services that must be caught breaking them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from machine import Promises
from stories import (
    PARTS_OF_A_MESSAGE,
    PROPOSED,
    PUT_BACK,
    REFUSED,
    SELECTED,
    STORE_LIES,
    TAKEN,
    Story,
    at_any_call,
    cancelled_after_a_crash,
    cancelled_at_work,
    tell,
    two_workers,
)
from watching import Violation

from clawback.core import planning
from clawback.core.reconcile import Reconciled
from clawback.services import approvals, batches, investigate, refresh, revert
from clawback.store import engine, ledger
from models.actions import ActionStatus, ActionType, Lease
from models.clusters import Member
from models.copies import Place
from models.indicators import Verdict
from models.outcomes import CopyOutcome, Outcome

pytestmark = pytest.mark.sqlite

EXPLORE = int(os.environ.get("CLAWBACK_EXPLORE", "0"))
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def test_the_promises_hold_whatever_happens() -> None:
    """Deliveries, users, alerts, analysts, crashes and take-overs in any order break no promise.

    The same 60 stories each time, so that a change is not blamed for an old mistake. With
    CLAWBACK_EXPLORE=N there are N new ones, and a failing one is kept and told again.
    """
    run_state_machine_as_test(
        Promises,
        settings=settings(
            max_examples=EXPLORE or 60,
            derandomize=not EXPLORE,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=QUIET,
        ),
    )


@contextmanager
def _patched(target: Any, name: str, value: Any) -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    patch.setattr(target, name, value)
    try:
        yield
    finally:
        patch.undo()


def _no_intent_row() -> Any:
    """Moves first and writes nothing down before."""
    return _patched(_ledger_class(), "write_intents", lambda self, lease, points, now: None)


def _no_lease() -> Any:
    """Lets everybody in, and checks no fence."""
    kind = _ledger_class()
    original = kind.acquire

    def acquire(self: Any, action_id: int, holder: str, *, ttl: Any, now: Any) -> Lease:
        try:
            return original(self, action_id, holder, ttl=ttl, now=now)
        except Exception:
            return Lease(action_id, holder, 0, now + ttl)

    return _patched(kind, "acquire", acquire)


def _no_restore_point() -> Any:
    """Writes down that everything came from the Inbox."""
    original = planning.plan_batch

    def plan(*args: Any, **kwargs: Any) -> Any:
        made = original(*args, **kwargs)
        points = {
            copy_id: point._replace(place=Place("INBOX", "?"))
            for copy_id, point in made.restore_points.items()
        }
        return replace(made, restore_points=points)

    return _patched(batches, "plan_batch", plan)


def _no_re_read() -> Any:
    """Believes what the mail system says it did."""

    def believe(
        entries: Any, intents: Any, replies: Any, live: Any, *, last_try: bool, puts_back: bool
    ) -> Any:
        outcomes = tuple(
            CopyOutcome(intent.copy_id, Outcome.MOVED, "", intent.place, None)
            for intent in intents
            if intent.copy_id in replies and replies[intent.copy_id].fault is None
        )
        done = {outcome.copy_id for outcome in outcomes}
        return Reconciled(outcomes, frozenset(i.copy_id for i in intents if i.copy_id not in done))

    return _patched(batches, "reconcile_batch", believe)


def _verdict_ignored() -> Any:
    """Takes every part of a reported message for malicious."""
    original = investigate.judge_entities

    def judge(entities: Any, listed: Any) -> Any:
        return tuple(
            (entity, replace(judgement, verdict=Verdict.MALICIOUS))
            for entity, judgement in original(entities, listed)
        )

    return _patched(investigate, "judge_entities", judge)


def _wrong_folder_on_revert() -> Any:
    """Puts everything back into the Inbox, wherever it came from."""
    original = revert.plan_revert

    def plan(entries: Any, to: ActionType, folder_for: Any) -> Any:
        inbox = ActionType.MOVE_TO_INBOX if to is ActionType.RESTORE else to
        return original(entries, inbox, folder_for)

    return _patched(revert, "plan_revert", plan)


def _suppression_forgotten() -> Any:
    """Lets an indicator run by itself again after people said no."""
    cases = type(_any_store().cases)
    return _patched(cases, "suppression", lambda self, indicator: "")


def _cancel_not_heeded() -> Any:
    """Writes intents for an action whatever its status says."""
    original = ledger.check_lease

    def check(connection: Any, lease: Lease) -> Any:
        row = original(connection, lease)
        return SimpleNamespace(**{**row._mapping, "status": ActionStatus.RUNNING.value})

    return _patched(ledger, "check_lease", check)


def _cancelled_and_left() -> Any:
    """Never looks at what a cancelled action was about to move."""

    async def settle(ctx: Any) -> int:
        return 0

    return _patched(refresh, "settle", settle)


def _one_person_is_enough() -> Any:
    """Lets who proposes an action approve it too."""
    return _patched(approvals, "_check_two_persons", lambda ctx, found, actor: None)


def _picked_by_mail_alone() -> Any:
    """Takes every message that anybody got for selected."""
    index = type(_any_store().index)
    original = index.pick

    def pick(self: Any, keys: Any) -> Any:
        found = original(self, keys)
        boxes = ("a@example.com", "b@example.com", "c@example.com")
        known = [copy.copy_id for box in boxes for copy in self.live_copies("memory", box)]
        everything = tuple(Member(ref, 1, "") for ref in self.refs(known))
        return dict.fromkeys(found, everything)

    return _patched(index, "pick", pick)


def _ledger_class() -> Any:
    return type(_any_store().ledger)


def _any_store() -> Any:
    from machine import template

    from clawback.mail.extract import EXTRACTOR_VERSION

    store = engine.open_store(f"sqlite:///{template()}", extractor_version=EXTRACTOR_VERSION)
    store.close()
    return store


@dataclass(frozen=True)
class Broken:
    """A service that breaks a promise, and the stories that come to where it does."""

    sabotage: Callable[[], Any]
    stories: Sequence[Story]


BROKEN = {
    "no-intent-row": Broken(_no_intent_row, [TAKEN]),
    "no-lease": Broken(_no_lease, at_any_call(two_workers)),
    "no-restore-point": Broken(_no_restore_point, [TAKEN]),
    "no-re-read": Broken(_no_re_read, [STORE_LIES]),
    "verdict-ignored": Broken(_verdict_ignored, [PARTS_OF_A_MESSAGE]),
    "wrong-folder-on-revert": Broken(_wrong_folder_on_revert, [PUT_BACK]),
    "suppression-forgotten": Broken(_suppression_forgotten, [REFUSED]),
    "cancel-not-heeded": Broken(_cancel_not_heeded, at_any_call(cancelled_at_work)),
    "one-person-is-enough": Broken(_one_person_is_enough, [PROPOSED]),
    "picked-by-mail-alone": Broken(_picked_by_mail_alone, [SELECTED]),
    "cancelled-and-left": Broken(_cancelled_and_left, at_any_call(cancelled_after_a_crash)),
}
# What the search below finds within seconds; the others take it minutes.
FOUND_SOON = ("no-intent-row", "no-restore-point", "verdict-ignored")


def _tell_all(stories: Sequence[Story]) -> None:
    for story in stories:
        tell(story)


@pytest.mark.parametrize("name", BROKEN)
def test_sound_services_keep_their_promises_where_broken_ones_are_caught(name: str) -> None:
    broken = BROKEN[name]
    _tell_all(broken.stories)
    with broken.sabotage(), pytest.raises((Violation, BaseExceptionGroup)) as caught:
        _tell_all(broken.stories)
    assert _is_violation(caught.value)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", BROKEN if EXPLORE else FOUND_SOON)
def test_a_broken_service_is_caught(name: str) -> None:
    """The machine finds the broken promise by itself; with CLAWBACK_EXPLORE that of each service."""
    quick = settings(
        max_examples=400,
        stateful_step_count=25,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=QUIET,
    )
    with BROKEN[name].sabotage(), pytest.raises((Violation, BaseExceptionGroup)) as caught:
        run_state_machine_as_test(Promises, settings=quick)
    assert _is_violation(caught.value)


def _is_violation(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(_is_violation(one) for one in error.exceptions)
    return isinstance(error, Violation)
