"""The properties of a message that stand in its header, read from raw bytes; hostile ones as well.

"message resource type" (graph/api/resources/message) names them.
"""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from hashlib import sha256
from typing import Any

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_LONGEST = 255  # what Exchange keeps of a subject


def head_of(raw: bytes) -> bytes:
    """The header block without the empty line that ends it."""
    end = _HEADER_END.search(raw)
    return raw if end is None else raw[: end.start()]


def header_properties(raw: bytes) -> dict[str, object]:
    """The properties that a header gives; nothing in a mail makes this raise."""
    head = BytesHeaderParser(policy=policy.compat32).parsebytes(head_of(raw) + b"\n\n")
    senders = _recipients(head, "From")
    acting = _recipients(head, "Sender") or senders
    content_type = _text(head, "Content-Type").lower()
    subject = _text(head, "Subject")[:_LONGEST]
    thread = _text(head, "References").split()[:1] or [subject.casefold().removeprefix("re: ")]
    return {
        "internetMessageId": "".join(_text(head, "Message-ID").split()) or None,
        "subject": subject,
        "sentDateTime": zulu(_date(head)),
        "hasAttachments": "multipart/mixed" in content_type,
        "importance": _importance(head),
        "from": senders[0] if senders else None,
        "sender": acting[0] if acting else None,
        "toRecipients": _recipients(head, "To"),
        "ccRecipients": _recipients(head, "Cc"),
        "bccRecipients": _recipients(head, "Bcc"),
        "replyTo": _recipients(head, "Reply-To"),
        "conversationId": b64encode(sha256(thread[0].encode("utf-8", "replace")).digest()).decode(),
        "inferenceClassification": "focused",
        "bodyPreview": "",
    }


def internet_message_headers(raw: bytes) -> list[dict[str, str]]:
    """Every header field in order: `internetMessageHeaders`, given only where it is selected."""
    head = BytesHeaderParser(policy=policy.compat32).parsebytes(head_of(raw) + b"\n\n")
    return [{"name": name, "value": _plain(value)} for name, value in head.items()]


def body_of(raw: bytes) -> dict[str, str]:
    """The body as text or HTML, whichever the mail prefers; empty for one that cannot be read."""
    try:
        message = message_from_bytes(raw, policy=policy.default)
        part = message.get_body(("html", "plain")) if isinstance(message, EmailMessage) else None
        if part is None:
            return {"contentType": "text", "content": ""}
        kind = "html" if part.get_content_type() == "text/html" else "text"
        return {"contentType": kind, "content": str(part.get_content())}
    except Exception:  # the parser of the standard library raises many kinds on hostile mail
        return {"contentType": "text", "content": ""}


def zulu(moment: datetime | None) -> str | None:
    """A time as Graph writes it: UTC, seconds, Z."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _plain(value: object) -> str:
    return re.sub(r"\r?\n[ \t]+", " ", str(value))


def _text(head: Message[Any, Any], name: str) -> str:
    value = head.get(name)
    if value is None:
        return ""
    plain = _plain(value)
    try:
        return str(make_header(decode_header(plain))).strip()
    except (ValueError, LookupError):
        return plain.strip()


def _recipients(head: Message[Any, Any], name: str) -> list[dict[str, object]]:
    found = getaddresses([_text(head, name)] if head.get(name) is not None else [])
    return [
        {"emailAddress": {"name": shown or address, "address": address}}
        for shown, address in found
        if address
    ]


def _date(head: Message[Any, Any]) -> datetime | None:
    try:
        moment = parsedate_to_datetime(_text(head, "Date"))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _importance(head: Message[Any, Any]) -> str:
    said = _text(head, "Importance").lower()
    return said if said in {"low", "high"} else "normal"
