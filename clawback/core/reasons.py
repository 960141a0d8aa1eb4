"""Why a message is in a cluster, in words that are safe to show anywhere.

What the message wrote (the raw form of a link, a file's name) is made inert here, once: the words are
stored with the member and shown as they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

from clawback.core.showing import inert, shortened, show_url
from models.clusters import Match, Member

SAME_MAIL = "the same mail as another message here"
"""Of a member whose mail key the cluster has already: the same content, one more copy."""

REASONS_SHOWN = 5

_RAW_LIMIT = 100
_NAME_LIMIT = 60
_SCHEME = re.compile(r"(?:https?|ftp)(?=:)", re.IGNORECASE)
_PART = re.compile(r"[0-9./!]{1,64}|Subject|List-Unsubscribe")
_MARK = re.compile(r"([a-z]{1,20}):([A-Za-z0-9_.-]{1,40})")
_MARKS: Mapping[str, str] = {
    "script:atob": "decoded from base64 in a script",
    "script:unescape": "decoded from escapes in a script",
    "script:concatenation": "put together by a script",
    "archive:password": "inside an archive with a password",
    "pdf:password": "inside a PDF with a password",
    "image:qr": "read from a QR code",
}
"""The marks of `UrlFact.opened_from` that are no wrapper's URL."""


def with_reasons(members: Sequence[Member], matches: Mapping[int, Match]) -> tuple[Member, ...]:
    """The members, each with the part, raw form and wrapper or container of its match.

    A member whose mail is among those before it says so. One without a match keeps its words.
    """
    seen: set[int] = set()
    explained: list[Member] = []
    for member in members:
        found = matches.get(member.mail_id)
        words = member.why if found is None else match_words(found)
        if member.mail_id in seen:
            words = f"{words}; {SAME_MAIL}"
        seen.add(member.mail_id)
        explained.append(member._replace(why=words))
    return tuple(explained)


def most_frequent_reasons(members: Sequence[Member]) -> list[tuple[str, int]]:
    """The reasons that most members share, with their numbers."""
    return Counter(member.why for member in members).most_common(REASONS_SHOWN)


@lru_cache(maxsize=4096)
def match_words(match: Match) -> str:
    """Such as "link in Body, part 1.2, written hxxps://host[.]tld/x, opened from hxxps://…"."""
    parts = _link(match) if match.location else _file(match)
    if match.opened_from:
        parts.append(opened_words(match.opened_from))
    if match.places > 1:
        parts.append(f"{match.places - 1:,} more of it in this message")
    return ", ".join(part for part in parts if part)


def opened_words(opened_from: str) -> str:
    """The wrapper that a link was opened from, defanged, or the way in that a mark names."""
    mark = _MARK.fullmatch(opened_from)
    if mark is None:
        return f"opened from {shortened(show_url(opened_from), _RAW_LIMIT)}"
    return _MARKS.get(opened_from, f"read from {mark[1]} ({inert(mark[2])})")


def _link(match: Match) -> list[str]:
    return [
        f"link in {inert(match.location, 20)}",
        _part(match.part),
        f"written {_raw(match.raw)}",
    ]


def _raw(raw: str) -> str:
    """The characters of a link, defanged; what stands behind its path names recipients at times."""
    plain = _SCHEME.sub(lambda found: found[0].lower(), raw.strip())
    shown = show_url(re.split(r"[?#]", plain, maxsplit=1)[0])
    return shortened(shown, _RAW_LIMIT) + ("?…" if re.search(r"[?#]", plain) else "")


def _file(match: Match) -> list[str]:
    kind = f"{inert(match.file_type, 20)} file" if match.file_type else "file"
    name = f"named {inert(match.raw, _NAME_LIMIT)}" if match.raw else "without a name"
    return [f"{kind} of {match.size_bytes:,} bytes", _part(match.part), name]


def _part(part: str) -> str:
    """The path of parts; in an archive also the number of the member, at each level."""
    if not _PART.fullmatch(part):
        return "part ?"
    outer, *inner = part.split("!")
    return f"part {outer}" + "".join(f", member {number} of the archive" for number in inner)
