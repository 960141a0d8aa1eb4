"""The floor under finding: the bare SQL, fetched through `sqlite3`."""

from __future__ import annotations

import sqlite3
from typing import Any

_SELECT = """
SELECT c.id, b.source, b.address, c.folder, c.handle, c.role, c.content_sha256, m.mail_key, m.id,
       {columns} FROM {tables} JOIN mails m ON m.id = x.mail_id JOIN copies c ON c.mail_id = m.id
JOIN mailboxes b ON b.id = c.mailbox_id WHERE {where} AND c.gone_at IS NULL
ORDER BY c.id, x.position"""
FILES = _SELECT.format(
    columns="x.position, x.part, x.size_bytes", tables="mail_files x", where="x.sha256 = ?"
)
LINKS = _SELECT.format(
    columns="x.position, x.location, x.is_opened, u.url",
    tables="urls u JOIN mail_urls x ON x.url_id = u.id",
    where="u.exact_key = ? AND x.location IN ('Body', 'Attachment', 'QRCode')",
)


def fetch(connection: sqlite3.Connection, sql: str, key: bytes) -> list[Any]:
    """The rows that a search for one file's or URL's key reads."""
    return connection.execute(sql, (key,)).fetchall()
