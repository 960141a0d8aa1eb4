"""The two campaigns' messages: one PDF under many names, one link in many clothes."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from random import Random
from zlib import crc32

from clawback.lab.addresses import Party, elsewhere, partner
from clawback.lab.campaigns import CampaignKind, CopyForm, Placement, was_cleaned_up
from clawback.lab.disguises import Disguise, disguise
from clawback.lab.documents import pdf
from clawback.lab.envelopes import Envelope, delivered, sent
from clawback.lab.messages import Draft, reader_flags
from clawback.lab.mime import Encoding, file_entity, multipart, text_entity
from clawback.lab.options import LabOptions
from models.copies import FolderRole

_WINDOW = timedelta(hours=6)  # the campaigns arrive in the last hours before the lab's present
_BODY_LINK = "[link]"
_DISGUISES = tuple(Disguise)


@dataclass(frozen=True, slots=True)
class Wave:
    """One variant of a campaign. In a `shared` wave one mail goes to many, copied to an office that
    the lab holds no mailbox for; else each recipient gets a mail of their own.
    """

    sender: Party
    subject: str
    text: str
    file_name: str = ""
    content_type: str = "application/pdf"
    shared: bool = False


_ACCOUNTS = Party("Accounts Payable", "billing@accounts-payable.example")
_SCANNER = Party("Scan Service", "no-reply@scan-service.test")
_COURIER = Party("Parcel Desk", "notice@parcel-desk.example")
_FILE_WAVES = (
    Wave(_ACCOUNTS, "Invoice overdue", "please find the open invoice attached.", "Invoice_Q4.pdf"),
    Wave(_SCANNER, "Scanned document", "a document was scanned for you.", "scan0042.pdf"),
    Wave(
        _COURIER,
        "Delivery could not be completed",
        "the label for your parcel is attached.",
        "Parcel label.pdf",
        shared=True,
    ),
    Wave(
        _ACCOUNTS,
        "Zahlungserinnerung für Oktober",
        "die offene Rechnung liegt bei.",
        "Rechnung für Oktober.pdf",
    ),
    Wave(_SCANNER, "Signed contract", "the signed copy is attached.", "contract.pdf", shared=True),
    Wave(
        _COURIER,
        "Customs form",
        "please complete the form.",
        "form.pdf",
        content_type="application/octet-stream",
    ),
)
_PORTAL = Party("Document Portal", "share@document-portal.test")
_HELPDESK = Party("Account Desk", "desk@account-review.example")
_URL_WAVES = (
    Wave(_PORTAL, "A file was shared with you", "open the shared file here: [link]"),
    Wave(_HELPDESK, "Your session ends today", "confirm your session: [link]"),
    Wave(_PORTAL, "New voice message", "listen to it here: [link]", shared=True),
    Wave(_HELPDESK, "Storage almost full", "raise your limit at [link]"),
    Wave(_PORTAL, "Payroll update for all", "review the change: [link]", shared=True),
    Wave(_HELPDESK, "Document à signer", "le document attend votre signature : [link]"),
)


def waves(kind: CampaignKind) -> tuple[Wave, ...]:
    """The variants of a campaign; copies take turns."""
    return _FILE_WAVES if kind is CampaignKind.FILE else _URL_WAVES


@lru_cache(maxsize=8)
def malicious_pdf(seed: int) -> bytes:
    """The file campaign's PDF: harmless bytes that stand for malicious ones, another for each seed."""
    number = Random(f"{seed}/malicious file").randrange(10**9)
    rows = [f"Position {row:02}  Reference {number + row:010}  Amount due" for row in range(1, 41)]
    return pdf(["Statement of open items", f"Document {number:09}", *rows])


@lru_cache(maxsize=8)
def malicious_url(seed: int) -> str:
    """The URL campaign's link in canonical form; its host can never exist (RFC 2606)."""
    case = Random(f"{seed}/malicious url").randrange(10**5, 10**6)
    return f"https://login.portal-review.example/session/verify?case={case}"


@dataclass(frozen=True)
class CampaignMail:
    """Copy `number` of a campaign as a mail: which wave, and whom it is the same mail for."""

    kind: CampaignKind
    number: int
    options: LabOptions
    alone: bool = False  # never the shared mail of a wave

    @property
    def wave(self) -> Wave:
        all_waves = waves(self.kind)
        return all_waves[self.number % len(all_waves)]

    @property
    def shared(self) -> bool:
        return self.wave.shared and not self.alone

    @cached_property
    def unit(self) -> str:
        """The same for all copies of one mail, unlike for any two mails."""
        if not self.shared:
            return f"{self.number:06}"
        lap, wave = self.number // self.options.mailboxes, self.number % len(waves(self.kind))
        return f"w{wave}l{lap:05}"

    @cached_property
    def sent_at(self) -> datetime:
        seconds = crc32(self.unit.encode()) % (int(_WINDOW.total_seconds()) - 600)
        return self.options.base_at - _WINDOW + timedelta(seconds=seconds)

    @property
    def message_id(self) -> str:
        domain = self.wave.sender.address.rpartition("@")[2]
        return f"{self.kind}.{self.options.seed}.{self.unit}@{domain}"

    @property
    def disguise(self) -> Disguise:
        number = self.number % len(waves(self.kind)) + 2 if self.shared else self.number
        return _DISGUISES[number % len(_DISGUISES)]

    @property
    def raw_url(self) -> str:
        """The link as it stands in this mail."""
        return disguise(malicious_url(self.options.seed), self.disguise, f"r{self.unit}")

    @property
    def external_recipient(self) -> str:
        """The address of the organisation that holds this mail elsewhere, or the empty string."""
        if not self.shared:
            return ""
        return elsewhere(self.number % len(waves(self.kind)), self.options.domain).address

    def envelope(self, recipient: Party) -> Envelope:
        """The headers; a shared mail names none of its many recipients."""
        cc = f"<{self.external_recipient}>" if self.shared else ""
        return Envelope(
            sender=self.wave.sender,
            to="undisclosed-recipients:;" if self.shared else recipient.header,
            cc=cc,
            subject=self.wave.subject,
            sent_at=self.sent_at,
            message_id=self.message_id,
        )


def _file_entity(mail: CampaignMail, greeting: str) -> bytes:
    wave = mail.wave
    return multipart(
        "mixed",
        f"=_file_{mail.unit}",
        (
            text_entity(f"{greeting}\n\n{wave.text}\n\n{wave.sender.name}\n"),
            file_entity(malicious_pdf(mail.options.seed), wave.file_name, wave.content_type),
        ),
    )


def _link_entity(mail: CampaignMail, greeting: str) -> bytes:
    """Plain text with the link in angle brackets, HTML in base64, or both in one alternative."""
    text = f"{greeting}\n\n{mail.wave.text}\n\n{mail.wave.sender.name}\n"
    plain = text.replace(_BODY_LINK, f"<{mail.raw_url}>")
    anchor = f'<a class="button" href="{html.escape(mail.raw_url)}">Open</a>'
    marked_up = html.escape(text).replace(_BODY_LINK, anchor).replace("\n", "<br>\n")
    page = f"<!DOCTYPE html>\n<html><body>{marked_up}</body></html>\n"
    match mail.number % 3:
        case 0:
            parts = (text_entity(plain), text_entity(page, "html"))
            return multipart("alternative", f"=_link_{mail.unit}", parts)
        case 1:
            return text_entity(plain)
        case _:
            return text_entity(page, "html", encoding=Encoding.BASE64)


def _received(mail: CampaignMail, role: FolderRole, recipient: Party) -> Draft:
    greeting = "Hello," if mail.shared else f"Hello {recipient.name},"
    build = _file_entity if mail.kind is CampaignKind.FILE else _link_entity
    raw = delivered(
        mail.envelope(recipient),
        build(mail, greeting),
        recipient.address,
        hop=mail.number,
        verdict="softfail" if mail.number % 2 else "none",
    )
    flags = "S" if was_cleaned_up(role) else reader_flags(Random(mail.number))
    return Draft(role, flags, raw, mail.sent_at + timedelta(seconds=2, microseconds=mail.number))


def forward_recipient(kind: CampaignKind) -> Party:
    """The partner that a user of the organisation sent the campaign on to."""
    return partner(0 if kind is CampaignKind.FILE else 1)


def _forwarded(mail: CampaignMail, owner: Party) -> Draft:
    """What the owner sent on: the same file, or the link as the first form of it."""
    wave, sent_at = mail.wave, mail.options.base_at - timedelta(minutes=20)
    domain = owner.address.rpartition("@")[2]
    envelope = Envelope(
        sender=owner,
        to=forward_recipient(mail.kind).header,
        subject=f"FW: {wave.subject}",
        sent_at=sent_at,
        message_id=f"forward.{mail.kind}.{mail.options.seed}@{domain}",
    )
    quoted = wave.text.replace(_BODY_LINK, malicious_url(mail.options.seed))
    text = text_entity(f"Is this for you?\n\n> From: {wave.sender.header}\n> {quoted}\n")
    entity = text
    if mail.kind is CampaignKind.FILE:
        attached = file_entity(malicious_pdf(mail.options.seed), wave.file_name, wave.content_type)
        entity = multipart("mixed", "=_forward", (text, attached))
    return Draft(FolderRole.SENT, "S", sent(envelope, entity), sent_at)


def campaign_draft(
    kind: CampaignKind, placed: Placement, recipient: Party, options: LabOptions
) -> Draft:
    """The copy that lies at `placed`, in the mailbox of `recipient`."""
    mail = CampaignMail(kind, placed.message_number, options)
    if placed.form is CopyForm.FORWARDED:
        return _forwarded(mail, recipient)
    return _received(mail, placed.role, recipient)


def sample_draft(kind: CampaignKind, number: int, recipient: Party, options: LabOptions) -> Draft:
    """A copy beyond the campaign's own, such as the sample in the SecOps mailbox."""
    mail = CampaignMail(kind, number, options, alone=True)
    return _received(mail, FolderRole.INBOX, recipient)
