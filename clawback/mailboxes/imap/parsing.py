"""What a server answered, as values: tokens, response codes, UID sets, messages of a FETCH.

Source of the grammar: RFC 9051, RFC 4315 (COPYUID), RFC 7162 (MODSEQ, VANISHED), RFC 8474 (EMAILID),
and Dovecot's own X-GUID.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from clawback.mailboxes.imap.handles import identity_of
from clawback.mailboxes.imap.wire import BadAnswer, Response

Token = bytes | None | list["Token"]
"""An atom, a string, NIL or a list."""

UID_MAX = 2**32 - 1
_DEPTH = 20
_SET_CHARACTERS = 6_000  # of one UID set that is sent; RFC 7162 section 4 bounds lines at 8,192
_SYSTEM_FLAGS = {
    b"\\seen": "Seen",
    b"\\answered": "Answered",
    b"\\flagged": "Flagged",
    b"\\deleted": "Deleted",
    b"\\draft": "Draft",
}
_TOKEN = re.compile(
    rb' *(?:(\()|(\))|"((?:[^"\\]|\\.)*)"|(BODY\[[^\]]{0,1000}\](?:<\d+>)?|[^\s()"]+))',
    re.IGNORECASE | re.DOTALL,
)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_STATUS_LINE = re.compile(
    rb"(?:[^ ]+) (OK|NO|BAD|BYE|PREAUTH)(?: \[([^\]\s]+)(?: ([^\]]*))?\])?", re.IGNORECASE
)
_RANGE = re.compile(r"([1-9][0-9]{0,9})(?::([1-9][0-9]{0,9}))?", re.ASCII)
# RFC 9051: date-day-fixed "-" date-month "-" date-year SP time SP zone.
_DATE = re.compile(rb"(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})")
_MONTHS = b"jan feb mar apr may jun jul aug sep oct nov dec".split()
# What Dovecot and Cyrus answer to ITEMS, in this order; anything else goes through the tokens.
_FAST_FETCH = re.compile(
    rb"\* \d+ FETCH \(UID (\d{1,10}) FLAGS \(([^()]*)\)(?: RFC822\.SIZE (\d{1,18}))?"
    rb"(?: (X-GUID|EMAILID) \(?([^\s()\"]+)\)?)?(?: MODSEQ \(\d+\))?\)",
)
_FETCH = re.compile(rb"\* \d+ FETCH \(", re.IGNORECASE)


class Status(NamedTuple):
    """The end of a command, or an untagged status: `code` in upper case, `arguments` of the code."""

    word: bytes
    code: bytes
    arguments: bytes


class Message(NamedTuple):
    """One message of a FETCH. What the answer does not tell is empty, and the size -1."""

    uid: int
    flags: frozenset[str]
    size_bytes: int
    identity: str = ""
    date: bytes = b""
    body: bytes | None = None
    all_flags: bytes = b""


def status_of(line: bytes) -> Status | None:
    """The status that a line tells, tagged or not; None for a line with data."""
    match = _STATUS_LINE.match(line)
    if match is None:
        return None
    return Status(match[1].upper(), (match[2] or b"").upper(), match[3] or b"")


def tokens_of(response: Response) -> list[Token]:
    """The tokens of a response, lists nested. Raises `BadAnswer`."""
    top: list[Token] = []
    stack = [top]
    for number, part in enumerate(response):
        if number % 2:
            stack[-1].append(part)
        else:
            _scan(part, stack)
    if len(stack) != 1:
        raise BadAnswer
    return top


def _scan(text: bytes, stack: list[list[Token]]) -> None:
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise BadAnswer
        position = match.end()
        opened, closed, quoted, atom = match.groups()
        if opened:
            inner: list[Token] = []
            stack[-1].append(inner)
            stack.append(inner)
            if len(stack) > _DEPTH:
                raise BadAnswer
        elif closed:
            if len(stack) == 1:
                raise BadAnswer
            stack.pop()
        elif quoted is not None:
            stack[-1].append(_ESCAPED.sub(rb"\1", quoted))
        else:
            stack[-1].append(None if atom.upper() == b"NIL" else atom)


def message_of(response: Response) -> Message | None:
    """The message of a FETCH response; None for any other, and for one without a UID."""
    match = _FAST_FETCH.fullmatch(response[0]) if len(response) == 1 else None
    if match is not None:
        uid, flags, size, kind, identity = match.groups()
        known = identity_of(kind, identity) if kind else ""
        return Message(int(uid), flags_of(flags), int(size or -1), known, b"", None, flags)
    if _FETCH.match(response[0]) is None:
        return None
    tokens = tokens_of(response)
    items = tokens[3] if len(tokens) == 4 else None
    return _message(items) if isinstance(items, list) else None


def _message(items: list[Token]) -> Message | None:
    pairs = {
        key.upper().partition(b"[")[0]: value
        for key, value in zip(items[::2], items[1::2], strict=False)
        if isinstance(key, bytes)
    }
    uid = number_of(pairs.get(b"UID"))
    if uid is None or not 0 < uid <= UID_MAX:
        return None
    flags, date, body = pairs.get(b"FLAGS"), pairs.get(b"INTERNALDATE"), pairs.get(b"BODY")
    given = flags if isinstance(flags, list) else []
    words = b" ".join(one for one in given if isinstance(one, bytes))
    size = number_of(pairs.get(b"RFC822.SIZE"))
    identity = ""
    for kind in (b"X-GUID", b"EMAILID"):
        value = pairs.get(kind)
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
        if isinstance(value, bytes):
            identity = identity_of(kind, value)
    if b"BODY" in pairs and body is None:
        body = b""  # NIL: a message without a byte
    return Message(
        uid,
        flags_of(words),
        -1 if size is None else size,
        identity,
        date if isinstance(date, bytes) else b"",
        body if isinstance(body, bytes) else None,
        words,
    )


def number_of(token: Token) -> int | None:
    """The number that a token is, or None."""
    return int(token) if isinstance(token, bytes) and token.isdigit() and len(token) < 20 else None


def moment_of(date: bytes) -> datetime | None:
    """The time of an INTERNALDATE, such as `17-Jul-1996 02:44:25 -0700`; None for what is none."""
    match = _DATE.fullmatch(date.strip())
    if match is None or (month := match[2].lower()) not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(match[place]) for place in (1, 3, 4, 5, 6))
    offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
    try:
        zone = timezone(-offset if match[7] == b"-" else offset)
        local = datetime(
            year, _MONTHS.index(month) + 1, day, hour, minute, min(second, 59), tzinfo=zone
        )
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=1024)
def flags_of(words: bytes) -> frozenset[str]:
    """The system flags among words, without the backslash; keywords are left out."""
    return frozenset(_SYSTEM_FLAGS[word] for word in words.lower().split() if word in _SYSTEM_FLAGS)


def ranges_of(text: bytes) -> list[tuple[int, int]]:
    """The ranges of a UID set, in its order. Raises `BadAnswer`."""
    found: list[tuple[int, int]] = []
    for part in text.decode("latin-1").split(","):
        match = _RANGE.fullmatch(part)
        if match is None:
            raise BadAnswer
        first, last = int(match[1]), int(match[2] or match[1])
        if max(first, last) > UID_MAX:
            raise BadAnswer
        found.append((min(first, last), max(first, last)))
    return found


def uids_of(text: bytes, *, at_most: int) -> list[int] | None:
    """The UIDs of a set, in its order; None for more than `at_most`. Raises `BadAnswer`.

    A server can name four thousand million of them in twenty characters.
    """
    ranges = ranges_of(text) if text else []
    if sum(last - first + 1 for first, last in ranges) > at_most:
        return None
    return [uid for first, last in ranges for uid in range(first, last + 1)]


def uid_sets(uids: Iterable[int]) -> Iterator[tuple[bytes, Sequence[int]]]:
    """The UIDs as sets that fit in a line, each with the UIDs that it names, ascending."""
    runs: list[list[int]] = []
    for uid in sorted(set(uids)):
        if runs and runs[-1][1] == uid - 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    texts: list[str] = []
    named: list[int] = []
    length = 0
    for first, last in runs:
        text = str(first) if first == last else f"{first}:{last}"
        if texts and length + len(text) >= _SET_CHARACTERS:
            yield ",".join(texts).encode(), named
            texts, named, length = [], [], 0
        texts.append(text)
        named.extend(range(first, last + 1))
        length += len(text) + 1
    if texts:
        yield ",".join(texts).encode(), named


def copied(status: Status, *, at_most: int) -> tuple[int, dict[int, int]] | None:
    """What a COPYUID says: the new UIDVALIDITY, and the new UID by the old one. Raises `BadAnswer`."""
    if status.code != b"COPYUID":
        return None
    words = status.arguments.split()
    if len(words) != 3 or not words[0].isdigit() or len(words[0]) > 10:
        raise BadAnswer
    old, new = (uids_of(word, at_most=at_most) for word in words[1:])
    if old is None or new is None or len(old) != len(new):
        raise BadAnswer
    return int(words[0]), dict(zip(old, new, strict=True))
