"""Waiting for a row of the database to reach a state, with a person looking on or not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, TypeVar

import typer

from clawback.commands import screen
from clawback.errors import Unavailable

WaitOption = Annotated[
    bool, typer.Option("--wait", help="Wait until it ended or waits for a person.")
]
TimeoutOption = Annotated[
    int,
    typer.Option(min=0, metavar="SECONDS", help="Wait at most this long; 0 waits without an end."),
]

POLL_SECONDS = 0.5
"""One small read of the database each time; nobody notices half a second."""

_Row = TypeVar("_Row")


def poll(
    read: Callable[[], _Row],
    settled: Callable[[_Row], bool],
    *,
    what: str,
    label: Callable[[_Row], str],
    timeout: int,
    quiet: bool,
) -> _Row:
    """The row once it is settled. Raises `Unavailable` after `timeout` seconds, if not 0.

    Only the waiting ends with that, or with Ctrl-C: the work goes on.
    """
    notes = screen.notes()
    deadline = time.monotonic() + timeout if timeout else None
    if quiet or not notes.is_terminal:
        return _until(read, settled, what, deadline, lambda row: None)
    with notes.status(f"Waiting for {what}") as status:
        return _until(read, settled, what, deadline, lambda row: status.update(label(row)))


def _until(
    read: Callable[[], _Row],
    settled: Callable[[_Row], bool],
    what: str,
    deadline: float | None,
    tell: Callable[[_Row], None],
) -> _Row:
    while not settled(row := read()):
        if deadline is not None and time.monotonic() >= deadline:
            raise Unavailable(
                f"{what} is not done yet: it goes on by itself; "
                "`clawback check` says if something holds it up"
            )
        tell(row)
        time.sleep(POLL_SECONDS)
    return row
