"""Investigations for people: the list, and what one of them found, message by message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from clawback.core.delivery import delivery_action, location_words
from clawback.core.evidence import COUNTED, evidence_of, verdict_of, worst
from clawback.core.indicators import BadIndicator, parse_indicator
from clawback.core.locations import bucket_of, delivery_location
from clawback.core.remediation import email_status
from clawback.services.context import Context
from clawback.services.volume import volumes_of
from models.cases import (
    Case,
    CaseEmail,
    CaseFilter,
    CaseLine,
    CaseOrder,
    CasePage,
    EventPage,
    LogPage,
    MailboxPage,
    RemediationStatus,
)
from models.copies import FolderRole
from models.indicators import UrlMatch, Verdict
from models.locations import DeliveryLocation
from models.volume import Volume


@dataclass(frozen=True, slots=True)
class ClusterFigures:
    """Of each cluster: messages by what the folder was for that they were delivered to, and volume."""

    deliveries: Mapping[int, Mapping[FolderRole, int]]
    volumes: Mapping[int, Volume]


_THREATS = (Verdict.MALICIOUS, Verdict.SUSPICIOUS)

EXPORTED = 100_000
"""Rows of an export at most, as many as the original gives."""


@dataclass(frozen=True, slots=True)
class EmailLine:
    """One message with its verdict, how far it is dealt with, how it was delivered and where it is."""

    email: CaseEmail
    verdict: Verdict
    status: RemediationStatus | None
    delivered: str
    location: DeliveryLocation


@dataclass(frozen=True, slots=True)
class EmailLines:
    """Some messages, and how many there are in all."""

    lines: tuple[EmailLine, ...]
    total: int


def list_cases(
    ctx: Context, wanted: CaseFilter, order: CaseOrder, *, offset: int, limit: int
) -> CasePage:
    """One page of investigations; a text that names a file or URL finds it however it is written."""
    now = ctx.clock.now()
    meant = replace(wanted, text=wanted.text.strip(), indicators=_indicators(wanted.text))
    return ctx.store.lists.cases(meant, order, offset=offset, limit=limit, now=now)


def all_cases(ctx: Context, wanted: CaseFilter, order: CaseOrder) -> tuple[CaseLine, ...]:
    """The investigations for an export."""
    return list_cases(ctx, wanted, order, offset=0, limit=EXPORTED).lines


def _indicators(text: str) -> frozenset[str]:
    found: set[str] = set()
    for match in UrlMatch:
        try:
            found.add(parse_indicator(text, match=match).value)
        except BadIndicator:
            continue
    return frozenset(found)


def read_case(ctx: Context, investigation_id: int) -> Case:
    """One investigation with all but its messages. Raises `NotFound`."""
    return ctx.store.lists.case(investigation_id)


def read_log(ctx: Context, investigation_id: int, *, offset: int, limit: int) -> LogPage:
    """What happened in it, the newest first."""
    return ctx.store.lists.case_log(investigation_id, offset=offset, limit=limit)


def read_mailboxes(ctx: Context, investigation_id: int, *, offset: int, limit: int) -> MailboxPage:
    """Its mailboxes, those with most messages first."""
    return ctx.store.lists.case_mailboxes(investigation_id, offset=offset, limit=limit)


def read_cluster_figures(ctx: Context, case: Case) -> ClusterFigures:
    """What is counted of its clusters beside their members."""
    return ClusterFigures(
        deliveries=ctx.store.lists.case_deliveries(case.investigation.id),
        volumes=volumes_of(ctx, [one.id for one in case.clusters]),
    )


def count_emails(ctx: Context, case: Case) -> Mapping[str, int]:
    """Its messages, each once: Total, and how many are in each status, in the order of counters."""
    settings, _ = ctx.store.settings.current()
    is_threat = any(one.verdict in _THREATS for one in case.verdicts)
    found: Counter[RemediationStatus] = Counter()
    total = 0
    for group in ctx.store.lists.case_dealt(case.investigation.id):
        total += group.copies
        if is_threat or group.dealing is not None:
            status = email_status(group.dealing, bucket_of(_location(group.role), settings))
            found[status] += group.copies
    return {"Total": total, **{one.value: found[one] for one in COUNTED if found[one]}}


def read_events(ctx: Context, investigation_id: int, *, offset: int, limit: int) -> EventPage:
    """What its actions did to messages, the newest first."""
    return ctx.store.lists.case_events(investigation_id, offset=offset, limit=limit)


def _location(role: FolderRole | None) -> DeliveryLocation:
    return DeliveryLocation.GONE if role is None else delivery_location(role)


def read_emails(
    ctx: Context, case: Case, *, cluster_id: int | None, mailbox: str, offset: int, limit: int
) -> EmailLines:
    """Its messages by copy, or those of one cluster or mailbox."""
    page = ctx.store.lists.case_emails(
        case.investigation.id, cluster_id=cluster_id, mailbox=mailbox, offset=offset, limit=limit
    )
    settings, _ = ctx.store.settings.current()
    found = evidence_of(case)
    verdicts = {one.id: verdict_of(one, found) for one in case.clusters}

    def line(email: CaseEmail) -> EmailLine:
        location = _location(email.role)
        verdict = worst(verdicts.get(number, Verdict.UNKNOWN) for number in email.cluster_ids)
        status = email_status(email.dealing, bucket_of(location, settings))
        is_harmless = verdict in (Verdict.CLEAN, Verdict.UNKNOWN) and email.dealing is None
        return EmailLine(
            email=email,
            verdict=verdict,
            status=None if is_harmless else status,
            delivered=delivery_action(location_words(email.first_role)),
            location=location,
        )

    return EmailLines(tuple(line(email) for email in page.emails), page.total)
