"""Actions: ledger, events, suppressions, settings and history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.columns import BigId, HexDigest, HostileText, OpaqueText, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "pauses",
        sa.Column("id", BigId, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("reason", HostileText, nullable=False),
        sa.Column("author", HostileText, nullable=False),
        sa.Column("via", HostileText, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pauses"),
    )
    op.create_table(
        "settings_versions",
        sa.Column("version", BigId, autoincrement=False, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("author", HostileText, nullable=False),
        sa.Column("via", HostileText, nullable=False),
        sa.Column("verified", sa.Boolean, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_settings_versions"),
    )
    op.create_table(
        "actions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", HostileText, nullable=False),
        sa.Column("investigation_id", BigId, nullable=False),
        sa.Column("cluster_id", BigId, nullable=False),
        sa.Column("decision_id", BigId, nullable=True),
        sa.Column("type", HostileText, nullable=False),
        sa.Column("status", HostileText, nullable=False),
        sa.Column("source", HostileText, nullable=False),
        sa.Column("decided_by", HostileText, nullable=False),
        sa.Column("decided_via", HostileText, nullable=False),
        sa.Column("verified", sa.Boolean, nullable=False),
        sa.Column("reason", HostileText, nullable=False),
        sa.Column("copies", BigId, nullable=False),
        sa.Column("outcomes", sa.JSON, nullable=False),
        sa.Column("reverts_action_id", BigId, nullable=True),
        sa.Column("attempt", BigId, nullable=False),
        sa.Column("approval_run_id", HostileText, nullable=False),
        sa.Column("run_id", HostileText, nullable=False),
        sa.Column("fence", BigId, nullable=False),
        sa.Column("lease_holder", HostileText, nullable=False),
        sa.Column("lease_expires_at", UtcDateTime, nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("decided_at", UtcDateTime, nullable=True),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.Column("expires_at", UtcDateTime, nullable=True),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.CheckConstraint(
            "status IN ('Pending', 'Running', 'Completed', 'Failed', 'Rejected', 'Expired', "
            "'Cancelled')",
            name="ck_actions_status",
        ),
        sa.CheckConstraint(
            "type IN ('Soft delete', 'Move to Inbox', 'Move to Junk', "
            "'Restore to original folder')",
            name="ck_actions_type",
        ),
        sa.ForeignKeyConstraint(["cluster_id"], ["clusters.id"], name="fk_actions_cluster_id"),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name="fk_actions_decision_id"),
        sa.ForeignKeyConstraint(
            ["investigation_id"], ["investigations.id"], name="fk_actions_investigation_id"
        ),
        sa.ForeignKeyConstraint(
            ["reverts_action_id"], ["actions.id"], name="fk_actions_reverts_action_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_actions"),
    )
    op.create_index("ix_actions_cluster_id", "actions", ["cluster_id"], unique=False)
    op.create_index("ix_actions_investigation_id", "actions", ["investigation_id"], unique=False)
    op.create_index("ix_actions_key", "actions", ["key"], unique=True)
    op.create_index("ix_actions_reverts_action_id", "actions", ["reverts_action_id"], unique=False)
    op.create_index(
        "ix_actions_status_updated_at", "actions", ["status", "updated_at"], unique=False
    )
    op.create_index("ix_actions_updated_at", "actions", ["updated_at"], unique=False)
    op.create_table(
        "action_copies",
        sa.Column("action_id", BigId, nullable=False),
        sa.Column("copy_id", BigId, nullable=False),
        sa.Column("mailbox_id", BigId, nullable=False),
        sa.Column("state", HostileText, nullable=False),
        sa.Column("expected_sha256", HexDigest, nullable=False),
        sa.Column("destination_role", HostileText, nullable=False),
        sa.Column("destination_folder", OpaqueText, nullable=False),
        sa.Column("restore_folder", OpaqueText, nullable=True),
        sa.Column("restore_handle", OpaqueText, nullable=True),
        sa.Column("restore_role", HostileText, nullable=True),
        sa.Column("restore_flags", HostileText, nullable=True),
        sa.Column("intent_at", UtcDateTime, nullable=True),
        sa.Column("outcome", HostileText, nullable=True),
        sa.Column("detail", HostileText, nullable=False),
        sa.Column("moved_folder", OpaqueText, nullable=True),
        sa.Column("moved_handle", OpaqueText, nullable=True),
        sa.Column("finished_at", UtcDateTime, nullable=True),
        sa.Column("recoverable_until", UtcDateTime, nullable=True),
        sa.CheckConstraint(
            "outcome IN ('moved', 'already in destination', 'not found', 'changed', "
            "'protected', 'failed')",
            name="ck_action_copies_outcome",
        ),
        sa.CheckConstraint("state IN ('planned', 'intent', 'done')", name="ck_action_copies_state"),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name="fk_action_copies_action_id"),
        sa.ForeignKeyConstraint(["copy_id"], ["copies.id"], name="fk_action_copies_copy_id"),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailboxes.id"], name="fk_action_copies_mailbox_id"
        ),
        sa.PrimaryKeyConstraint("action_id", "copy_id", name="pk_action_copies"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_action_copies_copy_id", "action_copies", ["copy_id"], unique=False)
    op.create_index(
        "ix_action_copies_unfinished",
        "action_copies",
        ["action_id", "mailbox_id", "copy_id"],
        unique=False,
        sqlite_where=sa.text("state <> 'done'"),
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.create_table(
        "history",
        sa.Column("id", BigId, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("event", HostileText, nullable=False),
        sa.Column("actor", HostileText, nullable=False),
        sa.Column("via", HostileText, nullable=False),
        sa.Column("investigation_id", BigId, nullable=True),
        sa.Column("action_id", BigId, nullable=True),
        sa.Column("details", sa.JSON, nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name="fk_history_action_id"),
        sa.ForeignKeyConstraint(
            ["investigation_id"], ["investigations.id"], name="fk_history_investigation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_history"),
    )
    op.create_index("ix_history_action_id_id", "history", ["action_id", "id"], unique=False)
    op.create_index(
        "ix_history_investigation_id_id", "history", ["investigation_id", "id"], unique=False
    )
    op.create_table(
        "post_delivery_events",
        sa.Column("id", BigId, nullable=False),
        sa.Column("action_id", BigId, nullable=False),
        sa.Column("copy_id", BigId, nullable=False),
        sa.Column("timestamp", UtcDateTime, nullable=False),
        sa.Column("network_message_id", HostileText, nullable=False),
        sa.Column("internet_message_id", HostileText, nullable=False),
        sa.Column("action", HostileText, nullable=False),
        sa.Column("action_type", HostileText, nullable=False),
        sa.Column("action_trigger", HostileText, nullable=False),
        sa.Column("action_result", HostileText, nullable=False),
        sa.Column("recipient_email_address", HostileText, nullable=False),
        sa.Column("delivery_location", HostileText, nullable=False),
        sa.ForeignKeyConstraint(
            ["action_id"], ["actions.id"], name="fk_post_delivery_events_action_id"
        ),
        sa.ForeignKeyConstraint(["copy_id"], ["copies.id"], name="fk_post_delivery_events_copy_id"),
        sa.PrimaryKeyConstraint("id", name="pk_post_delivery_events"),
    )
    op.create_index(
        "ix_post_delivery_events_action_id_copy_id",
        "post_delivery_events",
        ["action_id", "copy_id"],
        unique=True,
    )
    op.create_index(
        "ix_post_delivery_events_copy_id", "post_delivery_events", ["copy_id"], unique=False
    )
    op.create_index(
        "ix_post_delivery_events_timestamp", "post_delivery_events", ["timestamp"], unique=False
    )
    op.create_table(
        "suppressions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", HostileText, nullable=False),
        sa.Column("indicator_key", HexDigest, nullable=False),
        sa.Column("indicator", HostileText, nullable=False),
        sa.Column("match", HostileText, nullable=False),
        sa.Column("reason", HostileText, nullable=False),
        sa.Column("action_id", BigId, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("created_by", HostileText, nullable=False),
        sa.Column("lifted_at", UtcDateTime, nullable=True),
        sa.Column("lifted_by", HostileText, nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name="fk_suppressions_action_id"),
        sa.PrimaryKeyConstraint("id", name="pk_suppressions"),
    )
    op.create_index(
        "uq_suppressions_live",
        "suppressions",
        ["kind", "indicator_key", "match"],
        unique=True,
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
