"""The properties of a message that stand in its header, read from raw bytes; hostile ones as well.

"message resource type" (graph/api/resources/message) names them.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from hashlib import sha256

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
# One address with a plain name, a quoted one, or none: what nearly every header holds.
_SIMPLE = re.compile(r'(?:"?([\w .\-]*?)"? *<)?([\w.+\-=]+@[\w.\-]+)>?', re.ASCII)
_LONGEST = 255  # what Exchange keeps of a subject


def head_of(raw: bytes) -> bytes:
    """The header block without the empty line that ends it."""
    end = _HEADER_END.search(raw)
    return raw if end is None else raw[: end.start()]


def header_properties(raw: bytes) -> dict[str, object]:
    """The properties that a header gives; nothing in a mail makes this raise."""
    fields = _fields(raw)
    senders = _recipients(fields, b"from")
    acting = _recipients(fields, b"sender") or senders
    subject = _text(fields, b"subject")[:_LONGEST]
    thread = _text(fields, b"references").split()[:1] or [subject.casefold().removeprefix("re: ")]
    importance = _text(fields, b"importance").lower()
    return {
        "internetMessageId": "".join(_text(fields, b"message-id").split()) or None,
        "subject": subject,
        "sentDateTime": zulu(_date(fields)),
        "hasAttachments": b"multipart/mixed" in fields.get(b"content-type", b"").lower(),
        "importance": importance if importance in {"low", "high"} else "normal",
        "from": senders[0] if senders else None,
        "sender": acting[0] if acting else None,
        "toRecipients": _recipients(fields, b"to"),
        "ccRecipients": _recipients(fields, b"cc"),
        "bccRecipients": _recipients(fields, b"bcc"),
        "replyTo": _recipients(fields, b"reply-to"),
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
    """A time as Graph writes it: UTC, whole seconds, Z."""
    if moment is None:
        return None
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat()[:19] + "Z"


def _plain(value: object) -> str:
    return re.sub(r"\r?\n[ \t]+", " ", str(value))


def _fields(raw: bytes) -> dict[bytes, bytes]:
    """The first field of each name, in lower case; a tenth of what the standard parser takes."""
    found: dict[bytes, bytes] = {}
    for line in _FOLD.sub(b"", head_of(raw)).splitlines():
        name, colon, value = line.partition(b":")
        if colon:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def _text(fields: Mapping[bytes, bytes], name: bytes) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    plain = value.decode("utf-8", "replace")
    if "=?" not in plain:
        return plain
    try:
        return str(make_header(decode_header(plain))).strip()
    except (ValueError, LookupError, MessageError):
        return plain


def _recipients(fields: Mapping[bytes, bytes], name: bytes) -> list[dict[str, object]]:
    text = _text(fields, name)
    if not text:
        return []
    simple = _SIMPLE.fullmatch(text) if len(text) < _LONGEST else None
    found = [(simple[1] or "", simple[2])] if simple else getaddresses([text])
    return [
        {"emailAddress": {"name": shown or address, "address": address}}
        for shown, address in found
        if address
    ]


def _date(fields: Mapping[bytes, bytes]) -> datetime | None:
    try:
        moment = parsedate_to_datetime(_text(fields, b"date"))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
