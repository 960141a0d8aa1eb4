"""Finding: all live copies whose mail carries an indicator, and why each is one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from clawback.store.index.refs import (
    COPIES,
    NO_SIBLINGS,
    REF_COLUMNS,
    ref_of,
    siblings_within,
)
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

_MAIL_ID, _POSITION, _DETAILS = 8, 9, 10  # the columns behind those of a reference
_PART = re.compile(r"[0-9./]{1,64}")


def find_members(connection: Connection, indicator: Indicator) -> tuple[Member, ...]:
    """The members, by copy id; a mail that carries the indicator twice shows its first place."""
    match indicator.kind:
        case IndicatorKind.FILE:
            if not is_sha256(indicator.value):
                return ()
            rows = connection.execute(_files(indicator.value)).all()
            return _members(rows, _why_file)
        case IndicatorKind.URL:
            rows = connection.execute(_links(indicator)).all()
            return _members([row for row in rows if _is_meant(row, indicator)], _why_link)


def _files(sha256: str) -> Select[Any]:
    found = mail_files.c
    return _select(
        COPIES.join(mail_files, found.mail_id == copies.c.mail_id),
        found.mail_id,
        found.position,
        found.part,
        found.size_bytes,
    ).where(found.sha256 == sha256, found.size_bytes > TRIVIAL_BYTES)


def _links(indicator: Indicator) -> Select[Any]:
    found = mail_urls.c
    source = COPIES.join(mail_urls, found.mail_id == copies.c.mail_id).join(
        urls, urls.c.id == found.url_id
    )
    columns = (found.mail_id, found.position, found.location, found.is_opened, urls.c.url)
    statement = _select(source, *columns).where(
        found.location.in_([place.value for place in SEARCHED])
    )
    match indicator.match:
        case UrlMatch.EXACT:
            return statement.where(urls.c.exact_key == text_key(indicator.value))
        case UrlMatch.PATH:
            return statement.where(urls.c.path_key == text_key(path_text(indicator.value)))


def _select(source: Any, *columns: Any) -> Select[Any]:
    return (
        select(*REF_COLUMNS, *columns)
        .select_from(source)
        .where(copies.c.gone_at.is_(None))
        .order_by(copies.c.id, columns[1])
    )


def _is_meant(row: Sequence[Any], indicator: Indicator) -> bool:
    """The final check by text: the keys are only the first half of a hash."""
    url = row[_DETAILS + 2]
    if indicator.match is UrlMatch.EXACT:
        return bool(url == storable(indicator.value))
    return path_text(url) == storable(path_text(indicator.value))


def _members(
    rows: Sequence[Sequence[Any]], why: Callable[[Sequence[Any]], str]
) -> tuple[Member, ...]:
    siblings = siblings_within(rows)
    members: list[Member] = []
    last = 0
    for row in rows:
        if row[0] != last:
            last = row[0]
            ref = ref_of(row, siblings.get(last, NO_SIBLINGS))
            members.append(Member(ref, row[_MAIL_ID], why(row)))
    return tuple(members)


def _why_file(row: Sequence[Any]) -> str:
    """The part's number and the size: never what the message calls the file."""
    part, size_bytes = row[_DETAILS], row[_DETAILS + 1]
    return f"attachment {part if _PART.fullmatch(part) else '?'}, {size_bytes} bytes"


def _why_link(row: Sequence[Any]) -> str:
    location, is_opened = row[_DETAILS], row[_DETAILS + 1]
    return f"link in {location}, opened from a wrapper" if is_opened else f"link in {location}"
