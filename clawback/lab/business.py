"""Mail that people write: notes, conversations, files sent to and fro."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from random import Random

from clawback.lab.addresses import Party, employee, partner
from clawback.lab.documents import csv_table, docx, pdf, png
from clawback.lab.envelopes import Envelope, delivered, sent, thread_headers
from clawback.lab.messages import Draft
from clawback.lab.mime import Encoding, file_entity, multipart, text_entity
from clawback.lab.phrases import ENGLISH, FOREIGN, Language
from clawback.lab.slots import THREAD_LENGTH, Slot, SlotKind
from models.copies import FolderRole

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_DOCUMENTS = 12  # different Word documents and pictures in one lab


def _note_text(rng: Random, language: Language, author: Party) -> str:
    sentences = rng.sample(language.sentences, k=min(3, len(language.sentences)))
    return "\n\n".join((language.greeting, *sentences, f"{language.closing}\n{author.name}")) + "\n"


def _correspondent(slot: Slot) -> Party:
    """A colleague or a partner, never the owner."""
    if slot.options.mailboxes > 1 and slot.rng.random() < 0.5:
        step = 1 + slot.rng.randrange(slot.options.mailboxes - 1)
        return employee((slot.mailbox_index + step) % slot.options.mailboxes, slot.options.domain)
    return partner(slot.rng.randrange(40))


def _message_id(slot: Slot, author: Party) -> str:
    return f"lab.{slot.options.seed}.{slot.serial}@{author.address.rpartition('@')[2]}"


def _envelope(slot: Slot, author: Party, to: str, subject: str, charset: str = "utf-8") -> Envelope:
    return Envelope(
        sender=author,
        to=to,
        subject=subject,
        sent_at=slot.sent_at,
        message_id=_message_id(slot, author),
        charset=charset,
    )


def note(slot: Slot, language: Language = ENGLISH) -> Draft:
    """A note to the owner, in one of the charsets that its language comes in."""
    author = _correspondent(slot)
    charset, encoding = slot.rng.choice(language.writings)
    text = _note_text(slot.rng, language, author)
    subject = slot.rng.choice(language.subjects)
    envelope = _envelope(slot, author, slot.owner.header, subject, charset)
    entity = text_entity(text, charset=charset, encoding=encoding)
    raw = delivered(envelope, entity, slot.owner.address, hop=slot.number)
    return slot.filed(raw, slot.sent_at)


def foreign_note(slot: Slot) -> Draft:
    """A note in another language than English; neighbouring slots get different ones."""
    return note(slot, FOREIGN[(slot.mailbox_index + slot.number) % len(FOREIGN)])


def own_note(slot: Slot) -> Draft:
    """A note that the owner wrote to a partner, in the Sent folder."""
    recipient = partner(slot.rng.randrange(40))
    text = _note_text(slot.rng, ENGLISH, slot.owner)
    envelope = _envelope(slot, slot.owner, recipient.header, slot.rng.choice(ENGLISH.subjects))
    return Draft(FolderRole.SENT, "S", sent(envelope, text_entity(text)), slot.sent_at)


@lru_cache(maxsize=64)
def _word_document(seed: int, number: int) -> bytes:
    rng = Random(f"{seed}/document/{number}")
    return docx([f"Draft {number + 1}", *rng.sample(ENGLISH.sentences, k=5)])


@lru_cache(maxsize=64)
def _picture(seed: int, number: int) -> bytes:
    rng = Random(f"{seed}/picture/{number}")
    return png(rng.randrange(160), rng.randrange(160), rng.randrange(160), side=16 + number)


def _attachment(slot: Slot) -> bytes:
    seed, pick = slot.options.seed, slot.rng.randrange(_DOCUMENTS)
    match slot.kind:
        case SlotKind.DOCX:
            return file_entity(_word_document(seed, pick), f"draft-{pick + 1}.docx", _WORD)
        case SlotKind.PNG:
            return file_entity(_picture(seed, pick), f"photo {pick + 1}.png", "image/png")
        case SlotKind.CSV:
            rows = [(row, slot.rng.randrange(900), slot.rng.randrange(90)) for row in range(1, 13)]
            table = csv_table(("position", "stock", "ordered"), rows)
            return file_entity(table, "Bestände.csv", "text/csv")
        case _:
            lines = [f"Order {slot.serial}", *slot.rng.sample(ENGLISH.sentences, k=4)]
            return file_entity(pdf(lines), f"order-{slot.serial}.pdf", "application/pdf")


def with_attachment(slot: Slot) -> Draft:
    """A note with a file of the slot's kind."""
    author = _correspondent(slot)
    text = text_entity(_note_text(slot.rng, ENGLISH, author))
    entity = multipart("mixed", f"=_mixed_{slot.serial}", (text, _attachment(slot)))
    envelope = _envelope(slot, author, slot.owner.header, slot.rng.choice(ENGLISH.subjects))
    raw = delivered(envelope, entity, slot.owner.address, hop=slot.number)
    return slot.filed(raw, slot.sent_at)


def _quoted(texts: Sequence[str], authors: Sequence[Party]) -> str:
    """The conversation so far, latest first, one more ">" for each step back."""
    quoted = ""
    for text, author in zip(texts, authors, strict=True):
        inner = f"{text}\n{quoted}".rstrip("\n")
        lines = "\n".join(f"> {line}".rstrip() for line in inner.split("\n"))
        quoted = f"{author.name} wrote:\n{lines}\n"
    return quoted


def conversation_message(slot: Slot) -> Draft:
    """A step of a conversation that two mailboxes share: here received, there in Sent.

    Mailboxes 0 and 1 talk, 2 and 3, and so on; the last of an odd number talks to a partner. Both
    sides make the same mail, for everything is drawn from what they have in common.
    """
    first = slot.mailbox_index - slot.mailbox_index % 2
    domain, alone = slot.options.domain, first + 1 >= slot.options.mailboxes
    sides = (employee(first, domain), partner(first) if alone else employee(first + 1, domain))
    key = f"{slot.options.seed}.{first}.{slot.lap}"
    rng = Random(f"{key}/conversation")
    subject = rng.choice(ENGLISH.subjects)
    texts = [_note_text(rng, ENGLISH, sides[step % 2]) for step in range(THREAD_LENGTH)]
    authors = [sides[step % 2] for step in range(THREAD_LENGTH)]
    step = slot.position
    ids = [f"talk.{key}.{at}@{domain}" for at in range(step + 1)]
    opened_at = slot.options.base_at - timedelta(days=2 + rng.randrange(50), hours=1)
    body = f"{texts[step]}\n{_quoted(texts[:step], authors[:step])}"
    envelope = Envelope(
        sender=authors[step],
        to=sides[(step + 1) % 2].header,
        subject=f"Re: {subject}" if step else subject,
        sent_at=opened_at + timedelta(minutes=47 * step),
        message_id=ids[step],
        extra=thread_headers(ids[:step]),
    )
    entity = text_entity(body, charset="us-ascii", encoding=Encoding.SEVEN_BIT)
    if authors[step] == slot.owner:
        return Draft(FolderRole.SENT, "S", sent(envelope, entity), envelope.sent_at)
    raw = delivered(envelope, entity, slot.owner.address, hop=slot.number)
    flags = "RS" if step + 1 < THREAD_LENGTH else None  # the owner answered all but the last
    return Draft(FolderRole.INBOX, flags, raw, envelope.sent_at + timedelta(seconds=2))
