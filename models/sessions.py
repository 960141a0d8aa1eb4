"""Sessions of people who signed in to the console, and links that are good for one use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in of one account, without its secret: only a digest of that is kept.

    It holds until it was ended, was not used for a while, or reached `expires_at`.
    """

    id: int
    user: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """A link that makes the first account, without its key."""

    id: int
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
