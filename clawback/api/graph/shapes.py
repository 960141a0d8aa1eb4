"""Answers in the original's shapes. Property names, enumerations and types are its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from clawback.api.graph.words import ACTIONS, DIRECTIONS, LOCATIONS, threats_in
from models.analyzed_emails import AnalyzedEmail, EmailChange, EmailFile
from models.hunting import HuntResult, KqlType

TYPES = {
    KqlType.STRING: "String",
    KqlType.LONG: "Int64",
    KqlType.INT: "Int32",
    KqlType.REAL: "Double",
    KqlType.BOOL: "Boolean",
    KqlType.DATETIME: "DateTime",
    KqlType.TIMESPAN: "TimeSpan",
    KqlType.DYNAMIC: "Object",
    KqlType.GUID: "Guid",
    KqlType.DECIMAL: "SqlDecimal",
}
"""How the query service names the types of columns: after those of .NET that hold them."""

PROPERTIES = (
    "id", "loggedDateTime", "networkMessageId", "internetMessageId", "senderDetail",
    "recipientEmailAddress", "recipientDetail", "distributionList", "subject", "returnPath",
    "directionality", "originalDelivery", "latestDelivery", "attachments", "attachmentsCount",
    "urls", "urlsCount", "language", "sizeInBytes", "alertIds", "exchangeTransportRules",
    "overrideSources", "primaryOverrideSource", "threatTypes", "threatDetectionDetails",
    "detectionMethods", "contexts", "authenticationDetails", "phishConfidenceLevel",
    "spamConfidenceLevel", "bulkComplaintLevel", "emailClusterId", "policyAction", "policy",
    "policyType", "clientType", "forwardingDetail", "inboundConnectorFormattedName",
    "timelineEvents", "dlpRules",
)  # fmt: skip
"""The properties of an analyzedEmail, in their order; those of v1.0 and of beta."""

_NULL = (
    "distributionList", "phishConfidenceLevel", "spamConfidenceLevel", "bulkComplaintLevel",
    "policyAction", "policy", "policyType", "clientType", "forwardingDetail",
    "inboundConnectorFormattedName",
)  # fmt: skip
_NOTHING: dict[str, Any] = {
    **dict.fromkeys(_NULL),
    "exchangeTransportRules": [], "contexts": [], "dlpRules": [],
}  # fmt: skip
"""What Clawback cannot know: it sees mailboxes, not mail flow, and filters nothing."""

_INT32 = 2**31 - 1


def hunting_body(result: HuntResult, context: str) -> dict[str, Any]:
    """huntingQueryResults; where rows were cut off an annotation of ours says so."""
    names = [column.name for column in result.columns]
    return {
        "@odata.context": context,
        **({"@clawback.truncated": True} if result.truncated else {}),
        "schema": [{"name": one.name, "type": TYPES[one.type]} for one in result.columns],
        "results": [dict(zip(names, row, strict=True)) for row in result.rows],
    }


def email_view(email: AnalyzedEmail, select: tuple[str, ...] = ()) -> dict[str, Any]:
    """An analyzedEmail, or those of its properties that are wanted and the id."""
    found = {**_NOTHING, **_known(email)}
    wanted = ("id", *select) if select else PROPERTIES
    return {name: found[name] for name in PROPERTIES if name in wanted}


def moment(at: datetime) -> str:
    """A time as the original writes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _known(email: AnalyzedEmail) -> Mapping[str, Any]:
    return {
        "id": email.id,
        "loggedDateTime": moment(email.logged_at),
        "networkMessageId": email.network_message_id,
        "internetMessageId": email.internet_message_id,
        "senderDetail": _sender(email),
        "recipientEmailAddress": email.recipient,
        "recipientDetail": {"domainName": email.recipient_domain, "ccRecipients": list(email.cc)},
        "subject": email.subject,
        "returnPath": email.sender.mail_from,
        "directionality": DIRECTIONS.get(email.direction, "unknown"),
        "originalDelivery": _delivery(email.delivered_to),
        "latestDelivery": _delivery(email.now_in),
        "attachments": [_attachment(file) for file in email.files],
        "attachmentsCount": len(email.files),
        # Which of several links was judged is not told: only what the message was found to be.
        "urls": [{"url": link, "threatType": "unknown"} for link in email.links],
        "urlsCount": len(email.links),
        "language": email.language,
        "sizeInBytes": min(email.size_bytes, _INT32),
        "alertIds": [str(number) for number in email.alert_ids],
        "overrideSources": [email.policy] if email.policy else [],
        "primaryOverrideSource": email.policy or None,
        "threatTypes": threats_in(email.threat_types),
        "threatDetectionDetails": _threat_details(email),
        "detectionMethods": list(email.detection_methods),
        "authenticationDetails": _authentication(email),
        "emailClusterId": str(email.cluster_id) if email.cluster_id else "",
        "timelineEvents": [_delivered(email), *map(_changed, email.changes)],
    }


def _sender(email: AnalyzedEmail) -> dict[str, Any]:
    sender = email.sender
    return {
        "fromAddress": sender.address,
        "displayName": sender.name,
        "domainName": sender.domain,
        "mailFromAddress": sender.mail_from,
        "mailFromDomainName": sender.mail_from_domain,
        "ipv4": sender.ipv4,
        "domainCreationDateTime": None,
        "domainOwner": None,
        "location": None,
    }


def _authentication(email: AnalyzedEmail) -> dict[str, Any]:
    found = email.authentication
    return {
        "senderPolicyFramework": found.get("SPF"),
        "dkim": found.get("DKIM"),
        "dmarc": found.get("DMARC"),
        "compositeAuthentication": found.get("CompAuth"),
    }


def _delivery(place: str) -> dict[str, Any]:
    return {
        "action": ACTIONS.get(place, "unknown"),
        "location": LOCATIONS.get(place, "unknown"),
        "originalThreats": None,
        "latestThreats": None,
    }


def _attachment(file: EmailFile) -> dict[str, Any]:
    return {
        "fileName": file.name,
        "fileExtension": file.extension,
        "fileType": file.type,
        "sha256": file.sha256,
        "fileSize": min(file.size_bytes, _INT32),
        "threatType": threats_in(file.threat_types)[0],
        "malwareFamily": None,
        "tenantAllowBlockListDetailInfo": None,
        "detonationDetails": None,
    }


def _threat_details(email: AnalyzedEmail) -> list[dict[str, Any]]:
    if not email.threat_types:
        return []
    return [
        {"threats": word, "confidenceLevel": "high", "priorityAccountProtection": None}
        for word in threats_in(email.threat_types)
    ]


def _delivered(email: AnalyzedEmail) -> dict[str, Any]:
    return {
        "eventDateTime": moment(email.logged_at),
        "eventType": "originalDelivery",
        "eventSource": "system",
        "eventResult": ACTIONS.get(email.delivered_to, "unknown"),
        "eventDetails": email.delivered_to,
        "eventThreats": [],
    }


def _changed(change: EmailChange) -> dict[str, Any]:
    by_itself = change.trigger == "Automation"
    return {
        "eventDateTime": moment(change.at),
        "eventType": "air" if by_itself else "unknown",
        "eventSource": "system" if by_itself else "admin",
        "eventResult": change.result,
        "eventDetails": f"{change.kind}: {change.action}",
        "eventThreats": [],
    }
