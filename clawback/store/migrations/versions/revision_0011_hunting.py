"""Saved queries and named lists."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.columns import BigId, HexDigest, HostileText, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "saved_queries",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", HostileText, nullable=False),
        sa.Column("text", HostileText, nullable=False),
        sa.Column("owner", HostileText, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_queries"),
    )
    op.create_index("ix_saved_queries_owner_name", "saved_queries", ["owner", "name"], unique=True)
    op.create_table(
        "named_lists",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", HostileText, nullable=False),
        sa.Column("columns", sa.JSON, nullable=False),
        sa.Column("rows", sa.JSON, nullable=False),
        sa.Column("row_count", BigId, nullable=False),
        sa.Column("size_bytes", BigId, nullable=False),
        sa.Column("digest", HexDigest, nullable=False),
        sa.Column("proposed_by", HostileText, nullable=False),
        sa.Column("proposed_at", UtcDateTime, nullable=False),
        sa.Column("approved_by", HostileText, nullable=False),
        sa.Column("approved_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_named_lists"),
    )
    for name, condition in (("approved", "IS NOT NULL"), ("proposed", "IS NULL")):
        where = sa.text(f"approved_at {condition}")
        op.create_index(
            f"uq_named_lists_{name}", "named_lists", ["name"], unique=True,
            sqlite_where=where, postgresql_where=where,
        )  # fmt: skip
