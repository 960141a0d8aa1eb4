"""Everything that the index keeps about one message, read out of its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from clawback.mail import headers as header
from clawback.mail.charsets import decoded_text
from clawback.mail.documents import Document
from clawback.mail.drawn_codes import codes_in_html, codes_in_text
from clawback.mail.findings import Findings, Spot, read_file, storable
from clawback.mail.html import links_in_html, looks_like_html
from clawback.mail.identity import mail_key
from clawback.mail.limits import Budget, Clock, LimitReached
from clawback.mail.magic import file_type
from clawback.mail.parts import HTML_TYPES, Leaf, PartReader, without_lead
from clawback.mail.passwords import Passwords
from clawback.mail.text import links_in_text, may_hold_link
from models.limits import DEFAULT_LIMITS, Limits
from models.mails import (
    AttachmentFact,
    LinkPlace,
    MailFacts,
    MessageHead,
    OrganisationProfile,
    Problem,
    UrlFact,
)

# Raise it when the same bytes give other facts: the index then knows what to read again.
EXTRACTOR_VERSION = 5

_PASSWORD_TEXT_BYTES = 400_000
_PASSWORD_FILE_BYTES = 10_000  # of a text file: one that names a password is short
_MOST_LINE_BYTES = 1_000  # RFC 5322, 2.1.1
_NOBODY = OrganisationProfile()


def extract(
    raw: bytes | MessageHead,
    profile: OrganisationProfile = _NOBODY,
    limits: Limits = DEFAULT_LIMITS,
    *,
    clock: Clock | None = None,
) -> MailFacts:
    """The facts of one message. Never raises: what can't be read becomes a `Problem`.

    What lies beyond a limit is not read; all that was seen before is kept. The limit of time needs
    a clock.
    """
    stored = _stored(raw, limits)
    message = without_lead(stored.raw)
    budget = Budget(limits, len(stored.raw), clock=clock)
    head = _read_head(message)
    reader = PartReader(message, limits)
    leaves = reader.leaves()
    found = Findings(budget, problems=[Problem(code, where) for code, where in reader.problems])
    found.passwords = Passwords(lambda: _texts(head, leaves))
    for number, leaf in enumerate(leaves, start=1):
        budget.begin_part(is_last=number == len(leaves))
        try:
            _read_leaf(leaf, found)
        except Exception as error:
            # Hostile content may break any reader; the rest of the message still counts.
            found.note_end(error, leaf.where)
    found.cut = reader.cut
    if len(stored.raw) < stored.size_bytes:
        _mark_torn(found, leaves)
    return _facts(stored, head, leaves, found, profile)


def extract_head(
    raw: bytes | MessageHead,
    profile: OrganisationProfile = _NOBODY,
    limits: Limits = DEFAULT_LIMITS,
) -> MailFacts:
    """What the header alone says, for a message whose parts nothing can read."""
    stored = _stored(raw, limits)
    found = Findings(Budget(limits), cut=True)
    return _facts(stored, _read_head(without_lead(stored.raw)), [], found, profile)


def _stored(raw: bytes | MessageHead, limits: Limits) -> MessageHead:
    """The bytes that are read of the message, with hash and size of all of it."""
    if not isinstance(raw, MessageHead):
        raw = MessageHead(raw, hashlib.sha256(raw).hexdigest(), len(raw))
    if raw.size_bytes <= limits.message_bytes:
        return raw
    head = raw.raw[: limits.message_bytes]
    # Up to a line's end: strict decoders refuse an encoded part that ends within a line.
    return replace(raw, raw=head[: head.rfind(b"\n", -_MOST_LINE_BYTES) + 1] or head)


def _mark_torn(found: Findings, leaves: Sequence[Leaf]) -> None:
    """Of a message read in part: its last file ends in the middle, and its hash is that of none."""
    found.cut = True
    found.note("too-large", "")
    where = leaves[-1].where if leaves else ""
    torn = {where, *(where[:end] for end, letter in enumerate(where) if letter == "/")}
    found.attachments = [fact for fact in found.attachments if fact.where not in torn]


def _read_leaf(leaf: Leaf, found: Findings) -> None:
    if leaf.is_attachment:
        found.attachments.append(_attachment(leaf))
        if not leaf.is_message and not leaf.only_hashed and found.budget.limits.documents:
            document = Document(
                leaf.content, leaf.content_type, leaf.filename, leaf.charset, found.passwords
            )
            read_file(document, found, Spot(leaf.where, leaf.depth))
        return
    place = LinkPlace.ATTACHMENT if leaf.nested else LinkPlace.BODY
    most = found.budget.limits.text_bytes
    if len(leaf.content) > most:
        found.note("too-large", leaf.where)
    text = decoded_text(leaf.content[:most], leaf.charset)
    if leaf.content_type in HTML_TYPES or looks_like_html(text):
        found.add_links(links_in_html(text, found.budget), place, leaf.where)
        found.add_links(codes_in_html(text, found.budget), place, leaf.where)
    else:
        found.budget.check_time()
        found.add_links(links_in_text(text, delsp=leaf.delsp), place, leaf.where)
        found.add_links(codes_in_text(text, found.budget), place, leaf.where)


def _attachment(leaf: Leaf) -> AttachmentFact:
    return AttachmentFact(
        sha256=hashlib.sha256(leaf.content).hexdigest(),
        filename=storable(leaf.filename),
        size_bytes=len(leaf.content),
        content_type=storable(leaf.content_type),
        where=leaf.where,
        file_type=file_type(leaf.content),
    )


def _texts(head: _Head, leaves: Sequence[Leaf]) -> Iterator[str]:
    """What may name a password: the message's texts, its subject, small text files, files' names."""
    for leaf in leaves:
        if not leaf.is_attachment:
            yield decoded_text(leaf.content[:_PASSWORD_TEXT_BYTES], leaf.charset)
    yield header.decoded(head.fields.first("subject"))
    for leaf in leaves:
        if leaf.is_attachment and leaf.content_type == "text/plain":
            yield decoded_text(leaf.content[:_PASSWORD_FILE_BYTES], leaf.charset)
    for leaf in leaves:
        if leaf.is_attachment:
            yield leaf.filename.replace("_", " ")


@dataclass(frozen=True, slots=True)
class _Head:
    fields: header.Headers
    problems: tuple[Problem, ...]


def _read_head(message: bytes) -> _Head:
    try:
        return _Head(header.read_headers(message), ())
    except Exception:
        return _Head(header.NO_HEADERS, (Problem("header-unreadable", ""),))


def _facts(
    stored: MessageHead,
    head: _Head,
    leaves: list[Leaf],
    found: Findings,
    profile: OrganisationProfile,
) -> MailFacts:
    fields = head.fields
    senders = header.addresses(fields.first("from"))
    from_name, from_address = senders[0] if senders else ("", "")
    to = _addresses(fields.all("to"))
    cc = _addresses(fields.all("cc"))
    subject = storable(header.collapsed(header.decoded(fields.first("subject"))))
    return MailFacts(
        content_sha256=stored.content_sha256,
        mail_key=mail_key(
            fields, leaves, but_not_all_of=stored.content_sha256 if found.cut else ""
        ),
        extractor_version=EXTRACTOR_VERSION,
        size_bytes=stored.size_bytes,
        internet_message_id=storable(fields.first("message-id")),
        subject=subject,
        sent_at=header.sent_at(fields.first("date")),
        from_address=from_address,
        from_name=storable(from_name),
        sender_address=next(iter(_addresses([fields.first("sender")])), ""),
        return_path=next(iter(_addresses([fields.first("return-path")])), ""),
        to=to,
        cc=cc,
        client_ip=_client_ip(fields, profile),
        authentication_results=_authentication(fields, profile),
        direction=header.direction(from_address, (*to, *cc), profile),
        language="",
        attachments=tuple(found.attachments),
        urls=tuple(found.urls.values()),
        header_urls=_header_urls(subject, fields.all("list-unsubscribe"), found.budget.limits),
        problems=tuple(dict.fromkeys((*head.problems, *found.problems))),
    )


def _authentication(fields: header.Headers, profile: OrganisationProfile) -> str:
    known = profile.authserv_ids
    if not known:
        return ""
    values = fields.all("authentication-results")
    return storable(header.authentication_results(values, known))


def _client_ip(fields: header.Headers, profile: OrganisationProfile) -> str:
    relays = profile.trusted_relays
    return header.client_ip(fields.all("received"), relays) if relays else ""


def _header_urls(subject: str, unsubscribes: list[str], limits: Limits) -> tuple[UrlFact, ...]:
    """Links of the Subject and of List-Unsubscribe, which never cluster by themselves."""
    unsubscribes = [value for value in unsubscribes if may_hold_link(value)]
    if not unsubscribes and not may_hold_link(subject):
        return ()
    found = Findings(Budget(limits))
    with suppress(LimitReached):
        found.add_links(links_in_text(subject), LinkPlace.SUBJECT, "Subject")
        for value in unsubscribes:
            found.add_links(links_in_text(value), LinkPlace.HEADER, "List-Unsubscribe")
    return tuple(found.urls.values())


def _addresses(values: Iterable[str]) -> tuple[str, ...]:
    found = (storable(address) for value in values for _, address in header.addresses(value))
    return tuple(dict.fromkeys(found))
