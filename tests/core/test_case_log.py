"""The log of an investigation: every event in words, and durations in two units."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from case_values import NOW, WAITING, action

from clawback.core.case_log import LogLine, lasting, log_lines
from models.actions import ActionStatus, RemediationAction
from models.history import Event, HistoryEntry

OF_INVESTIGATIONS = (
    Event.ALERT_RECEIVED, Event.INVESTIGATION_STATUS, Event.CLUSTER_FOUND,
    Event.LOCATIONS_CHECKED, Event.DECISION_MADE, Event.ACTION_CREATED, Event.ACTION_DECIDED,
    Event.ACTION_CANCELLED, Event.ACTION_STATUS, Event.BATCH_FINISHED,
    Event.INDICATOR_SUPPRESSED, Event.INDICATOR_LIFTED,
)  # fmt: skip


def line(event: Event, found: RemediationAction | None = None, **details: Any) -> LogLine:
    entry = HistoryEntry(
        NOW, event, "ada", "cli", 1, found.id if found else None, details, number=7
    )
    [made] = log_lines([entry], [found] if found else [], NOW + timedelta(hours=2))
    return made


def test_every_event_of_an_investigation_has_words_of_its_own() -> None:
    for event in OF_INVESTIGATIONS:
        assert line(event, action()).type != "Other", event
    assert line(Event.USER_ADDED).type == "Other"


def test_lines_say_what_happened() -> None:
    status = line(Event.INVESTIGATION_STATUS, was="Running", to="Remediated", summary="All gone.")
    assert (status.action, status.status, status.description) == (
        "Status changed", "Remediated", "All gone.",
    )  # fmt: skip
    checked = line(Event.LOCATIONS_CHECKED, by_bucket={"Mailbox": 1200, "Unknown": 0})
    assert checked.description == "1,200 Mailbox"
    batch = line(Event.BATCH_FINISHED, action(), outcomes={"moved": 3, "failed": 1})
    assert batch.description == "3 moved, 1 failed"
    decided = line(Event.ACTION_DECIDED, action(), choice="reject", reason="a\u202enewsletter")
    assert (decided.status, decided.comments) == ("Rejected", "a\ufffdnewsletter")


def test_details_of_another_shape_are_no_trouble() -> None:
    for event in Event:
        for value in (None, "text", ["list"], {"x": "y"}, 3):
            names = ("outcomes", "by_bucket", "members", "entities", "reason", "choice")
            assert line(event, action(), **dict.fromkeys(names, value)).id == 7
            assert line(event, **dict.fromkeys(names, value)).id == 7


def test_a_created_action_tells_when_it_began_how_long_it_took_and_waited() -> None:
    ran = line(
        Event.ACTION_CREATED,
        action(decided_by="ada", decided_at=NOW + timedelta(hours=1),
               ended_at=NOW + timedelta(hours=1, minutes=1)),
    )  # fmt: skip
    assert (ran.started_at, ran.duration, ran.pending) == (
        NOW + timedelta(hours=1), timedelta(minutes=1), timedelta(hours=1),
    )  # fmt: skip
    waiting = line(Event.ACTION_CREATED, action(**WAITING))
    assert (waiting.started_at, waiting.duration, waiting.pending) == (
        None, None, timedelta(hours=2),
    )  # fmt: skip
    rejected = line(Event.ACTION_CREATED, action(status=ActionStatus.REJECTED, decided_by="ada"))
    assert rejected.started_at is None
    assert line(Event.BATCH_FINISHED, action()).duration is None


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (None, ""),
        (timedelta(), "0.0 s"),
        (timedelta(milliseconds=1440), "1.4 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(minutes=12, seconds=5), "12 min 5 s"),
        (timedelta(hours=3, seconds=9), "3 h"),
        (timedelta(days=3, hours=4, minutes=59), "3 d 4 h"),
        (timedelta(days=400), "400 d"),
        (-timedelta(days=1), "0.0 s"),
    ],
)
def test_durations_have_two_units_at_most(span: timedelta | None, words: str) -> None:
    assert lasting(span) == words
