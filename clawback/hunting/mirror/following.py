"""The mirror kept in step while a process runs."""

from __future__ import annotations

import logging
from datetime import timedelta
from threading import Event

from clawback.errors import ClawbackError
from clawback.hunting.mirror.mirror import Mirror

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=2)
"""Between two looks at the database: a query sees what was committed a few seconds ago at most."""

LONGEST = timedelta(minutes=1)
"""Between two looks after several that failed in a row."""


def follow(mirror: Mirror, stop: Event, every: timedelta = EVERY) -> None:
    """Refresh the mirror again and again until `stop` is set; what fails is logged and tried again.

    For a thread of its own. Each failure in a row doubles the pause.
    """
    pause = every
    while not stop.is_set():
        try:
            mirror.refresh()
            pause = every
        except ClawbackError as error:
            pause = min(pause * 2, max(LONGEST, every))
            log.warning("mirror_not_refreshed", extra={"error": type(error).__name__})
        stop.wait(pause.total_seconds())
