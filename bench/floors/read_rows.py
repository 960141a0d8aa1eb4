"""The floor under filling the mirror: reading the same rows through `sqlite3`."""

from __future__ import annotations

import sqlite3

_READS = (
    """SELECT c.id, c.role, c.first_role, c.received_at, c.first_seen_at, c.gone_at, b.address, m.*
    FROM copies c JOIN mailboxes b ON b.id = c.mailbox_id JOIN mails m ON m.id = c.mail_id""",
    "SELECT * FROM mail_files",
    "SELECT x.*, u.url, u.host FROM mail_urls x JOIN urls u ON u.id = x.url_id",
    "SELECT * FROM mail_recipients",
    "SELECT * FROM post_delivery_events",
)


def read_all(path: str) -> int:
    """Read every row; returns how many."""
    with sqlite3.connect(path) as connection:
        return sum(len(connection.execute(sql).fetchall()) for sql in _READS)
