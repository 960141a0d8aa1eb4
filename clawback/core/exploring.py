"""The Explorer's words: kinds of its fields, their closed values, and how a value is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import assert_never

from clawback.core import delivery
from clawback.core.urls import key_chain, refang
from clawback.errors import BadInput
from models.explore import NO_ACTION, ExploreField, FieldKind

VALUE_CHARACTERS = 8_000
"""Of one value: longer links are no links that anybody looks for."""

_NUMBER_MAX = 2**63 - 1
_SHA256 = re.compile(r"[0-9a-f]{64}")

_F = ExploreField

AUTOMATED, MANUAL = "Automated remediation", "Manual remediation"
ACTION_TYPES = {AUTOMATED: "Automated Remediation", MANUAL: "Manual Remediation"}
"""Additional actions, with the ActionType of the hunting tables."""

TRIGGERS = {"Automation": "automated", "AdminAction": "admin"}
"""What stands behind the colon of an additional action, by ActionTrigger."""

DELIVERY_ACTIONS = {
    "Blocked": delivery.BLOCKED,
    "Delivered": delivery.DELIVERED,
    "Delivered to junk": delivery.JUNKED,
}
LOCATIONS = {
    "Deleted Items folder": delivery.DELETED,
    "Inbox/folder": delivery.INBOX,
    "Junk folder": delivery.JUNK,
    "Quarantine": delivery.QUARANTINE,
    "Recoverable Items folder": delivery.RECOVERABLE,
    "Sent Items folder": delivery.SENT,
    "Not found in mailbox": delivery.NOT_FOUND,
}
"""The Explorer's words, with those of the hunting tables."""

CHOICES: Mapping[ExploreField, Mapping[str, str]] = {
    _F.ADDITIONAL_ACTION: {**ACTION_TYPES, NO_ACTION: ""},
    _F.DELIVERY_ACTION: DELIVERY_ACTIONS,
    _F.ORIGINAL_LOCATION: LOCATIONS,
    _F.LATEST_LOCATION: LOCATIONS,
    _F.DIRECTIONALITY: {
        "Inbound": "Inbound",
        "Intra-org": "Intra-org",
        "Outbound": "Outbound",
        "Unknown": "Unknown",
    },
    _F.THREAT: {"Malware": "Malware", "Phish": "Phish", NO_ACTION: ""},
    _F.URL_SOURCE: {
        "Attachments": "Attachment",
        "Email body": "Body",
        "Email header": "Header",
        "QR Code": "QRCode",
        "Subject": "Subject",
    },
}
"""The values of fields with a closed set, as they are shown, with those of the hunting tables."""

_KINDS = {
    _F.SUBJECT: FieldKind.PART,
    _F.CLUSTER_ID: FieldKind.NUMBER,
    _F.EMAIL_SIZE: FieldKind.NUMBER,
    _F.ATTACHMENT_COUNT: FieldKind.NUMBER,
    _F.ATTACHMENT_SIZE: FieldKind.NUMBER,
    _F.URL_COUNT: FieldKind.NUMBER,
    _F.ATTACHMENT_SHA256: FieldKind.FILE_HASH,
    _F.URL: FieldKind.URL,
    **dict.fromkeys(CHOICES, FieldKind.CHOICE),
}


def kind_of(field: ExploreField) -> FieldKind:
    """How the values of a field are compared."""
    return _KINDS.get(field, FieldKind.TEXT)


def read_value(field: ExploreField, text: str) -> str | int:
    """The value that a person wrote, as the hunting tables hold it.

    Raises `BadInput` for what no value of the field can be.
    """
    _check_text(field, text)
    match kind_of(field):
        case FieldKind.CHOICE:
            return _chosen(field, text)
        case FieldKind.NUMBER:
            return _number(field, text)
        case FieldKind.FILE_HASH:
            return _hash(field, text)
        case FieldKind.URL:
            return _url(field, text)
        case FieldKind.TEXT | FieldKind.PART:
            return text.strip()
        case never:
            assert_never(never)


def _check_text(field: ExploreField, text: str) -> None:
    if len(text) > VALUE_CHARACTERS:
        raise BadInput(f"{field.value}: a value has at most {VALUE_CHARACTERS:,} characters")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadInput(f"{field.value}: there is a character here that is none: remove it")
    if not text.strip():
        raise BadInput(f"{field.value}: the value is empty: give one")


def _chosen(field: ExploreField, text: str) -> str:
    wanted = text.strip().casefold()
    for label, value in CHOICES[field].items():
        if label.casefold() == wanted:
            return value
    raise BadInput(f"{field.value}: choose one of {', '.join(CHOICES[field])}")


def _number(field: ExploreField, text: str) -> int:
    digits = text.strip()
    if digits.isascii() and digits.isdigit() and len(digits) < 20 and int(digits) <= _NUMBER_MAX:
        return int(digits)
    raise BadInput(f"{field.value}: give a whole number, 0 or more")


def _hash(field: ExploreField, text: str) -> str:
    digest = text.strip().lower()
    if not _SHA256.fullmatch(digest):
        raise BadInput(f"{field.value}: give a SHA-256, which has 64 hex digits")
    return digest


def _url(field: ExploreField, text: str) -> str:
    """The canonical form, of a wrapped one what is inside; without a scheme it is read as http."""
    plain = refang(text.strip())
    if "//" not in plain:
        plain = f"http://{plain}"
    chain = key_chain(plain)
    if not chain:
        raise BadInput(f"{field.value}: this is no URL: give one with its host")
    return chain[-1].url


def label_of(field: ExploreField, value: str) -> str:
    """The Explorer's word for a value of the hunting tables; the value itself where it has none."""
    for label, word in CHOICES.get(field, {}).items():
        if word == value:
            return label
    return value


def shown_action(action_type: str, trigger: str) -> str:
    """Action and detail, such as "Automated remediation:automated"."""
    action = label_of(ExploreField.ADDITIONAL_ACTION, action_type)
    return f"{action}:{TRIGGERS.get(trigger, trigger.lower())}"
