"""The database's own name, by which an orchestrator tells its runs from those of another one."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

from models.tables.columns import BigId, HostileText

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table with its one row."""
    table = op.create_table(
        "identity",
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("name", HostileText, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity"),
    )
    op.bulk_insert(table, [{"id": 1, "name": uuid.uuid4().hex}])
