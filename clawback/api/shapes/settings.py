"""Settings, the stop button and suppressions in JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StrictBool

from clawback.api.shapes.texts import WHOLE, Document, Shape, Text
from models.indicators import IndicatorKind, UrlMatch
from models.settings import Mode, Settings


class SettingsIn(Shape):
    """The settings that change; what is left out stays."""

    similar_files: StrictBool | None = None
    similar_urls: StrictBool | None = None
    mode: Mode | None = None
    cap: Annotated[int, Field(ge=0, le=10_000), WHOLE] | None = None
    take_deleted_items: StrictBool | None = None
    take_sent_items: StrictBool | None = None
    verified_approvals_only: StrictBool | None = None
    pending_days: Annotated[int, Field(ge=1, le=30), WHOLE] | None = None
    sweep_hours: Annotated[int, Field(ge=0, le=720), WHOLE] | None = None
    secops_mailboxes: list[str] | None = None
    simulation_urls: list[str] | None = None
    allowed_indicators: list[str] | None = None
    shared_hosts: list[str] | None = None
    unshared_hosts: list[str] | None = None
    many_senders: Annotated[int, Field(ge=2, le=1000), WHOLE] | None = None


class PauseOut(Shape):
    """The stop button as it stands."""

    paused: bool
    reason: Text
    author: Text
    at: datetime | None


class RetentionOut(Shape):
    """How long a source keeps what was soft-deleted; null for no fixed end."""

    days: int | None
    note: Text


class SettingsOut(Shape):
    """All settings; the version is also the ETag."""

    version: int
    settings: Settings
    pause: PauseOut
    retention: dict[Text, RetentionOut]
    warning: str


class VersionOut(Shape):
    """One version of the settings, as it was written."""

    version: int
    settings: Document
    author: Text
    via: str
    verified: bool
    at: datetime


class SuppressionOut(Shape):
    """An indicator that never remediates by itself until a person lifts it."""

    id: int
    kind: IndicatorKind
    indicator: Text
    match: UrlMatch
    reason: Text
    action_id: int
    created_at: datetime
    created_by: Text


class LiftIn(Shape):
    """The indicator whose suppression ends."""

    indicator: str = Field(min_length=1, max_length=8_000)
    match: UrlMatch = UrlMatch.EXACT


class LiftOut(Shape):
    """What is no longer suppressed."""

    lifted: Text
    kind: IndicatorKind
    match: UrlMatch
