"""A process under a supervisor ends when that does, however that ends."""

from __future__ import annotations

import os
import signal
import threading
import time

GRACE_SECONDS = 10.0
"""From the polite signal to the last one, once the supervisor is gone."""


def follow_supervisor() -> None:
    """End this process when the other end of standard input closes, which the supervisor holds."""
    threading.Thread(target=_end_with_supervisor, name="follow-supervisor", daemon=True).start()


def _end_with_supervisor() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
