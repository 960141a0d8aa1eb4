"""Messages that are attached as files (`.eml`, `.mht`) and not as parts of the message."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clawback.mail.charsets import decoded_text
from clawback.mail.found import EmbeddedFile, Found, Unread
from clawback.mail.html import links_in_html, looks_like_html
from clawback.mail.limits import Budget
from clawback.mail.parts import HTML_TYPES, Leaf, PartReader, without_lead
from clawback.mail.text import links_in_text

_HEAD_BYTES = 16_384
_FIRST = re.compile(
    rb"(?:received|return-path|delivered-to|from|to|date|subject|message-id|mime-version|content-type"
    rb"|x-[\w-]+|dkim-signature|arc-[\w-]+|authentication-results|reply-to|snapshot-content-location)"
    rb":[^\n]*\n",
    re.IGNORECASE,
)
_PROOF = re.compile(rb"^(?:mime-version|content-type|message-id|received):", re.I | re.M)


def is_mail(content: bytes) -> bool:
    """True for what begins with the header of a message."""
    head = without_lead(content[:_HEAD_BYTES])
    return _FIRST.match(head) is not None and _PROOF.search(head) is not None


def read_mail(content: bytes, budget: Budget) -> Iterator[Found]:
    """Links of the message's texts, and the files that it carries. Raises `LimitReached`.

    A message in it is one of the files, and is read in its turn.
    """
    reader = PartReader(without_lead(content), budget.limits)
    leaves = reader.leaves()
    budget.take_objects(len(leaves))
    for code, _ in reader.problems:
        yield Unread(code)
    for leaf in leaves:
        if leaf.nested:
            continue
        if leaf.is_attachment:
            budget.take_members()
            budget.take_bytes(len(leaf.content))
            yield EmbeddedFile(leaf.filename, leaf.content, content_type=leaf.content_type)
        else:
            yield from _links_of_text(leaf, budget)


def _links_of_text(leaf: Leaf, budget: Budget) -> Iterator[Found]:
    most = budget.limits.text_bytes
    if len(leaf.content) > most:
        yield Unread("too-large")
    text = decoded_text(leaf.content[:most], leaf.charset)
    if leaf.content_type in HTML_TYPES or looks_like_html(text):
        yield from links_in_html(text, budget)
    else:
        yield from links_in_text(text, delsp=leaf.delsp)
