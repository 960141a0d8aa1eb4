"""When an action that a crash or an outage left unfinished gets its next run, and when no more."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from models.actions import RemediationAction

PICK_UPS = 10
"""Runs in a row that may finish no message: with the waits between them about two days, more than a
mail system is usually away. Our own choice."""

FIRST_WAIT = timedelta(minutes=10)
"""Until a second run: that of the schedule of `refresh`."""

LONGEST_WAIT = timedelta(hours=12)


class Turn(StrEnum):
    """What to do with an action that nobody works on."""

    RUN = "run"
    WAIT = "wait"
    GIVE_UP = "give up"


def next_turn(action: RemediationAction, now: datetime) -> Turn:
    """Run at once the first time and after progress; else wait longer each time, and then give up."""
    at = next_pick_up_at(action)
    if at is not None and at > now:
        return Turn.WAIT
    return Turn.GIVE_UP if pick_ups_in_vain(action) >= PICK_UPS else Turn.RUN


def pick_ups_in_vain(action: RemediationAction) -> int:
    """The latest runs in a row that finished no message; none once one did."""
    return action.pick_ups if finished(action) == action.picked_up_done else 0


def next_pick_up_at(action: RemediationAction) -> datetime | None:
    """Until when the action waits for its next run; None where it need not wait."""
    in_vain = pick_ups_in_vain(action)
    if action.picked_up_at is None or not in_vain:
        return None
    wait = FIRST_WAIT
    for _ in range(1, min(in_vain, PICK_UPS)):
        wait = min(2 * wait, LONGEST_WAIT)
    return action.picked_up_at + wait


def finished(action: RemediationAction) -> int:
    """How many messages have an outcome."""
    return sum(action.outcomes.values())
