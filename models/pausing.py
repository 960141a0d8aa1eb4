"""The stop button: who pressed it, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """One press of the stop button, or its release; the latest row counts."""

    paused: bool
    reason: str
    author: str
    at: datetime
