"""Files say what their first bytes are, and mails of an older extractor are found at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.columns import HostileText

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty until a mail is read again, and the index."""
    op.add_column(
        "mail_files", sa.Column("file_type", HostileText, nullable=False, server_default="")
    )
    op.create_index(
        "ix_mails_extractor_version_id", "mails", ["extractor_version", "id"], unique=False
    )
