"""Advanced hunting in JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, Field

from clawback.api.shapes.texts import Shape, Text
from models.hunting import KqlType


class HuntIn(Shape):
    """One query; `since` and `until` bound Timestamp in every table."""

    query: str = Field(min_length=1, max_length=100_000)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    rows: int | None = Field(
        default=None, ge=1, le=1_000_000, description="Fewer rows than the setting allows"
    )


class ColumnOut(Shape):
    """One column of an answer."""

    name: Text
    type: KqlType


class ChartOut(Shape):
    """What `render` asks for."""

    kind: Text
    properties: dict[Text, Text]


class HuntOut(Shape):
    """An answer: each row has a value for each column, in their order."""

    columns: list[ColumnOut]
    rows: list[list[Any]]
    truncated: bool
    elapsed_s: float
    mirror_lag_s: float
    chart: ChartOut | None


class SchemaColumn(ColumnOut):
    """One column of a table."""

    about: Text


class TableOut(Shape):
    """One table that can be asked."""

    name: str
    about: Text
    columns: list[SchemaColumn]


class SchemaOut(Shape):
    """All tables."""

    tables: list[TableOut]


class QueryIn(Shape):
    """A query to keep."""

    text: str = Field(min_length=1, max_length=100_000)
    shared: bool = Field(default=False, description="Whether everybody sees it")


class QueryOut(Shape):
    """A query that somebody keeps."""

    id: int
    name: Text
    text: Text
    owner: Text
    shared: bool
    created_at: datetime
    updated_at: datetime


class QueryList(Shape):
    """One's own queries and those that others share, by name."""

    items: list[QueryOut]


class ListIn(Shape):
    """A named list to propose: each row has a text for each column."""

    columns: list[str] = Field(min_length=1, max_length=100)
    rows: list[list[str]] = Field(max_length=100_000)


class ListOut(Shape):
    """A named list without its rows; until it is approved no query may use it."""

    name: Text
    columns: list[Text]
    rows: int
    size_bytes: int
    digest: str
    proposed_by: Text
    proposed_at: datetime
    approved_by: Text
    approved_at: datetime | None


class ListList(Shape):
    """All lists by name; a proposal stands beside the approved list that it would replace."""

    items: list[ListOut]


class ListDetails(Shape):
    """A named list with its rows."""

    info: ListOut
    columns: list[Text]
    rows: list[list[Text]]


class ApproveIn(Shape):
    """What was looked at: the digest of the proposal."""

    digest: str = Field(min_length=64, max_length=64)
