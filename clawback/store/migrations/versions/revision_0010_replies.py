"""Replies by idempotency key, so that a request sent twice is carried out once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.columns import BigId, HexDigest, HostileText, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "replies",
        sa.Column("id", BigId, nullable=False),
        sa.Column("principal", HostileText, nullable=False),
        sa.Column("key", HostileText, nullable=False),
        sa.Column("request_sha256", HexDigest, nullable=False),
        sa.Column("begun_at", UtcDateTime, nullable=False),
        sa.Column("status", BigId, nullable=True),
        sa.Column("body", HostileText, nullable=False),
        sa.Column("location", HostileText, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_replies"),
    )
    op.create_index("ix_replies_principal_key", "replies", ["principal", "key"], unique=True)
    op.create_index("ix_replies_begun_at", "replies", ["begun_at"])
