"""Actions: how often a new run was started in vain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.columns import BigId, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what runs now begins to count anew."""
    for name in ("pick_ups", "picked_up_done"):
        op.add_column("actions", sa.Column(name, BigId, nullable=False, server_default="0"))
    op.add_column("actions", sa.Column("picked_up_at", UtcDateTime, nullable=True))
