"""Cases: alerts to decisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.columns import BigId, HexDigest, HostileText, OpaqueText, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alerts",
        sa.Column("id", BigId, nullable=False),
        sa.Column("source", HostileText, nullable=False),
        sa.Column("external_id", HostileText, nullable=False),
        sa.Column("title", HostileText, nullable=False),
        sa.Column("reported_by", HostileText, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_index(
        "ix_alerts_source_external_id", "alerts", ["source", "external_id"], unique=True
    )
    op.create_table(
        "alert_entities",
        sa.Column("id", BigId, nullable=False),
        sa.Column("alert_id", BigId, nullable=False),
        sa.Column("position", BigId, nullable=False),
        sa.Column("kind", HostileText, nullable=False),
        sa.Column("value", HostileText, nullable=False),
        sa.Column("given", HostileText, nullable=False),
        sa.Column("match", HostileText, nullable=False),
        sa.Column("claim", HostileText, nullable=False),
        sa.Column("source", HostileText, nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_alert_entities_alert_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_entities"),
    )
    op.create_index(
        "ix_alert_entities_alert_id_position",
        "alert_entities",
        ["alert_id", "position"],
        unique=True,
    )
    op.create_table(
        "investigations",
        sa.Column("id", BigId, nullable=False),
        sa.Column("alert_id", BigId, nullable=False),
        sa.Column("status", HostileText, nullable=False),
        sa.Column("title", HostileText, nullable=False),
        sa.Column("summary", HostileText, nullable=False),
        sa.Column("run_id", HostileText, nullable=False),
        sa.Column("attempt", BigId, nullable=False),
        sa.Column("index_as_of", UtcDateTime, nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.CheckConstraint(
            "status IN ('Starting', 'Running', 'No Threats Found', 'Partially Investigated', "
            "'Pending Action', 'Partially Remediated', 'Remediated', 'Failed', "
            "'Queued By Throttling', 'Terminated By Throttling', 'Terminated By System', "
            "'Terminated By User')",
            name="ck_investigations_status",
        ),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_investigations_alert_id"),
        sa.PrimaryKeyConstraint("id", name="pk_investigations"),
    )
    op.create_index("ix_investigations_alert_id", "investigations", ["alert_id"], unique=True)
    op.create_index("ix_investigations_status", "investigations", ["status"], unique=False)
    op.create_table(
        "clusters",
        sa.Column("id", BigId, nullable=False),
        sa.Column("investigation_id", BigId, nullable=False),
        sa.Column("kind", HostileText, nullable=False),
        sa.Column("indicator_kind", HostileText, nullable=False),
        sa.Column("indicator_key", HexDigest, nullable=False),
        sa.Column("indicator", HostileText, nullable=False),
        sa.Column("given", HostileText, nullable=False),
        sa.Column("match", HostileText, nullable=False),
        sa.Column("name", HostileText, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("guards", sa.JSON, nullable=False),
        sa.Column("external_recipients", BigId, nullable=False),
        sa.Column("excluded", sa.JSON, nullable=False),
        sa.Column("query_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["investigation_id"], ["investigations.id"], name="fk_clusters_investigation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_clusters"),
    )
    op.create_index("ix_clusters_indicator_key", "clusters", ["indicator_key"], unique=False)
    op.create_index(
        "ix_clusters_investigation_id_kind_indicator_key_match",
        "clusters",
        ["investigation_id", "kind", "indicator_key", "match"],
        unique=True,
    )
    op.create_table(
        "verdicts",
        sa.Column("id", BigId, nullable=False),
        sa.Column("investigation_id", BigId, nullable=False),
        sa.Column("kind", HostileText, nullable=False),
        sa.Column("value", HostileText, nullable=False),
        sa.Column("given", HostileText, nullable=False),
        sa.Column("match", HostileText, nullable=False),
        sa.Column("claim", HostileText, nullable=False),
        sa.Column("entity_source", HostileText, nullable=False),
        sa.Column("verdict", HostileText, nullable=False),
        sa.Column("source", HostileText, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["investigation_id"], ["investigations.id"], name="fk_verdicts_investigation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_verdicts"),
    )
    op.create_index("ix_verdicts_investigation_id", "verdicts", ["investigation_id"], unique=False)
    op.create_table(
        "cluster_members",
        sa.Column("cluster_id", BigId, nullable=False),
        sa.Column("copy_id", BigId, nullable=False),
        sa.Column("mail_id", BigId, nullable=False),
        sa.Column("why", HostileText, nullable=False),
        sa.ForeignKeyConstraint(
            ["cluster_id"], ["clusters.id"], name="fk_cluster_members_cluster_id"
        ),
        sa.ForeignKeyConstraint(["copy_id"], ["copies.id"], name="fk_cluster_members_copy_id"),
        sa.PrimaryKeyConstraint("cluster_id", "copy_id", name="pk_cluster_members"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "decisions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("cluster_id", BigId, nullable=False),
        sa.Column("effect", HostileText, nullable=False),
        sa.Column("reason", HostileText, nullable=False),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.Column("copies", sa.JSON, nullable=False),
        sa.Column("deduplicated_by", BigId, nullable=True),
        sa.Column("inputs", sa.JSON, nullable=False),
        sa.Column("decided_at", UtcDateTime, nullable=False),
        sa.CheckConstraint(
            "effect IN ('Remediate', 'AwaitApproval', 'NoAction')", name="ck_decisions_effect"
        ),
        sa.ForeignKeyConstraint(["cluster_id"], ["clusters.id"], name="fk_decisions_cluster_id"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_cluster_id_id", "decisions", ["cluster_id", "id"], unique=False)
    op.create_table(
        "location_checks",
        sa.Column("id", BigId, nullable=False),
        sa.Column("cluster_id", BigId, nullable=False),
        sa.Column("checked_at", UtcDateTime, nullable=False),
        sa.Column("by_bucket", sa.JSON, nullable=False),
        sa.Column("by_location", sa.JSON, nullable=False),
        sa.Column("by_source", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["cluster_id"], ["clusters.id"], name="fk_location_checks_cluster_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_location_checks"),
    )
    op.create_index(
        "ix_location_checks_cluster_id_id", "location_checks", ["cluster_id", "id"], unique=False
    )
    op.create_table(
        "copy_locations",
        sa.Column("check_id", BigId, nullable=False),
        sa.Column("copy_id", BigId, nullable=False),
        sa.Column("folder", OpaqueText, nullable=True),
        sa.Column("handle", OpaqueText, nullable=True),
        sa.Column("role", HostileText, nullable=True),
        sa.Column("content_sha256", HexDigest, nullable=False),
        sa.Column("flags", HostileText, nullable=False),
        sa.Column("is_protected", sa.Boolean, nullable=False),
        sa.Column("fault", HostileText, nullable=True),
        sa.Column("location", HostileText, nullable=False),
        sa.Column("bucket", HostileText, nullable=False),
        sa.ForeignKeyConstraint(
            ["check_id"], ["location_checks.id"], name="fk_copy_locations_check_id"
        ),
        sa.PrimaryKeyConstraint("check_id", "copy_id", name="pk_copy_locations"),
        sqlite_with_rowid=False,
    )
