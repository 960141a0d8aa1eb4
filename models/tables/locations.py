"""Location checks: where the members of a cluster were at a time. Append-only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Index, PrimaryKeyConstraint

from models.tables.columns import (
    Row,
    digest,
    document,
    flag,
    key,
    link,
    moment,
    number,
    opaque,
    text,
)


class LocationCheckRow(Row, table=True):
    """One check of a cluster, with its counts; the latest counts."""

    __tablename__ = "location_checks"
    __table_args__ = (Index(None, "cluster_id", "id"),)

    id: int = key()
    cluster_id: int = link("clusters.id")
    checked_at: datetime = moment()
    by_bucket: Any = document()
    by_location: Any = document()
    by_source: Any = document()


class CopyLocationRow(Row, table=True):
    """Where one copy was."""

    __tablename__ = "copy_locations"
    __table_args__ = (
        PrimaryKeyConstraint("check_id", "copy_id"),
        {"sqlite_with_rowid": False},
    )

    check_id: int = link("location_checks.id")
    copy_id: int = number()
    folder: str | None = opaque("NULL: nowhere in its mailbox", nullable=True)
    handle: str | None = opaque(nullable=True)
    role: str | None = text(nullable=True)
    content_sha256: str = digest("of the bytes found; empty where none were read")
    flags: str = text("IMAP system flags, separated by spaces")
    is_protected: bool = flag()
    fault: str | None = text(nullable=True)
    location: str = text("Latest delivery location")
    bucket: str = text()
