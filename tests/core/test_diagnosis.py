"""What of an installation's condition needs a person: each rule at its bound, and a sound one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clawback.core.diagnosis import diagnose, overall_words, span_words
from models.actions import ActionType
from models.condition import (
    Backlog,
    Condition,
    DatabaseSize,
    DeploymentRuns,
    HomeRoom,
    HuntingCondition,
    Part,
    PendingWork,
    RunningWork,
    RunsCondition,
    SourceCondition,
    Throttling,
    Tone,
    WorkerSeen,
)
from models.pausing import Pause

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

SOURCE = SourceCondition(
    name="main",
    kind="imap",
    is_configured=True,
    mailboxes=10,
    never_read=0,
    copies=100,
    oldest_at=NOW - 4 * MINUTE,
    answered_at=NOW - 4 * MINUTE,
    failed_at=None,
    failure="",
)
PENDING = PendingWork(0, 0, 0, 0, 0, 0, None, None)
BACKLOG = Backlog(PENDING, (), 0, 0, None, 0, 0, 0, 0)
RUNS = RunsCondition(
    problem="",
    workers=(WorkerSeen("w", NOW - MINUTE),),
    deployments=(DeploymentRuns("sync", is_deployed=True, state="COMPLETED"),),
)
WELL = Condition(
    at=NOW,
    pause=None,
    sources=(SOURCE,),
    backlog=BACKLOG,
    runs=RUNS,
    hunting=HuntingCondition("", 0.0),
    database=DatabaseSize("SQLite", 10**6),
    chain=None,
    room=HomeRoom(free_bytes=10**11, total_bytes=10**12, mirror_bytes=10**6),
)


def told(**changes: Any) -> list[tuple[Part, Tone]]:
    """Part and tone of each piece of advice on a sound condition with these changes."""
    return [(one.part, one.tone) for one in diagnose(replace(WELL, **changes)).advice]


def source(**changes: Any) -> tuple[SourceCondition, ...]:
    return (replace(SOURCE, **changes),)


def backlog(**changes: Any) -> Backlog:
    return replace(BACKLOG, **changes)


def running(minutes: float) -> tuple[RunningWork, ...]:
    at = NOW - minutes * MINUTE
    return (RunningWork(7, ActionType.SOFT_DELETE, 5, 10, at, at, 0),)


def test_a_sound_installation_needs_nobody() -> None:
    assert told() == []
    assert overall_words(diagnose(WELL)) == "All is well: nothing needs a person."


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"pause": Pause(True, "x", "ada", NOW)}, (Part.STOP, Tone.WARN)),
        ({"sources": ()}, (Part.SOURCES, Tone.BAD)),
        ({"sources": source(failed_at=NOW, failure="unavailable")}, (Part.SOURCES, Tone.BAD)),
        ({"sources": source(answered_at=None)}, (Part.SOURCES, Tone.WARN)),
        ({"sources": source(oldest_at=NOW - 16 * MINUTE)}, (Part.SOURCES, Tone.WARN)),
        ({"sources": source(never_read=1)}, (Part.SOURCES, Tone.WARN)),
        (
            {"sources": source(throttling=Throttling(NOW, 3, NOW + MINUTE, 4))},
            (Part.SOURCES, Tone.WARN),
        ),
        ({"runs": RunsCondition(problem="no server answers")}, (Part.RUNS, Tone.BAD)),
        ({"runs": replace(RUNS, workers=())}, (Part.RUNS, Tone.BAD)),
        (
            {"runs": replace(RUNS, workers=(WorkerSeen("w", NOW - 2 * MINUTE),))},
            (Part.RUNS, Tone.BAD),
        ),
        (
            {"runs": replace(RUNS, deployments=(DeploymentRuns("sync", is_deployed=False),))},
            (Part.RUNS, Tone.BAD),
        ),
        (
            {"runs": replace(RUNS, deployments=(DeploymentRuns("sync", True, "CRASHED"),))},
            (Part.RUNS, Tone.WARN),
        ),
        ({"runs": replace(RUNS, late=1)}, (Part.RUNS, Tone.WARN)),
        (
            {"backlog": backlog(pending=replace(PENDING, expire_within_a_day=1))},
            (Part.BACKLOG, Tone.WARN),
        ),
        (
            {
                "backlog": backlog(
                    pending=replace(PENDING, expire_within_a_day=2, expire_within_an_hour=1)
                )
            },
            (Part.BACKLOG, Tone.BAD),
        ),
        ({"backlog": backlog(running=running(10.1))}, (Part.BACKLOG, Tone.WARN)),
        (
            {"backlog": backlog(starting=1, starting_since=NOW - 11 * MINUTE)},
            (Part.BACKLOG, Tone.WARN),
        ),
        ({"backlog": backlog(unsettled=1)}, (Part.BACKLOG, Tone.WARN)),
        ({"backlog": backlog(outdated_mails=1)}, (Part.BACKLOG, Tone.WARN)),
        ({"hunting": HuntingCondition("duckdb is missing", None)}, (Part.HUNTING, Tone.WARN)),
        ({"hunting": HuntingCondition("", 301.0)}, (Part.HUNTING, Tone.WARN)),
        ({"room": HomeRoom(10**8, 10**12, 0)}, (Part.STORAGE, Tone.BAD)),
    ],
)
def test_each_trouble_is_told_with_what_to_do(
    changes: dict[str, Any], expected: tuple[Part, Tone]
) -> None:
    assert told(**changes) == [expected]
    [advice] = diagnose(replace(WELL, **changes)).advice
    assert advice.says.endswith(".")
    assert advice.do.endswith(".")


@pytest.mark.parametrize(
    "changes",
    [
        {"sources": source(oldest_at=NOW - 15 * MINUTE)},
        {"sources": (SOURCE, replace(SOURCE, name="old", is_configured=False, answered_at=None))},
        {"sources": source(throttling=Throttling(NOW - MINUTE, 3, NOW - MINUTE, 4))},
        {"runs": replace(RUNS, workers=(*RUNS.workers, WorkerSeen("gone", NOW - 99 * MINUTE)))},
        {"backlog": backlog(running=running(9.9))},
        {"backlog": backlog(starting=1, starting_since=NOW - 9 * MINUTE)},
        {"hunting": HuntingCondition("", None, is_installed=False)},
        {"room": None},
        {"runs": RunsCondition(problem="", is_told=False)},
    ],
)
def test_what_is_usual_is_not_told(changes: dict[str, Any]) -> None:
    assert told(**changes) == []


def test_running_actions_that_the_stop_button_holds_are_not_stuck() -> None:
    changes = {"pause": Pause(True, "x", "ada", NOW), "backlog": backlog(running=running(60))}
    assert told(**changes) == [(Part.STOP, Tone.WARN)]


def test_what_cannot_wait_comes_first() -> None:
    found = diagnose(
        replace(WELL, sources=source(never_read=2), runs=RunsCondition(problem="no server answers"))
    )
    assert [one.tone for one in found.advice] == [Tone.BAD, Tone.WARN]
    assert found.tone is Tone.BAD
    assert found.tone_of(Part.SOURCES) is Tone.WARN
    assert found.tone_of(Part.BACKLOG) is Tone.GOOD
    assert overall_words(found) == "1 thing cannot wait, 1 more thing should be looked at."


def test_spans_are_told_in_two_units() -> None:
    seconds = [0, 59, 60, 3_599, 3_600, 5_400, 86_400, 100_000, -5]
    assert [span_words(timedelta(seconds=one)) for one in seconds] == [
        "0 s", "59 s", "1 min", "59 min", "1 h", "1 h 30 min", "1 d", "1 d 3 h", "0 s",
    ]  # fmt: skip
