"""Lists of one message: what happened to it, its files, its links, its other copies, and its cases."""

from __future__ import annotations

from collections.abc import Sequence

from clawback.console.parts.layout import when
from clawback.console.parts.table import Cell, Column, Row, Table
from clawback.console.visiting import Visit
from clawback.core.showing import plain, show_url
from clawback.services import report
from models.actions import RemediationAction
from models.alerts import Investigation
from models.explore import EmailEntity, ExploredEmail, ExploredFile, ExploredLink, TimelineEntry

_USER = "User"
NAME_CHARACTERS = 300


def timeline(found: EmailEntity) -> None:
    """What happened to it, in order."""
    columns = [
        Column("at", "Timeline (UTC)"), Column("source", "Source"), Column("event", "Event types"),
        Column("result", "Result"), Column("threats", "Threats"), Column("details", "Details", wide=True),
    ]  # fmt: skip
    rows = [
        Row(str(place), [
            when(entry.at), plain(entry.source), plain(entry.event), plain(entry.result),
            plain(", ".join(entry.threats)), _details(entry),
        ])
        for place, entry in enumerate(found.timeline)
    ]  # fmt: skip
    Table("Timeline", columns, rows)


def _details(entry: TimelineEntry) -> str:
    """Of a click the link, defanged."""
    return show_url(entry.details) if entry.source == _USER else plain(entry.details)


def attachments(visit: Visit, files: Sequence[ExploredFile]) -> None:
    """Its files, those in archives included."""
    columns = [
        Column("name", "Attachment filename", wide=True), Column("type", "File type"),
        Column("size", "File size", "number"), Column("sha256", "SHA256", "code", wide=True),
        Column("threats", "Threats"), Column("find", "Other mail"),
    ]  # fmt: skip
    rows = [
        Row(str(place), [
            plain(file.name, NAME_CHARACTERS) or "(no name)", plain(file.type), f"{file.size_bytes:,}",
            plain(file.sha256), _threats(file.threats),
            Cell("Find", _find(visit, f"attachment_sha256={file.sha256}")) if file.sha256 else "",
        ])
        for place, file in enumerate(files)
    ]  # fmt: skip
    Table("Attachments", columns, rows, empty="This message has no attachments.")


def _threats(threats: Sequence[str]) -> object:
    return Cell(plain(", ".join(threats)), tone="bad") if threats else ""


def links(visit: Visit, found: Sequence[ExploredLink]) -> None:
    """Its links, defanged, each above what it hid."""
    columns = [
        Column("url", "URL (defanged)", wide=True), Column("domain", "URL domain"),
        Column("source", "URL source"), Column("place", "Place"), Column("find", "Other mail"),
    ]  # fmt: skip
    ordered = sorted(found, key=lambda link: (link.chain, link.position, link.url))
    rows = [
        Row(str(place), [
            f"{'↳ ' if link.position else ''}{show_url(link.url, whole=True)}", plain(link.domain),
            plain(link.source), "hidden in the link above" if link.position else "in the message",
            Cell("Find", _find(visit, f"url={link.url}")),
        ])
        for place, link in enumerate(ordered)
    ]  # fmt: skip
    Table("Links", columns, rows, empty="This message has no links.")


def _find(visit: Visit, condition: str) -> str:
    return visit.address("/explorer", filter=condition, range="all")


def others(visit: Visit, emails: Sequence[ExploredEmail]) -> None:
    """The same message in other mailboxes."""
    columns = [
        Column("recipient", "Recipient"), Column("at", "Date (UTC)"),
        Column("latest", "Latest delivery location"), Column("actions", "Additional actions"),
    ]  # fmt: skip
    rows = [
        Row(str(email.copy_id), [
            Cell(plain(email.recipient), visit.address(f"/email/{email.id}")),
            when(email.delivered_at), plain(email.latest_location),
            plain(", ".join(email.additional_actions)),
        ])
        for email in emails
    ]  # fmt: skip
    Table("Other recipients", columns, rows, empty="Nobody else got this message.")


def investigations(visit: Visit, found: Sequence[Investigation]) -> None:
    """Investigations that have it in a cluster."""
    columns = [Column("id", "ID"), Column("title", "Investigation", wide=True),
               Column("status", "Status"), Column("created", "Started (UTC)")]  # fmt: skip
    rows = [
        Row(str(one.id), [
            Cell(str(one.id), visit.address(f"/investigations/{one.id}")),
            plain(one.title, NAME_CHARACTERS), one.status.value, when(one.created_at),
        ])
        for one in found
    ]  # fmt: skip
    Table("Investigations", columns, rows, empty="No investigation has this message.")


def actions(visit: Visit, found: Sequence[RemediationAction]) -> None:
    """Actions that have it in their ledger."""
    columns = [Column("id", "ID"), Column("type", "Action type"), Column("asset", "About", wide=True),
               Column("status", "Status"), Column("by", "Decided by"),
               Column("updated", "Updated (UTC)")]  # fmt: skip
    rows = [
        Row(str(one.id), [
            Cell(str(one.id), _action(visit, one)), one.type.value, report.asset(one),
            one.status.value, plain(one.decided_by), when(one.updated_at),
        ])
        for one in found
    ]  # fmt: skip
    Table("Actions", columns, rows, empty="No action has this message.")


def _action(visit: Visit, action: RemediationAction) -> str:
    tab = "pending" if action.decided_at is None and action.ended_at is None else "history"
    return visit.address(f"/action-center/{tab}", open=action.id)
