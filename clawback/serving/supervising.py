"""`clawback up`: start everything, say where it is, stop everything."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from clawback.errors import SetupError
from clawback.serving.stack import RunningStack, StackOptions

LOOK_SECONDS = 0.5


class ServedConfig(Protocol):
    """What is needed of the configuration."""

    @property
    def home(self) -> Path:
        """Where all state lives."""
        ...


def up(
    config: ServedConfig,
    *,
    ready: Callable[[RunningStack], None],
    options: StackOptions | None = None,
) -> None:
    """Run server, deployments and worker until Ctrl-C or SIGTERM; `ready` is called once they work.

    Nothing is left when it returns or raises. Raises `Conflict` for a port in use and for a second
    call on the same home, `SetupError` naming the process that died and its log.
    """
    with interrupted() as stop:
        try:
            with RunningStack(config.home, options) as stack:
                ready(stack)
                _watch(stack, stop)
        except KeyboardInterrupt:
            return


@contextmanager
def interrupted() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C or SIGTERM sets; until it is awaited they interrupt the start.

    Every further signal is ignored, so that an impatient second Ctrl-C leaves no process behind.
    """
    stop = threading.Event()

    def handle(number: int, frame: object) -> None:
        if not stop.is_set():
            stop.set()
            raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watch(stack: RunningStack, stop: threading.Event) -> None:
    while not stop.wait(LOOK_SECONDS):
        dead = stack.dead()
        if dead is not None:
            raise SetupError(
                f"the {dead.program.name} ended by itself (exit {dead.exit_code}): "
                f"see {dead.program.log_file}; everything else was stopped"
            )
