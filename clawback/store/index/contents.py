"""Writing what mails say: once for each mail key, again when a newer extractor has read it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, update

from clawback.store.database import Database
from clawback.store.index.bulk import Insert, rows_by_digest
from clawback.store.keys import domain_of, network_message_id, path_text, text_key
from models.mails import MailFacts, UrlFact
from models.tables.catalog import mail_files, mail_recipients, mail_urls, mails, urls
from models.tables.columns import storable

PARTS: tuple[Table, ...] = (mail_files, mail_urls, mail_recipients)
"""What a mail says of itself, besides its own row."""

_INSERTS = {table.name: Insert(table) for table in (mails, urls, *PARTS)}


def write_mails(
    database: Database, connection: Connection, facts: Iterable[MailFacts]
) -> dict[str, int]:
    """The mail id of each content hash, after what was new or newer has been written."""
    items = list(facts)
    newest: dict[str, MailFacts] = {}
    for item in sorted(items, key=lambda each: (each.mail_key, each.extractor_version)):
        newest[item.mail_key] = item
    known = _known(database, connection, newest)
    fresh = [item for key, item in newest.items() if key not in known]
    stale = [item for key, item in newest.items() if key in known and _is_newer(item, known[key])]
    if fresh:
        _INSERTS[mails.name].run(database, connection, [_mail_row(item) for item in fresh])
        known |= _known(database, connection, [item.mail_key for item in fresh])
    ids = {key: mail_id for key, (mail_id, _) in known.items()}
    if stale:
        _replace(database, connection, stale, ids)
    _write_parts(database, connection, [*fresh, *stale], ids)
    return {item.content_sha256: ids[item.mail_key] for item in items}


def _is_newer(item: MailFacts, known: tuple[int, int]) -> bool:
    return item.extractor_version > known[1]


def _known(
    database: Database, connection: Connection, keys: Collection[str]
) -> dict[str, tuple[int, int]]:
    """Mail id and extractor version of each mail key that there is."""
    select = "SELECT mail_key, id, extractor_version FROM mails WHERE mail_key"
    rows = rows_by_digest(database, connection, select, keys)
    return {bytes(key).hex(): (mail_id, version) for key, mail_id, version in rows}


def _replace(
    database: Database, connection: Connection, items: Sequence[MailFacts], ids: Mapping[str, int]
) -> None:
    row_ids = [ids[item.mail_key] for item in items]
    columns: dict[str, Any] = {
        name: bindparam(name) for name in _mail_row(items[0]) if name != "mail_key"
    }
    connection.execute(
        update(mails).where(mails.c.mail_key == bindparam("of_key")).values(columns),
        [{**_mail_row(item), "of_key": item.mail_key} for item in items],
    )
    for table in PARTS:
        connection.execute(delete(table).where(database.among(table.c.mail_id, row_ids)))


def _write_parts(
    database: Database, connection: Connection, items: Sequence[MailFacts], ids: Mapping[str, int]
) -> None:
    url_ids = _write_urls(
        database, connection, {fact.url for item in items for fact in _links(item)}
    )
    rows: dict[str, list[dict[str, Any]]] = {table.name: [] for table in PARTS}
    for item in items:
        mail_id = ids[item.mail_key]
        rows[mail_files.name] += _file_rows(mail_id, item)
        rows[mail_urls.name] += _url_rows(mail_id, item, url_ids)
        rows[mail_recipients.name] += _recipient_rows(mail_id, item)
    for table in PARTS:
        # Another sync may have written the same mail at the same time: the same rows.
        _INSERTS[table.name].run(database, connection, rows[table.name])


def _write_urls(
    database: Database, connection: Connection, texts: Collection[str]
) -> dict[str, int]:
    """The id of each URL, by its text: two texts under one key never stand for each other."""
    keys = {text_key(url): storable(url) for url in texts}
    ids = _url_ids(database, connection, keys)
    missing = sorted(key for key, url in keys.items() if url not in ids)
    if missing:
        new = [_url_row(key, keys[key]) for key in missing]
        _INSERTS[urls.name].run(database, connection, new)
        ids |= _url_ids(database, connection, missing)
    return ids


def _url_ids(database: Database, connection: Connection, keys: Collection[str]) -> dict[str, int]:
    select = "SELECT url, id FROM urls WHERE exact_key"
    found: dict[str, int] = {}
    for url, url_id in rows_by_digest(database, connection, select, keys):
        found[url] = url_id
    return found


def _url_row(key: str, url: str) -> dict[str, Any]:
    path = path_text(url)
    host = path.partition("/")[0]
    return {"exact_key": key, "path_key": text_key(path), "url": url, "host": host}


def _mail_row(item: MailFacts) -> dict[str, Any]:
    return {
        "mail_key": item.mail_key,
        "extractor_version": item.extractor_version,
        "network_message_id": network_message_id(item.mail_key),
        "internet_message_id": item.internet_message_id,
        "subject": item.subject,
        "sent_at": item.sent_at,
        "from_address": item.from_address,
        "from_domain": domain_of(item.from_address),
        "from_name": item.from_name,
        "sender_address": item.sender_address,
        "return_path": item.return_path,
        "client_ip": item.client_ip,
        "authentication_results": item.authentication_results,
        "direction": item.direction.value,
        "language": item.language,
        "size_bytes": item.size_bytes,
        "problem_count": len(item.problems),
        "problems": [[problem.code, storable(problem.where)] for problem in item.problems],
    }


def _file_rows(mail_id: int, item: MailFacts) -> list[dict[str, Any]]:
    return [
        {
            "mail_id": mail_id,
            "position": position,
            "sha256": fact.sha256,
            "size_bytes": fact.size_bytes,
            "filename": fact.filename,
            "content_type": fact.content_type,
            "part": fact.where,
            "file_type": fact.file_type,
        }
        for position, fact in enumerate(item.attachments)
    ]


def _links(item: MailFacts) -> tuple[UrlFact, ...]:
    return item.urls + item.header_urls


def _url_rows(mail_id: int, item: MailFacts, ids: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "mail_id": mail_id,
            "position": position,
            "url_id": ids[storable(fact.url)],
            "location": fact.location.value,
            "role": fact.role.value,
            "is_opened": "://" in (fact.opened_from or ""),  # a wrapper, not the mark of a trick
            "opened_from": fact.opened_from,
            "raw": None if fact.raw == fact.url else fact.raw,
            "part": fact.where,
        }
        for position, fact in enumerate(_links(item))
        if storable(fact.url) in ids
    ]


def _recipient_rows(mail_id: int, item: MailFacts) -> list[dict[str, Any]]:
    fields = [("to", address) for address in item.to] + [("cc", address) for address in item.cc]
    return [
        {
            "mail_id": mail_id,
            "position": position,
            "field": field,
            "address": address,
            "domain": domain_of(address),
        }
        for position, (field, address) in enumerate(fields)
    ]


def chunks(items: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    """The items in pieces of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))
