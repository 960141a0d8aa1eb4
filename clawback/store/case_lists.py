"""Investigations as a sorted list: implements a part of `clawback.listing_ports.CaseLists`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Select,
    Subquery,
    case,
    distinct,
    func,
    literal,
    select,
    type_coerce,
)

from clawback.core.case_types import TOLD_BY, investigation_type
from clawback.store.cases.alerts import as_investigation
from clawback.store.database import Database
from models.alerts import EntityClaim
from models.cases import CaseFilter, CaseLine, CaseOrder, CasePage, CaseSort, InvestigationType
from models.indicators import IndicatorKind, Verdict
from models.tables.catalog import (
    actions,
    alert_entities,
    alerts,
    cluster_members,
    clusters,
    copies,
    investigations,
    verdicts,
)

_FIRST = alert_entities.alias("first_entity")
_CASES = investigations.join(alerts, alerts.c.id == investigations.c.alert_id).outerjoin(
    _FIRST, (_FIRST.c.alert_id == alerts.c.id) & (_FIRST.c.position == 0)
)
_THREATS = (Verdict.MALICIOUS.value, Verdict.SUSPICIOUS.value)

_COLUMNS = {
    CaseSort.ID: investigations.c.id,
    CaseSort.STATUS: investigations.c.status,
    CaseSort.SOURCE: alerts.c.source,
    CaseSort.TITLE: func.lower(investigations.c.title),
    CaseSort.CREATED: investigations.c.created_at,
    CaseSort.CHANGED: investigations.c.updated_at,
}


class SqlCaseList:
    """One page of investigations, sorted by any column; figures are counted for those that are shown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cases(
        self, wanted: CaseFilter, order: CaseOrder, *, offset: int, limit: int, now: datetime
    ) -> CasePage:
        """The investigations of one page, with their figures; `now` ends what has not ended."""
        where = tuple(_conditions(wanted))
        with self._database.read() as connection:
            counted = select(func.count()).select_from(_CASES).where(*where)
            total = int(connection.execute(counted).scalar_one())
            statement = _ordered(select(investigations.c.id), order, now, self._database.is_sqlite)
            numbers = connection.execute(statement.where(*where).offset(offset).limit(limit))
            lines = self._lines(connection, list(numbers.scalars()))
        return CasePage(lines, total)

    def _lines(self, connection: Connection, numbers: list[int]) -> tuple[CaseLine, ...]:
        """The lines of these investigations, in this order."""
        among = self._database.among
        users, threats, acted = (
            dict(connection.execute(figure(among(column, numbers))).tuples().all())
            for figure, column in (
                (_users, clusters.c.investigation_id),
                (_threats, verdicts.c.investigation_id),
                (_actions, actions.c.investigation_id),
            )
        )
        columns = (investigations, alerts.c.source, _FIRST.c.claim, _FIRST.c.kind)
        statement = select(*columns).select_from(_CASES).where(among(investigations.c.id, numbers))
        rows = {row.id: row for row in connection.execute(statement)}
        return tuple(
            CaseLine(
                investigation=as_investigation(rows[number]),
                source=rows[number].source,
                type=type_of(rows[number].claim, rows[number].kind),
                users=users.get(number, 0),
                threats=threats.get(number, 0),
                actions=acted.get(number, 0),
            )
            for number in numbers
        )


def type_of(claim: str | None, kind: str | None) -> InvestigationType:
    """The type that the first entity of an alert tells; every alert has one."""
    if claim is None or kind is None:
        return InvestigationType.ADMINISTRATIVE
    return investigation_type(EntityClaim(claim), IndicatorKind(kind))


def _users(where: ColumnElement[bool]) -> Select[Any]:
    """Investigation and mailboxes with one of its messages.

    Those of a single cluster were counted with it; only where there are several are they counted here.
    """
    inner = clusters.alias("inner_clusters")
    several = (
        select(func.count(distinct(copies.c.mailbox_id)))
        .select_from(
            inner.join(cluster_members, cluster_members.c.cluster_id == inner.c.id).join(
                copies, copies.c.id == cluster_members.c.copy_id
            )
        )
        .where(inner.c.investigation_id == clusters.c.investigation_id)
        .correlate(clusters)
        .scalar_subquery()
    )
    single = func.max(clusters.c.facts["mailboxes"].as_integer())
    number = case((func.count() == 1, single), else_=several).label("figure")
    return (
        select(clusters.c.investigation_id, number)
        .where(where)
        .group_by(clusters.c.investigation_id)
    )


def _threats(where: ColumnElement[bool]) -> Select[Any]:
    """Investigation and entities whose latest verdict is that of a threat."""
    found = verdicts.c
    latest = (
        select(func.max(found.id).label("id"))
        .where(where)
        .group_by(found.investigation_id, found.kind, found.value, found.match)
        .subquery()
    )
    judged = verdicts.alias("judged")
    return (
        select(judged.c.investigation_id, func.count().label("figure"))
        .join(latest, latest.c.id == judged.c.id)
        .where(judged.c.verdict.in_(_THREATS))
        .group_by(judged.c.investigation_id)
    )


def _actions(where: ColumnElement[bool]) -> Select[Any]:
    """Investigation and actions, reverts among them."""
    number = actions.c.investigation_id
    return select(number, func.count().label("figure")).where(where).group_by(number)


_FIGURES = {
    CaseSort.USERS: _users,
    CaseSort.THREATS: _threats,
    CaseSort.ACTIONS: _actions,
}


def _ordered(
    statement: Select[Any], order: CaseOrder, now: datetime, is_sqlite: bool
) -> Select[Any]:
    """The statement over all investigations in order, the newest first among equals."""
    source: Any = _CASES
    by: Any
    if order.by in _FIGURES:
        figures: Subquery = _FIGURES[order.by](literal(True)).subquery("figures")
        source = source.outerjoin(figures, figures.c.investigation_id == investigations.c.id)
        by = func.coalesce(figures.c.figure, 0)
    elif order.by is CaseSort.DURATION:
        by = _duration(now, is_sqlite)
    else:
        by = _COLUMNS[order.by]
    chosen = by.desc() if order.is_descending else by.asc()
    return statement.select_from(source).order_by(chosen, investigations.c.id.desc())


def _duration(now: datetime, is_sqlite: bool) -> Any:
    end = func.coalesce(investigations.c.ended_at, literal(now, investigations.c.ended_at.type))
    if is_sqlite:
        return func.julianday(end) - func.julianday(investigations.c.created_at)
    return type_coerce(end, DateTime) - type_coerce(investigations.c.created_at, DateTime)


def _conditions(wanted: CaseFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.statuses:
        yield investigations.c.status.in_([status.value for status in wanted.statuses])
    if wanted.types:
        yield _is_any_of(wanted.types)
    if wanted.since is not None:
        yield investigations.c.created_at >= wanted.since
    if wanted.until is not None:
        yield investigations.c.created_at < wanted.until
    if wanted.text:
        yield _mentions(wanted.text, wanted.indicators)


def _is_any_of(types: Collection[InvestigationType]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = literal(False)
    for one in types:
        claims, kinds = TOLD_BY[one]
        found = found | (
            _FIRST.c.claim.in_([claim.value for claim in claims])
            & _FIRST.c.kind.in_([kind.value for kind in kinds])
        )
    return found


_SHORTEST_HASH = 8
"""Digits that may be the beginning of a hash; fewer are a number of an investigation."""


def _mentions(text: str, indicators: Collection[str]) -> ColumnElement[bool]:
    """By number, by part of the title, or by an indicator of the alert."""
    number = text.removeprefix("#")
    is_number = number.isascii() and number.isdigit() and len(number) < 19
    found = investigations.c.title.icontains(text, autoescape=True)
    if is_number:
        found = found | (investigations.c.id == int(number))
    if is_number and len(number) < _SHORTEST_HASH:
        return found
    entity = alert_entities.c
    is_meant = entity.value.icontains(text, autoescape=True) | entity.value.in_(indicators)
    named = select(entity.id).where(entity.alert_id == investigations.c.alert_id, is_meant)
    return found | named.exists()
