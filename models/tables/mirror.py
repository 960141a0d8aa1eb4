"""What the mirror of Advanced hunting needs: the log of changes, and clicks on links."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Index
from sqlmodel import text as sql

from models.tables.columns import Row, document, flag, key, moment, number, text


class MirrorChangeRow(Row, table=True):
    """One change of what the mirror shows, written by a trigger; old ones are forgotten.

    The oldest that is left is never the only one that ever was: numbers would begin anew.
    """

    __tablename__ = "mirror_changes"
    __table_args__ = (
        # SQLite has no use for it: none of its rows is in there.
        Index(None, "transaction_id", sqlite_where=sql("transaction_id <> 0")),
    )

    id: int = key()
    kind: int = number("what changed, as `clawback.store.mirror.changes` numbers it")
    row_id: int = number("the number of the row that changed, in the table of its kind")
    at_ms: int = number("milliseconds since 1970 when it was written, shortly before its commit")
    transaction_id: int = number(
        "of PostgreSQL; 0 in SQLite, where numbers are the order of commits"
    )


class UrlClickRow(Row, table=True):
    """One click on a link, as a gateway or proxy reported it; columns are those of the original."""

    __tablename__ = "url_clicks"
    __table_args__ = (Index(None, "report_id", unique=True), Index(None, "clicked_at"))

    id: int = key()
    report_id: str = text("identity of the click, as reported or made")
    clicked_at: datetime = moment()
    url: str = text("hostile")
    action_type: str = text()
    account_upn: str = text()
    workload: str = text()
    network_message_id: str = text()
    threat_types: str = text()
    detection_methods: str = text()
    ip_address: str = text()
    is_clicked_through: bool = flag("a warning was passed")
    url_chain: Any = document("addresses on the way, hostile")
    app_name: str = text()
    app_version: str = text()
    source_id: str = text()
