"""The ways to the demo's home: the program in another terminal, and the console's pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ways:
    """How to call the program for this home, and where its console is, empty where there is none."""

    command: Sequence[str]
    console: str

    @property
    def line(self) -> str:
        """The beginning of a command line."""
        return " ".join(self.command)

    def investigation(self, number: int) -> str:
        """The address of an investigation, or the empty string."""
        return self._page(f"investigations/{number}")

    def pending(self, action_id: int) -> str:
        """The address of an action that waits, opened, or the empty string."""
        return self._page(f"action-center/pending?open={action_id}")

    def history(self, action_id: int) -> str:
        """The address of an action that was decided, opened, or the empty string."""
        return self._page(f"action-center/history?open={action_id}")

    def _page(self, path: str) -> str:
        return f"{self.console}/{path}" if self.console else ""
