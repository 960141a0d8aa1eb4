"""What the header lines of a message say, read so that one bad line never costs another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.errors import MessageError
from email.header import decode_header
from email.utils import getaddresses, parsedate_to_datetime
from functools import lru_cache

from clawback.mail.charsets import decoded_text
from models.mails import Direction, OrganisationProfile

MAX_HEADER_BYTES = 1_000_000
_MAX_ADDRESS_CHARS = 100_000  # some two thousand recipients
_MAX_REMEMBERED_CHARS = 200
_MAX_DECODED_CHARS = (
    20_000  # decoding a header full of encoded words takes the square of its length
)
_FOLD = re.compile(r"\n[ \t]+")
# One line that is read, with those that continue it; the text starts with a line end of its own.
_LINE = re.compile(
    rb"\n(?=[madfsrtcl])(message-id|date|from|sender|return-path|to|cc|subject|received|authentication-results"
    rb"|list-unsubscribe)[ \t]*:([^\n]*(?:\n[ \t]+[^\n]*)*)",
    re.IGNORECASE,
)
_BLANK_LINE = re.compile(rb"\n\r?\n")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
# RFC 5322, 3.3, as nearly every sender writes it.
_DATE = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d\d?) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    r" ([12]\d{3}) (\d\d):(\d\d):(\d\d) (?:([+-])([01]\d)([0-5]\d)|GMT)(?: \([A-Z]{1,5}\))?",
    re.ASCII,
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBERS = {name: number for number, name in enumerate(_MONTHS, 1)}
# One mailbox as nearly every sender writes it, and the comma before another: the full parser is
# twenty times slower.
_SIMPLE = re.compile(
    r'(?:(?:"([^"\\]*)"|([^"<>@,;:()\\]*)) *<)?([^\s<>@,;:()"\\]+@[^\s<>@,;:()"\\]+)(>?)'
    r" ?(?:, ?(?=.)|$)"
)
_WORD = re.compile(r"(=\?[^?\s]+\?[bBqQ]\?[^?\n]*\?=)\s+(?==\?)")
# Tried at the start of a word alone: in a long word without "@" every letter would cost its length.
_ADDRESS = re.compile(r"(?<![^\s<>,;\"()])[^\s<>,;\"()]+@[^\s<>,;\"()]+")
_RECEIVED_BY = re.compile(r"\bby\s+([\w.-]+)", re.IGNORECASE)
_RECEIVED_IP = re.compile(
    r"[\[(](?:IPv6:)?((?:\d{1,3}\.){3}\d{1,3}|[0-9a-f.]*:[0-9a-f:.]+)[\])]", re.I
)


@dataclass(frozen=True, slots=True)
class Headers:
    """The header lines of one message by name in lower case, in order; unfolded when asked for."""

    lines: Mapping[str, Sequence[bytes]]

    def first(self, name: str) -> str:
        """The raw text of the first line of that name, "" if there is none."""
        values = self.lines.get(name)
        return _unfolded(values[0]) if values else ""

    def all(self, name: str) -> list[str]:
        """The raw texts of all lines of that name, topmost (latest) first."""
        return [_unfolded(value) for value in self.lines.get(name, ())]


NO_HEADERS = Headers({})


def read_headers(raw: bytes) -> Headers:
    """The header lines that facts are read from, up to the first blank line."""
    blank = _BLANK_LINE.search(raw, 0, MAX_HEADER_BYTES)
    end = blank.start() if blank else MAX_HEADER_BYTES
    if raw.startswith((b"\n", b"\r\n")):
        return NO_HEADERS
    block = raw[:end]
    if block.startswith(_WIDE_MARKS):
        block = decoded_text(block, "utf-8").encode("utf-8", "replace")
    block = block.replace(b"\0", b"")
    lines: dict[str, list[bytes]] = {}
    for name, value in _LINE.findall(b"\n" + block):
        lines.setdefault(name.decode("ascii").lower(), []).append(value)
    return Headers(lines)


def _unfolded(value: bytes) -> str:
    text = value.decode("utf-8", "replace").strip()
    if not ("\n" in text or "\t" in text or "\r" in text):
        return text
    if "\n" in text:
        text = _FOLD.sub(" ", text.replace("\r\n", "\n"))
    return text.replace("\t", " ").replace("\r", " ").strip()


def decoded(raw: str) -> str:
    """A header's text with its encoded words decoded; as it stands where they are broken.

    Of a text longer than any that people write, what follows stands as it is too.
    """
    if "=?" not in raw:
        return raw
    if len(raw) > _MAX_DECODED_CHARS:
        return decoded(raw[:_MAX_DECODED_CHARS]) + raw[_MAX_DECODED_CHARS:]
    try:
        pieces = decode_header(_WORD.sub(r"\1", raw))
        return "".join(
            decoded_text(text, charset or "") if isinstance(text, bytes) else text
            for text, charset in pieces
        )
    except (MessageError, ValueError, LookupError, AssertionError):
        return raw


def collapsed(text: str) -> str:
    """The text with every run of blanks as one."""
    return " ".join(text.split())


def addresses(raw: str) -> Sequence[tuple[str, str]]:
    """(display name, address in lower case) of every mailbox in an address header."""
    if "@" not in raw:
        return ()
    return _remembered(raw) if len(raw) <= _MAX_REMEMBERED_CHARS else _addresses(raw)


def _addresses(raw: str) -> Sequence[tuple[str, str]]:
    raw = collapsed(raw[:_MAX_ADDRESS_CHARS])
    if (simple := _simple_addresses(raw)) is not None:
        return simple
    try:
        pairs = getaddresses([raw])
    except Exception:
        # The standard library raises many kinds of errors on hostile address lists.
        pairs = []
    found = [(collapsed(decoded(name)), address.strip().lower()) for name, address in pairs]
    found = [pair for pair in found if "@" in pair[1]]
    if found or "@" not in raw:
        return found
    return [("", address.lower()) for address in _ADDRESS.findall(decoded(raw))]


# A mailbox gets most of its mail to one name, from few senders.
_remembered = lru_cache(maxsize=4096)(_addresses)


def _simple_addresses(raw: str) -> list[tuple[str, str]] | None:
    """The mailboxes of a plainly written header; None if the full parser has to read it."""
    found: list[tuple[str, str]] = []
    end = 0
    while end < len(raw):
        match = _SIMPLE.match(raw, end)
        bracketed = match is not None and (match[1] is not None or match[2] is not None)
        if match is None or bool(match[4]) is not bracketed:
            return None
        found.append((collapsed(decoded(match[1] or match[2] or "")), match[3].lower()))
        end = match.end()
    return found


def sent_at(raw: str) -> datetime | None:
    """The Date header as aware UTC; None if it can't be read. Without a zone it is UTC."""
    try:
        if match := _DATE.fullmatch(raw):
            return _usual_date(match)
        moment = parsedate_to_datetime(raw)
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except Exception:
        # ValueError, TypeError, IndexError, OverflowError: depends on what is broken.
        return None


def _usual_date(match: re.Match[str]) -> datetime:
    """The moment of a date in the usual form. Raises `ValueError` where there is no such day."""
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
    offset = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0))
    return datetime(
        int(year),
        _MONTH_NUMBERS[month],
        int(day),
        int(hour),
        int(minute),
        int(second),
        tzinfo=timezone(-offset if sign == "-" else offset),
    ).astimezone(UTC)


def client_ip(received: Iterable[str], trusted_relays: frozenset[str]) -> str:
    """The address that handed the mail to the outermost trusted relay; "" if none is trusted.

    Received lines stand latest first. Lines count only as long as the host that wrote them
    ("by") is a trusted relay: everything below is the sender's to invent.
    """
    address = ""
    for line in received:
        by = _RECEIVED_BY.search(line)
        if by is None or not _is_trusted(by[1].lower(), trusted_relays):
            break
        if match := _RECEIVED_IP.search(line, 0, by.start()):
            address = match[1].lower()
    return address


def _is_trusted(host: str, relays: frozenset[str]) -> bool:
    return any(host == relay or host.endswith(f".{relay}") for relay in map(str.lower, relays))


def authentication_results(values: Iterable[str], authserv_ids: frozenset[str]) -> str:
    """The topmost Authentication-Results that a configured server wrote, else ""."""
    known = {name.lower() for name in authserv_ids}
    for value in values:
        words = value.partition(";")[0].split()
        if words and words[0].lower() in known:
            return collapsed(value)
    return ""


def direction(sender: str, recipients: Iterable[str], profile: OrganisationProfile) -> Direction:
    """The way of a mail by its From and its recipients' domains.

    From can be forged: Intra-org says what the header claims, not who sent it.
    """
    if not profile.domains or "@" not in sender:
        return Direction.UNKNOWN
    outside = [address for address in recipients if not _is_ours(address, profile)]
    if not _is_ours(sender, profile):
        return Direction.INBOUND
    return Direction.OUTBOUND if outside else Direction.INTRA_ORG


def _is_ours(address: str, profile: OrganisationProfile) -> bool:
    return address.rpartition("@")[2].lower() in profile.domains
