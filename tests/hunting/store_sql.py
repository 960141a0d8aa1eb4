"""Answers of the database itself: SQL by hand over its tables, on SQLite and on PostgreSQL.

`m` are copies with their mail, `f` files, `u` links, `p` post-delivery events; days are texts.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from clawback.store.engine import SqlStore

_LOCATION = (
    "CASE {role} WHEN 'junk' THEN 'Junk folder' WHEN 'deleted' THEN 'Deleted items' "
    "WHEN 'recoverable' THEN 'Recoverable items' WHEN 'sent' THEN 'Sent items' "
    "WHEN 'quarantine' THEN 'Quarantine' ELSE 'Inbox/folder' END"
)
_ORIGINAL = _LOCATION.format(role="c.first_role")
_LATEST = (
    f"CASE WHEN c.gone_at IS NOT NULL THEN 'Not found in mailbox' "
    f"ELSE {_LOCATION.format(role='c.role')} END"
)
_TABLES = f"""
WITH m AS (
  SELECT c.id, c.mail_id, b.address AS recipient, coalesce(c.received_at, c.first_seen_at) AS at,
    {{day_c}} AS day, {{hour_c}} AS hour, w.network_message_id AS mail, w.subject,
    w.from_address AS sender, w.from_domain AS domain, w.from_name AS name, w.direction,
    w.size_bytes AS size, {_ORIGINAL} AS original, {_LATEST} AS latest
  FROM copies c JOIN mails w ON w.id = c.mail_id JOIN mailboxes b ON b.id = c.mailbox_id),
f AS (SELECT mail_id, filename AS name, {{sha256}} AS sha256, size_bytes AS size FROM mail_files),
u AS (SELECT x.mail_id, y.url, y.host, x.location FROM mail_urls x JOIN urls y ON y.id = x.url_id),
p AS (SELECT id, copy_id, timestamp AS at, {{day_p}} AS day, action, action_type AS type,
    action_trigger AS trigger, action_result AS result, network_message_id AS mail,
    recipient_email_address AS recipient FROM post_delivery_events)
"""
_SQLITE = {
    "day": "substr({0}, 1, 10)",
    "hour": "CAST(substr({0}, 12, 2) AS INTEGER)",
    "seconds": "round((julianday({0}) - julianday({1})) * 86400)",
    "sha256": "lower(hex(sha256))",
}
_POSTGRESQL = {
    "day": "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
    "hour": "CAST(extract(hour FROM {0} AT TIME ZONE 'UTC') AS INTEGER)",
    "seconds": "round(extract(epoch FROM {0} - {1}))",
    "sha256": "encode(sha256, 'hex')",
}


def store_rows(store: SqlStore, select: str) -> list[tuple[Any, ...]]:
    """The rows of a select over `m`, `f`, `u`, `p` and the tables; `SECONDS(a, b)` is their distance."""
    engine = store.database.engine
    words = _SQLITE if engine.dialect.name == "sqlite" else _POSTGRESQL
    at = "coalesce(c.received_at, c.first_seen_at)"
    tables = _TABLES.format(
        day_c=words["day"].format(at),
        hour_c=words["hour"].format(at),
        day_p=words["day"].format("timestamp"),
        sha256=words["sha256"],
    )
    chosen = select.replace("SECONDS(p.at, m.at)", words["seconds"].format("p.at", "m.at"))
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(tables + chosen)).all()]
