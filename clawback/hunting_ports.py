"""The ports of Advanced hunting: who answers queries, and what feeds the mirror that they read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from models.hunting import HuntLimits, HuntQuery, HuntResult, HuntTable

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class MirrorPage:
    """Some changed rows for the mirror, in the columns of `clawback.core.hunting_tables`.

    For each table: `replaced` are the keys (as text or number) whose rows are replaced, `rows` their
    rows now, each with its key in front of the table's columns; a key without a row is gone. `cursor`
    is where to go on. `as_of` is the time up to which everything committed is in once this page is.
    """

    replaced: Mapping[str, Sequence[int]]
    rows: Mapping[str, Sequence[Row]]
    cursor: str
    as_of: datetime


class MirrorFeed(Protocol):
    """The database's side of the mirror: what changed since a cursor."""

    @property
    def identity(self) -> str:
        """The database's own name: a mirror of another one is thrown away."""
        ...

    def changes(self, cursor: str) -> Iterator[MirrorPage]:
        """Pages of what was committed since `cursor`; the empty cursor asks for everything.

        Each page is complete in itself and may be applied again. A cursor of another database, or one
        that is too old to go on from, is answered as the empty one, with `replaced` naming no key: the
        mirror tells by `restarts`.
        """
        ...

    def restarts(self, cursor: str) -> bool:
        """Whether `cursor` cannot be gone on from, so that the mirror has to be filled anew."""
        ...

    def pending_since(self, cursor: str) -> datetime | None:
        """When the oldest change after `cursor` was committed, or None where there is none."""
        ...


class HuntEngine(Protocol):
    """What answers queries: a translator and a locked, killable process over a columnar mirror."""

    def tables(self) -> tuple[HuntTable, ...]:
        """The tables that can be asked."""
        ...

    def run(
        self, query: HuntQuery, limits: HuntLimits, cancelled: Callable[[], bool] = lambda: False
    ) -> HuntResult:
        """The answer. Blocks; `cancelled` is asked several times a second from the calling thread.

        Brings the mirror up to date first as far as that takes a moment. Raises `BadQuery` with the
        position for what cannot be translated or run, `QueryStopped` for one over its limits or
        cancelled, `Unavailable` where too many run already or the engine is not installed.
        """
        ...

    def read(self, sql: str, parameters: Sequence[object], limits: HuntLimits) -> HuntResult:
        """The answer to our own SQL over the mirror, in the same process under the same limits.

        Only for adapters of this package: `sql` is never built from a user's text.
        """
        ...

    def lag(self) -> timedelta:
        """How far the mirror is behind the database now; zero where nothing is missing."""
        ...

    def refresh(self) -> timedelta:
        """Bring the mirror up to date with the database now; returns the lag that is left."""
        ...

    def close(self) -> None:
        """End every process of the engine."""
        ...
