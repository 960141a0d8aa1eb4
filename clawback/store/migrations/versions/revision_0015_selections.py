"""Selections, a further type of action, and mails by their network message id."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.columns import BigId, HostileText

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_CHECK = "ck_actions_type"
_BEFORE = "'Move to Junk', "
_AFTER = "'Move to Junk', 'Move to Deleted Items', "


def upgrade() -> None:
    """Make the table and the index; let the new type in."""
    op.create_table(
        "selections",
        sa.Column("id", BigId, nullable=False),
        sa.Column("investigation_id", BigId, nullable=False),
        sa.Column("action", HostileText, nullable=False),
        sa.Column("source", HostileText, nullable=False),
        sa.Column("actor", HostileText, nullable=False),
        sa.Column("via", HostileText, nullable=False),
        sa.Column("verified", sa.Boolean, nullable=False),
        sa.Column("reason", HostileText, nullable=False),
        sa.Column("is_proposed", sa.Boolean, nullable=False),
        sa.Column("takes_senders_copy", sa.Boolean, nullable=False),
        sa.Column("missing", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["investigation_id"], ["investigations.id"], name="fk_selections_investigation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_selections"),
    )
    op.create_index(
        "ix_selections_investigation_id", "selections", ["investigation_id"], unique=True
    )
    op.create_index("ix_mails_network_message_id", "mails", ["network_message_id"])
    if op.get_bind().dialect.name == "sqlite":
        _rewrite_check()
    else:
        _exchange_check()


def _exchange_check() -> None:
    op.drop_constraint(_CHECK, "actions", type_="check")
    types = f"'Soft delete', 'Move to Inbox', {_AFTER}'Restore to original folder'"
    op.create_check_constraint(_CHECK, "actions", f"type IN ({types})")


def _rewrite_check() -> None:
    """What SQLite's manual gives for a change that leaves the rows as they are.

    The other way, a new table in place of the old one, would take the rows away that refer to it.
    Source: https://sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes".
    """
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    connection.execute(
        sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, :before, :after) "
            "WHERE type = 'table' AND name = 'actions'"
        ),
        {"before": _BEFORE, "after": _AFTER},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version={int(version) + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")
