"""Special cases beside the campaigns: harmless mail that a careless search would take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import assert_never
from urllib.parse import urlsplit

from clawback.lab.addresses import Party, partner
from clawback.lab.campaign_mail import CampaignMail, malicious_pdf, malicious_url, waves
from clawback.lab.campaigns import CampaignKind, copies_of, placement
from clawback.lab.envelopes import Envelope, delivered
from clawback.lab.messages import Draft
from clawback.lab.mime import file_entity, multipart, text_entity
from clawback.lab.options import LabOptions
from models.copies import FolderRole

SIMULATED_MAILBOXES = 5
_SIMULATION_HOST = "training.awareness-drill.example"


class ExtraKind(StrEnum):
    """The special cases, in the order in which a mailbox gets them."""

    MENTION = "mention"  # names the malicious host in words, without the link
    OTHER_PATH = "other-path"  # a link to the malicious host, to another page
    OTHER_QUERY = "other-query"  # the malicious page with another query
    REUSED_ID = "reused-id"  # another mail with the Message-ID of a campaign copy beside it
    SAME_ID = "same-id"  # two harmless mails with one Message-ID
    NAMESAKE = "namesake"  # another PDF with the name and size of the malicious one
    NO_MESSAGE_ID = "no-message-id"
    SIMULATION = "simulation"  # a phishing simulation of the organisation's own


@dataclass(frozen=True, slots=True)
class Extra:
    """One special message: which, whose mailbox by index, and its number among its kind."""

    kind: ExtraKind
    mailbox_index: int
    number: int = 0


def simulation_url(seed: int) -> str:
    """The link of the phishing simulation: never counted, never removed."""
    return f"https://{_SIMULATION_HOST}/drill?id={1000 + seed % 9000}"


def extras(options: LabOptions) -> Iterator[Extra]:
    """Every special message of the lab; those in the SecOps mailbox have the index past the last."""
    if options.empty or not options.scatter:
        return
    people = options.mailboxes
    for kind, index, number in (
        (ExtraKind.MENTION, 0, 0),
        (ExtraKind.MENTION, 1, 1),
        (ExtraKind.OTHER_PATH, 2, 0),
        (ExtraKind.OTHER_QUERY, 3, 0),
        (ExtraKind.SAME_ID, 4, 0),
        (ExtraKind.SAME_ID, 4, 1),
        (ExtraKind.NAMESAKE, 5, 0),
        (ExtraKind.NO_MESSAGE_ID, 6, 0),
    ):
        yield Extra(kind, index % people, number)
    if copies_of(CampaignKind.FILE, options):
        beside = placement(CampaignKind.FILE, 0, options).mailbox_index
        yield Extra(ExtraKind.REUSED_ID, beside)
    for index in range(min(SIMULATED_MAILBOXES, people)):
        yield Extra(ExtraKind.SIMULATION, index, index)
    yield Extra(ExtraKind.SIMULATION, people, SIMULATED_MAILBOXES)


def reused_message_id(options: LabOptions) -> str:
    """The Message-ID that a harmless mail shares with the file campaign's first copy."""
    return CampaignMail(CampaignKind.FILE, 0, options).message_id


def same_message_id(options: LabOptions) -> str:
    """The Message-ID that two harmless mails of one mailbox share."""
    return f"same.{options.seed}@example.org"


def _subject_and_text(extra: Extra, options: LabOptions) -> tuple[str, str]:
    url = malicious_url(options.seed)
    host = urlsplit(url).hostname
    match extra.kind:
        case ExtraKind.MENTION:
            return "Warning of the week", f"Do not trust messages that point to {host} at all."
        case ExtraKind.OTHER_PATH:
            return "Blocked host", f"We keep a note on this host: https://{host}/about"
        case ExtraKind.OTHER_QUERY:
            return "Another case", f"This one is another case: {url.partition('=')[0]}=7"
        case ExtraKind.REUSED_ID:
            return "Canteen plan", "The canteen plan for next week is on the notice board."
        case ExtraKind.SAME_ID:
            return f"Part {extra.number + 1}", f"Part {extra.number + 1} of the weekly report."
        case ExtraKind.NAMESAKE:
            return "Invoice for your records", "The paid invoice is attached."
        case ExtraKind.NO_MESSAGE_ID:
            return "Old system", "This comes from a system that writes no message id."
        case ExtraKind.SIMULATION:
            return "Prize draw", f"Claim your prize: {simulation_url(options.seed)}"
        case _:
            assert_never(extra.kind)


def _message_id(extra: Extra, options: LabOptions) -> str:
    match extra.kind:
        case ExtraKind.REUSED_ID:
            return reused_message_id(options)
        case ExtraKind.SAME_ID:
            return same_message_id(options)
        case ExtraKind.NO_MESSAGE_ID:
            return ""
        case _:
            return f"{extra.kind}.{options.seed}.{extra.number}@example.org"


def extra_draft(extra: Extra, recipient: Party, options: LabOptions) -> Draft:
    """The special message as it lies in its recipient's Inbox."""
    subject, text = _subject_and_text(extra, options)
    simulated = extra.kind is ExtraKind.SIMULATION
    sender = Party("Drill", f"drill@{_SIMULATION_HOST}") if simulated else partner(extra.number)
    sent_at = options.base_at - timedelta(hours=3, minutes=len(text), seconds=extra.number)
    envelope = Envelope(
        sender=sender,
        to=recipient.header,
        subject=subject,
        sent_at=sent_at,
        message_id=_message_id(extra, options),
    )
    entity = text_entity(f"Hello,\n\n{text}\n\nKind regards\n")
    if extra.kind is ExtraKind.NAMESAKE:
        malicious = malicious_pdf(options.seed)
        other = malicious.replace(b"Amount due", b"Amount out")
        attached = file_entity(other, waves(CampaignKind.FILE)[0].file_name, "application/pdf")
        entity = multipart("mixed", "=_namesake", (entity, attached))
    raw = delivered(envelope, entity, recipient.address, hop=extra.number)
    return Draft(FolderRole.INBOX, "S" if extra.number else None, raw, sent_at)
