"""A replay says what policy would have said, or that it cannot be told; never something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings

import clawback.core.what_if as subject
from clawback.core.policy import decide
from clawback.core.what_if import course_of, happened, lookups, replay
from clawback.core.what_if_totals import Totals, fate_of
from models.actions import ActionStatus
from models.locations import DeliveryLocation
from models.settings import Mode, Settings
from models.what_if import Aftermath, Course, Fate, Known, Replayed
from tests.core.replayed_clusters import (
    BOXES,
    INDICATORS,
    NOW,
    SETTINGS,
    TRAINING,
    WORLDS,
    Message,
    World,
)

ON = Settings(similar_files=True, similar_urls=True)


def is_wrong(world: World, before: Settings, after: Settings) -> bool:
    """Whether a replay says something else than policy does over what it would have seen.

    Where messages were left out it may count fewer: those are in no decision.
    """
    said = replay(world.past(before), after, world.known(before))
    if said.course is Course.UNTOLD:
        return False
    true = decide(world.inputs(after), NOW)
    number = len(true.copies)
    may_miss = bool(world.inputs(before).excluded)
    is_counted = said.copies == number or (may_miss and said.copies < number)
    return said.course is not course_of(true.effect, after.mode) or not is_counted


@given(world=WORLDS, before=SETTINGS)
def test_a_replay_under_the_settings_as_recorded_gives_exactly_the_recorded_decision(
    world: World, before: Settings
) -> None:
    past = world.past(before)
    said = replay(past, before, Known())
    assert (said.course, said.copies) == (happened(past), past.copies)


@settings(max_examples=500)
@given(world=WORLDS, before=SETTINGS, after=SETTINGS)
def test_a_replay_under_other_settings_says_what_policy_would_have_said(
    world: World, before: Settings, after: Settings
) -> None:
    assert not is_wrong(world, before, after)


def at(location: DeliveryLocation, *, box: str = BOXES[0], training: bool = False) -> World:
    """One malicious file in one message."""
    message = Message(1, box, location, training)
    file = INDICATORS[0]
    return replace(
        _BARE, indicator=file, messages=(message, replace(message, copy_id=2, box=BOXES[1]))
    )


_BARE = World(INDICATORS[0], (), subject.Verdict.MALICIOUS, (), (), frozenset(), "", True)


FOUR_SENDERS = replace(at(DeliveryLocation.INBOX), senders=(NOW,) * 4)
BROKEN: dict[str, tuple[Callable[..., object], World, dict[str, object], dict[str, object]]] = {
    "_with_folder": (
        lambda inputs, *_: inputs,
        at(DeliveryLocation.DELETED_ITEMS), {}, {"take_deleted_items": True},
    ),
    "_without_excluded": (
        lambda past, inputs, *_: inputs,
        at(DeliveryLocation.INBOX), {}, {"secops_mailboxes": BOXES},
    ),
    "_guards": (
        lambda past, seen, *_: seen.guards,
        at(DeliveryLocation.INBOX), {}, {"allowed_indicators": (INDICATORS[0].value,)},
    ),
    "_holds_anyway": (
        lambda decision: True,
        at(DeliveryLocation.INBOX), {"secops_mailboxes": BOXES}, {},
    ),
    "_senders": (lambda *_: 0, FOUR_SENDERS, {}, {"many_senders": 2}),
    "course_of": (
        lambda effect, mode: course_of(effect, Mode.ENFORCE),
        at(DeliveryLocation.INBOX), {}, {"mode": "observe"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_replay_that_leaves_one_thing_as_it_was_recorded_is_caught(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, world, before, after = BROKEN[name]
    settings_ = ON.with_changes(before), ON.with_changes(after)
    assert not is_wrong(world, *settings_)
    monkeypatch.setattr(subject, name, broken)
    assert is_wrong(world, *settings_)


@given(world=WORLDS, before=SETTINGS, after=SETTINGS)
def test_what_a_replay_needs_to_know_is_asked_for(
    world: World, before: Settings, after: Settings
) -> None:
    past, known = world.past(before), world.known(before)
    asked = lookups([past], (after,))
    keys = {(each.value, each.match) for each in asked.simulations}
    given_ = Known(
        folders=known.folders if asked.folders else {},
        mailboxes={1: {box: known.mailboxes[1].get(box, frozenset()) for box in asked.mailboxes}},
        simulations={1: {key: known.simulations[1].get(key, frozenset()) for key in keys}},
        senders=known.senders if asked.senders else {},
    )
    assert replay(past, after, given_) == replay(past, after, known)


def test_a_setting_that_is_switched_on_makes_what_waited_run() -> None:
    world = at(DeliveryLocation.INBOX)
    said = replay(world.past(Settings()), Settings(similar_files=True), Known())
    assert (said.course, said.copies) == (Course.RAN, 2)
    assert "Runs without approval" in said.reason


def test_what_was_left_out_and_would_count_now_cannot_be_told() -> None:
    world = at(DeliveryLocation.INBOX)
    past = world.past(ON.with_changes({"secops_mailboxes": (BOXES[0],)}))
    assert replay(past, ON, Known()).course is Course.UNTOLD
    off = Settings()
    said = replay(past, off, Known())
    assert said.course is Course.WAITED, "more messages would wait as well"


def test_a_location_check_that_is_not_complete_cannot_tell() -> None:
    world = at(DeliveryLocation.DELETED_ITEMS)
    after = ON.with_changes({"take_deleted_items": True})
    assert replay(world.past(ON), after, Known()).course is Course.UNTOLD
    assert replay(world.past(ON), after, world.known(ON)).course is Course.RAN


def test_an_indicator_that_was_refused_cannot_be_told_once_it_is_not() -> None:
    world = replace(at(DeliveryLocation.INBOX), indicator=INDICATORS[4])
    past = world.past(ON.with_changes({"simulation_urls": (TRAINING,)}))
    assert happened(past) is Course.NO_ACTION
    assert replay(past, ON, Known()).course is Course.UNTOLD


def test_inputs_of_another_version_cannot_be_told() -> None:
    past = replace(at(DeliveryLocation.INBOX).past(ON), inputs=None)
    assert replay(past, ON, Known()).course is Course.UNTOLD
    assert happened(past) is Course.RECORDED, "without an action nothing ran"


@pytest.mark.parametrize(
    ("status", "by", "reverted", "fate"),
    [
        (ActionStatus.COMPLETED, "Automation", 9, Fate.REVERTED),
        (ActionStatus.REJECTED, "ben", None, Fate.REJECTED),
        (ActionStatus.CANCELLED, "ben", None, Fate.CANCELLED),
        (ActionStatus.CANCELLED, "", None, Fate.LAPSED),
        (ActionStatus.EXPIRED, "", None, Fate.LAPSED),
        (ActionStatus.PENDING, "", None, Fate.PENDING),
        (ActionStatus.COMPLETED, "Automation", None, Fate.RAN),
    ],
)
def test_what_became_of_a_decision(
    status: ActionStatus, by: str, reverted: int | None, fate: Fate
) -> None:
    past = replace(
        at(DeliveryLocation.INBOX).past(ON), aftermath=Aftermath(4, status, by, reverted)
    )
    assert fate_of(past) is fate


def test_what_would_run_over_an_objection_is_listed_first_and_counted() -> None:
    world, off = at(DeliveryLocation.INBOX), Settings()
    totals = Totals(off, off.with_changes({"similar_files": True, "pending_days": 3}))
    rejected = Aftermath(1, ActionStatus.REJECTED, "ben")
    for number, after in enumerate([rejected, Aftermath(2, ActionStatus.COMPLETED, "ada"), None]):
        past = replace(
            world.past(off), id=number, aftermath=after, decided_at=NOW - timedelta(days=number)
        )
        waits = replay(past, off, Known())
        runs = replay(past, ON, Known()) if number < 2 else waits
        totals.add(past, alike=waits, current=waits, edited=runs)
    told = totals.told(NOW - timedelta(days=30), NOW, 1)
    assert [(each.decision_id, each.fate) for each in told.changes] == [
        (0, Fate.REJECTED),
        (1, Fate.APPROVED),
    ]
    assert told.edited[Course.RAN].decisions == 2
    assert told.edited[Course.RAN].objections == 1
    assert told.happened[Course.WAITED].copies == 6
    assert [day.day for day in told.days] == sorted(day.day for day in told.days)
    assert told.without_effect == ("pending_days",)
    assert told.unlike == 0


def test_a_decision_that_comes_out_otherwise_under_its_own_settings_is_counted() -> None:
    past = at(DeliveryLocation.INBOX).past(ON)
    totals = Totals(ON, ON)
    same, other = replay(past, ON, Known()), Replayed(Course.WAITED, 2, "")
    totals.add(past, alike=same, current=same, edited=same)
    totals.add(past, alike=other, current=same, edited=same)
    assert totals.told(datetime(2026, 1, 1, tzinfo=UTC), NOW, 1).unlike == 1
