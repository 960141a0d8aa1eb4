"""Clusters: the copies that share one indicator."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Index, PrimaryKeyConstraint

from models.tables.columns import Row, digest, document, key, link, moment, number, text


class ClusterRow(Row, table=True):
    """One indicator's messages in one investigation."""

    __tablename__ = "clusters"
    __table_args__ = (
        Index(None, "investigation_id", "kind", "indicator_key", "match", unique=True),
        Index(None, "indicator_key"),
    )

    id: int = key()
    investigation_id: int = link("investigations.id")
    kind: str = text("Similar files or Similar URLs")
    indicator_kind: str = text()
    indicator_key: str = digest("first 16 bytes of the SHA-256 of the indicator: URLs may be long")
    indicator: str = text()
    given: str = text("hostile where a feed gave it")
    match: str = text()
    name: str = text("safe to show")
    facts: Any = document()
    guards: Any = document()
    external_recipients: int = number()
    excluded: Any = document()
    query_at: datetime = moment()


class ClusterMemberRow(Row, table=True):
    """One copy of a cluster, and why it is in."""

    __tablename__ = "cluster_members"
    __table_args__ = (
        PrimaryKeyConstraint("cluster_id", "copy_id"),
        Index(None, "copy_id", "cluster_id"),
        {"sqlite_with_rowid": False},
    )

    cluster_id: int = link("clusters.id")
    copy_id: int = link("copies.id")
    mail_id: int = number()
    why: str = text("part, size, place and wrapper of the match")
