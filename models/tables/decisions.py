"""Decisions: what the gate said of a cluster, with all that it saw. Append-only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Index

from models.decisions import Effect
from models.tables.columns import Row, document, key, link, moment, number, one_of, text


class DecisionRow(Row, table=True):
    """One decision; the latest of a cluster counts."""

    __tablename__ = "decisions"
    __table_args__ = (Index(None, "cluster_id", "id"), one_of("effect", Effect))

    id: int = key()
    cluster_id: int = link("clusters.id")
    effect: str = text()
    reason: str = text()
    rules: Any = document("[[rule, hit, reason], …] in the order of the policy table")
    copies: Any = document("numbers of the copies that an action would take")
    deduplicated_by: int | None = number(nullable=True)
    inputs: Any = document("what the policy saw")
    decided_at: datetime = moment()
