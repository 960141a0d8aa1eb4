"""Which mails carry an indicator, as a subquery: for counts that need no row of a copy."""

from __future__ import annotations

from collections.abc import Collection
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
        case IndicatorKind.FILE:
            return with_files(database, [indicator.value])
        case IndicatorKind.SELECTION:
            return with_files(database, ())
        case IndicatorKind.URL:
            return with_links(database, url_ids(connection, indicator))
        case _:
            assert_never(indicator.kind)


def with_files(database: Database, files: Collection[str]) -> Select[Any]:
    """The ids of the mails that have one of these files where it counts; what is no hash is no file's."""
    hashes = [value for value in files if is_sha256(value)]
    return select(mail_files.c.mail_id).where(
        database.among_digests(mail_files.c.sha256, hashes), mail_files.c.size_bytes > TRIVIAL_BYTES
    )


def with_links(database: Database, links: Collection[int]) -> Select[Any]:
    """The ids of the mails that have one of these links, by their ids, where links are searched."""
    return select(mail_urls.c.mail_id).where(
        database.among(mail_urls.c.url_id, links),
        mail_urls.c.location.in_([place.value for place in SEARCHED]),
    )
