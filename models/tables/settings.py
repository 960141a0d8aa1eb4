"""Versions of the settings, and presses of the stop button. Append-only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from models.tables.columns import Row, document, flag, key, moment, number, text


class SettingsVersionRow(Row, table=True):
    """One version; the highest counts."""

    __tablename__ = "settings_versions"

    version: int = number(primary_key=True)
    settings: Any = document()
    author: str = text()
    via: str = text()
    verified: bool = flag()
    at: datetime = moment()


class PauseRow(Row, table=True):
    """One press of the stop button, or its release; the latest counts."""

    __tablename__ = "pauses"

    id: int = key()
    paused: bool = flag()
    reason: str = text()
    author: str = text()
    via: str = text()
    at: datetime = moment()
