"""Sources: when each was last heard from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.columns import BigId, HostileText, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table. A source whose mailboxes were synced before was heard from then."""
    op.create_table(
        "sources",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", HostileText, nullable=False),
        sa.Column("answered_at", UtcDateTime, nullable=True),
        sa.Column("failed_at", UtcDateTime, nullable=True),
        sa.Column("failure", HostileText, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sources"),
    )
    op.create_index("ix_sources_name", "sources", ["name"], unique=True)
    op.execute(
        "INSERT INTO sources (name, answered_at, failure) "
        "SELECT source, max(last_synced_at), '' FROM mailboxes GROUP BY source"
    )
