"""Suppressions: what a person's no, or a revert, means for the next time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, or_, select, update

from clawback.errors import NotFound
from clawback.store.database import Database
from clawback.store.journal import record
from clawback.store.keys import path_text, text_key
from models.actions import Actor, RemediationAction
from models.history import Event
from models.indicators import Indicator, IndicatorKind, UrlMatch
from models.tables.catalog import clusters, suppressions


class Suppressions:
    """The part of `CaseStore` that is about suppressed indicators."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def suppression(self, indicator: Indicator) -> str:
        """Why the indicator never remediates by itself now, or the empty string.

        What a person said of a host and path holds for each URL of theirs, whatever its query; what
        was said of one URL says nothing of the others.
        """
        statement = select(suppressions.c.reason, suppressions.c.match).where(
            or_(*(_holds(each) for each in with_path(indicator)))
        )
        with self._database.read() as connection:
            found = {match: reason for reason, match in connection.execute(statement)}
        if own := found.get(indicator.match.value):
            return str(own)
        return "".join(f"{reason}, by its host and path" for reason in found.values())

    def lift(self, indicator: Indicator, actor: Actor, now: datetime) -> None:
        """End a suppression of exactly this indicator. Raises `NotFound` where there is none."""
        statement = update(suppressions).where(_holds(indicator))
        lifted = statement.values(lifted_at=now, lifted_by=actor.name)
        with self._database.write() as connection:
            action_id = connection.execute(lifted.returning(suppressions.c.action_id)).scalar()
            if action_id is None:
                raise NotFound(_nothing_to_lift(connection, indicator))
            record(
                connection,
                Event.INDICATOR_LIFTED,
                now,
                by=actor,
                action_id=action_id,
            )


def with_path(indicator: Indicator) -> tuple[Indicator, ...]:
    """The indicator and, for an exact URL, its host and path as a person may have judged them."""
    if indicator.kind is not IndicatorKind.URL or indicator.match is UrlMatch.PATH:
        return (indicator,)
    path = replace(indicator, value=path_text(indicator.value), match=UrlMatch.PATH)
    return indicator, path


def _nothing_to_lift(connection: Connection, indicator: Indicator) -> str:
    for wider in with_path(indicator)[1:]:
        if connection.execute(select(suppressions.c.id).where(_holds(wider))).first():
            return "this URL is suppressed by its host and path: lift that, with --match path"
    return "this indicator is not suppressed: nothing to lift"


def _holds(indicator: Indicator) -> ColumnElement[bool]:
    return (
        (suppressions.c.kind == indicator.kind.value)
        & (suppressions.c.indicator_key == text_key(indicator.value))
        & (suppressions.c.match == indicator.match.value)
        & suppressions.c.lifted_at.is_(None)
    )


def suppress(
    database: Database,
    connection: Connection,
    action: RemediationAction,
    actor: Actor,
    *,
    why: str,
    now: datetime,
) -> None:
    """Suppress an action's indicator, in the caller's transaction; once is enough."""
    match = connection.execute(
        select(clusters.c.match).where(clusters.c.id == action.cluster_id)
    ).scalar_one()
    statement = (
        database.insert(suppressions)
        .values(
            kind=action.indicator_kind,
            indicator_key=text_key(action.indicator),
            indicator=action.indicator,
            match=match,
            reason=f"action {action.id} was {why} by {actor.name}",
            action_id=action.id,
            created_at=now,
            created_by=actor.name,
            lifted_by="",
        )
        .on_conflict_do_nothing()
    )
    if connection.execute(statement.returning(suppressions.c.id)).first() is not None:
        record(
            connection,
            Event.INDICATOR_SUPPRESSED,
            now,
            by=actor,
            investigation_id=action.investigation_id,
            action_id=action.id,
            why=why,
        )
