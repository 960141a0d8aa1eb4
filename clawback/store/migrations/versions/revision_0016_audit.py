"""The history becomes a chain: each entry holds a digest over itself and the one before.

What was written before is chained as it is found. Whether its actors were verified follows from the
way: it was so for all but Prefect's form, and for alerts, whose way was their source. Settings and
presses of the stop button that no entry holds a digest of get one entry for all of them.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from clawback.core.chaining import PAUSES_TABLE, SETTINGS_TABLE, START, chained, moment_text
from clawback.store.as_stored import covered_rows, entry_of
from models.audit import AuditEntry
from models.tables.columns import BigId, HexDigest, HostileText, UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_AT_ONCE = 1_000
_VERIFIED = ("automation", "cli-os-user", "token", "login")


def upgrade() -> None:
    """Add the columns, chain what is there, and write the head."""
    with op.batch_alter_table("history") as batch:
        batch.alter_column(
            "details",
            existing_type=sa.JSON(),
            existing_nullable=True,
            type_=HostileText(),
            postgresql_using="details::text",
        )
        batch.add_column(sa.Column("verified", sa.Boolean, nullable=True))
        batch.add_column(sa.Column("previous", HexDigest, nullable=True))
        batch.add_column(sa.Column("digest", HexDigest, nullable=True))
    head = op.create_table(
        "audit_head",
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("number", BigId, autoincrement=False, nullable=False),
        sa.Column("entries", BigId, autoincrement=False, nullable=False),
        sa.Column("digest", HexDigest, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    connection = op.get_bind()
    number, entries, digest = _chain(connection)
    if begun := _begun(connection, number, digest):
        op.bulk_insert(_HISTORY, [_row(begun)])
        number, entries, digest = begun.number, entries + 1, begun.digest
    op.bulk_insert(head, [{"id": 1, "number": number, "entries": entries, "digest": digest}])
    with op.batch_alter_table("history") as batch:
        batch.alter_column("verified", existing_type=sa.Boolean(), nullable=False)
        batch.alter_column("previous", existing_type=HexDigest(), nullable=False)
        batch.alter_column("digest", existing_type=HexDigest(), nullable=False)


def _chain(connection: sa.Connection) -> tuple[int, int, str]:
    """Number, count and digest of the last entry, after all were chained in their order."""
    number, entries, digest = 0, 0, START
    while True:
        statement = f"{_BEFORE} WHERE id > {number} ORDER BY id LIMIT {_AT_ONCE}"
        rows = connection.exec_driver_sql(statement).all()
        if not rows:
            return number, entries, digest
        changes = []
        for row in rows:
            entry = chained(_known(row), row.id, digest)
            number, entries, digest = entry.number, entries + 1, entry.digest
            changes.append({"of_entry": number, **_added(entry)})
        connection.execute(_CHAIN, changes)


_BEFORE = (
    "SELECT id, at, event, actor, via, 0, investigation_id, action_id, details, '', '' FROM history"
)


def _known(row: sa.Row[tuple[object, ...]]) -> AuditEntry:
    verified = row.via in _VERIFIED
    if row.details is not None and '"verified": ' in row.details:
        verified = json.loads(row.details).get("verified", verified) is True
    return entry_of((*row[:5], verified, *row[6:]))


def _added(entry: AuditEntry) -> dict[str, object]:
    return {"verified": entry.verified, "previous": entry.previous, "digest": entry.digest}


def _begun(connection: sa.Connection, number: int, digest: str) -> AuditEntry | None:
    """The entry that holds digests of rows that no other one does; None where there are none."""
    rows = [
        [row.table, row.key, row.digest]
        for table in (SETTINGS_TABLE, PAUSES_TABLE)
        for row in covered_rows(connection, table)
    ]
    if not rows:
        return None
    entry = AuditEntry(
        number=0,
        at=moment_text(datetime.now(UTC)),
        event="audit:begun",
        actor="Automation",
        via="automation",
        verified=True,
        investigation_id=None,
        action_id=None,
        details=json.dumps({"rows": rows}),
    )
    return chained(entry, number + 1, digest)


def _row(entry: AuditEntry) -> dict[str, object]:
    return {
        "id": entry.number,
        "at": datetime.fromisoformat(entry.at).astimezone(UTC),
        "event": entry.event,
        "actor": entry.actor,
        "via": entry.via,
        "details": entry.details,
        **_added(entry),
    }


_HISTORY = sa.table(
    "history",
    sa.column("id", BigId),
    sa.column("at", UtcDateTime),
    sa.column("event", sa.Text),
    sa.column("actor", sa.Text),
    sa.column("via", sa.Text),
    sa.column("details", sa.Text),
    sa.column("verified", sa.Boolean),
    sa.column("previous", HexDigest),
    sa.column("digest", HexDigest),
)
_CHAIN = (
    sa.update(_HISTORY)
    .where(_HISTORY.c.id == sa.bindparam("of_entry"))
    .values(
        verified=sa.bindparam("verified"),
        previous=sa.bindparam("previous"),
        digest=sa.bindparam("digest"),
    )
)
