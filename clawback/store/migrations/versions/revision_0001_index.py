"""The index: mailboxes, mails and copies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.tables.columns import BigId, HexDigest, HostileText, OpaqueText, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "mailboxes",
        sa.Column("id", BigId, nullable=False),
        sa.Column("source", HostileText, nullable=False),
        sa.Column("address", HostileText, nullable=False),
        sa.Column("cursor", HostileText, nullable=False),
        sa.Column("last_synced_at", UtcDateTime, nullable=False),
        sa.Column("gone_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mailboxes"),
    )
    op.create_index("ix_mailboxes_address", "mailboxes", ["address"], unique=False)
    op.create_index("ix_mailboxes_source_address", "mailboxes", ["source", "address"], unique=True)
    op.create_table(
        "mails",
        sa.Column("id", BigId, nullable=False),
        sa.Column("mail_key", HexDigest, nullable=False),
        sa.Column("extractor_version", BigId, nullable=False),
        sa.Column("network_message_id", HostileText, nullable=False),
        sa.Column("internet_message_id", HostileText, nullable=False),
        sa.Column("subject", HostileText, nullable=False),
        sa.Column("sent_at", UtcDateTime, nullable=True),
        sa.Column("from_address", HostileText, nullable=False),
        sa.Column("from_domain", HostileText, nullable=False),
        sa.Column("from_name", HostileText, nullable=False),
        sa.Column("sender_address", HostileText, nullable=False),
        sa.Column("return_path", HostileText, nullable=False),
        sa.Column("client_ip", HostileText, nullable=False),
        sa.Column("authentication_results", HostileText, nullable=False),
        sa.Column("direction", HostileText, nullable=False),
        sa.Column("language", HostileText, nullable=False),
        sa.Column("size_bytes", BigId, nullable=False),
        sa.Column("problem_count", BigId, nullable=False),
        sa.Column("problems", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
    )
    op.create_index("ix_mails_mail_key", "mails", ["mail_key"], unique=True)
    op.create_index(
        "ix_mails_problems",
        "mails",
        ["id"],
        unique=False,
        sqlite_where=sa.text("problem_count > 0"),
        postgresql_where=sa.text("problem_count > 0"),
    )
    op.create_table(
        "urls",
        sa.Column("id", BigId, nullable=False),
        sa.Column("exact_key", HexDigest, nullable=False),
        sa.Column("path_key", HexDigest, nullable=False),
        sa.Column("url", HostileText, nullable=False),
        sa.Column("host", HostileText, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_urls"),
    )
    op.create_index("ix_urls_exact_key", "urls", ["exact_key"], unique=True)
    op.create_index("ix_urls_path_key", "urls", ["path_key"], unique=False)
    op.create_table(
        "copies",
        sa.Column("id", BigId, nullable=False),
        sa.Column("mailbox_id", BigId, nullable=False),
        sa.Column("mail_id", BigId, nullable=False),
        sa.Column("folder", OpaqueText, nullable=False),
        sa.Column("handle", OpaqueText, nullable=False),
        sa.Column("role", HostileText, nullable=False),
        sa.Column("content_sha256", HexDigest, nullable=False),
        sa.Column("first_seen_at", UtcDateTime, nullable=False),
        sa.Column("gone_at", UtcDateTime, nullable=True),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name="fk_copies_mail_id"),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailboxes.id"], name="fk_copies_mailbox_id"),
        sa.PrimaryKeyConstraint("id", name="pk_copies"),
    )
    op.create_index(
        "ix_copies_content_sha256_mailbox_id_mail_id",
        "copies",
        ["content_sha256", "mailbox_id", "mail_id"],
        unique=False,
    )
    op.create_index("ix_copies_mail_id", "copies", ["mail_id"], unique=False)
    op.create_index(
        "uq_copies_live_place",
        "copies",
        ["mailbox_id", "folder", "handle"],
        unique=True,
        sqlite_where=sa.text("gone_at IS NULL"),
        postgresql_where=sa.text("gone_at IS NULL"),
    )
    op.create_table(
        "mail_files",
        sa.Column("mail_id", BigId, nullable=False),
        sa.Column("position", BigId, nullable=False),
        sa.Column("sha256", HexDigest, nullable=False),
        sa.Column("size_bytes", BigId, nullable=False),
        sa.Column("filename", HostileText, nullable=False),
        sa.Column("content_type", HostileText, nullable=False),
        sa.Column("part", OpaqueText, nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name="fk_mail_files_mail_id"),
        sa.PrimaryKeyConstraint("mail_id", "position", name="pk_mail_files"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_mail_files_sha256",
        "mail_files",
        ["sha256", "mail_id", "position", "size_bytes", "part"],
        unique=False,
    )
    op.create_table(
        "mail_recipients",
        sa.Column("mail_id", BigId, nullable=False),
        sa.Column("position", BigId, nullable=False),
        sa.Column("field", HostileText, nullable=False),
        sa.Column("address", HostileText, nullable=False),
        sa.Column("domain", HostileText, nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name="fk_mail_recipients_mail_id"),
        sa.PrimaryKeyConstraint("mail_id", "position", name="pk_mail_recipients"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "mail_urls",
        sa.Column("mail_id", BigId, nullable=False),
        sa.Column("position", BigId, nullable=False),
        sa.Column("url_id", BigId, nullable=False),
        sa.Column("location", HostileText, nullable=False),
        sa.Column("role", HostileText, nullable=False),
        sa.Column("is_opened", sa.Boolean, nullable=False),
        sa.Column("opened_from", HostileText, nullable=True),
        sa.Column("raw", HostileText, nullable=True),
        sa.Column("part", OpaqueText, nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name="fk_mail_urls_mail_id"),
        sa.ForeignKeyConstraint(["url_id"], ["urls.id"], name="fk_mail_urls_url_id"),
        sa.PrimaryKeyConstraint("mail_id", "position", name="pk_mail_urls"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_mail_urls_url_id",
        "mail_urls",
        ["url_id", "mail_id", "position", "location", "is_opened"],
        unique=False,
    )
