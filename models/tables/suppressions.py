"""Suppressions: indicators that never remediate by themselves until a person lifts them."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Index
from sqlmodel import text as sql

from models.tables.columns import Row, digest, key, link, moment, text


class SuppressionRow(Row, table=True):
    """One suppression; at most one of an indicator holds at a time."""

    __tablename__ = "suppressions"
    __table_args__ = (
        Index(
            "uq_suppressions_live",
            "kind",
            "indicator_key",
            "match",
            unique=True,
            sqlite_where=sql("lifted_at IS NULL"),
            postgresql_where=sql("lifted_at IS NULL"),
        ),
    )

    id: int = key()
    kind: str = text()
    indicator_key: str = digest("first 16 bytes of the SHA-256 of the indicator")
    indicator: str = text()
    match: str = text()
    reason: str = text()
    action_id: int = link("actions.id")
    created_at: datetime = moment()
    created_by: str = text()
    lifted_at: datetime | None = moment(nullable=True)
    lifted_by: str = text()
