"""The database's side of the mirror: implements `clawback.hunting_ports.MirrorFeed`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property

from sqlalchemy import Column, Connection, func, select

from clawback.core.hunting_tables import (
    EMAIL_ATTACHMENT_INFO,
    EMAIL_EVENTS,
    EMAIL_POST_DELIVERY_EVENTS,
    EMAIL_URL_INFO,
    INVESTIGATIONS,
    REMEDIATION_ACTIONS,
    URL_CLICK_EVENTS,
)
from clawback.hunting_ports import MirrorPage, Row
from clawback.store.database import Database
from clawback.store.mirror.case_rows import read_actions, read_clicks, read_investigations
from clawback.store.mirror.changes import (
    Cursor,
    cursor_now,
    is_known,
    oldest_since,
    read_changes,
    read_cursor,
)
from clawback.store.mirror.copy_rows import CopyRows, read_copies, read_links
from clawback.store.mirror.forgetting import forget
from clawback.store.mirror.mail_facts import Judged, MailRow
from clawback.store.mirror.threats import exclusions_of, read_threats
from clawback.store.mirror.touched import Touched, touched_by
from clawback.store.settings import read_settings
from models.tables.catalog import actions, copies, identity, investigations, url_clicks

PAGE = 4_000
"""Rows of one kind in a page: some megabytes."""

_MAILS_KEPT = 4_000  # while everything is read: a campaign is spread over many pages

_CASES: tuple[tuple[str, str, Column[int], Callable[..., list[Row]]], ...] = (
    (REMEDIATION_ACTIONS.name, "actions", actions.c.id, read_actions),
    (INVESTIGATIONS.name, "investigations", investigations.c.id, read_investigations),
    (URL_CLICK_EVENTS.name, "clicks", url_clicks.c.id, read_clicks),
)
"""Tables whose rows are one for each number: name, attribute of `Touched`, key, reader."""


class SqlMirrorFeed:
    """Pages of rows, each read in one transaction; a later one never shows an older state."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @cached_property
    def identity(self) -> str:
        """The database's own name."""
        with self._database.read() as connection:
            return str(connection.execute(select(identity.c.name)).scalar_one())

    def restarts(self, cursor: str) -> bool:
        """Whether everything has to be read again."""
        with self._database.snapshot() as connection:
            return self._known(connection, cursor) is None

    def changes(self, cursor: str) -> Iterator[MirrorPage]:
        """Pages of what was committed since the cursor, or of everything; see the port."""
        as_of = datetime.now(UTC)
        with self._database.snapshot() as connection:
            known = self._known(connection, cursor)
            now = cursor_now(self._database, connection)
            if known is None:
                touched = Touched()
            else:
                changes = read_changes(self._database, connection, known)
                touched = touched_by(self._database, connection, changes)
        if known is not None:
            yield from self._touched(touched, as_of)
            yield MirrorPage({}, {}, now.text(), as_of)
            return
        yield from self._everything(as_of)
        yield from self.changes(now.text())

    def behind(self, cursor: str) -> timedelta:
        """How long ago the oldest change that the cursor lacks was made."""
        with self._database.snapshot() as connection:
            known = self._known(connection, cursor)
            oldest = oldest_since(self._database, connection, known)
        if oldest is None:
            return timedelta(0)
        return max(datetime.now(UTC) - oldest, timedelta(milliseconds=1))

    def prune(self) -> int:
        """Forget changes that are too old or too many."""
        return forget(self._database)

    def _known(self, connection: Connection, text: str) -> Cursor | None:
        """The cursor, if the log holds all that it lacks."""
        cursor = read_cursor(text)
        if cursor is None or not is_known(self._database, connection, cursor):
            return None
        return cursor

    def _everything(self, as_of: datetime) -> Iterator[MirrorPage]:
        """All rows, by their numbers, so that what comes in meanwhile does not matter."""
        cache: dict[int, MailRow] = {}
        for start, end in self._ranges(copies.c.id):
            with self._database.snapshot() as connection:
                judged = _judged(connection)
                is_here = copies.c.id.between(start, end)
                found = read_copies(self._database, connection, is_here, judged, cache)
                mail_ids, links = read_links(
                    self._database, connection, found.mail_ids, judged, cache, first_from=start
                )
            if len(cache) > _MAILS_KEPT:
                cache.clear()
            page = _copies_page(found.copy_ids, found, as_of)
            replaced = {**page.replaced, EMAIL_URL_INFO.name: mail_ids}
            yield MirrorPage(replaced, {**page.rows, EMAIL_URL_INFO.name: links}, "", as_of)
        for name, _, key, read in _CASES:
            for start, end in self._ranges(key):
                with self._database.snapshot() as connection:
                    rows = read(connection, key.between(start, end))
                yield MirrorPage(
                    {name: [int(str(row[0])) for row in rows]}, {name: rows}, "", as_of
                )

    def _ranges(self, key: Column[int]) -> Iterator[tuple[int, int]]:
        with self._database.read() as connection:
            first, last = connection.execute(select(func.min(key), func.max(key))).one()
        if first is not None:
            for start in range(first, last + 1, PAGE):
                yield start, min(start + PAGE - 1, last)

    def _touched(self, touched: Touched, as_of: datetime) -> Iterator[MirrorPage]:
        for some in _pieces(touched.copies):
            with self._database.snapshot() as connection:
                is_one = self._database.among(copies.c.id, some)
                judged = _judged(connection)
                found = read_copies(self._database, connection, is_one, judged, {})
            yield _copies_page(some, found, as_of)
        for some in _pieces(touched.links):
            with self._database.snapshot() as connection:
                judged = _judged(connection)
                _, rows = read_links(self._database, connection, some, judged, {})
            yield MirrorPage({EMAIL_URL_INFO.name: some}, {EMAIL_URL_INFO.name: rows}, "", as_of)
        for name, kind, key, read in _CASES:
            for some in _pieces(getattr(touched, kind)):
                with self._database.snapshot() as connection:
                    rows = read(connection, self._database.among(key, some))
                yield MirrorPage({name: some}, {name: rows}, "", as_of)


def _copies_page(keys: Sequence[int], found: CopyRows, as_of: datetime) -> MirrorPage:
    """The page of these copies, of which some may be gone."""
    return MirrorPage(
        {
            EMAIL_EVENTS.name: keys,
            EMAIL_ATTACHMENT_INFO.name: keys,
            EMAIL_POST_DELIVERY_EVENTS.name: found.event_ids,
        },
        {
            EMAIL_EVENTS.name: found.events,
            EMAIL_ATTACHMENT_INFO.name: found.files,
            EMAIL_POST_DELIVERY_EVENTS.name: found.post_delivery,
        },
        "",
        as_of,
    )


def _judged(connection: Connection) -> Judged:
    settings, _ = read_settings(connection)
    return Judged(read_threats(connection), exclusions_of(settings))


def _pieces(numbers: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(numbers)
    return (ordered[start : start + PAGE] for start in range(0, len(ordered), PAGE))
