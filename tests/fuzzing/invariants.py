"""What must hold of the facts of any bytes at all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import timedelta

from clawback.core.urls import canonical_url
from models.limits import Limits
from models.mails import AttachmentFact, LinkPlace, MailFacts, UrlFact

_HASH = re.compile(r"[0-9a-f]{64}")
# ".0" is a part read once more, by another encoding that it names; files may stand in its text.
_PARTS = r"[1-9]\d*(?:\.(?:0|[1-9]\d*))*"
_PLACE = re.compile(rf"{_PARTS}(?:/{_PARTS})*(?:![1-9]\d*)*")
_CODE = re.compile(r"[a-z]+(?:-[a-z]+)*")
_MARK = re.compile(r"(?:script|archive|image|pdf):[a-z]+")
_HASHED = 10  # docs/limits.md: files among so many times the parts that are read are still hashed
_NO_BYTES = hashlib.sha256(b"").hexdigest()


def broken_rules(raw: bytes, facts: MailFacts, limits: Limits) -> list[str]:
    """The names of the rules that do not hold, each once; empty if all is well."""
    found = [
        *_of_message(raw, facts),
        *_of_limits(facts, limits),
        *(rule for fact in facts.attachments for rule in _of_file(fact)),
        *(rule for fact in (*facts.urls, *facts.header_urls) for rule in _of_link(fact)),
    ]
    return list(dict.fromkeys(found))


def _of_message(raw: bytes, facts: MailFacts) -> Iterator[str]:
    if facts.content_sha256 != hashlib.sha256(raw).hexdigest() or facts.size_bytes != len(raw):
        yield "the message's hash and size are those of its bytes"
    if not _HASH.fullmatch(facts.mail_key):
        yield "a mail's key is a hash"
    if facts.sent_at is not None and facts.sent_at.utcoffset() != timedelta(0):
        yield "times are in UTC"
    addresses = (facts.from_address, facts.sender_address, facts.return_path, *facts.to, *facts.cc)
    if any(address != address.lower() for address in addresses):
        yield "addresses are in lower case"
    if not all(map(_is_storable, _texts(facts))):
        yield "every text can be stored"
    for problem in facts.problems:
        if not _CODE.fullmatch(problem.code):
            yield "a problem's code is a constant"
        if problem.where and not _PLACE.fullmatch(problem.where):
            yield "a problem's place is a path"
    if len(set(facts.problems)) < len(facts.problems):
        yield "a problem is told once"


def _of_limits(facts: MailFacts, limits: Limits) -> Iterator[str]:
    if len(facts.urls) > limits.links or len(facts.header_urls) > limits.links:
        yield "there are no more links than the limit"
    if len(facts.attachments) > _HASHED * limits.parts + limits.members:
        yield "there are no more files than the limits"
    places = [fact.where for fact in facts.attachments]
    if len(set(places)) < len(places):
        yield "each file has a place of its own"
    links = [(fact.url, fact.location, fact.opened_from) for fact in facts.urls]
    if len(set(links)) < len(links):
        yield "a link is told once for each place"


def _of_file(fact: AttachmentFact) -> Iterator[str]:
    if not _HASH.fullmatch(fact.sha256) or fact.size_bytes < 0:
        yield "a file has a hash and a size"
    if (fact.sha256 == _NO_BYTES) != (fact.size_bytes == 0):
        yield "the empty hash is that of empty files"
    if not _PLACE.fullmatch(fact.where):
        yield "a file's place is a path"


def _of_link(fact: UrlFact) -> Iterator[str]:
    again = canonical_url(fact.url)
    if again is None or again.url != fact.url or again.host != fact.host:
        yield "the canonical form of a canonical form is itself"
    mark = fact.opened_from
    if mark is not None and not _MARK.fullmatch(mark):
        wrapper = canonical_url(mark)
        if wrapper is None or wrapper.url != mark:
            yield "a link was opened from a link or by a known trick"
    in_header = fact.location in (LinkPlace.HEADER, LinkPlace.SUBJECT)
    if not in_header and not _PLACE.fullmatch(fact.where):
        yield "a link's place is a path"


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _texts(one)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))


def _is_storable(text: str) -> bool:
    if text.isascii():
        return "\0" not in text
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
