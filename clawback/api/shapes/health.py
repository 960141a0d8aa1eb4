"""Health in JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

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


class SourceHealth(Shape):
    """One mail system by what the index knows of it; it is not asked."""

    name: Text
    configured: bool = Field(description="false: only the index remembers it")
    mailboxes: int
    never_read: int = Field(description="mailboxes that were never looked at yet")
    copies: int
    as_of: datetime | None = Field(description="when the mailbox that waits longest was looked at")
    lag_s: float | None
    answered_at: datetime | None
    failed_at: datetime | None = Field(description="stands until it answers again")
    failure: str
    throttled_last_hour: int = Field(description="requests that it put off")
    throttled_at: datetime | None
    throttled_until: datetime | None
    at_once: int | None = Field(description="requests that may be under way since then")


class RunningOut(Shape):
    """One running action."""

    id: int
    done: int
    messages: int
    progress_at: datetime


class BacklogOut(Shape):
    """Work that is not done; `running` lists the ten that wait longest."""

    pending_actions: int
    oldest_pending_at: datetime | None
    next_expiry_at: datetime | None
    expire_within_a_day: int
    running_actions: int
    running: list[RunningOut]
    starting_investigations: int
    starting_since: datetime | None
    unsettled_cancellations: int
    outdated_mails: int


class HealthOut(Shape):
    """Each part, and whether all of them are sound."""

    ok: bool
    checked_at: datetime
    pause: PauseOut
    mode: Mode
    index: IndexHealth
    runs: RunsHealth
    hunting: HuntingHealth
    sources: list[SourceHealth]
    backlog: BacklogOut
