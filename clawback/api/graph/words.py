"""The original's enumerations, and the words of the hunting tables that they stand for."""

from __future__ import annotations

from collections.abc import Mapping

from clawback.core import delivery
from models.analyzed_emails import EmailField

LOCATIONS = {
    delivery.INBOX: "inbox_folder",
    delivery.JUNK: "junkFolder",
    delivery.DELETED: "deletedFolder",
    # Programs that look for copies which somebody can still read take `others` for one of them.
    delivery.RECOVERABLE: "deletedFolder",
    delivery.QUARANTINE: "quarantine",
    delivery.EXTERNAL: "onprem_external",
    delivery.SENT: "others",
    delivery.NOT_FOUND: "unknown",
    delivery.UNKNOWN: "unknown",
}
"""microsoft.graph.security.deliveryLocation."""

ACTIONS = {
    delivery.INBOX: "delivered",
    delivery.JUNK: "deliveredToJunk",
    delivery.DELETED: "delivered",
    delivery.RECOVERABLE: "blocked",
    delivery.QUARANTINE: "blocked",
    delivery.EXTERNAL: "delivered",
    delivery.SENT: "delivered",
    delivery.NOT_FOUND: "blocked",
    delivery.UNKNOWN: "unknown",
}
"""microsoft.graph.security.deliveryAction, told by where a copy is."""

DIRECTIONS = {
    "Inbound": "inbound",
    "Outbound": "outbound",
    "Intra-org": "intraOrg",
    "Unknown": "unknown",
}
"""microsoft.graph.security.antispamDirectionality."""

ENUMERATIONS: Mapping[EmailField, Mapping[str, str]] = {
    EmailField.DIRECTION: DIRECTIONS,
    EmailField.DELIVERED_TO: LOCATIONS,
    EmailField.NOW_IN: LOCATIONS,
    EmailField.DELIVERED_HOW: ACTIONS,
    EmailField.NOW_HOW: ACTIONS,
}

NUMBERS = frozenset({EmailField.SIZE_BYTES, EmailField.CLUSTER_ID})

THREATS = {"malware", "phish", "spam"}


def threats_in(words: str) -> list[str]:
    """microsoft.graph.security.threatType of ThreatTypes, `none` where there is no threat."""
    found = [word.strip().lower() for word in words.split(",") if word.strip()]
    return [word if word in THREATS else "unknown" for word in found] or ["none"]


def meant_by(field: EmailField, member: str) -> tuple[str, ...] | None:
    """The words of the tables that a member of an enumeration stands for; None for what is no member."""
    words = ENUMERATIONS[field]
    wanted = member.lower()
    found = tuple(word for word, name in words.items() if name.lower() == wanted)
    return found or (() if wanted in _WITHOUT_WORDS[field] else None)


_NEVER_THERE, _NEVER_DONE = frozenset({"failed", "dropped"}), frozenset({"replaced"})
_WITHOUT_WORDS: Mapping[EmailField, frozenset[str]] = {
    EmailField.DIRECTION: frozenset(),
    EmailField.DELIVERED_TO: _NEVER_THERE,
    EmailField.NOW_IN: _NEVER_THERE,
    EmailField.DELIVERED_HOW: _NEVER_DONE,
    EmailField.NOW_HOW: _NEVER_DONE,
}
"""Members that may be asked for and that no message here has."""
