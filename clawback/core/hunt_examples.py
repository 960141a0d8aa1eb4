"""Queries to begin with, shown where nothing was asked yet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """One query with a title and what it answers."""

    title: str
    about: str
    text: str


EXAMPLES = (
    Example(
        "Automated remediation by day",
        "How many messages automation moved each day, and with what result.",
        "EmailPostDeliveryEvents\n"
        '| where ActionType =~ "Automated Remediation"\n'
        "| summarize Messages = dcount(NetworkMessageId) by bin(Timestamp, 1d), ActionResult\n"
        "| render timechart",
    ),
    Example(
        "Malicious mail that is still in mailboxes",
        "Delivered messages with a threat whose newest location is a folder of the mailbox.",
        "EmailEvents\n"
        "| where isnotempty(ThreatTypes)\n"
        '| where LatestDeliveryLocation in ("Inbox/folder", "Junk folder", "Deleted items")\n'
        "| project Timestamp, SenderFromAddress, RecipientEmailAddress, Subject, ThreatTypes,\n"
        "    LatestDeliveryLocation, NetworkMessageId, ReportId",
    ),
    Example(
        "Who sends most from outside",
        "Domains of senders by the number of messages and of people who got them.",
        "EmailEvents\n"
        '| where EmailDirection == "Inbound"\n'
        "| summarize Messages = count(), People = dcount(RecipientEmailAddress) by SenderFromDomain\n"
        "| top 15 by Messages\n"
        "| project SenderFromDomain, Messages, People\n"
        "| render barchart",
    ),
    Example(
        "One link, many mailboxes",
        "Hosts of links and how many mailboxes hold mail with them.",
        "EmailUrlInfo\n"
        "| join kind=inner (EmailEvents | project NetworkMessageId, RecipientEmailAddress)\n"
        "    on NetworkMessageId\n"
        "| summarize Mailboxes = dcount(RecipientEmailAddress) by UrlDomain\n"
        "| top 20 by Mailboxes",
    ),
    Example(
        "First contact with a file",
        "Mail with attachments from senders that a mailbox had never heard of.",
        "EmailEvents\n"
        "| where IsFirstContact and AttachmentCount > 0\n"
        "| join kind=inner (EmailAttachmentInfo | project NetworkMessageId, FileName, SHA256)\n"
        "    on NetworkMessageId\n"
        "| project Timestamp, SenderFromAddress, RecipientEmailAddress, Subject, FileName, SHA256,\n"
        "    NetworkMessageId, ReportId",
    ),
    Example(
        "What people decided about actions",
        "Actions by status and by who decided.",
        "RemediationActions\n"
        '| extend By = iff(DecidedBy == "Automation", "Automation", "A person")\n'
        "| summarize Actions = count(), Messages = sum(MessageCount) by Status, By\n"
        "| sort by Actions desc",
    ),
)
