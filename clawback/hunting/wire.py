"""What a program and the process of one query tell each other.

The program is trusted and sends pickles. The process is not, since a hostile query may have taken it
over: it answers in JSON, and each message is checked before it is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from clawback.errors import StopReason
from models.hunting import HuntLimits, HuntQuery, KqlType

NO_FORK = 1000
"""The status of a process that could not be started."""

SPARE_BYTES = 2_000_000
"""What a message may have beyond the bytes of an answer: a batch of rows ends once it is over one."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Sent first: all that the process needs before it locks itself up.

    `setup_sql` attaches `files` and makes a view for each table.
    """

    files: tuple[Path, ...]
    setup_sql: tuple[str, ...]
    limits: HuntLimits
    threads: int
    geo_database: Path | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Sent second: what a user asks, and what "now" is."""

    query: HuntQuery
    now: datetime


@dataclass(frozen=True, slots=True)
class OwnSql:
    """Sent second: what an adapter of ours asks."""

    sql: str
    parameters: tuple[object, ...]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Head(_Answer):
    """The columns, as name and type, and what `render` asks for."""

    kind: Literal["head"] = "head"
    columns: tuple[tuple[str, KqlType], ...]
    chart: str | None = None
    properties: dict[str, str] = Field(default_factory=dict)


class Rows(_Answer):
    """Some rows, each with a cell for every column."""

    kind: Literal["rows"] = "rows"
    rows: list[list[JsonValue]]


class End(_Answer):
    """The last message of an answer."""

    kind: Literal["end"] = "end"
    truncated: bool


class Bad(_Answer):
    """The last message where a query cannot be translated or run: the fields of `BadQuery`."""

    kind: Literal["bad"] = "bad"
    text: str
    line: int = 0
    column: int = 0
    length: int = 0
    operator: str = ""


class Stopped(_Answer):
    """The last message where a query came to a limit by itself."""

    kind: Literal["stopped"] = "stopped"
    text: str
    reason: StopReason


class Gone(_Answer):
    """The only message where the mirror's files could not be opened: a newer mirror is there."""

    kind: Literal["gone"] = "gone"


Answer = Annotated[Head | Rows | End | Bad | Stopped | Gone, Field(discriminator="kind")]
ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)
"""Reads one message from JSON; raises `ValidationError`."""


def written(answer: Answer) -> bytes:
    """One message as JSON."""
    return answer.model_dump_json().encode()


class Ending(_Answer):
    """How the process ended, from the one that started it: exit code or, negative, signal."""

    status: int
    peak_bytes: int
    cpu_seconds: float
