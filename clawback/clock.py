"""The system's clock as an adapter."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The time of this machine, aware UTC."""

    def now(self) -> datetime:
        """The time now."""
        return datetime.now(UTC)
