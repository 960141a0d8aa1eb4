"""Why mails are in a cluster: the first place of the indicator in each, in one grouped statement."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from clawback.store.database import Database
from clawback.store.index.finding import SEARCHED, TRIVIAL_BYTES
from clawback.store.keys import is_sha256, path_text, text_key
from models.clusters import Match
from models.indicators import Indicator, IndicatorKind, UrlMatch
from models.tables.catalog import mail_files, mail_urls, urls
from models.tables.columns import storable


def read_matches(
    database: Database, connection: Connection, mail_ids: Collection[int], indicator: Indicator
) -> Mapping[int, Match]:
    """The match of each of these mails that carries the indicator, by mail id."""
    if not mail_ids:
        return {}
    match indicator.kind:
        case IndicatorKind.FILE:
            return _files(database, connection, mail_ids, indicator)
        case IndicatorKind.SELECTION:
            return {}
        case IndicatorKind.URL:
            return _links(database, connection, mail_ids, indicator)


def _files(
    database: Database, connection: Connection, mail_ids: Collection[int], indicator: Indicator
) -> Mapping[int, Match]:
    if not is_sha256(indicator.value):
        return {}
    found = mail_files.c
    is_meant = (found.sha256 == indicator.value) & (found.size_bytes > TRIVIAL_BYTES)
    first = _first(found, is_meant & database.among(found.mail_id, mail_ids))
    statement = select(
        found.mail_id, found.part, found.filename, found.size_bytes, found.file_type, first.c.places
    ).select_from(mail_files.join(first, _is_first(found, first)))
    return {
        row[0]: Match(row[1], "", row[2], "", row[5], row[3], row[4])
        for row in connection.execute(statement)
    }


def _links(
    database: Database, connection: Connection, mail_ids: Collection[int], indicator: Indicator
) -> Mapping[int, Match]:
    found = mail_urls.c
    is_meant = database.among(found.url_id, url_ids(connection, indicator))
    is_searched = found.location.in_([place.value for place in SEARCHED])
    first = _first(found, is_meant & is_searched & database.among(found.mail_id, mail_ids))
    source = mail_urls.join(first, _is_first(found, first)).join(urls, urls.c.id == found.url_id)
    statement = select(
        found.mail_id,
        found.part,
        found.location,
        func.coalesce(found.raw, urls.c.url),
        func.coalesce(found.opened_from, ""),
        first.c.places,
    ).select_from(source)
    return {row[0]: Match(*row[1:]) for row in connection.execute(statement)}


def url_ids(connection: Connection, indicator: Indicator) -> list[int]:
    """The URLs that the indicator means, checked by their text: keys are only halves of hashes."""
    statement: Select[Any] = select(urls.c.id, urls.c.url)
    if indicator.match is UrlMatch.EXACT:
        text = storable(indicator.value)
        rows = connection.execute(statement.where(urls.c.exact_key == text_key(indicator.value)))
        return [number for number, url in rows if url == text]
    path = path_text(indicator.value)
    rows = connection.execute(statement.where(urls.c.path_key == text_key(path)))
    return [number for number, url in rows if path_text(url) == storable(path)]


def _first(found: Any, is_meant: ColumnElement[bool]) -> Any:
    """The first position in each mail, and how many there are."""
    return (
        select(
            found.mail_id,
            func.min(found.position).label("position"),
            func.count().label("places"),
        )
        .where(is_meant)
        .group_by(found.mail_id)
        .subquery()
    )


def _is_first(found: Any, first: Any) -> ColumnElement[bool]:
    return and_(found.mail_id == first.c.mail_id, found.position == first.c.position)
