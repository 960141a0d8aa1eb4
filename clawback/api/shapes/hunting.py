"""Advanced hunting in JSON."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StrictBool

from clawback.api.shapes.actions import Reason
from clawback.api.shapes.cases import InvestigationOut
from clawback.api.shapes.texts import WHOLE, Count, Shape, Text
from clawback.api.shapes.times import Moment
from models.actions import ActionType
from models.hunting import KqlType


class TakenAction(StrEnum):
    """What may be done to messages that a person selected."""

    SOFT_DELETE = "soft_delete"
    MOVE_TO_INBOX = "move_to_inbox"
    MOVE_TO_JUNK = "move_to_junk"
    MOVE_TO_DELETED_ITEMS = "move_to_deleted_items"

    @property
    def action_type(self) -> ActionType:
        """The action type that does it."""
        return ActionType[self.name]


class HuntIn(Shape):
    """One query; `since` and `until` bound Timestamp in every table."""

    query: str = Field(min_length=1, max_length=100_000)
    since: Moment | None = None
    until: Moment | None = None
    rows: Annotated[int, Field(ge=1, le=1_000_000), WHOLE] | None = Field(
        default=None, description="Fewer rows than the setting allows"
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
    shared: StrictBool = Field(default=False, description="Whether everybody sees it")


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


class MessageIn(Shape):
    """One message in one mailbox, as a hunting query names it."""

    network_message_id: str = Field(min_length=1, max_length=200)
    recipient_email_address: str = Field(min_length=1, max_length=400)


class TakeActionIn(Shape):
    """What to do to which messages: those that are listed, or those that a query finds."""

    action: TakenAction
    reason: Reason
    messages: list[MessageIn] | None = Field(default=None, min_length=1, max_length=200_000)
    query: str | None = Field(default=None, min_length=1, max_length=100_000)
    name: str = Field(default="", max_length=200, description="The title of the investigation")
    propose: StrictBool = Field(default=False, description="Another person has to approve")
    senders_copy: StrictBool = Field(default=False, description="Take the copy in Sent Items along")


class TakenOut(Shape):
    """What was recorded: its decision and action come with its run."""

    created: bool = Field(description="False where this request was known already")
    copies: int
    missing: int = Field(description="Messages that the index does not hold")
    excluded: Count
    investigation: InvestigationOut
