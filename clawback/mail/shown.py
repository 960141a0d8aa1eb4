"""What a person reads of a message: a few headers, its own text, the names of its files. Never HTML.

Pages are read as the text that they show; nothing that they name is fetched, nothing is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from clawback.mail import headers as header
from clawback.mail.charsets import decoded_text
from clawback.mail.findings import storable
from clawback.mail.html import looks_like_html, text_of_page
from clawback.mail.parts import HTML_TYPES, Leaf, PartReader, without_lead
from models.limits import Limits
from models.mails import MessageHead

HEADERS = ("from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id")
"""What is shown of the header, as it claims to be."""

_HEADER_CHARACTERS = 2_000
_NAMES = 100


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file of a message: what it is called and claims to be, and its size. It is not opened."""

    name: str
    content_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """What a person may read; `truncated` where there is more. All texts are hostile."""

    headers: Mapping[str, str]
    text: str
    files: tuple[ShownFile, ...]
    truncated: bool


def shown_message(raw: bytes | MessageHead, characters: int, limits: Limits) -> ShownMessage:
    """The message as a person reads it, up to so many characters of its text.

    Of a message in several forms all are shown, one after the other: what differs between them is
    what an analyst wants to see.
    """
    stored = raw if isinstance(raw, bytes) else raw.raw
    message = without_lead(stored[: limits.message_bytes])
    reader = PartReader(message, limits)
    leaves = reader.leaves()
    text = "\n\n".join(part for part in _texts(leaves, limits) if part)
    files = [leaf for leaf in leaves if leaf.is_attachment]
    return ShownMessage(
        headers=_headers(message),
        text=storable(text[:characters]),
        files=tuple(_file(leaf) for leaf in files[:_NAMES]),
        truncated=(
            len(text) > characters
            or reader.cut
            or len(files) > _NAMES
            or any(len(leaf.content) > limits.text_bytes for leaf in leaves)
            or not isinstance(raw, bytes)
        ),
    )


def _headers(message: bytes) -> dict[str, str]:
    fields = header.read_headers(message)
    found = ((name, header.decoded(fields.first(name))) for name in HEADERS)
    return {name: storable(value[:_HEADER_CHARACTERS]) for name, value in found if value}


def _texts(leaves: Sequence[Leaf], limits: Limits) -> Iterator[str]:
    for leaf in leaves:
        if leaf.is_attachment:
            continue
        text = decoded_text(leaf.content[: limits.text_bytes], leaf.charset)
        if leaf.content_type in HTML_TYPES or looks_like_html(text):
            text = text_of_page(text)
        yield text.strip()


def _file(leaf: Leaf) -> ShownFile:
    return ShownFile(storable(leaf.filename), storable(leaf.content_type), len(leaf.content))
