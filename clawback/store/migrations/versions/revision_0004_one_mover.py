"""One copy is moved by one action at a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_IS_MOVING = sa.text("state = 'intent'")


def upgrade() -> None:
    """Make the index. It fails where two actions hold one copy: let one of them end first."""
    op.create_index(
        "uq_action_copies_moving",
        "action_copies",
        ["copy_id"],
        unique=True,
        sqlite_where=_IS_MOVING,
        postgresql_where=_IS_MOVING,
    )
