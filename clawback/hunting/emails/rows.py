"""Rows of the mirror as analyzed emails: the copies of a message in a mailbox become one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from clawback.core.delivery import INBOX, JUNK, NOT_FOUND, RECOVERABLE
from models.analyzed_emails import AnalyzedEmail, EmailChange, EmailFile, EmailMark, EmailSender
from models.hunting import HuntResult

Record = Mapping[str, Any]

_NEARNESS = (INBOX, JUNK)
_FARNESS = (RECOVERABLE, NOT_FOUND)


def emails_in(result: HuntResult) -> Iterator[tuple[EmailMark, AnalyzedEmail]]:
    """Each email with its place in the list, in the order of the rows."""
    names = [column.name for column in result.columns]
    records: list[Record] = [dict(zip(names, row, strict=True)) for row in result.rows]
    for report_id, copies in groupby(records, lambda record: str(record["ReportId"])):
        found = list(copies)
        yield EmailMark(_moment(found[0]["first"]), report_id), _email(found)


def _email(copies: Sequence[Record]) -> AnalyzedEmail:
    first = copies[0]
    return AnalyzedEmail(
        id=first["ReportId"],
        logged_at=_moment(first["Timestamp"]),
        network_message_id=first["NetworkMessageId"],
        internet_message_id=first["InternetMessageId"],
        sender=_sender(first),
        recipient=first["RecipientEmailAddress"],
        recipient_domain=first["RecipientDomain"],
        subject=first["Subject"],
        direction=first["EmailDirection"],
        delivered_to=first["DeliveryLocation"],
        now_in=min((copy["LatestDeliveryLocation"] for copy in copies), key=_distance),
        language=first["EmailLanguage"],
        size_bytes=first["EmailSize"],
        threat_types=first["ThreatTypes"],
        detection_methods=_methods(first["DetectionMethods"]),
        cluster_id=max(copy["EmailClusterId"] for copy in copies),
        policy=first["OrgLevelPolicy"],
        cc=tuple(map(str, first["Cc"] or ())),
        authentication=_authentication(first["AuthenticationDetails"]),
        files=tuple(map(_file, first["files"] or ())),
        links=tuple(first["links"] or ()),
        changes=tuple(map(_change, first["changes"] or ())),
        alert_ids=tuple(sorted({one for copy in copies for one in copy["alerts"] or ()})),
    )


def _distance(location: str) -> int:
    """How far a copy there is from its reader."""
    if location in _NEARNESS:
        return _NEARNESS.index(location)
    if location in _FARNESS:
        return 100 + _FARNESS.index(location)
    return 50


def _sender(record: Record) -> EmailSender:
    return EmailSender(
        address=record["SenderFromAddress"],
        name=record["SenderDisplayName"],
        domain=record["SenderFromDomain"],
        mail_from=record["SenderMailFromAddress"],
        mail_from_domain=record["SenderMailFromDomain"],
        ipv4=record["SenderIPv4"],
    )


def _file(found: Record) -> EmailFile:
    return EmailFile(
        name=found["name"],
        extension=found["extension"],
        type=found["type"],
        sha256=found["sha256"],
        size_bytes=found["size"],
        threat_types=found["threats"],
    )


def _change(found: Record) -> EmailChange:
    return EmailChange(
        at=_moment(found["at"]),
        action=found["action"],
        kind=found["kind"],
        trigger=found["trigger"],
        result=found["result"],
    )


def _methods(text: str) -> tuple[str, ...]:
    by_threat = json.loads(text) if text else {}
    return tuple(dict.fromkeys(str(one) for methods in by_threat.values() for one in methods))


def _authentication(text: str) -> dict[str, str]:
    return dict(json.loads(text)) if text else {}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
