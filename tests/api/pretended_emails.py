"""A reader of analyzed emails over a list: the real one has its own tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from clawback.core import delivery
from clawback.core.report_ids import report_id
from clawback.errors import ClawbackError, NotFound
from models.analyzed_emails import (
    AnalyzedEmail,
    EmailChange,
    EmailFile,
    EmailMark,
    EmailPage,
    EmailQuestion,
    EmailSender,
)
from models.hunting import HuntLimits

AT = datetime(2026, 11, 30, 9, tzinfo=UTC)
HOSTILE = "<script>\u202e\x00 ünïcode"


def email(number: int, **changes: Any) -> AnalyzedEmail:
    """One email, `number` minutes before the latest."""
    network_id = f"00000000-0000-5000-8000-{number:012d}"
    made: dict[str, Any] = {
        "id": report_id(network_id, "a@example.com"),
        "logged_at": AT - timedelta(minutes=number),
        "network_message_id": network_id,
        "internet_message_id": f"<{number}@example.org>",
        "sender": EmailSender("s@example.org", "S", "example.org", "b@x.org", "x.org", "192.0.2.1"),
        "recipient": "a@example.com",
        "recipient_domain": "example.com",
        "subject": HOSTILE,
        "direction": "Inbound",
        "delivered_to": delivery.INBOX,
        "now_in": delivery.RECOVERABLE,
        "language": "en",
        "size_bytes": 1234,
        "threat_types": "Malware,Phish",
        "detection_methods": ("Operator",),
        "cluster_id": 7,
        "policy": "",
        "cc": ("c@example.com",),
        "authentication": {"SPF": "pass", "DKIM": "none", "DMARC": "fail", "CompAuth": "none"},
        "files": (EmailFile("n.pdf", "pdf", "application/pdf", "ab" * 32, 9, "Malware"),),
        "links": ("https://evil.example/",),
        "changes": (
            EmailChange(AT, "Soft delete", "Automated Remediation", "Automation", "Success"),
            EmailChange(AT, "Moved to inbox", "Manual Remediation", "AdminAction", "Success"),
        ),
        "alert_ids": (3, 5),
    }
    return AnalyzedEmail(**{**made, **changes})


@dataclass
class PretendedEmails:
    """What there is, and what was asked."""

    emails: list[AnalyzedEmail] = field(default_factory=lambda: [email(n) for n in range(5)])
    asked: list[EmailQuestion] = field(default_factory=list)
    error: ClawbackError | None = None

    def page(
        self,
        question: EmailQuestion,
        limits: HuntLimits,
        *,
        limit: int,
        skip: int = 0,
        after: EmailMark | None = None,
    ) -> EmailPage:
        """A page of the list, whatever the condition."""
        self.asked.append(question)
        if self.error is not None:
            raise self.error
        marks = {EmailMark(one.logged_at, one.id): one for one in self.emails}
        left = [mark for mark in sorted(marks, reverse=True) if after is None or mark < after][
            skip:
        ]
        shown = left[:limit]
        return EmailPage(
            tuple(marks[mark] for mark in shown), shown[-1] if len(left) > limit else None
        )

    def one(self, report_id: str, limits: HuntLimits) -> AnalyzedEmail:
        """The one with this id."""
        for found in self.emails:
            if found.id == report_id.lower():
                return found
        raise NotFound("there is no analyzed email with this id")

    def count(self, question: EmailQuestion, limits: HuntLimits) -> int:
        """All of them."""
        self.asked.append(question)
        return len(self.emails)
