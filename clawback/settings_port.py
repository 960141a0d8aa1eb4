"""The port of the settings and of the stop button."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from models.actions import Actor
from models.pausing import Pause
from models.settings import Settings


class SettingsStore(Protocol):
    """Versioned settings and the stop button."""

    def current(self) -> tuple[Settings, int]:
        """The settings and their version; version 0 is the defaults of a fresh install."""
        ...

    def save(self, settings: Settings, *, based_on: int, actor: Actor, now: datetime) -> int:
        """A new version. Raises `Conflict` where another version came in between."""
        ...

    def pause(self) -> Pause | None:
        """The latest press of the stop button while it holds, else None."""
        ...

    def set_pause(self, pause: Pause, actor: Actor) -> None:
        """Press or release the stop button."""
        ...
