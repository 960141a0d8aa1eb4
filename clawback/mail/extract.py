"""Everything that the index keeps about one message, read out of its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from clawback.core.urls import key_chain
from clawback.mail import headers as header
from clawback.mail.charsets import decoded_text
from clawback.mail.documents import Document, read_document
from clawback.mail.found import EmbeddedFile, Found, FoundLink, Unread
from clawback.mail.html import links_in_html, looks_like_html
from clawback.mail.identity import mail_key
from clawback.mail.limits import Budget, Clock, LimitReached
from clawback.mail.magic import file_type
from clawback.mail.parts import HTML_TYPES, Leaf, PartReader, without_lead
from clawback.mail.text import links_in_text
from models.limits import DEFAULT_LIMITS, Limits
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

_NOBODY = OrganisationProfile()


def extract(
    raw: bytes,
    profile: OrganisationProfile = _NOBODY,
    limits: Limits = DEFAULT_LIMITS,
    *,
    clock: Clock | None = None,
) -> MailFacts:
    """The facts of one message. Never raises: what can't be read becomes a `Problem`.

    What lies beyond a limit is not read; all that was seen before is kept. The limit of time needs
    a clock.
    """
    message = without_lead(raw)
    budget = Budget(limits, len(raw), clock=clock)
    head = _read_head(message)
    reader = PartReader(message, limits)
    leaves = reader.leaves()
    found = _Findings(budget, problems=[Problem(code, where) for code, where in reader.problems])
    for leaf in leaves:
        try:
            _read_leaf(leaf, found)
        except Exception as error:
            # Hostile content may break any reader; the rest of the message still counts.
            found.note(_code_of(error), leaf.where)
    found.cut = reader.cut
    return _facts(raw, head, leaves, found, profile)


def _code_of(error: Exception) -> str:
    match error:
        case LimitReached():
            return error.code
        case MemoryError():
            return "out-of-memory"
        case _:
            return "unreadable-part"


@dataclass(slots=True)
class _Findings:
    """What the parts gave so far; links are kept once per place."""

    budget: Budget
    attachments: list[AttachmentFact] = field(default_factory=list)
    urls: dict[tuple[str, LinkPlace, str | None], UrlFact] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    cut: bool = False
    _seen: set[tuple[str, LinkRole, LinkPlace]] = field(default_factory=set)

    def add_links(self, links: Iterable[Found], location: LinkPlace, where: str) -> None:
        """The links of one text, and what of it could not be read. Raises `LimitReached`."""
        for found in links:
            match found:
                case FoundLink():
                    self.add_link(found, location, where)
                case Unread():
                    self.note(found.code, where)
                case EmbeddedFile():
                    pass  # no text holds one

    def add_link(self, link: FoundLink, location: LinkPlace, where: str) -> None:
        """One link, unless the same characters stood there before. Raises `LimitReached`."""
        place = link.place or location
        if (link.raw, link.role, place) in self._seen:
            return
        self._seen.add((link.raw, link.role, place))
        self._add(link, place, where)

    def note(self, code: str, where: str) -> None:
        """Something that could not be read."""
        self.problems.append(Problem(code, where))

    def _add(self, link: FoundLink, place: LinkPlace, where: str) -> None:
        wrapper: str | None = None
        for canonical in key_chain(link.raw):
            key = (canonical.url, place, wrapper)
            known = self.urls.get(key)
            if known is None:
                self.budget.take_links()
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
        if not leaf.is_message and found.budget.limits.documents:
            document = Document(leaf.content, leaf.content_type, leaf.filename, leaf.charset)
            _read_file(document, leaf, found, depth=leaf.depth)
        return
    place = LinkPlace.ATTACHMENT if leaf.nested else LinkPlace.BODY
    most = found.budget.limits.text_bytes
    if len(leaf.content) > most:
        found.note("too-large", leaf.where)
    text = decoded_text(leaf.content[:most], leaf.charset)
    if leaf.content_type in HTML_TYPES or looks_like_html(text):
        found.add_links(links_in_html(text, found.budget), place, leaf.where)
    else:
        found.budget.check_time()
        found.add_links(links_in_text(text, delsp=leaf.delsp), place, leaf.where)


def _read_file(document: Document, leaf: Leaf, found: _Findings, *, depth: int) -> None:
    """What the file holds, then what the files in it hold: each level whole before the next."""
    files: list[EmbeddedFile] = []
    try:
        found.budget.check_depth(depth)
        for item in read_document(document, found.budget):
            match item:
                case FoundLink():
                    found.add_link(item, LinkPlace.ATTACHMENT, leaf.where)
                case Unread():
                    found.note(item.code, leaf.where)
                case EmbeddedFile():
                    if item.whole:
                        found.attachments.append(
                            _attachment(item.content, leaf, item.name, leaf.where)
                        )
                    files.append(item)
    except Exception as error:
        found.note(_code_of(error), leaf.where)
    for file in files:
        _read_file(Document(file.content, "", file.name, ""), leaf, found, depth=depth + 1)


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
    raw: bytes,
    head: _Head,
    leaves: list[Leaf],
    found: _Findings,
    profile: OrganisationProfile,
) -> MailFacts:
    fields = head.fields
    content_sha256 = hashlib.sha256(raw).hexdigest()
    senders = header.addresses(fields.first("from"))
    from_name, from_address = senders[0] if senders else ("", "")
    to = _addresses(fields.all("to"))
    cc = _addresses(fields.all("cc"))
    subject = _storable(header.collapsed(header.decoded(fields.first("subject"))))
    return MailFacts(
        content_sha256=content_sha256,
        mail_key=mail_key(fields, leaves, but_not_all_of=content_sha256 if found.cut else ""),
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
        header_urls=_header_urls(subject, fields.all("list-unsubscribe"), found.budget.limits),
        problems=tuple(dict.fromkeys((*head.problems, *found.problems))),
    )


def _header_urls(subject: str, unsubscribes: list[str], limits: Limits) -> tuple[UrlFact, ...]:
    """Links of the Subject and of List-Unsubscribe, which never cluster by themselves."""
    found = _Findings(Budget(limits))
    with suppress(LimitReached):
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
