"""The whole organisation, message by message, without any I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from clawback.lab import bulk, business
from clawback.lab.addresses import Party, mailbox_parties
from clawback.lab.campaign_mail import campaign_draft, sample_draft
from clawback.lab.campaigns import CampaignKind, copies_of, placements_in
from clawback.lab.extras import Extra, extra_draft, extras
from clawback.lab.messages import Draft, LabMessage, placed
from clawback.lab.options import LabOptions
from clawback.lab.slots import Slot, SlotKind


def ordinary_draft(slot: Slot) -> Draft:
    """The ordinary message of one slot."""
    match slot.kind:
        case SlotKind.THREAD:
            return business.conversation_message(slot)
        case SlotKind.NOTE:
            return business.note(slot)
        case SlotKind.FOREIGN_NOTE:
            return business.foreign_note(slot)
        case SlotKind.OWN_NOTE:
            return business.own_note(slot)
        case SlotKind.NEWSLETTER:
            return bulk.newsletter(slot)
        case SlotKind.INVITATION:
            return bulk.invitation(slot)
        case SlotKind.NOTIFICATION:
            return bulk.notification(slot)
        case SlotKind.LIST_POST:
            return bulk.list_post(slot)
        case SlotKind.ANNOUNCEMENT:
            return bulk.announcement(slot)
        case SlotKind.PDF | SlotKind.DOCX | SlotKind.PNG | SlotKind.CSV:
            return business.with_attachment(slot)
        case _:
            assert_never(slot.kind)


def _person_drafts(options: LabOptions, index: int, owner: Party) -> Iterator[Draft]:
    if not options.empty:
        for number in range(options.messages_per_mailbox):
            yield ordinary_draft(Slot(options, owner, index, number))
    for kind in CampaignKind:
        for copy in placements_in(kind, index, options):
            yield campaign_draft(kind, copy, owner, options)


def _secops_drafts(options: LabOptions, owner: Party) -> Iterator[Draft]:
    """One sample of each campaign, kept by analysts."""
    for kind in CampaignKind:
        if copies := copies_of(kind, options):
            yield sample_draft(kind, copies, owner, options)


def _extras_by_mailbox(options: LabOptions) -> dict[int, list[Extra]]:
    found: dict[int, list[Extra]] = {}
    for extra in extras(options):
        found.setdefault(extra.mailbox_index, []).append(extra)
    return found


def iter_messages(options: LabOptions) -> Iterator[LabMessage]:
    """Every message of the lab, mailbox by mailbox; nothing is kept, so any size fits in memory."""
    special = _extras_by_mailbox(options)
    for index, owner in enumerate(mailbox_parties(options)):
        is_person = index < options.mailboxes
        drafts = (
            _person_drafts(options, index, owner) if is_person else _secops_drafts(options, owner)
        )
        number = 0
        for draft in drafts:
            yield placed(draft, owner.address, index, number)
            number += 1
        for extra in special.get(index, ()):
            yield placed(extra_draft(extra, owner, options), owner.address, index, number)
            number += 1
