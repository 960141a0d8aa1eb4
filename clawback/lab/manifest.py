"""What is true of a lab: the answers that demo, tests and benches measure others against."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from clawback.lab.addresses import mailbox_parties, secops
from clawback.lab.bulk import logo_png
from clawback.lab.campaign_mail import (
    CampaignMail,
    forward_recipient,
    malicious_pdf,
    malicious_url,
)
from clawback.lab.campaigns import CampaignKind, CopyForm, Placement, copies_of, placements
from clawback.lab.disguises import Disguise, disguise
from clawback.lab.extras import (
    ExtraKind,
    extras,
    reused_message_id,
    same_message_id,
    simulation_url,
)
from clawback.lab.options import LabOptions
from clawback.lab.slots import SlotKind, slots_of_kind


@dataclass(frozen=True, slots=True)
class Twin:
    """A mail that one mailbox holds twice, byte for byte."""

    mailbox: str
    message_id: str


@dataclass(frozen=True, slots=True)
class CampaignManifest:
    """One campaign: its indicator and every number that a search for it must give.

    `copies` are all outside of the SecOps mailbox; `by_role` counts them by `FolderRole` and
    `by_mailbox` by address. `secops_copies` come on top and are never counted or removed. `mails`
    counts contents: the copies of a shared mail are one. `external_recipients` are addresses of the
    organisation without a mailbox, `external_pairs` counts (mail, such address);
    `outside_recipients` are partners that a user forwarded it to. `raw_forms` counts copies by how
    the link is written (URL campaign) or by the file's name.
    """

    kind: CampaignKind
    indicator: str
    copies: int
    by_role: Mapping[str, int]
    by_mailbox: Mapping[str, int]
    secops_copies: int
    mails: int
    senders: tuple[str, ...]
    raw_forms: Mapping[str, int]
    external_recipients: tuple[str, ...]
    external_pairs: int
    outside_recipients: tuple[str, ...]
    twins: tuple[Twin, ...]


@dataclass(frozen=True, slots=True)
class LabManifest:
    """The lab in numbers. Addresses are lower-case; `malicious_file_path` is None if not written.

    `malicious_urls` holds one raw form for each `Disguise`. `shared_message_ids` are Message-IDs
    that stand on mails with different content. `mentions` counts harmless mails that name the
    malicious host without its link; `simulation_copies` includes the SecOps mailbox's.
    """

    seed: int
    base_at: str
    domain: str
    mailboxes: tuple[str, ...]
    secops_mailbox: str | None
    messages: int
    malicious_sha256: str
    malicious_size_bytes: int
    malicious_file_path: str | None
    malicious_url: str
    malicious_urls: Mapping[str, str]
    file: CampaignManifest
    url: CampaignManifest
    simulation_url: str
    simulation_copies: int
    logo_sha256: str
    logo_messages: int
    mentions: int
    shared_message_ids: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """The manifest as values that `json.dumps` takes."""
        return asdict(self)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _form_of(mail: CampaignMail, copy: Placement) -> str:
    if mail.kind is CampaignKind.FILE:
        return mail.wave.file_name
    return Disguise.PLAIN if copy.form is CopyForm.FORWARDED else mail.disguise


def _indicator(kind: CampaignKind, seed: int) -> str:
    return _sha256(malicious_pdf(seed)) if kind is CampaignKind.FILE else malicious_url(seed)


@dataclass(slots=True)
class _Tally:
    """Sums over a campaign's placements, before they are frozen into a manifest."""

    roles: Counter[str] = field(default_factory=Counter)
    mailboxes: Counter[str] = field(default_factory=Counter)
    forms: Counter[str] = field(default_factory=Counter)
    mails: set[str] = field(default_factory=set)
    senders: set[str] = field(default_factory=set)
    externals: dict[str, str] = field(default_factory=dict)  # message id -> external address
    twins: list[Twin] = field(default_factory=list)
    forwarded: bool = False

    def count(self, mail: CampaignMail, copy: Placement, address: str) -> None:
        self.roles[copy.role.value] += 1
        self.mailboxes[address] += 1
        self.forms[str(_form_of(mail, copy))] += 1
        if copy.form is CopyForm.FORWARDED:
            self.forwarded = True
            self.mails.add("forward")
            self.senders.add(address)
            return
        self.mails.add(mail.message_id)
        self.senders.add(mail.wave.sender.address)
        if mail.external_recipient:
            self.externals[mail.message_id] = mail.external_recipient
        if copy.form is CopyForm.TWIN:
            self.twins.append(Twin(address, mail.message_id))


def _campaign(kind: CampaignKind, options: LabOptions) -> CampaignManifest:
    addresses = [party.address for party in mailbox_parties(options)]
    tally, copies = _Tally(), copies_of(kind, options)
    for copy in placements(kind, options):
        mail = CampaignMail(kind, copy.message_number, options)
        tally.count(mail, copy, addresses[copy.mailbox_index])
    return CampaignManifest(
        kind=kind,
        indicator=_indicator(kind, options.seed),
        copies=copies,
        by_role=dict(sorted(tally.roles.items())),
        by_mailbox=dict(sorted(tally.mailboxes.items())),
        secops_copies=1 if copies and options.scatter else 0,
        mails=len(tally.mails),
        senders=tuple(sorted(tally.senders)),
        raw_forms=dict(sorted(tally.forms.items())),
        external_recipients=tuple(sorted(set(tally.externals.values()))),
        external_pairs=len(tally.externals),
        outside_recipients=(forward_recipient(kind).address,) if tally.forwarded else (),
        twins=tuple(tally.twins),
    )


def _shared_message_ids(options: LabOptions) -> tuple[str, ...]:
    kinds = {extra.kind for extra in extras(options)}
    pairs = (
        (ExtraKind.REUSED_ID, reused_message_id(options)),
        (ExtraKind.SAME_ID, same_message_id(options)),
    )
    return tuple(message_id for kind, message_id in pairs if kind in kinds)


def describe_lab(options: LabOptions, *, malicious_file_path: str | None = None) -> LabManifest:
    """The manifest of the lab that these options make; nothing is generated or written."""
    special = Counter(extra.kind for extra in extras(options))
    campaigns = {kind: _campaign(kind, options) for kind in CampaignKind}
    ordinary = 0 if options.empty else options.mailboxes * options.messages_per_mailbox
    announcements = 0 if options.empty else slots_of_kind(SlotKind.ANNOUNCEMENT, options)
    copies = sum(found.copies + found.secops_copies for found in campaigns.values())
    url, content = malicious_url(options.seed), malicious_pdf(options.seed)
    return LabManifest(
        seed=options.seed,
        base_at=options.base_at.isoformat(),
        domain=options.domain,
        mailboxes=tuple(sorted(party.address for party in mailbox_parties(options))),
        secops_mailbox=secops(options.domain).address if options.scatter else None,
        messages=ordinary + copies + special.total(),
        malicious_sha256=_sha256(content),
        malicious_size_bytes=len(content),
        malicious_file_path=malicious_file_path,
        malicious_url=url,
        malicious_urls={form.value: disguise(url, form, "lab") for form in Disguise},
        file=campaigns[CampaignKind.FILE],
        url=campaigns[CampaignKind.URL],
        simulation_url=simulation_url(options.seed),
        simulation_copies=special[ExtraKind.SIMULATION],
        logo_sha256=_sha256(logo_png(options.seed)),
        logo_messages=options.mailboxes * announcements,
        mentions=special[ExtraKind.MENTION],
        shared_message_ids=_shared_message_ids(options),
    )
