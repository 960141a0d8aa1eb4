"""How many members of a cluster carry what is known to be malicious, or still carry its indicator.

Ten thousand messages have fifty thousand links. None of them is read: the database looks for the
ids of the links that are meant among those of each member's mail.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select

from clawback.store.database import Database
from clawback.store.index.contents import chunks
from clawback.store.index.finding import SEARCHED, TRIVIAL_BYTES
from clawback.store.index.matches import url_ids
from clawback.store.keys import is_sha256, path_text, text_key
from clawback.store.mirror.threats import MALWARE, PHISH, Threats, read_threats
from models.indicators import Indicator, IndicatorKind
from models.tables.catalog import cluster_members, mail_files, mail_urls, urls
from models.tables.columns import HexDigest

_AT_ONCE = 10_000
"""Keys in one statement: SQLite takes 32,766 parameters."""


def count_threats(database: Database, connection: Connection, cluster_id: int) -> Mapping[str, int]:
    """Members by each threat that is known of their mail now."""
    threats = read_threats(connection)
    links = _malicious_links(connection, threats)
    return {
        MALWARE: _count(connection, cluster_id, _has_file(database, threats.files)),
        PHISH: _count(connection, cluster_id, _has_link(database, links)),
    }


def count_matching(
    database: Database, connection: Connection, cluster_id: int, indicator: Indicator
) -> int:
    """Members whose mail carries the indicator, by the newest reading of it; none for a selection."""
    match indicator.kind:
        case IndicatorKind.FILE:
            files = [indicator.value] if is_sha256(indicator.value) else []
            return _count(connection, cluster_id, _has_file(database, files))
        case IndicatorKind.URL:
            links = url_ids(connection, indicator)
            return _count(connection, cluster_id, _has_link(database, links))
        case IndicatorKind.SELECTION:
            return 0


def _count(connection: Connection, cluster_id: int, is_meant: ColumnElement[bool] | None) -> int:
    if is_meant is None:
        return 0
    statement = (
        select(func.count())
        .select_from(cluster_members)
        .where(cluster_members.c.cluster_id == cluster_id, is_meant)
    )
    return int(connection.execute(statement).scalar_one())


def _has_file(database: Database, files: Collection[str]) -> ColumnElement[bool] | None:
    """Whether a member's mail has one of these files; None where there are none."""
    if not files:
        return None
    return exists().where(
        mail_files.c.mail_id == cluster_members.c.mail_id,
        mail_files.c.size_bytes > TRIVIAL_BYTES,
        database.among_digests(mail_files.c.sha256, files),
    )


def _has_link(database: Database, links: Collection[int]) -> ColumnElement[bool] | None:
    """Whether a member's mail has one of these links where links are searched; None without any."""
    if not links:
        return None
    return exists().where(
        mail_urls.c.mail_id == cluster_members.c.mail_id,
        mail_urls.c.location.in_([place.value for place in SEARCHED]),
        # Not by the index of the links: a member's mail has few, and there may be thousands of these.
        database.among(mail_urls.c.url_id + 0, links),
    )


def _malicious_links(connection: Connection, threats: Threats) -> set[int]:
    """The ids of the links that are malicious, checked by their text: keys are halves of hashes."""
    exact = _by_key(connection, urls.c.exact_key, [text_key(url) for url in threats.links])
    by_path = _by_key(connection, urls.c.path_key, [text_key(path) for path in threats.paths])
    return {
        *(number for number, url in exact if url in threats.links),
        *(number for number, url in by_path if path_text(url) in threats.paths),
    }


def _by_key(
    connection: Connection, column: ColumnElement[HexDigest], keys: list[str]
) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for some in chunks(keys, _AT_ONCE):
        statement: Select[Any] = select(urls.c.id, urls.c.url).where(column.in_(some))
        found += connection.execute(statement).tuples()
    return found
