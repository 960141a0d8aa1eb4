"""Opening the store: the one way in for wiring, tools and tests."""

from __future__ import annotations

from functools import cached_property
from types import TracebackType
from typing import Self

from sqlalchemy import select

from clawback.store.audit import SqlAuditLog
from clawback.store.cases.sql_cases import SqlCases
from clawback.store.clicks import SqlClicks
from clawback.store.database import Database
from clawback.store.figures.sql_figures import SqlFigures
from clawback.store.hunting import SqlHunting
from clawback.store.index.sql_index import SqlIndex
from clawback.store.ledger import SqlLedger
from clawback.store.lists import SqlLists
from clawback.store.mirror.feed import SqlMirrorFeed
from clawback.store.people.sql_people import SqlPeople
from clawback.store.replies import SqlReplies
from clawback.store.revisions import ensure_current
from clawback.store.settings import SqlSettings
from clawback.store.throttles import SqlThrottles
from models.tables.catalog import identity


class SqlStore:
    """Everything that is kept, in one database; safe to share among threads."""

    def __init__(self, database: Database, *, extractor_version: int) -> None:
        self.database = database
        self.index = SqlIndex(database, extractor_version)
        self.cases = SqlCases(database)
        self.ledger = SqlLedger(database)
        self.settings = SqlSettings(database)
        self.lists = SqlLists(database)
        self.replies = SqlReplies(database)
        self.hunting = SqlHunting(database)
        self.people = SqlPeople(database)
        self.mirror = SqlMirrorFeed(database)
        self.clicks = SqlClicks(database)
        self.audit = SqlAuditLog(database)
        self.figures = SqlFigures(database)
        self.throttles = SqlThrottles(database)

    @cached_property
    def identity(self) -> str:
        """The random name of this database: another one at the same address has another name."""
        with self.database.read() as connection:
            return str(connection.execute(select(identity.c.name)).scalar_one())

    def close(self) -> None:
        """Give all connections back."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_store(address: str, *, extractor_version: int) -> SqlStore:
    """The store at `sqlite:///FILE` or `postgresql://…`, at the current revision.

    An empty or older database is upgraded. Raises `SetupError` for one that a newer version made
    or that can't be opened, `Unavailable` where it does not answer.
    """
    database = Database(address)
    try:
        ensure_current(database)
    except BaseException:
        database.close()
        raise
    return SqlStore(database, extractor_version=extractor_version)
