"""The files and links of mails as indicators: what a reported message is looked up by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select

from clawback.store.database import Database
from clawback.store.index.finding import SEARCHED
from models.indicators import Indicator, IndicatorKind
from models.tables.catalog import mail_files, mail_urls, urls


def mail_parts(
    database: Database, connection: Connection, mail_ids: Collection[int]
) -> Mapping[int, tuple[Indicator, ...]]:
    """The files, then the links of each mail that has any, in the order of the mail and each once."""
    found: dict[int, dict[Indicator, None]] = defaultdict(dict)
    files = select(mail_files.c.mail_id, mail_files.c.sha256).where(
        database.among(mail_files.c.mail_id, mail_ids)
    )
    for mail_id, digest in connection.execute(
        files.order_by(mail_files.c.mail_id, mail_files.c.position)
    ):
        found[mail_id][Indicator(IndicatorKind.FILE, digest, digest)] = None
    links = (
        select(mail_urls.c.mail_id, urls.c.url)
        .join(urls, urls.c.id == mail_urls.c.url_id)
        .where(
            database.among(mail_urls.c.mail_id, mail_ids),
            mail_urls.c.location.in_([place.value for place in SEARCHED]),
        )
    )
    for mail_id, url in connection.execute(
        links.order_by(mail_urls.c.mail_id, mail_urls.c.position)
    ):
        found[mail_id][Indicator(IndicatorKind.URL, url, url)] = None
    return {mail_id: tuple(parts) for mail_id, parts in found.items()}
