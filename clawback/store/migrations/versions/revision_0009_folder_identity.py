"""Folders by the store's own identity, and copies of a mail by mailbox.

A user may rename the folder that a message came from; and two copies of one mail in a mailbox may
differ in their bytes and still be taken for each other by a store that searches by Message-ID.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.columns import OpaqueText

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, empty for what was written before; exchange the index."""
    for name in ("restore_folder_id", "destination_id"):
        column = sa.Column(name, OpaqueText, nullable=False, server_default="")
        op.add_column("action_copies", column)
    op.create_index("ix_copies_mail_id_mailbox_id", "copies", ["mail_id", "mailbox_id"])
    op.drop_index("ix_copies_mail_id", table_name="copies")
