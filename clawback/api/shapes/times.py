"""Windows of time in queries."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime

Since = Annotated[AwareDatetime | None, Query(description="From this time on, with its time zone")]
Until = Annotated[AwareDatetime | None, Query(description="Before this time")]
