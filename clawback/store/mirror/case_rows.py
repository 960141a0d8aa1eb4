"""Rows about cases: RemediationActions, Investigations and UrlClickEvents."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from models.tables.catalog import actions, alerts, clusters, investigations, url_clicks

Row = tuple[object, ...]


def read_actions(connection: Connection, is_meant: ColumnElement[bool]) -> list[Row]:
    """The rows of RemediationActions, each under the action's number."""
    statement = select(
        actions,
        clusters.c.kind.label("cluster_kind"),
        clusters.c.indicator,
    ).join(clusters, clusters.c.id == actions.c.cluster_id)
    rows = connection.execute(statement.where(is_meant).order_by(actions.c.id)).all()
    return [_action(row) for row in rows]


def _action(row: Any) -> Row:
    return (
        row.id,
        row.created_at,
        row.id,
        row.investigation_id,
        row.cluster_id,
        row.cluster_kind,
        row.indicator,
        row.type,
        row.status,
        row.source,
        row.decided_by,
        row.decided_via,
        row.verified,
        row.reason,
        row.copies,
        row.outcomes,
        row.reverts_action_id or 0,
        row.decided_at,
        row.ended_at,
        row.expires_at,
        row.updated_at,
    )


def read_investigations(connection: Connection, is_meant: ColumnElement[bool]) -> list[Row]:
    """The rows of Investigations, each under the investigation's number."""
    found = investigations.c
    columns = (
        found.id,
        found.created_at,
        found.id.label("number"),
        found.alert_id,
        alerts.c.source,
        found.title,
        found.status,
        found.summary,
        alerts.c.reported_by,
        found.index_as_of,
        found.ended_at,
        found.updated_at,
    )
    statement = select(*columns).join(alerts, alerts.c.id == found.alert_id).where(is_meant)
    return [tuple(row) for row in connection.execute(statement.order_by(found.id))]


def read_clicks(connection: Connection, is_meant: ColumnElement[bool]) -> list[Row]:
    """The rows of UrlClickEvents, each under the click's number."""
    found = url_clicks.c
    columns = (
        found.id,
        found.clicked_at,
        found.url,
        found.action_type,
        found.account_upn,
        found.workload,
        found.network_message_id,
        found.threat_types,
        found.detection_methods,
        found.ip_address,
        found.is_clicked_through,
        found.url_chain,
        found.app_name,
        found.app_version,
        found.source_id,
        found.report_id,
    )
    rows = connection.execute(select(*columns).where(is_meant).order_by(found.id)).all()
    return [_click(row) for row in rows]


def _click(row: Any) -> Row:
    """UrlChain is a string that holds JSON."""
    chain = json.dumps(row.url_chain, ensure_ascii=False, separators=(",", ":"))
    return (*row[:11], chain if row.url_chain else "", *row[12:])
