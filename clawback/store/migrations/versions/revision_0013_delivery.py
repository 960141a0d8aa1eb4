"""When each copy was delivered, and where the index saw it first: what Advanced hunting tells."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.columns import HostileText, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. Of copies that are there nobody knows when they came; the ledger knows of those
    that were moved where they were before."""
    op.add_column("copies", sa.Column("received_at", UtcDateTime, nullable=True))
    op.add_column("copies", sa.Column("first_role", HostileText, nullable=False, server_default=""))
    op.execute("UPDATE copies SET first_role = role")
    op.execute(
        "UPDATE copies SET first_role = (SELECT restore_role FROM action_copies "
        "WHERE action_copies.copy_id = copies.id AND restore_role IS NOT NULL "
        "ORDER BY intent_at, action_id LIMIT 1) "
        "WHERE id IN (SELECT copy_id FROM action_copies WHERE restore_role IS NOT NULL)"
    )
