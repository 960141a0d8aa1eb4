"""What the parts of one message and the files in them gave, gathered as it is found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from clawback.core.urls import key_chain
from clawback.mail.documents import Document, read_document
from clawback.mail.found import EmbeddedFile, Found, FoundLink, Unread
from clawback.mail.limits import Budget, LimitReached
from clawback.mail.magic import file_type
from clawback.mail.passwords import USUAL_PASSWORDS, Passwords
from models.mails import AttachmentFact, LinkPlace, LinkRole, Problem, UrlFact

_MAX_REMEMBERED_CHARS = 500  # of a link: with what it opens to, a megabyte or four for all


def code_of(error: Exception) -> str:
    """The `Problem` code for what ended a reader."""
    match error:
        case LimitReached():
            return error.code
        case MemoryError():
            return "out-of-memory"
        case _:
            return "unreadable-part"


@dataclass(slots=True)
class Findings:
    """What the parts gave so far; links are kept once per place."""

    budget: Budget
    attachments: list[AttachmentFact] = field(default_factory=list)
    urls: dict[tuple[str, LinkPlace, str | None], UrlFact] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    cut: bool = False
    passwords: Passwords = USUAL_PASSWORDS
    _seen: set[tuple[str, LinkRole, LinkPlace, str | None]] = field(default_factory=set)
    _marked: dict[tuple[str, LinkPlace], str] = field(default_factory=dict)

    def add_links(self, links: Iterable[Found], location: LinkPlace, where: str) -> None:
        """The links of one text, and what of it could not be read. Raises `LimitReached`."""
        for found in links:
            if isinstance(found, FoundLink):
                self.add_link(found, location, where)
            elif isinstance(found, Unread):
                self.note(found.code, where)

    def add_link(self, link: FoundLink, location: LinkPlace, where: str) -> None:
        """One link, unless the same characters stood there before. Raises `LimitReached`."""
        place = link.place or location
        seen = (link.raw, link.role, place, link.opened_from)
        if seen in self._seen:
            return
        self._seen.add(seen)
        self._add(link, place, where)

    def note(self, code: str, where: str) -> None:
        """Something that could not be read."""
        self.problems.append(Problem(code, where))

    def note_end(self, error: Exception, where: str) -> None:
        """What ended a reader. A limit is the message's: it is named once for the whole part."""
        at = where.partition("!")[0] if isinstance(error, LimitReached) else where
        self.note(code_of(error), at)

    def _add(self, link: FoundLink, place: LinkPlace, where: str) -> None:
        raw = link.raw
        chain = _remembered_chain(raw) if len(raw) <= _MAX_REMEMBERED_CHARS else key_chain(raw)
        if not chain:
            return
        wrapper: str | None = None
        if link.opened_from is not None or self._marked:
            wrapper = self._mark(link.opened_from, chain[0].url, place)
        for canonical in chain:
            key = (canonical.url, place, wrapper)
            known = self.urls.get(key)
            if known is None:
                self.budget.take_links()
            if known is None or (known.role is LinkRole.RESOURCE and link.role is LinkRole.LINK):
                self.urls[key] = UrlFact(
                    url=canonical.url,
                    host=canonical.host,
                    raw=storable(link.raw),
                    location=place,
                    role=link.role,
                    opened_from=wrapper,
                    where=where,
                )
            wrapper = canonical.url

    def _mark(self, mark: str | None, url: str, place: LinkPlace) -> str | None:
        """The mark that a link is to have: the first one, none once it stands in the clear too."""
        before = self._marked.get((url, place))
        if mark is None:
            if before is not None:
                del self._marked[url, place]
                known = self.urls.pop((url, place, before))
                self.urls[url, place, None] = known._replace(opened_from=None)
            return None
        if (url, place, None) in self.urls:
            return None
        return self._marked.setdefault((url, place), mark)


# The mails of one sender share logos, fonts, the address for complaints and more.
_remembered_chain = lru_cache(maxsize=4096)(key_chain)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a file stands: its path, how deep it is, and the mark of the trick that opened it."""

    where: str
    depth: int
    mark: str | None = None

    @property
    def part(self) -> str:
        """The part of the message that the file stands in."""
        return self.where.partition("!")[0]

    def inner(self, number: int, mark: str | None) -> Spot:
        """The spot of a file in this one."""
        return Spot(f"{self.where}!{number}", self.depth + 1, mark or self.mark)


def read_file(document: Document, found: Findings, spot: Spot) -> None:
    """What the file holds, then what the files in it hold: each level whole before the next."""
    files: list[tuple[EmbeddedFile, Spot]] = []
    try:
        found.budget.check_depth(spot.depth)
        for item in read_document(document, found.budget):
            match item:
                case FoundLink():
                    link = item if item.opened_from else item._replace(opened_from=spot.mark)
                    found.add_link(link, LinkPlace.ATTACHMENT, spot.where)
                case Unread():
                    found.note(item.code, spot.part if item.of_part else spot.where)
                case EmbeddedFile():
                    outer = spot.inner(1, None) if item.wrapped else spot
                    inner = outer.inner(item.number or len(files) + 1, item.opened_from)
                    if item.whole and item.counts:
                        found.attachments.append(_member(item, inner.where))
                    files.append((item, inner))
    except Exception as error:
        found.note_end(error, spot.where)
    for file, inner in files:
        read_file(
            Document(file.content, file.content_type, file.name, "", found.passwords), found, inner
        )


def _member(file: EmbeddedFile, where: str) -> AttachmentFact:
    return AttachmentFact(
        sha256=hashlib.sha256(file.content).hexdigest(),
        filename=storable(file.name),
        size_bytes=len(file.content),
        content_type=storable(file.content_type),
        where=where,
        file_type=file_type(file.content),
    )


def storable(text: str) -> str:
    """Text that any database takes: no NUL, no lone surrogate."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
