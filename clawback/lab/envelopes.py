"""Headers: a mail as its author wrote it, and as the organisation's gateway received it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime

from clawback.lab.addresses import Party
from clawback.lab.mime import header_text, message

# The three networks that RFC 5737 reserves for documentation.
_DOCUMENTATION_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the author decides: everything but the way through the gateway.

    `to` and `cc` are header values. `message_id` has no angle brackets and may be empty: then there
    is no such header. `charset` is that of non-ASCII subjects.
    """

    sender: Party
    to: str
    subject: str
    sent_at: datetime
    message_id: str
    cc: str = ""
    charset: str = "utf-8"
    extra: tuple[tuple[str, str], ...] = ()

    def headers(self) -> list[tuple[str, str]]:
        """The author's headers, in the usual order."""
        lines = [
            ("From", self.sender.header),
            ("To", self.to),
            ("Cc", self.cc),
            ("Subject", header_text(self.subject, self.charset)),
            ("Date", format_datetime(self.sent_at)),
            ("Message-ID", f"<{self.message_id}>" if self.message_id else ""),
            *self.extra,
        ]
        return [(name, value) for name, value in lines if value]


def thread_headers(references: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """In-Reply-To and References for an answer to the last of the message ids; empty for none."""
    if not references:
        return ()
    chain = "\n ".join(f"<{reference}>" for reference in references)
    return (("In-Reply-To", f"<{references[-1]}>"), ("References", chain))


def client_ip(number: int) -> str:
    """One of the addresses reserved for documentation."""
    network = _DOCUMENTATION_NETWORKS[number % len(_DOCUMENTATION_NETWORKS)]
    return f"{network}.{number // 3 % 254 + 1}"


def delivered(
    envelope: Envelope, entity: bytes, recipient: str, *, hop: int, verdict: str = "pass"
) -> bytes:
    """The message as it lies in `recipient`'s mailbox; `hop` numbers the sending relay.

    `verdict` is what the gateway's Authentication-Results say of SPF and DKIM.
    """
    origin = envelope.sender.address.rpartition("@")[2]
    gateway = f"mx.{recipient.rpartition('@')[2]}"
    arrived = format_datetime(envelope.sent_at + timedelta(seconds=2))
    trace = [
        ("Return-Path", f"<{envelope.sender.address}>"),
        ("Delivered-To", recipient),
        (
            "Received",
            f"from relay.{origin} (relay.{origin} [{client_ip(hop)}])\n\tby {gateway} with ESMTPS"
            f" id lab{hop:08x}\n\tfor <{recipient}>; {arrived}",
        ),
        (
            "Authentication-Results",
            f"{gateway};\n\tspf={verdict} smtp.mailfrom={origin};"
            f"\n\tdkim={verdict} header.d={origin}",
        ),
    ]
    return message([*trace, *envelope.headers()], entity)


def sent(envelope: Envelope, entity: bytes) -> bytes:
    """The message as it lies in its author's Sent folder."""
    return message(envelope.headers(), entity)
