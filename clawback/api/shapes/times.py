"""Times that are asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, BeforeValidator


def _moment(value: object) -> object:
    """A time of RFC 3339 in UTC; a number, which might be seconds or milliseconds, is none."""
    if not isinstance(value, str):
        raise ValueError("give a time as a text, such as 2026-11-30T09:00:00Z")
    try:
        moment = datetime.fromisoformat(value.strip().upper())
        return moment if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("give a time such as 2026-11-30T09:00:00Z") from None


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
"""A time with its time zone."""

Since = Annotated[Moment | None, Query(description="From this time on, with its time zone")]
Until = Annotated[Moment | None, Query(description="Before this time")]
