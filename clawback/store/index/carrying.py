"""Which mails carry an indicator, as a subquery: for counts that need no row of a copy."""

from __future__ import annotations

from typing import Any, assert_never

from sqlalchemy import Connection, Select, select

from clawback.store.database import Database
from clawback.store.index.finding import SEARCHED, TRIVIAL_BYTES
from clawback.store.index.matches import url_ids
from clawback.store.keys import is_sha256
from models.indicators import Indicator, IndicatorKind
from models.tables.catalog import mail_files, mail_urls


def carriers(database: Database, connection: Connection, indicator: Indicator) -> Select[Any]:
    """The ids of the mails that `find_members` would find copies of, gone or not."""
    match indicator.kind:
        case IndicatorKind.FILE if is_sha256(indicator.value):
            found = mail_files.c
            return select(found.mail_id).where(
                found.sha256 == indicator.value, found.size_bytes > TRIVIAL_BYTES
            )
        case IndicatorKind.FILE | IndicatorKind.SELECTION:
            return select(mail_files.c.mail_id).where(mail_files.c.mail_id < 0)
        case IndicatorKind.URL:
            return select(mail_urls.c.mail_id).where(
                database.among(mail_urls.c.url_id, url_ids(connection, indicator)),
                mail_urls.c.location.in_([place.value for place in SEARCHED]),
            )
        case _:
            assert_never(indicator.kind)
