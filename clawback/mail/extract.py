"""Everything that the index keeps about one message, read out of its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from clawback.core.urls import key_chain
from clawback.mail import headers as header
from clawback.mail.charsets import decoded_text
from clawback.mail.documents import Document, read_document
from clawback.mail.found import FoundLink
from clawback.mail.html import links_in_html, looks_like_html
from clawback.mail.identity import mail_key
from clawback.mail.magic import file_type
from clawback.mail.parts import HTML_TYPES, Leaf, PartReader, without_lead
from clawback.mail.text import links_in_text
from models.mails import (
    AttachmentFact,
    LinkPlace,
    LinkRole,
    MailFacts,
    OrganisationProfile,
    Problem,
    UrlFact,
)

# Raise it when the same bytes give other facts: the index then knows what to read again.
EXTRACTOR_VERSION = 2

MAX_LINKS = 10_000  # distinct ones a message; real mail has at most 325
_MAX_EMBEDDED_DEPTH = 3
# What one message's archives may unpack to, all together: archives in archives multiply, and a few
# kilobytes would otherwise keep a core busy for days.
MAX_UNPACKED_BYTES = 200_000_000
MAX_UNPACKED_FILES = 2_000
_NOBODY = OrganisationProfile()


def extract(raw: bytes, profile: OrganisationProfile = _NOBODY) -> MailFacts:
    """The facts of one message. Never raises: what can't be read becomes a `Problem`."""
    message = without_lead(raw)
    head = _read_head(message)
    reader = PartReader(message)
    leaves = reader.leaves()
    found = _Findings(problems=[Problem(code, where) for code, where in reader.problems])
    for leaf in leaves:
        try:
            _read_leaf(leaf, found)
        except Exception:
            # Hostile content may break any reader; the rest of the message still counts.
            found.problems.append(Problem("unreadable-part", leaf.where))
    return _facts(raw, head, leaves, found, profile)


@dataclass(slots=True)
class _Findings:
    """What the parts gave so far; links are kept once per place."""

    attachments: list[AttachmentFact] = field(default_factory=list)
    urls: dict[tuple[str, LinkPlace, str | None], UrlFact] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unpacked_bytes: int = 0
    unpacked_files: int = 0
    _seen: set[tuple[str, LinkRole, LinkPlace]] = field(default_factory=set)

    def add_links(self, links: Iterable[FoundLink], location: LinkPlace, where: str) -> None:
        for link in links:
            place = link.place or location
            if (link.raw, link.role, place) in self._seen:
                continue
            self._seen.add((link.raw, link.role, place))
            self._add(link, place, where)
            if len(self.urls) >= MAX_LINKS:
                self.problems.append(Problem("too-many-links", where))
                return

    def may_unpack(self) -> bool:
        """Whether another file may still be opened within the limits of one message."""
        few = self.unpacked_files < MAX_UNPACKED_FILES
        return few and self.unpacked_bytes < MAX_UNPACKED_BYTES

    def _add(self, link: FoundLink, place: LinkPlace, where: str) -> None:
        wrapper: str | None = None
        for canonical in key_chain(link.raw):
            key = (canonical.url, place, wrapper)
            known = self.urls.get(key)
            if known is None or (known.role is LinkRole.RESOURCE and link.role is LinkRole.LINK):
                self.urls[key] = UrlFact(
                    url=canonical.url,
                    host=canonical.host,
                    raw=_storable(link.raw),
                    location=place,
                    role=link.role,
                    opened_from=wrapper,
                    where=where,
                )
            wrapper = canonical.url


def _read_leaf(leaf: Leaf, found: _Findings) -> None:
    if leaf.is_attachment:
        found.attachments.append(_attachment(leaf.content, leaf, leaf.filename, leaf.where))
        if not leaf.is_message:
            _read_file(
                Document(leaf.content, leaf.content_type, leaf.filename, leaf.charset), leaf, found
            )
        return
    place = LinkPlace.ATTACHMENT if leaf.nested else LinkPlace.BODY
    text = decoded_text(leaf.content, leaf.charset)
    if leaf.content_type in HTML_TYPES or looks_like_html(text):
        problems: list[str] = []
        found.add_links(links_in_html(text, problems), place, leaf.where)
        found.problems.extend(Problem(code, leaf.where) for code in problems)
    else:
        found.add_links(links_in_text(text, delsp=leaf.delsp), place, leaf.where)


def _read_file(document: Document, leaf: Leaf, found: _Findings, *, depth: int = 0) -> None:
    if not found.may_unpack():
        limit = Problem("too-large", leaf.where)
        found.problems.extend([] if limit in found.problems else [limit])
        return
    reading = read_document(document)
    found.unpacked_files += len(reading.files)
    found.unpacked_bytes += sum(len(file.content) for file in reading.files)
    found.add_links(reading.links, LinkPlace.ATTACHMENT, leaf.where)
    found.problems.extend(Problem(code, leaf.where) for code in dict.fromkeys(reading.problems))
    for file in reading.files:
        found.attachments.append(_attachment(file.content, leaf, file.name, leaf.where))
        if depth < _MAX_EMBEDDED_DEPTH:
            inner = Document(file.content, "", file.name, "")
            _read_file(inner, leaf, found, depth=depth + 1)


def _attachment(content: bytes, leaf: Leaf, filename: str, where: str) -> AttachmentFact:
    embedded = content is not leaf.content
    return AttachmentFact(
        sha256=hashlib.sha256(content).hexdigest(),
        filename=_storable(filename),
        size_bytes=len(content),
        content_type="" if embedded else _storable(leaf.content_type),
        where=where,
        file_type=file_type(content),
    )


@dataclass(frozen=True, slots=True)
class _Head:
    fields: header.Headers
    problems: tuple[Problem, ...]


def _read_head(message: bytes) -> _Head:
    try:
        return _Head(header.read_headers(message), ())
    except Exception:
        return _Head(header.Headers(()), (Problem("header-unreadable", ""),))


def _facts(
    raw: bytes, head: _Head, leaves: list[Leaf], found: _Findings, profile: OrganisationProfile
) -> MailFacts:
    fields = head.fields
    senders = header.addresses(fields.first("from"))
    from_name, from_address = senders[0] if senders else ("", "")
    to = _addresses(fields.all("to"))
    cc = _addresses(fields.all("cc"))
    subject = _storable(header.collapsed(header.decoded(fields.first("subject"))))
    return MailFacts(
        content_sha256=hashlib.sha256(raw).hexdigest(),
        mail_key=mail_key(fields, leaves),
        extractor_version=EXTRACTOR_VERSION,
        size_bytes=len(raw),
        internet_message_id=_storable(fields.first("message-id")),
        subject=subject,
        sent_at=header.sent_at(fields.first("date")),
        from_address=from_address,
        from_name=_storable(from_name),
        sender_address=next(iter(_addresses([fields.first("sender")])), ""),
        return_path=next(iter(_addresses([fields.first("return-path")])), ""),
        to=to,
        cc=cc,
        client_ip=header.client_ip(fields.all("received"), profile.trusted_relays),
        authentication_results=_storable(
            header.authentication_results(
                fields.all("authentication-results"), profile.authserv_ids
            )
        ),
        direction=header.direction(from_address, (*to, *cc), profile),
        language="",
        attachments=tuple(found.attachments),
        urls=tuple(found.urls.values()),
        header_urls=_header_urls(subject, fields.all("list-unsubscribe")),
        problems=tuple(dict.fromkeys((*head.problems, *found.problems))),
    )


def _header_urls(subject: str, unsubscribes: list[str]) -> tuple[UrlFact, ...]:
    """Links of the Subject and of List-Unsubscribe, which never cluster by themselves."""
    found = _Findings()
    found.add_links(links_in_text(subject), LinkPlace.SUBJECT, "Subject")
    for value in unsubscribes:
        found.add_links(links_in_text(value), LinkPlace.HEADER, "List-Unsubscribe")
    return tuple(found.urls.values())


def _addresses(values: Iterable[str]) -> tuple[str, ...]:
    found = (_storable(address) for value in values for _, address in header.addresses(value))
    return tuple(dict.fromkeys(found))


def _storable(text: str) -> str:
    """Text that any database takes: no NUL, no lone surrogate."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
