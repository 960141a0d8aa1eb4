"""How mail systems slowed us down, minute by minute: what Health shows of another process's work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.columns import BigId, HostileText, UtcDateTime

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "source_throttles",
        sa.Column("source", HostileText, nullable=False),
        sa.Column("minute_at", UtcDateTime, nullable=False),
        sa.Column("refused", BigId, nullable=False),
        sa.Column("last_at", UtcDateTime, nullable=False),
        sa.Column("until_at", UtcDateTime, nullable=True),
        sa.Column("at_once", BigId, nullable=True),
        sa.PrimaryKeyConstraint("source", "minute_at", name="pk_source_throttles"),
        sqlite_with_rowid=False,
    )
