"""What people keep for hunting: queries with a name, and lists that queries may use."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Index
from sqlmodel import text as sql

from models.hunting import QueryKind
from models.tables.columns import Row, digest, document, flag, key, moment, number, one_of
from models.tables.columns import text as words


class SavedQueryRow(Row, table=True):
    """One query; its name is unique for its owner and kind."""

    __tablename__ = "saved_queries"
    __table_args__ = (
        Index(None, "owner", "kind", "name", unique=True),
        one_of("kind", QueryKind),
    )

    id: int = key()
    name: str = words()
    text: str = words()
    owner: str = words()
    shared: bool = flag("shown to everybody, else to its owner")
    created_at: datetime = moment()
    updated_at: datetime = moment()
    kind: str = words()


class HuntRunRow(Row, table=True):
    """One run of a query on the hunting page: its owner's history, bounded in number."""

    __tablename__ = "hunt_runs"
    __table_args__ = (Index(None, "owner", "id"),)

    id: int = key()
    owner: str = words()
    text: str = words()
    time_range: str = words("as addresses name it")
    since: str = words("as it was written, for a range of one's own")
    until: str = words()
    ran_at: datetime = moment()
    elapsed_ms: int | None = number("null until it ends", nullable=True)
    row_count: int = number()
    truncated: bool = flag("there were more rows")
    fault: str = words("what went wrong, empty where it was answered")


class NamedListRow(Row, table=True):
    """One list; of each name there is at most one that is approved, and one that waits for it."""

    __tablename__ = "named_lists"
    __table_args__ = (
        Index(
            "uq_named_lists_approved",
            "name",
            unique=True,
            sqlite_where=sql("approved_at IS NOT NULL"),
            postgresql_where=sql("approved_at IS NOT NULL"),
        ),
        Index(
            "uq_named_lists_proposed",
            "name",
            unique=True,
            sqlite_where=sql("approved_at IS NULL"),
            postgresql_where=sql("approved_at IS NULL"),
        ),
    )

    id: int = key()
    name: str = words()
    columns: Any = document("their names, in order")
    rows: Any = document("lists of texts, one for each column")
    row_count: int = number()
    size_bytes: int = number("of the texts, as UTF-8")
    digest: str = digest("SHA-256 of columns and rows")
    proposed_by: str = words()
    proposed_at: datetime = moment()
    approved_by: str = words()
    approved_at: datetime | None = moment(nullable=True)
