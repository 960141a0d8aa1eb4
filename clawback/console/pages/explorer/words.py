"""The Explorer's words: fields by group, comparisons, hints, and conditions as people read them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence

from clawback.core.exploring import kind_of
from clawback.core.showing import plain, show_url
from clawback.errors import BadInput
from clawback.services.explore import split_condition
from models.explore import Comparison, ExploreField, FieldKind

_F = ExploreField

GROUPS: Mapping[str, Mapping[ExploreField, str]] = {
    "Delivery": {
        _F.ADDITIONAL_ACTION: "Additional action",
        _F.DELIVERY_ACTION: "Delivery action",
        _F.ORIGINAL_LOCATION: "Original delivery location",
        _F.LATEST_LOCATION: "Latest delivery location",
        _F.DIRECTIONALITY: "Directionality",
        _F.THREAT: "Threat type",
    },
    "Sender": {
        _F.SENDER: "Sender address",
        _F.SENDER_DOMAIN: "Sender domain",
        _F.SENDER_NAME: "Sender display name",
        _F.SENDER_IP: "Sender IP",
        _F.MAIL_FROM: "Sender mail from address",
        _F.MAIL_FROM_DOMAIN: "Sender mail from domain",
    },
    "Recipient": {
        _F.RECIPIENT: "Recipients",
        _F.RECIPIENT_DOMAIN: "Recipient domain",
    },
    "Message": {
        _F.SUBJECT: "Subject",
        _F.LANGUAGE: "Mail language",
        _F.INTERNET_MESSAGE_ID: "Internet message ID",
        _F.NETWORK_MESSAGE_ID: "Network message ID",
        _F.CLUSTER_ID: "Cluster ID",
        _F.EMAIL_SIZE: "Email size",
        _F.ATTACHMENT_COUNT: "Attachment count",
        _F.URL_COUNT: "URL count",
    },
    "Authentication": {
        _F.SPF: "SPF",
        _F.DKIM: "DKIM",
        _F.DMARC: "DMARC",
        _F.COMPAUTH: "Composite",
    },
    "Attachment": {
        _F.ATTACHMENT_SHA256: "Attachment SHA256",
        _F.ATTACHMENT_NAME: "Attachment filename",
        _F.ATTACHMENT_TYPE: "File type",
        _F.ATTACHMENT_EXTENSION: "File extension",
        _F.ATTACHMENT_SIZE: "File size",
    },
    "URL": {
        _F.URL: "URL",
        _F.URL_DOMAIN: "URL domain",
        _F.URL_SOURCE: "URL source",
    },
}

LABELS: Mapping[ExploreField, str] = {
    field: label for group in GROUPS.values() for field, label in group.items()
}

COMPARISONS: Mapping[Comparison, str] = {
    Comparison.ANY_OF: "Equal any of",
    Comparison.NONE_OF: "Equal none of",
    Comparison.GREATER: "Greater than",
    Comparison.LESS: "Less than",
}

_RESULTS = frozenset({_F.SPF, _F.DKIM, _F.DMARC, _F.COMPAUTH})
_HINTS = {
    FieldKind.TEXT: "Whole values in any case, parted by commas; put one that has a comma in quotes.",
    FieldKind.PART: "Parts of it in any case, parted by commas; put one that has a comma in quotes.",
    FieldKind.CHOICE: "Choose one or more.",
    FieldKind.NUMBER: "Whole numbers, parted by commas.",
    FieldKind.FILE_HASH: "SHA-256 of 64 hex digits, parted by commas.",
    FieldKind.URL: (
        "Links, parted by commas; defanged ones are understood, and without a scheme http is meant."
    ),
}


def comparisons_of(field: ExploreField) -> Sequence[Comparison]:
    """How a field can be compared."""
    if kind_of(field) is FieldKind.NUMBER:
        return tuple(COMPARISONS)
    return (Comparison.ANY_OF, Comparison.NONE_OF)


def hint_of(field: ExploreField) -> str:
    """What to write as its values."""
    if field in _RESULTS:
        return "What a configured server found, such as pass, fail, softfail or none."
    unit = " They are bytes." if field in (_F.EMAIL_SIZE, _F.ATTACHMENT_SIZE) else ""
    return f"{_HINTS[kind_of(field)]}{unit}"


def split_values(text: str) -> tuple[str, ...]:
    """The values that a person wrote, parted by commas; one in quotes may have commas of its own.

    Raises `BadInput` where a quote is not closed.
    """
    try:
        lines = list(csv.reader(text.splitlines(), skipinitialspace=True, strict=True))
    except csv.Error:
        raise BadInput('a value in quotes has no end: close it with "') from None
    return tuple(value.strip() for line in lines for value in line if value.strip())


def shown_condition(written: str) -> tuple[str, str]:
    """What a condition is about and its value, harmless; the whole as it is where it is none."""
    try:
        field, comparison, value = split_condition(written)
    except BadInput:
        return "", plain(written)
    return f"{LABELS[field]} · {COMPARISONS[comparison]}", shown_value(field, value)


def shown_value(field: ExploreField, value: str) -> str:
    """A value of a field for people: links are defanged, an empty one is said to be."""
    if not value:
        return "(none)"
    return show_url(value) if field is ExploreField.URL else plain(value)
