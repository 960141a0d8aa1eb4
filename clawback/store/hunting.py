"""Saved queries and named lists in a database: implements `clawback.hunting_ports.HuntingStore`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, select, update

from clawback.errors import Conflict, NotFound
from clawback.store.hunt_runs import HuntRuns
from clawback.store.journal import record
from models.actions import Actor
from models.history import Event
from models.hunting import ListContent, ListInfo, NamedList, QueryKind, SavedQuery
from models.tables.catalog import named_lists, saved_queries
from models.tables.columns import storable

_INFO = (
    named_lists.c.name,
    named_lists.c.columns,
    named_lists.c.row_count,
    named_lists.c.size_bytes,
    named_lists.c.digest,
    named_lists.c.proposed_by,
    named_lists.c.proposed_at,
    named_lists.c.approved_by,
    named_lists.c.approved_at,
)
"""What `_info` reads: never the rows, which may have megabytes."""


class SqlHunting(HuntRuns):
    """Queries, lists and runs; each change is one transaction."""

    def queries(self, reader: str, kind: QueryKind = QueryKind.HUNTING) -> tuple[SavedQuery, ...]:
        """The reader's own queries of a kind and those that others share, by name."""
        found = saved_queries.c
        is_seen = (found.owner == reader) | found.shared
        statement = select(saved_queries).where(found.kind == kind.value, is_seen)
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(found.name, found.owner))
            return tuple(_saved(row) for row in rows)

    def query(self, name: str, reader: str, kind: QueryKind = QueryKind.HUNTING) -> SavedQuery:
        """The reader's own query of that name, else the one that is shared.

        Raises `NotFound`; `Conflict` where several owners share one of that name.
        """
        named = [found for found in self.queries(reader, kind) if found.name == name]
        own = [found for found in named if found.owner == reader]
        if not named:
            raise NotFound("there is no saved query of that name: look at the list of queries")
        if not own and len(named) > 1:
            raise Conflict("several people share a query of that name: save your own from one")
        return (own or named)[0]

    def save_query(
        self,
        name: str,
        text: str,
        owner: str,
        *,
        shared: bool,
        now: datetime,
        kind: QueryKind = QueryKind.HUNTING,
    ) -> SavedQuery:
        """The query, new or with its text exchanged: a name is unique for each owner and kind."""
        changed = {"text": text, "shared": shared, "updated_at": now}
        statement = self._database.insert(saved_queries).values(
            {"name": name, "owner": owner, "kind": kind.value, "created_at": now, **changed}
        )
        upsert = statement.on_conflict_do_update(
            index_elements=[saved_queries.c.owner, saved_queries.c.kind, saved_queries.c.name],
            set_=changed,
        )
        with self._database.write() as connection:
            return _saved(connection.execute(upsert.returning(saved_queries)).one())

    def delete_query(self, query_id: int) -> None:
        """Delete one. Raises `NotFound`."""
        with self._database.write() as connection:
            where = saved_queries.c.id == query_id
            if not connection.execute(delete(saved_queries).where(where)).rowcount:
                raise NotFound(f"there is no saved query {query_id}: look at the list of queries")

    def lists(self) -> tuple[ListInfo, ...]:
        """All lists by name; a proposal stands beside the approved list that it would replace."""
        statement = select(*_INFO).order_by(named_lists.c.name, named_lists.c.id)
        with self._database.read() as connection:
            return tuple(_info(row) for row in connection.execute(statement))

    def list_content(self, name: str, *, approved: bool) -> ListContent:
        """Columns and rows of the approved list, or of the proposal. Raises `NotFound`."""
        statement = select(named_lists.c.columns, named_lists.c.rows)
        with self._database.read() as connection:
            row = connection.execute(statement.where(_is(name, approved=approved))).first()
        if row is None:
            raise _missing(approved=approved)
        return ListContent(tuple(row.columns), tuple(tuple(cells) for cells in row.rows))

    def propose_list(
        self, name: str, content: ListContent, actor: Actor, now: datetime
    ) -> ListInfo:
        """A proposal, in place of an earlier one of the same person.

        Raises `Conflict` while somebody else's of that name waits.
        """
        row = _new_row(name, content, actor, now)
        is_ours = _is(name, approved=False) & (named_lists.c.proposed_by == actor.name)
        with self._database.write() as connection:
            connection.execute(delete(named_lists).where(is_ours))
            statement = self._database.insert(named_lists).values(row).on_conflict_do_nothing()
            written = connection.execute(statement.returning(*_INFO)).first()
            if written is None:
                raise Conflict(
                    "a list of that name, proposed by somebody else, waits for an administrator: "
                    "choose another name, or have that one decided first"
                )
            info = _info(written)
            _record(connection, Event.LIST_PROPOSED, info, actor, now)
            return info

    def approve_list(self, name: str, digest: str, actor: Actor, now: datetime) -> ListInfo:
        """The proposal, approved, in place of the approved list of that name.

        Raises `NotFound`; `Conflict` where the proposal is not the one with this digest any more.
        """
        with self._database.write() as connection:
            found = _one(connection, name, approved=False, lock=True)
            if found.digest != digest:
                raise Conflict("the list was proposed anew meanwhile: look at it again")
            connection.execute(delete(named_lists).where(_is(name, approved=True)))
            statement = update(named_lists).where(_is(name, approved=False))
            values = {"approved_by": actor.name, "approved_at": now}
            row = connection.execute(statement.values(values).returning(*_INFO)).one()
            info = _info(row)
            _record(connection, Event.LIST_APPROVED, info, actor, now)
            return info

    def delete_list(self, name: str, *, approved: bool, actor: Actor, now: datetime) -> None:
        """Delete the approved list, or the proposal. Raises `NotFound`."""
        with self._database.write() as connection:
            info = _one(connection, name, approved=approved, lock=True)
            connection.execute(delete(named_lists).where(_is(name, approved=approved)))
            _record(connection, Event.LIST_DELETED, info, actor, now)

    def approved_lists(self, names: Collection[str]) -> tuple[NamedList, ...]:
        """Those of these lists that are approved, with their rows, by name."""
        found = named_lists.c
        statement = select(
            found.name, found.columns, found.rows, found.approved_by, found.approved_at
        ).where(found.name.in_(sorted(names)), found.approved_at.is_not(None))
        with self._database.read() as connection:
            return tuple(
                NamedList(name, tuple(columns), tuple(map(tuple, rows)), by, at)
                for name, columns, rows, by, at in connection.execute(
                    statement.order_by(found.name)
                )
            )


def _saved(row: Any) -> SavedQuery:
    return SavedQuery(**{**row._mapping, "kind": QueryKind(row.kind)})


def _new_row(name: str, content: ListContent, actor: Actor, now: datetime) -> dict[str, Any]:
    columns = [storable(text) for text in content.columns]
    rows = [[storable(text) for text in cells] for cells in content.rows]
    written = json.dumps([columns, rows], ensure_ascii=False, separators=(",", ":")).encode()
    return {
        "name": name,
        "columns": columns,
        "rows": rows,
        "row_count": len(rows),
        "size_bytes": sum(len(text.encode()) for cells in rows for text in cells),
        "digest": hashlib.sha256(written).hexdigest(),
        "proposed_by": actor.name,
        "proposed_at": now,
        "approved_by": "",
    }


def _is(name: str, *, approved: bool) -> ColumnElement[bool]:
    at = named_lists.c.approved_at
    return (named_lists.c.name == name) & (at.is_not(None) if approved else at.is_(None))


def _one(connection: Connection, name: str, *, approved: bool, lock: bool = False) -> ListInfo:
    statement = select(*_INFO).where(_is(name, approved=approved))
    row = connection.execute(statement.with_for_update() if lock else statement).first()
    if row is None:
        raise _missing(approved=approved)
    return _info(row)


def _missing(*, approved: bool) -> NotFound:
    if approved:
        return NotFound("there is no approved list of that name: look at the lists")
    return NotFound("no list of that name waits for approval: look at the lists")


def _info(row: Any) -> ListInfo:
    name, columns, *rest = row
    return ListInfo(name, tuple(columns), *rest)


def _record(
    connection: Connection, event: Event, info: ListInfo, actor: Actor, now: datetime
) -> None:
    record(
        connection,
        event,
        now,
        by=actor,
        list=info.name,
        rows=info.rows,
        digest=info.digest,
        proposed_by=info.proposed_by,
    )
