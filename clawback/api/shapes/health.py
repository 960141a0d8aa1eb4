"""Health in JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from clawback.api.shapes.settings import PauseOut
from clawback.api.shapes.texts import Shape, Text
from models.settings import Mode


class UpOut(Shape):
    """Whether it works at all, for load balancers."""

    status: Literal["up", "down"]


class IndexHealth(Shape):
    """How fresh the index is; `sources`: when each was last heard from."""

    ok: bool
    as_of: datetime | None
    lag_s: float | None
    mailboxes: int
    mails: int
    copies: int
    problem_mails: int
    sources: dict[Text, datetime | None]


class RunsHealth(Shape):
    """Whether runs can be started."""

    ok: bool
    message: Text


class HuntingHealth(RunsHealth):
    """How far the mirror is behind the database; null where hunting is not installed."""

    mirror_lag_s: float | None


class HealthOut(Shape):
    """Each part, and whether all of them are sound."""

    ok: bool
    checked_at: datetime
    pause: PauseOut
    mode: Mode
    index: IndexHealth
    runs: RunsHealth
    hunting: HuntingHealth
