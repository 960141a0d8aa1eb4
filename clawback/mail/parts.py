"""The MIME parts of one message, whatever its bytes are.

fast-mail-parser reads the tree; the standard library reads what it can't: broken transfer
encodings, multiparts that lack their boundary, and messages that it refuses as a whole.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import NamedTuple

import fast_mail_parser
from fast_mail_parser import PyLazyMimePart

from clawback.mail.part_headers import (
    BOUNDED,
    charset_of,
    claimed_name,
    declared_text,
    named,
    value_of,
)
from clawback.mail.spellings import (
    MULTIPART,
    as_multipart,
    boundary_in,
    meant_multipart,
    usual_spelling,
)
from clawback.mail.transfer import decoded_from, encodings_meant, meant_encoding
from clawback.mail.uuencoded import may_hold_files, uuencoded_files
from models.limits import DEFAULT_LIMITS, Limits

# A mailbox separator, a byte order mark or blank lines before the first header.
_LEAD = re.compile(rb"(?:\xef\xbb\xbf)?(?:>?From [^\n]*\n)?(?:[ \t]*\r?\n)*")
_DECLARES_QP = re.compile(rb"^content-transfer-encoding:\s*quoted-printable", re.I | re.M)
HTML_TYPES = ("text/html", "text/x-amp-html")
_TEXTS = ("text/plain", *HTML_TYPES)
_HASHED = 10  # times the limit of parts, up to which files are still hashed
_SLOW_FROM_BYTES = 100_000
_MOST_STEPS = 10**10  # measured: half a second
_MOST_REREAD = 8  # times the message's size: multiparts that are spelled oddly, in one another


class Leaf(NamedTuple):
    """One part with content, decoded.

    `content_type` is the declared one, lower-case and without parameters; `where` the path of
    parts as in `AttachmentFact`. `nested` is True inside a nested message, `is_message` for that
    message as a file. `alone` is True for the only part of its message. `salvaged` marks the text
    of a multipart whose parts can't be told apart. `only_hashed` is a file that stands beyond the
    limit of parts.
    """

    where: str
    content_type: str
    charset: str
    filename: str
    disposition: str
    content: bytes
    nested: bool
    is_message: bool = False
    alone: bool = False
    salvaged: bool = False
    delsp: bool = False
    only_hashed: bool = False

    @property
    def depth(self) -> int:
        """How many messages deep the part stands."""
        return self.where.count("/")

    @property
    def is_attachment(self) -> bool:
        """True for what a reader sees as a file and not as the message's own text."""
        if self.disposition == "attachment" or self.content_type not in _TEXTS:
            return True
        return bool(self.filename) and not self.alone


class _Place(NamedTuple):
    """Where a part stands: child indexes from the root, and the path that people see."""

    steps: tuple[int, ...] = ()
    prefix: str = ""
    numbers: tuple[int, ...] = ()
    depth: int = 0

    @property
    def where(self) -> str:
        return self.prefix + (".".join(map(str, self.numbers)) or "1")

    def child(self, index: int, *, is_message: bool) -> _Place:
        steps = (*self.steps, index)
        if is_message:
            return _Place(steps, f"{self.where}/", (), self.depth + 1)
        return _Place(steps, self.prefix, (*self.numbers, index + 1), self.depth)


def without_lead(raw: bytes) -> bytes:
    """The message from its first header line on, in the usual spelling."""
    lead = _LEAD.match(raw)
    return usual_spelling(raw[lead.end() :] if lead and lead.end() else raw)


@dataclass(slots=True)
class PartReader:
    """Reads one message once; `problems` then holds (code, where) of what could not be read.

    `cut` says that a limit kept parts from being read.
    """

    raw: bytes
    limits: Limits = DEFAULT_LIMITS
    cut: bool = False
    problems: list[tuple[str, str]] = field(default_factory=list)
    _count: int = 0
    _reread_bytes: int = 0
    _standard: Message | None = None

    def leaves(self) -> list[Leaf]:
        """Every part with content, in the order of the message; never raises.

        A file that stands uuencoded in a text follows it, as part 1.2.1 of the text 1.2.
        """
        leaves: list[Leaf] = []
        for leaf in self._leaves():
            leaves.append(leaf)
            if not leaf.is_attachment and may_hold_files(leaf.content):
                leaves += self._uuencoded(leaf)
        return leaves

    def _leaves(self) -> list[Leaf]:
        try:
            if not _is_slow(self.raw):
                root = fast_mail_parser.parse_email_tree(self.raw, mode="lazy")
                return list(self._walk(root, _Place()))
        except Exception:
            # Native code may fail in any way; the message must not be lost for it.
            self._count = 0
        try:
            return list(self._walk_standard(self._standard_part(()), _Place()))
        except Exception:
            self.problems.append(("unparsable", ""))
            return [_leaf_of_bytes(self.raw)]

    def _uuencoded(self, leaf: Leaf) -> Iterator[Leaf]:
        for number, (name, content) in enumerate(uuencoded_files(leaf.content), start=1):
            place = _Place(prefix=f"{leaf.where}.{number}", depth=leaf.depth)
            is_read = self._allowed(place)
            if not is_read and not self._may_be_hashed(place):
                return
            yield Leaf(
                where=place.prefix,
                content_type="application/octet-stream",
                charset="",
                filename=name,
                disposition="attachment",
                content=content,
                nested=leaf.nested,
                only_hashed=not is_read,
            )

    def _allowed(self, place: _Place) -> bool:
        """Whether another part may be read there; each limit is recorded where it is first met."""
        self._count += 1
        if self._count <= self.limits.parts and place.depth <= self.limits.depth:
            return True
        self.cut = True
        code = "too-deep" if self._count <= self.limits.parts else "too-many-parts"
        if all(known != code for known, _ in self.problems):
            self.problems.append((code, place.where))
        return False

    def _may_be_hashed(self, place: _Place) -> bool:
        """Whether a file beyond the limit of parts is still hashed: junk before it must not hide it."""
        return self._count <= _HASHED * self.limits.parts and place.depth <= self.limits.depth

    def _walk(self, part: PyLazyMimePart, place: _Place) -> Iterator[Leaf]:
        is_read = self._allowed(place)
        if not is_read and not self._may_be_hashed(place):
            return
        children = part.children
        if not part.content_type.lower().startswith("multipart/"):
            for leaf in self._readings(part, place):
                if is_read:
                    yield leaf
                elif leaf.is_attachment:
                    yield leaf._replace(only_hashed=True)
        elif not children and is_read:
            yield from self._salvage(place)
        for index, child in enumerate(children):
            yield from self._walk(child, place.child(index, is_message=part.is_message))

    def _readings(self, part: PyLazyMimePart, place: _Place) -> Iterator[Leaf]:
        """The part, or the parts in it where its type means a multipart after all.

        Of one that names several encodings each reading: mail programs differ in which one counts.
        """
        leaf = self._leaf(part, place)
        types, encodings = named(part.headers)
        if any(MULTIPART in each.lower() for each in types):
            inner = self._reread(meant_multipart(types), leaf.content, place)
            if inner:
                yield from inner
                return
        yield leaf
        if len(encodings) > 1 and len(meant := encodings_meant(encodings)) > 1:
            yield from self._other_readings(leaf, place, meant)

    def _other_readings(self, leaf: Leaf, place: _Place, meant: list[str]) -> Iterator[Leaf]:
        try:
            part = copy(self._standard_part(place.steps))
            del part["Content-Transfer-Encoding"]
            raw = part.get_payload(decode=True)
            assert isinstance(raw, bytes)
            readings = [decoded_from(raw, encoding) for encoding in meant]
        except Exception:
            self.problems.append(("unreadable-part", place.where))
            return
        where = leaf.where
        for content in dict.fromkeys(readings):
            if content != leaf.content:
                where += ".0"
                yield leaf._replace(where=where, content=content, is_message=False)

    def _reread(self, declared: str, content: bytes, place: _Place) -> list[Leaf]:
        """The parts of a multipart, spelled anew; none where that tells no parts apart."""
        boundary = boundary_in(declared, content) if declared else None
        self._reread_bytes += len(content)
        if boundary is None or self._reread_bytes > _MOST_REREAD * len(self.raw):
            return []
        inner = PartReader(as_multipart(boundary, content), self.limits, problems=self.problems)
        inner._count, inner._reread_bytes = self._count, self._reread_bytes
        try:
            root = fast_mail_parser.parse_email_tree(inner.raw, mode="lazy")
            if not root.children:
                return []
            return list(inner._walk(root, place._replace(steps=())))
        except Exception:
            return []
        finally:
            self._count, self._reread_bytes = inner._count, inner._reread_bytes
            self.cut = self.cut or inner.cut

    def _leaf(self, part: PyLazyMimePart, place: _Place) -> Leaf:
        headers = part.headers
        charset, is_delsp = declared_text(value_of(headers, "Content-Type"))
        content = self._content(part, place)
        encoding = meant_encoding(value_of(headers, "Content-Transfer-Encoding"))
        if encoding:
            content = decoded_from(content, encoding)
        return Leaf(
            where=place.where,
            content_type=_known_type(part.content_type),
            charset=charset,
            filename=claimed_name(part, headers),
            disposition=(part.disposition or "").lower(),
            content=content,
            nested=place.depth > 0,
            # What was still encoded has no parts in the tree: it is read as a file.
            is_message=part.is_message and not encoding,
            alone=not place.numbers,
            delsp=is_delsp,
        )

    def _content(self, part: PyLazyMimePart, place: _Place) -> bytes:
        try:
            return part.content or b""
        except Exception:
            self.problems.append(("bad-transfer-encoding", place.where))
        try:
            return _decoded(self._standard_part(place.steps))
        except Exception:
            self.problems.append(("unreadable-part", place.where))
            return b""

    def _salvage(self, place: _Place) -> Iterator[Leaf]:
        """The parts that only the standard library can tell apart, else the undecoded text."""
        self.problems.append(("no-boundary", place.where))
        try:
            part = self._standard_part(place.steps)
            if part.is_multipart():
                yield from self._walk_standard(part, place)
                return
            declared = meant_multipart(map(str, part.get_all("Content-Type", ())))
            if inner := self._reread(declared, _decoded(part), place):
                yield from inner
                return
            content = part.as_bytes().partition(b"\n\n")[2]
        except Exception:
            content = b"" if place.steps else self.raw
        if _DECLARES_QP.search(content):
            content = quopri.decodestring(content)
        yield _leaf_of_bytes(content, where=place.where)

    def _standard_part(self, steps: tuple[int, ...]) -> Message:
        """The same part as the standard library sees it. Raises if it sees another tree."""
        if self._standard is None:
            self._standard = message_from_bytes(self.raw, policy=BOUNDED)
        part = self._standard
        for step in steps:
            payload = part.get_payload()
            part = payload[step]  # type: ignore[assignment,index]
        return part

    def _walk_standard(self, part: Message, place: _Place) -> Iterator[Leaf]:
        if not self._allowed(place):
            return
        is_message = part.get_content_type() == "message/rfc822"
        if is_message or not part.is_multipart():
            yield _standard_leaf(part, place, is_message=is_message)
        if part.is_multipart():
            for index, child in enumerate(part.get_payload()):
                below = place.child(index, is_message=is_message)
                yield from self._walk_standard(child, below)  # type: ignore[arg-type, unused-ignore]


def _is_slow(raw: bytes) -> bool:
    """True for what would take the native parser seconds: it looks for the end of an encoded word
    from each of its beginnings to the end of the header."""
    return len(raw) > _SLOW_FROM_BYTES and raw.count(b"=?") * len(raw) > _MOST_STEPS


def _standard_leaf(part: Message, place: _Place, *, is_message: bool) -> Leaf:
    declared = str(part.get("Content-Type", ""))
    content = part.get_payload(0).as_bytes() if is_message else _decoded(part)  # type: ignore[union-attr]
    return Leaf(
        where=place.where,
        content_type=part.get_content_type(),
        charset=charset_of(declared),
        filename=str(part.get_filename("")),
        disposition=str(part.get_content_disposition() or ""),
        content=content,
        nested=place.depth > 0,
        is_message=is_message,
        alone=not place.numbers,
        salvaged=part.get_content_maintype() == "multipart",
    )


def _known_type(declared: str) -> str:
    """The type in lower case; what is no type at all is text (RFC 2045, 5.2)."""
    plain = declared.partition("(")[0].strip() if "(" in declared else declared
    return plain.lower() if "/" in plain else "text/plain"


def _decoded(part: Message) -> bytes:
    if encoding := meant_encoding(str(part.get("Content-Transfer-Encoding", ""))):
        part.replace_header("Content-Transfer-Encoding", encoding)
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _leaf_of_bytes(content: bytes, *, where: str = "1") -> Leaf:
    return Leaf(
        where=where,
        content_type="text/plain",
        charset="",
        filename="",
        disposition="",
        content=content,
        nested="/" in where,
        alone=True,
        salvaged=True,
    )
