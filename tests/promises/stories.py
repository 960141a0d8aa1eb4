"""Short stories for the state machine: each walks straight to where one promise could break.

They are told with the machine's own steps and judged by the machine's own checks.
"""

from __future__ import annotations

from collections.abc import Callable

from machine import Promises
from world import ANALYST

from clawback.mailboxes.memory_levers import Trick
from clawback.services.revert import RevertTo
from models.actions import ActionType, Choice

Story = list[Callable[[Promises], None]]
# From before the first intent is written to after the last outcome, at 111 to 142 calls; each
# window in which one of the promises could break is ten calls wide or more.
WHILE_IT_RUNS = range(100, 150, 5)


def tell(story: Story) -> None:
    """The story in a world of its own, with every check after every step and at its end."""
    machine = Promises()
    try:
        for step in story:
            step(machine)
            machine.promises_hold()
    finally:
        machine.teardown()


def _campaign(folder: str, *, runs_by_itself: bool = True) -> Story:
    boxes = ["a@example.com", "b@example.com"]
    return [lambda m: m.campaign(boxes, folder, runs_by_itself)]


ALERT: Story = [lambda m: m.alert("file")]
TAKEN = [*_campaign("Projects"), *ALERT]
STORE_LIES = [
    *_campaign("INBOX"),
    lambda m: m.the_store_misbehaves(Trick.CLAIM_ONLY, 2),
    *ALERT,
]
PARTS_OF_A_MESSAGE = [*_campaign("INBOX"), lambda m: m.alert_about_parts_of_a_message("file")]
PUT_BACK = [*TAKEN, lambda m: m.analyst_reverts(0, RevertTo.ORIGINAL, None)]
REFUSED = [
    *_campaign("INBOX", runs_by_itself=False),
    *ALERT,
    lambda m: m.analyst_decides(0, Choice.REJECT, None),
    lambda m: m.opt_in(True, True, 10_000),
    *ALERT,
]


SELECTED = [
    *_campaign("Projects"),
    lambda m: m.sync(),
    lambda m: m.a_person_takes_action(0, ActionType.MOVE_TO_JUNK, False, ANALYST, None),
    lambda m: m.analyst_reverts(0, RevertTo.ORIGINAL, None),
]
PROPOSED = [
    *_campaign("INBOX"),
    lambda m: m.sync(),
    lambda m: m.a_person_takes_action(0, ActionType.SOFT_DELETE, True, ANALYST, None),
    lambda m: m.analyst_decides(0, Choice.APPROVE, None),
]


def two_workers(calls: int) -> Story:
    """Another worker wants the action after so many calls."""
    return [
        *_campaign("INBOX"),
        lambda m: m.alert_while_a_second_worker_tries("file", calls),
    ]


def cancelled_at_work(calls: int) -> Story:
    """An analyst cancels the action after so many calls."""
    return [
        *_campaign("INBOX"),
        lambda m: m.alert_while_an_analyst_cancels("file", calls, 0),
    ]


def cancelled_after_a_crash(calls: int) -> Story:
    """The process dies after so many calls, and then an analyst cancels what it left."""
    return [
        *_campaign("INBOX"),
        lambda m: m.alert_and_crash("file", calls),
        lambda m: m.analyst_cancels(0, None),
    ]


def at_any_call(story: Callable[[int], Story]) -> list[Story]:
    """The story once for each of many points of an investigation."""
    return [story(calls) for calls in WHILE_IT_RUNS]
