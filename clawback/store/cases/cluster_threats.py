"""How many members of a cluster carry what is known to be malicious, or still carry its indicator.

Ten thousand messages have fifty thousand links. None of them is read: the database looks up which
mails carry what is meant, by the index of files and links, and counts the members among those.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from clawback.store.database import Database
from clawback.store.index.finding import SEARCHED, TRIVIAL_BYTES
from clawback.store.index.matches import url_ids
from clawback.store.keys import is_sha256, path_text, text_key
from clawback.store.mirror.threats import MALWARE, PHISH, Threats, read_threats
from models.indicators import Indicator, IndicatorKind
from models.tables.catalog import cluster_members, mail_files, mail_urls, urls


def count_threats(database: Database, connection: Connection, cluster_id: int) -> Mapping[str, int]:
    """Members by each threat that is known of their mail now."""
    threats = read_threats(connection)
    links = _malicious_links(database, connection, threats)
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
            return _count(connection, cluster_id, _has_file(database, [indicator.value]))
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
    """Whether a member's mail has one of these files; None where none of them is a file's hash."""
    hashes = [value for value in files if is_sha256(value)]
    if not hashes:
        return None
    with_one = select(mail_files.c.mail_id).where(
        database.among_digests(mail_files.c.sha256, hashes), mail_files.c.size_bytes > TRIVIAL_BYTES
    )
    return cluster_members.c.mail_id.in_(with_one)


def _has_link(database: Database, links: Collection[int]) -> ColumnElement[bool] | None:
    """Whether a member's mail has one of these links where links are searched; None without any."""
    if not links:
        return None
    with_one = select(mail_urls.c.mail_id).where(
        database.among(mail_urls.c.url_id, links),
        mail_urls.c.location.in_([place.value for place in SEARCHED]),
    )
    return cluster_members.c.mail_id.in_(with_one)


def _malicious_links(database: Database, connection: Connection, threats: Threats) -> set[int]:
    """The ids of the links that are malicious, checked by their text: keys are halves of hashes.

    A canonical URL holds nothing that a database alters: the key of its stored text is its own.
    """
    statement: Select[Any] = select(urls.c.id, urls.c.url)
    exact = database.among_digests(urls.c.exact_key, [text_key(url) for url in threats.links])
    by_path = database.among_digests(urls.c.path_key, [text_key(path) for path in threats.paths])
    found: set[int] = set()
    if threats.links:
        rows = connection.execute(statement.where(exact))
        found.update(number for number, url in rows if url in threats.links)
    if threats.paths:
        rows = connection.execute(statement.where(by_path))
        found.update(number for number, url in rows if path_text(url) in threats.paths)
    return found
