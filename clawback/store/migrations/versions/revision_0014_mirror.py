"""The log of changes that the mirror of Advanced hunting follows, and clicks on links.

Triggers write it, so that no code can forget to. In SQLite they run for each row; in PostgreSQL once
for each statement, whatever the number of its rows. A mail's files, links and recipients have none:
they are written together with its row. The numbers of the kinds are those of `Change` in
`clawback.store.mirror.changes`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from itertools import groupby

import sqlalchemy as sa
from alembic import op

from models.tables.columns import BigId, HostileText, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_COPIES = "mailbox_id, role, first_role, received_at, first_seen_at, gone_at"
_ACTIONS = (
    "investigation_id, cluster_id, type, status, source, decided_by, decided_via, verified, reason, "
    "copies, outcomes, reverts_action_id, created_at, decided_at, ended_at, expires_at, updated_at"
)
_INVESTIGATIONS = "alert_id, status, title, summary, index_as_of, created_at, updated_at, ended_at"
_START, _ARRIVAL, _COPY, _MAIL, _EVENT = 1, 2, 3, 4, 5
_ACTION, _INVESTIGATION, _VERDICT, _SETTINGS, _CLICK = 6, 7, 8, 9, 10

# Table, what happens to it, columns whose change alone counts (leases are renewed all the time; none:
# whatever happens), kind, number of the row that the kind is about.
_NOTES = (
    ("copies", "INSERT", "", _ARRIVAL, "{row}.id"),
    ("copies", "UPDATE", _COPIES, _COPY, "{row}.id"),
    ("copies", "UPDATE", "mail_id", _MAIL, "{row}.mail_id"),
    ("copies", "UPDATE", "mail_id", _MAIL, "{old}.mail_id"),
    ("copies", "DELETE", "", _COPY, "{old}.id"),
    ("copies", "DELETE", "", _MAIL, "{old}.mail_id"),
    ("mails", "UPDATE", "", _MAIL, "{row}.id"),
    ("mails", "DELETE", "", _MAIL, "{old}.id"),
    ("cluster_members", "INSERT", "", _COPY, "{row}.copy_id"),
    ("cluster_members", "DELETE", "", _COPY, "{old}.copy_id"),
    ("post_delivery_events", "INSERT", "", _EVENT, "{row}.id"),
    ("post_delivery_events", "UPDATE", "", _EVENT, "{row}.id"),
    ("actions", "INSERT", "", _ACTION, "{row}.id"),
    ("actions", "UPDATE", _ACTIONS, _ACTION, "{row}.id"),
    ("investigations", "INSERT", "", _INVESTIGATION, "{row}.id"),
    ("investigations", "UPDATE", _INVESTIGATIONS, _INVESTIGATION, "{row}.id"),
    ("verdicts", "INSERT", "", _VERDICT, "{row}.id"),
    ("settings_versions", "INSERT", "", _SETTINGS, "{row}.version"),
    ("url_clicks", "INSERT", "", _CLICK, "{row}.id"),
)


def upgrade() -> None:
    """Make the tables and the triggers. The first change tells this log from that of any other."""
    changes = _make_changes()
    _make_clicks()
    op.create_index(
        "ix_cluster_members_copy_id_cluster_id", "cluster_members", ["copy_id", "cluster_id"]
    )
    number = secrets.randbits(53)
    start = {"kind": _START, "row_id": number, "at_ms": 0, "transaction_id": 0}
    op.bulk_insert(changes, [start])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _for_sqlite() if is_sqlite else _for_postgresql():
        op.execute(sa.text(statement.replace(":", "\\:")))


def _make_changes() -> sa.Table:
    table = op.create_table(
        "mirror_changes",
        sa.Column("id", BigId, nullable=False),
        *(
            sa.Column(name, BigId, autoincrement=False, nullable=False)
            for name in ("kind", "row_id", "at_ms", "transaction_id")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_mirror_changes"),
    )
    op.create_index(
        "ix_mirror_changes_transaction_id",
        "mirror_changes",
        ["transaction_id"],
        sqlite_where=sa.text("transaction_id <> 0"),
    )
    return table


def _make_clicks() -> None:
    texts = (
        "report_id url action_type account_upn workload network_message_id threat_types "
        "detection_methods ip_address app_name app_version source_id"
    )
    op.create_table(
        "url_clicks",
        sa.Column("id", BigId, nullable=False),
        sa.Column("clicked_at", UtcDateTime, nullable=False),
        *(sa.Column(name, HostileText, nullable=False) for name in texts.split()),
        sa.Column("is_clicked_through", sa.Boolean, nullable=False),
        sa.Column("url_chain", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_url_clicks"),
    )
    op.create_index("ix_url_clicks_report_id", "url_clicks", ["report_id"], unique=True)
    op.create_index("ix_url_clicks_clicked_at", "url_clicks", ["clicked_at"])


def _for_sqlite() -> Iterator[str]:
    """A trigger for each note."""
    now = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
    for number, (table, event, columns, kind, row_id) in enumerate(_NOTES):
        names = [f'"{name.strip()}"' for name in columns.split(",") if name]
        changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in names)
        yield (
            f"CREATE TRIGGER mirror_{number} AFTER {event} "
            f"{'OF ' if names else ''}{', '.join(names)} ON {table} "
            f"{'WHEN ' if names else ''}{changed} BEGIN "
            "INSERT INTO mirror_changes (kind, row_id, at_ms, transaction_id) "
            f"VALUES ({kind}, {row_id.format(row='NEW', old='OLD')}, {now}, 0); END"
        )


def _for_postgresql() -> Iterator[str]:
    """A function and a trigger for each table and event, over all rows of a statement at once."""
    for (table, event), group in groupby(_NOTES, key=lambda note: note[:2]):
        seen = {"INSERT": ("newer",), "DELETE": ("older",), "UPDATE": ("newer", "older")}[event]
        values = ", ".join(
            f"({kind}::bigint, {row_id.format(row='newer', old='older')}, {_differs(columns)})"
            for _, _, columns, kind, row_id in group
        )
        name = f"mirror_{table}_{event.lower()}"
        tables = " ".join(f"{'NEW' if side == 'newer' else 'OLD'} TABLE AS {side}" for side in seen)
        yield (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "INSERT INTO mirror_changes (kind, row_id, at_ms, transaction_id) SELECT note.kind, "
            "note.row_id, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, "
            f"pg_current_xact_id()::text::bigint FROM {' JOIN '.join(seen)} "
            f"{'USING (id)' if len(seen) > 1 else ''} CROSS JOIN LATERAL (VALUES {values}) "
            "AS note (kind, row_id, counts) WHERE note.counts; RETURN NULL; END $$"
        )
        yield (
            f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


def _differs(columns: str) -> str:
    """Whether one of the columns changed, by its text: JSON has no equality."""
    if not columns:
        return "true"
    names = [name.strip() for name in columns.split(",")]
    newer, older = (", ".join(f'{side}."{n}"::text' for n in names) for side in ("newer", "older"))
    return f"ROW({newer}) IS DISTINCT FROM ROW({older})"
