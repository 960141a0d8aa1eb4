"""What people ran on the hunting page, for each their own history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.columns import BigId, HostileText, UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "hunt_runs",
        sa.Column("id", BigId, nullable=False),
        sa.Column("owner", HostileText, nullable=False),
        sa.Column("text", HostileText, nullable=False),
        sa.Column("time_range", HostileText, nullable=False),
        sa.Column("since", HostileText, nullable=False),
        sa.Column("until", HostileText, nullable=False),
        sa.Column("ran_at", UtcDateTime, nullable=False),
        sa.Column("elapsed_ms", BigId, nullable=True),
        sa.Column("row_count", BigId, nullable=False),
        sa.Column("truncated", sa.Boolean, nullable=False),
        sa.Column("fault", HostileText, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hunt_runs"),
    )
    op.create_index("ix_hunt_runs_owner_id", "hunt_runs", ["owner", "id"])
