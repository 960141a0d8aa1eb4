"""How a connector tells that its mail system put a request off."""

from __future__ import annotations

from collections.abc import Callable

OnThrottled = Callable[[str, float, int | None], None]
"""Gets the source's name, the seconds that it asks to wait for (0 where it does not say) and how many
requests may be under way from now on. Called on the event loop: it must not wait."""


def unheard(source: str, wait_seconds: float, at_once: int | None) -> None:
    """For nobody who listens."""
