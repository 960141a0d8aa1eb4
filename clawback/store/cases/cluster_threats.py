"""How many members of a cluster carry what is known to be malicious, or still carry its indicator.

Ten thousand messages have fifty thousand links. None of them is read: the database looks up which
mails carry what is meant, by the index of files and links, and counts the members among those.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, func, select

from clawback.store.database import Database
from clawback.store.index.carrying import carriers, with_files, with_links
from clawback.store.keys import path_text, text_key
from clawback.store.mirror.threats import MALWARE, PHISH, Threats, read_threats
from models.indicators import Indicator
from models.tables.catalog import cluster_members, urls


def count_threats(database: Database, connection: Connection, cluster_id: int) -> Mapping[str, int]:
    """Members by each threat that is known of their mail now."""
    threats = read_threats(connection)
    links = _malicious_links(database, connection, threats)
    return {
        MALWARE: _count(connection, cluster_id, with_files(database, threats.files)),
        PHISH: _count(connection, cluster_id, with_links(database, links)),
    }


def count_matching(
    database: Database, connection: Connection, cluster_id: int, indicator: Indicator
) -> int:
    """Members whose mail carries the indicator, by the newest reading of it; none for a selection."""
    return _count(connection, cluster_id, carriers(database, connection, indicator))


def _count(connection: Connection, cluster_id: int, mail_ids: Select[Any]) -> int:
    """Members whose mail is one of these."""
    statement = (
        select(func.count())
        .select_from(cluster_members)
        .where(cluster_members.c.cluster_id == cluster_id, cluster_members.c.mail_id.in_(mail_ids))
    )
    return int(connection.execute(statement).scalar_one())


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
