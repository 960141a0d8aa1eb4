"""Tabs of an investigation about what it found: alerts, mailboxes, evidence."""

from __future__ import annotations

from clawback.console.pages.investigation.progress import Progress
from clawback.console.parts.layout import pager, when
from clawback.console.parts.table import Cell, Column, Row, Table
from clawback.console.parts.tags import tag
from clawback.console.visiting import Visit
from clawback.core.case_tones import OF_INVESTIGATION, OF_REMEDIATION, OF_VERDICT
from clawback.core.case_types import CATEGORY, severity
from clawback.core.case_words import places_text
from clawback.core.evidence import evidence_of, threat
from clawback.core.showing import counted, plain, show_indicator
from clawback.services import cases
from models.cases import Case, CaseMailbox, Evidence

PAGE = 50


async def alerts(visit: Visit, progress: Progress) -> None:
    """The alert that began it."""
    case = progress.case
    found, alert = case.investigation, case.alert
    columns = (
        Column("name", "Alert name", wide=True), Column("severity", "Severity"),
        Column("category", "Category"), Column("assets", "Impacted assets"),
        Column("source", "Detection source"), Column("type", "Investigation type"),
        Column("state", "Investigation state"), Column("by", "Reported by"),
        Column("received", "Received"), Column("last", "Last activity"),
    )  # fmt: skip
    row = Row(
        str(alert.id),
        [
            plain(alert.title, 200),
            severity(alert.type),
            CATEGORY,
            _assets(case),
            plain(alert.source),
            alert.type.value,
            Cell(found.status.value, tone=OF_INVESTIGATION[found.status]),
            plain(alert.reported_by),
            when(alert.received_at),
            when(found.updated_at),
        ],
        label=f"alert {alert.id}",
    )
    Table("Alerts", columns, [row])


def _assets(case: Case) -> str:
    """How many mailboxes the clusters reach, at least: one mailbox may be in several."""
    if not case.clusters:
        return "None"
    if len(case.clusters) == 1:
        return _mailboxes(case.clusters[0].facts.mailboxes)
    return f"{max(one.facts.mailboxes for one in case.clusters):,} or more mailboxes"


def _mailboxes(number: int) -> str:
    return "1 mailbox" if number == 1 else f"{number:,} mailboxes"


async def mailboxes(visit: Visit, progress: Progress) -> None:
    """Each mailbox: its messages, how many were moved, and where they are now."""
    here = visit.here
    number, size = here.number("page", 1, least=1), here.number("size", PAGE, least=25, most=200)
    found = await visit.read(
        cases.read_mailboxes,
        progress.case.investigation.id,
        offset=(number - 1) * size,
        limit=size,
    )
    columns = (
        Column("mailbox", "Mailbox"), Column("source", "Mail system"),
        Column("messages", "Messages", "number"), Column("moved", "Moved", "number"),
        Column("back", "Put back", "number"), Column("now", "Where they are now", wide=True),
    )  # fmt: skip
    Table(
        "Mailboxes",
        columns,
        [_mailbox_row(visit, one) for one in found.mailboxes],
        empty="No mailbox holds a message of this investigation.",
    )
    pager(here, page=number, size=size, total=found.total)


def _mailbox_row(visit: Visit, one: CaseMailbox) -> Row:
    emails = visit.here.link(
        tab="entities", of="emails", mailbox=one.address, page=None, cluster=None
    )
    return Row(
        f"{one.source}/{one.address}",
        [
            Cell(plain(one.address), emails),
            plain(one.source),
            f"{one.messages:,}",
            f"{one.moved:,}",
            f"{one.put_back:,}",
            places_text(one.places),
        ],
    )


async def evidence(visit: Visit, progress: Progress) -> None:
    """Each entity with its verdict and how far it is dealt with."""
    here, found = visit.here, evidence_of(progress.case)
    number, size = here.number("page", 1, least=1), here.number("size", PAGE, least=25, most=200)
    columns = (
        Column("seen", "First seen"), Column("entity", "Entity", wide=True),
        Column("verdict", "Verdict"), Column("status", "Remediation status"),
        Column("details", "Status details", wide=True), Column("assets", "Impacted assets"),
        Column("origin", "Detection origin"), Column("threats", "Threats"),
    )  # fmt: skip
    tag("p", "What was looked at, threats first.", cls="quiet")
    Table(
        "Evidence",
        columns,
        [
            _evidence_row(visit, place, one)
            for place, one in enumerate(found[(number - 1) * size : number * size])
        ],
        empty="Nothing was looked at yet.",
    )
    pager(here, page=number, size=size, total=len(found))


def _evidence_row(visit: Visit, place: int, one: Evidence) -> Row:
    cluster, emails = one.cluster, ""
    if cluster is not None:
        emails = visit.here.link(tab="entities", of="emails", cluster=cluster.id, page=None)
    status = one.status
    return Row(
        str(place),
        [
            when(cluster.facts.first_seen_at, "–") if cluster else "–",
            Cell(show_indicator(one.indicator), title=show_indicator(one.indicator, whole=True)),
            Cell(one.verdict.value, tone=OF_VERDICT[one.verdict]),
            Cell(status.value, tone=OF_REMEDIATION[status]) if status else "–",
            plain(one.details, 400),
            Cell(_reach(one), emails) if cluster else "–",
            plain(one.source),
            threat(one.indicator.kind) if one.status else "–",
        ],
        label=show_indicator(one.indicator),
    )


def _reach(one: Evidence) -> str:
    if one.cluster is None:
        return ""
    return f"{counted(one.cluster.members, 'message')}, {_mailboxes(one.cluster.facts.mailboxes)}"
