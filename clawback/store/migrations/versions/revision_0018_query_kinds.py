"""Saved queries of two kinds: those of hunting, which all are so far, and those of the Explorer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.columns import HostileText

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; a name is unique for its owner and kind from now on."""
    op.drop_index("ix_saved_queries_owner_name", table_name="saved_queries")
    with op.batch_alter_table("saved_queries") as batch:
        batch.add_column(sa.Column("kind", HostileText, nullable=False, server_default="hunting"))
        batch.create_check_constraint("ck_saved_queries_kind", "kind IN ('hunting', 'explorer')")
    op.create_index(
        "ix_saved_queries_owner_kind_name", "saved_queries", ["owner", "kind", "name"], unique=True
    )
