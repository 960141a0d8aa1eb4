"""Selections: what a person asked for, with the messages, all in one transaction."""

from __future__ import annotations

from sqlalchemy import insert, select

from clawback.store.cases.alerts import as_investigation, write_alert
from clawback.store.cases.clusters import write_cluster
from clawback.store.database import Database
from models.actions import ActionSource, ActionType, Actor, DecidedVia
from models.alerts import Investigation, NewAlert
from models.clusters import Cluster
from models.selecting import Selection
from models.tables.catalog import alerts, investigations, selections


class Selections:
    """The part of `CaseStore` that is about what people select."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_selection(
        self, alert: NewAlert, selection: Selection, cluster: Cluster
    ) -> tuple[Investigation, bool]:
        """The alert's investigation, and whether it is new; (source, external id) is unique.

        A process that dies leaves all of it or nothing: what was asked for, and for which messages.
        """
        with self._database.write() as connection:
            found, created = write_alert(self._database, connection, alert)
            if created:
                row = {
                    "investigation_id": found.id,
                    "action": selection.action.value,
                    "source": selection.source.value,
                    "actor": selection.actor.name,
                    "via": selection.actor.via.value,
                    "verified": selection.actor.verified,
                    "reason": selection.reason,
                    "is_proposed": selection.is_proposed,
                    "takes_senders_copy": selection.takes_senders_copy,
                    "missing": selection.missing,
                }
                connection.execute(insert(selections).values(row))
                write_cluster(self._database, connection, found.id, cluster)
            return found, created

    def investigation_by(self, source: str, external_id: str) -> Investigation | None:
        """The investigation of the alert that has this identity, None where there is none."""
        statement = (
            select(investigations)
            .join(alerts, alerts.c.id == investigations.c.alert_id)
            .where(alerts.c.source == source, alerts.c.external_id == external_id)
        )
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        return None if row is None else as_investigation(row)

    def selection(self, investigation_id: int) -> Selection | None:
        """What a person asked for by this investigation; None where it looks for an indicator."""
        statement = select(selections).where(selections.c.investigation_id == investigation_id)
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        if row is None:
            return None
        return Selection(
            action=ActionType(row.action),
            source=ActionSource(row.source),
            actor=Actor(row.actor, DecidedVia(row.via), row.verified),
            reason=row.reason,
            is_proposed=row.is_proposed,
            takes_senders_copy=row.takes_senders_copy,
            missing=row.missing,
        )
