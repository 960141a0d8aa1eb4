"""Finding: all live copies whose mail carries an indicator, and why each is one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Select,
    Text,
    bindparam,
    select,
    type_coerce,
)

from clawback.store.index.refs import COPIES, REF_COLUMNS, ref_of
from clawback.store.keys import is_sha256, path_text, text_key
from models.clusters import Member
from models.indicators import Indicator, IndicatorKind, UrlMatch
from models.mails import LinkPlace
from models.tables.catalog import copies, mail_files, mail_urls, urls
from models.tables.columns import storable

TRIVIAL_BYTES = 16
"""Files of this size or less are in much harmless mail and never match."""

SEARCHED = (LinkPlace.BODY, LinkPlace.ATTACHMENT, LinkPlace.QR_CODE)
"""Where a link counts; those of Subject and header never cluster by themselves."""

AT_ONCE = 1_000
"""Rows that are read at once."""

# The columns behind those of a reference.
_MAIL_ID, _POSITION, _DETAILS = (len(REF_COLUMNS) + number for number in range(3))
_PART = re.compile(r"[0-9./!]{1,64}")


def find_members(connection: Connection, indicator: Indicator) -> tuple[Member, ...]:
    """The members, by copy id; a mail that carries the indicator twice shows its first place."""
    match indicator.kind:
        case IndicatorKind.FILE:
            if not is_sha256(indicator.value):
                return ()
            rows = connection.execute(_FILES, {"key": indicator.value})
            return _members(rows.partitions(AT_ONCE), _why_file)
        case IndicatorKind.SELECTION:
            return ()
        case IndicatorKind.URL:
            rows = _links(connection, indicator)
            return _members(
                rows.partitions(AT_ONCE), _why_link, lambda row: _is_meant(row, indicator)
            )


def _links(connection: Connection, indicator: Indicator) -> CursorResult[Any]:
    match indicator.match:
        case UrlMatch.EXACT:
            return connection.execute(_LINKS, {"key": text_key(indicator.value)})
        case UrlMatch.PATH:
            return connection.execute(_LINKS_BY_PATH, {"key": text_key(path_text(indicator.value))})


def _select(source: Any, *columns: Any) -> Select[Any]:
    return (
        select(*REF_COLUMNS, *columns)
        .select_from(source)
        .where(copies.c.gone_at.is_(None))
        .order_by(copies.c.id, columns[1])
    )


def _files() -> Select[Any]:
    found = mail_files.c
    return _select(
        COPIES.join(mail_files, found.mail_id == copies.c.mail_id),
        found.mail_id,
        found.position,
        type_coerce(found.part, Text),
        found.size_bytes,
    ).where(found.sha256 == bindparam("key"), found.size_bytes > TRIVIAL_BYTES)


def _link_select(key: ColumnElement[Any]) -> Select[Any]:
    found = mail_urls.c
    source = COPIES.join(mail_urls, found.mail_id == copies.c.mail_id).join(
        urls, urls.c.id == found.url_id
    )
    columns = (found.mail_id, found.position, found.location, found.is_opened, urls.c.url)
    return _select(source, *columns).where(
        found.location.in_([place.value for place in SEARCHED]), key == bindparam("key")
    )


# Made once: a look-up of one copy takes less time than the making of its statement.
_FILES = _files()
_LINKS = _link_select(urls.c.exact_key)
_LINKS_BY_PATH = _link_select(urls.c.path_key)


def _is_meant(row: Sequence[Any], indicator: Indicator) -> bool:
    """The final check by text: the keys are only the first half of a hash."""
    url = row[_DETAILS + 2]
    if indicator.match is UrlMatch.EXACT:
        return bool(url == storable(indicator.value))
    return path_text(url) == storable(path_text(indicator.value))


def _members(
    pieces: Iterable[Sequence[Sequence[Any]]],
    why: Callable[[Sequence[Any]], str],
    is_meant: Callable[[Sequence[Any]], bool] | None = None,
) -> tuple[Member, ...]:
    """The members in some rows, read in pieces: ten thousand rows at once keep the collector busy."""
    members: list[Member] = []
    by_mail: dict[tuple[str, int, str], int] = {}
    twins: dict[int, list[int]] = defaultdict(list)
    last = 0
    for piece in pieces:
        for row in piece:
            if row[0] == last or (is_meant is not None and not is_meant(row)):
                continue
            last = row[0]
            first = by_mail.setdefault((row[2], row[_MAIL_ID], row[1]), len(members))
            if first != len(members):
                twins[first].append(len(members))
            members.append(Member(ref_of(row), row[_MAIL_ID], why(row)))
    for first, others in twins.items():
        _make_siblings(members, [first, *others])
    return tuple(members)


def _make_siblings(members: list[Member], positions: Sequence[int]) -> None:
    """Tell copies of one mail in one mailbox of each other."""
    handles = {position: members[position].ref.place.handle for position in positions}
    for position in positions:
        others = frozenset(handle for other, handle in handles.items() if other != position)
        member = members[position]
        members[position] = member._replace(ref=member.ref._replace(siblings=others))


def _why_file(row: Sequence[Any]) -> str:
    return _file_words(row[_DETAILS], row[_DETAILS + 1])


@lru_cache(maxsize=1024)
def _file_words(part: str, size_bytes: int) -> str:
    """The part's number and the size: never what the message calls the file."""
    return f"attachment {part if _PART.fullmatch(part) else '?'}, {size_bytes} bytes"


def _why_link(row: Sequence[Any]) -> str:
    location, is_opened = row[_DETAILS], row[_DETAILS + 1]
    return f"link in {location}, opened from a wrapper" if is_opened else f"link in {location}"
