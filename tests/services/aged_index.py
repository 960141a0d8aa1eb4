"""An index as an older extractor left it, and what each of its mails says; run as a program, a reindex
that kills itself at a statement of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import event, text

from clawback.clock import SystemClock
from clawback.mail.extract import EXTRACTOR_VERSION, extract
from clawback.mailboxes.maildir import MaildirSource
from clawback.services import reindex as reindexing
from clawback.services.context import Context
from clawback.services.reindex import reindex
from clawback.services.sync import sync
from clawback.store.engine import SqlStore, open_store
from clawback.store.index import rereading
from clawback.store.keys import path_text, text_key
from models.mails import MailFacts, OrganisationProfile

OLD = 0
WRONG = "https://wrong.test/"
Said = dict[str, tuple[int, tuple[str, ...], tuple[str, ...]]]


def context(store: SqlStore, root: Path) -> Context:
    """The services over one Maildir tree."""
    sources = {"lab": MaildirSource("lab", root, roles={})}
    return Context(store, sources, (), SystemClock(), "this process")  # type: ignore[arg-type]


def opened(database: Path) -> SqlStore:
    """The store in that file."""
    return open_store(f"sqlite:///{database}", extractor_version=EXTRACTOR_VERSION)


def fill(database: Path, root: Path) -> None:
    """Index the tree."""
    with opened(database) as store:
        asyncio.run(sync(context(store, root), processes=1))


def age(store: SqlStore) -> None:
    """Make all facts those of an extractor that saw no file, and one wrong link in each mail."""
    with store.database.write() as connection:
        for statement in (
            "INSERT INTO urls (exact_key, path_key, url, host) "
            f"VALUES (x'{text_key(WRONG)}', x'{text_key(path_text(WRONG))}', '{WRONG}', '')",
            "DELETE FROM mail_files",
            "DELETE FROM mail_urls WHERE position > 0",
            "UPDATE mail_urls SET url_id = (SELECT max(id) FROM urls)",
            f"UPDATE mails SET extractor_version = {OLD}",
        ):
            connection.execute(text(statement))


def said(store: SqlStore) -> Said:
    """Version, links and files of each mail, by its key."""
    with store.database.read() as connection:
        rows = connection.execute(text("SELECT id, hex(mail_key), extractor_version FROM mails"))
        found = {}
        for number, key, version in rows.all():
            of = {"id": number}
            links = connection.execute(text(_LINKS), of).scalars().all()
            files = connection.execute(text(_FILES), of).scalars().all()
            found[key] = (version, tuple(links), tuple(files))
    return found


_LINKS = """
SELECT position || ' ' || url || ' ' || location || ' ' || part
FROM mail_urls JOIN urls ON urls.id = url_id WHERE mail_id = :id ORDER BY position
"""
_FILES = """
SELECT position || ' ' || hex(sha256) || ' ' || filename || ' ' || file_type
FROM mail_files WHERE mail_id = :id ORDER BY position
"""


class Inline:
    """An extractor without processes of its own: what reads is not what is tested."""

    def __init__(self, profile: OrganisationProfile, *_: object, **__: object) -> None:
        self._profile = profile

    def __enter__(self) -> Inline:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    async def extract(self, raws: Sequence[bytes]) -> list[MailFacts]:
        """The facts of each message, in order."""
        return [extract(raw, self._profile) for raw in raws]


def half_and_half(database: Any, facts: Sequence[MailFacts]) -> None:
    """A broken writer: what was there goes first, what is new comes in a transaction of its own."""
    real = rereading.write_mails
    with database.write() as connection:
        for item in facts:
            bare = {"key": bytes.fromhex(item.mail_key), "version": item.extractor_version}
            of_key = "(SELECT id FROM mails WHERE mail_key = :key)"
            for table in ("mail_files", "mail_urls"):
                connection.execute(
                    text(f"DELETE FROM {table} WHERE mail_id = {of_key}"), {"key": bare["key"]}
                )
            connection.execute(
                text("UPDATE mails SET extractor_version = :version WHERE mail_key = :key"), bare
            )
    with database.write() as connection:
        real(database, connection, facts)


def main(database: str, root: str, statement: str, variant: str) -> None:
    """Reindex in pieces of eight, and die by SIGKILL before that statement."""
    reindexing.READ_AT_ONCE = 8  # type: ignore[misc]
    reindexing.Extractor = Inline  # type: ignore[misc,assignment]
    if variant == "broken":
        rereading.replace_facts = half_and_half
    with opened(Path(database)) as store:
        left = int(statement)

        def count(*_: object) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(store.database.engine, "before_cursor_execute", count)
        asyncio.run(reindex(context(store, Path(root)), processes=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
