"""One message in one mailbox, with its files, links and what happened to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from clawback.core import delivery
from clawback.core.exploring import label_of, shown_action
from clawback.hunting.explorer.conditions import Clause
from clawback.hunting.explorer.emails import ACTIONS, COLUMNS, email_of, threats_of, time_of
from models.explore import (
    EmailEntity,
    ExploredEmail,
    ExploredFile,
    ExploredLink,
    ExploreField,
    TimelineEntry,
)

SYSTEM, ADMIN, USER = "System", "Admin", "User"

_FILES = (
    '"FileName" AS name, "FileType" AS type, "FileExtension" AS extension, "SHA256" AS sha256, '
    '"FileSize" AS size_bytes, "ThreatTypes" AS threats'
)
_LINKS = (
    '"Url" AS url, "UrlDomain" AS domain, "UrlLocation" AS source, "UrlChainId" AS chain, '
    '"UrlChainPosition" AS position'
)
_EVENTS = (
    '"Timestamp" AS at, "Action" AS action, "ActionType" AS type, "ActionTrigger" AS trigger, '
    '"ActionResult" AS result, "SourceLocation" AS was, "DeliveryLocation" AS now, '
    '"ThreatTypes" AS threats'
)
_CLICKS = '"Timestamp" AS at, "Url" AS url, "ActionType" AS action, "ThreatTypes" AS threats'
_MAIL = '"NetworkMessageId" IN (SELECT network_message_id FROM page)'


def entity_query(email_id: str) -> Clause:
    """Rows of a kind and an object; no rows of kind copy where there is no such message."""
    parts = {
        "copy": "SELECT page.*, done.actions FROM page LEFT JOIN done USING (id)",
        "file": f'SELECT DISTINCT {_FILES} FROM "EmailAttachmentInfo" WHERE "ReportId" = ?',
        "link": f'SELECT {_LINKS} FROM "EmailUrlInfo" WHERE {_MAIL}',
        "event": f'SELECT {_EVENTS} FROM "EmailPostDeliveryEvents" WHERE "ReportId" = ?',
        "click": f'SELECT {_CLICKS} FROM "UrlClickEvents" WHERE {_MAIL} '
        'AND lower("AccountUpn") IN (SELECT lower(recipient) FROM page)',
    }
    every = " UNION ALL ".join(
        f"SELECT '{kind}' AS kind, to_json(one) AS body FROM ({select}) AS one"
        for kind, select in parts.items()
    )
    sql = (
        f'WITH page AS (SELECT {COLUMNS} FROM "EmailEvents" WHERE "ReportId" = ?), {ACTIONS} '
        f"{every}"
    )
    return Clause(sql, (email_id, email_id, email_id))


def entity_of(rows: Iterable[tuple[object, ...]], mirror_lag: timedelta) -> EmailEntity | None:
    """The message of these rows, None where no copy is among them."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for kind, body in rows:
        if isinstance(body, dict):
            found.setdefault(str(kind), []).append(body)
    copies = sorted(map(email_of, found.get("copy", ())), key=lambda one: one.copy_id)
    if not copies:
        return None
    timeline = [
        *map(_delivery, copies),
        *map(_event, found.get("event", ())),
        *map(_click, found.get("click", ())),
    ]
    return EmailEntity(
        copies=tuple(copies),
        files=tuple(sorted(map(_file, found.get("file", ())), key=lambda one: one.name)),
        links=tuple(map(_link, found.get("link", ()))),
        timeline=tuple(sorted(timeline, key=lambda one: one.at)),
        mirror_lag=mirror_lag,
    )


def _file(row: Mapping[str, Any]) -> ExploredFile:
    return ExploredFile(**{**row, "threats": threats_of(row["threats"])})


def _link(row: Mapping[str, Any]) -> ExploredLink:
    return ExploredLink(**{**row, "source": label_of(ExploreField.URL_SOURCE, row["source"])})


def _delivery(copy: ExploredEmail) -> TimelineEntry:
    result = f"{copy.original_location} - {copy.delivery_action}"
    return TimelineEntry(copy.delivered_at, SYSTEM, "Original delivery", result, "", copy.threats)


def _event(row: Mapping[str, Any]) -> TimelineEntry:
    source = ADMIN if row["trigger"] == "AdminAction" else SYSTEM
    moved = f"{_place(row['was'])} to {_place(row['now'])}"
    return TimelineEntry(
        time_of(row["at"]),
        source,
        shown_action(row["type"], row["trigger"]),
        f"{row['action']} - {row['result']}",
        moved,
        threats_of(row["threats"]),
    )


def _place(words: str) -> str:
    return label_of(ExploreField.LATEST_LOCATION, words or delivery.UNKNOWN)


def _click(row: Mapping[str, Any]) -> TimelineEntry:
    return TimelineEntry(
        time_of(row["at"]), USER, "URL click", row["action"], row["url"], threats_of(row["threats"])
    )
