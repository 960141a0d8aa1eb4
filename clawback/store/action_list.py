"""The Action center's list: sorted, counted and cut into pages by the database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, select

from clawback.store.cases.action_rows import action_of, select_actions
from clawback.store.cases.judging import counts_of
from clawback.store.database import Database
from clawback.store.documents import read_time
from models.action_list import ActionColumn, ActionPage, ActionSorting, ListedAction
from models.actions import ActionStatus
from models.indicators import IndicatorKind, Verdict
from models.listing import ActionFilter
from models.locations import LocationCounts
from models.tables.catalog import actions, clusters, investigations, location_checks, verdicts

_TITLE = (
    select(investigations.c.title)
    .where(investigations.c.id == actions.c.investigation_id)
    .scalar_subquery()
)
_CLUSTER = (
    # A person chose the title of what they selected.
    case(
        (clusters.c.indicator_kind == IndicatorKind.SELECTION.value, _TITLE),
        else_=clusters.c.name,
    ).label("shown_name"),
    clusters.c.facts,
)

_KEYS: dict[ActionColumn, tuple[ColumnElement[Any], ...]] = {
    ActionColumn.UPDATED: (actions.c.updated_at,),
    ActionColumn.INVESTIGATION: (actions.c.investigation_id,),
    ActionColumn.APPROVAL: (),
    ActionColumn.TYPE: (actions.c.type,),
    ActionColumn.ENTITY: (clusters.c.kind,),
    ActionColumn.ASSET: (clusters.c.indicator_kind, clusters.c.indicator),
    ActionColumn.DECISION: (
        case(*((actions.c.status == one.value, one.decision) for one in ActionStatus)),
    ),
    ActionColumn.DECIDED_BY: (func.lower(actions.c.decided_by),),
    ActionColumn.SOURCE: (actions.c.source,),
    ActionColumn.STATUS: (actions.c.status,),
    ActionColumn.CREATED: (actions.c.created_at,),
    ActionColumn.EXPIRES: (actions.c.expires_at,),
}


def read_page(
    database: Database, wanted: ActionFilter, sorting: ActionSorting, *, offset: int, limit: int
) -> ActionPage:
    """The rows from `offset` on, at most `limit`, and how many the filter has in all."""
    conditions = tuple(conditions_of(wanted))
    statement = select_actions().add_columns(*_CLUSTER).where(*conditions)
    counted = select(func.count()).select_from(
        actions.join(clusters, clusters.c.id == actions.c.cluster_id)
    )
    with database.read() as connection:
        total = connection.execute(counted.where(*conditions)).scalar_one()
        ordered = statement.order_by(*_order(sorting)).offset(offset).limit(limit)
        rows = connection.execute(ordered).all()
        return ActionPage(_listed(database, connection, rows), total)


def read_row(database: Database, connection: Connection, action_id: int) -> ListedAction | None:
    """One row of the list, or None where there is no such action."""
    statement = select_actions().add_columns(*_CLUSTER).where(actions.c.id == action_id)
    found = _listed(database, connection, connection.execute(statement).all())
    return found[0] if found else None


def read_deciders(database: Database, limit: int) -> tuple[str, ...]:
    """Who decided actions, in order of their names."""
    statement = select(actions.c.decided_by).where(actions.c.decided_by != "").distinct()
    with database.read() as connection:
        rows = connection.execute(statement.order_by(actions.c.decided_by).limit(limit))
        return tuple(rows.scalars())


def conditions_of(wanted: ActionFilter) -> Iterator[ColumnElement[bool]]:
    """What a filter asks of an action and its cluster."""
    if wanted.statuses:
        yield actions.c.status.in_([status.value for status in wanted.statuses])
    if wanted.types:
        yield actions.c.type.in_([kind.value for kind in wanted.types])
    if wanted.sources:
        yield actions.c.source.in_([source.value for source in wanted.sources])
    if wanted.kinds:
        yield clusters.c.kind.in_([kind.value for kind in wanted.kinds])
    if wanted.decided_by:
        yield actions.c.decided_by == wanted.decided_by
    if wanted.investigation_id is not None:
        yield actions.c.investigation_id == wanted.investigation_id
    if wanted.updated_since is not None:
        yield actions.c.updated_at >= wanted.updated_since
    if wanted.updated_until is not None:
        yield actions.c.updated_at < wanted.updated_until


def read_verdicts(
    database: Database, connection: Connection, cluster_ids: Collection[int]
) -> dict[int, Verdict]:
    """The latest recorded verdict of each cluster's indicator."""
    is_about = (
        (verdicts.c.investigation_id == clusters.c.investigation_id)
        & (verdicts.c.kind == clusters.c.indicator_kind)
        & (verdicts.c.value == clusters.c.indicator)
        & (verdicts.c.match == clusters.c.match)
    )
    statement = (
        select(clusters.c.id, verdicts.c.verdict)
        .join(verdicts, is_about)
        .where(database.among(clusters.c.id, cluster_ids))
        .order_by(verdicts.c.id)
    )
    return {number: Verdict(said) for number, said in connection.execute(statement)}


def _order(sorting: ActionSorting) -> list[ColumnElement[Any]]:
    keys = (*_KEYS[sorting.column], actions.c.id)
    return [
        key.desc().nulls_last() if sorting.descending else key.asc().nulls_last() for key in keys
    ]


def _listed(
    database: Database, connection: Connection, rows: Sequence[Any]
) -> tuple[ListedAction, ...]:
    cluster_ids = {row.cluster_id for row in rows}
    counts = _counts(database, connection, cluster_ids)
    said = read_verdicts(database, connection, cluster_ids)
    return tuple(
        ListedAction(
            action_of(row),
            row.shown_name,
            counts.get(row.cluster_id),
            read_time(row.facts["first_seen_at"]),
            said.get(row.cluster_id),
        )
        for row in rows
    )


def _counts(
    database: Database, connection: Connection, cluster_ids: Collection[int]
) -> dict[int, LocationCounts]:
    """The latest location check of each cluster that has one."""
    checks = location_checks.c
    newest = (
        select(func.max(checks.id))
        .where(database.among(checks.cluster_id, cluster_ids))
        .group_by(checks.cluster_id)
    )
    rows = connection.execute(select(location_checks).where(checks.id.in_(newest)))
    return {row.cluster_id: counts_of(row) for row in rows}
