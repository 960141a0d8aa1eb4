"""Which rows of the mirror some changes touch.

A move of one copy of a mail touches that copy; a verdict, a setting or new facts touch every copy of
the mails that they are about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from clawback.core.clustering import excluded_mailboxes
from clawback.store.cases.alerts import indicator_of
from clawback.store.database import Database
from clawback.store.mirror.changes import Change
from clawback.store.mirror.threats import how_known, mails_with, simulations_of
from clawback.store.settings import read_settings
from models.indicators import Verdict
from models.tables.catalog import copies, mailboxes, post_delivery_events, verdicts

_KEYS_AT_ONCE = 10_000


@dataclass(slots=True)
class Touched:
    """Numbers of rows: `copies` with all that is about each, `links` the mails whose links to read."""

    copies: set[int] = field(default_factory=set)
    links: set[int] = field(default_factory=set)
    actions: set[int] = field(default_factory=set)
    investigations: set[int] = field(default_factory=set)
    clicks: set[int] = field(default_factory=set)


def touched_by(
    database: Database, connection: Connection, changes: Iterable[Sequence[int]]
) -> Touched:
    """The rows that the changes (kind, number) touch, as this transaction sees them."""
    by_kind: dict[int, set[int]] = defaultdict(set)
    for kind, number in changes:
        by_kind[kind].add(number)
    found = Touched(
        copies=by_kind[Change.COPY] | by_kind[Change.ARRIVAL],
        actions=by_kind[Change.ACTION],
        investigations=by_kind[Change.INVESTIGATION],
        clicks=by_kind[Change.CLICK],
    )
    events = post_delivery_events.c
    found.copies |= _find(database, connection, events.copy_id, events.id, by_kind[Change.EVENT])
    arrived = _find(database, connection, copies.c.mail_id, copies.c.id, by_kind[Change.ARRIVAL])
    found.links |= arrived | by_kind[Change.MAIL]
    mails = set(by_kind[Change.MAIL])
    mails |= _of_verdicts(database, connection, by_kind[Change.VERDICT])
    for version in by_kind[Change.SETTINGS]:
        mails |= _of_settings(database, connection, version, found.copies)
    found.copies |= _find(database, connection, copies.c.id, copies.c.mail_id, mails)
    return found


def _find(
    database: Database,
    connection: Connection,
    wanted: object,
    key: object,
    numbers: Collection[int],
) -> set[int]:
    """The values of one column in the rows where another has one of these numbers."""
    ordered = sorted(numbers)
    found: set[int] = set()
    for start in range(0, len(ordered), _KEYS_AT_ONCE):
        some = ordered[start : start + _KEYS_AT_ONCE]
        statement = select(wanted).where(database.among(key, some))  # type: ignore[call-overload, arg-type]
        found.update(connection.execute(statement).scalars())
    return found


def _of_verdicts(database: Database, connection: Connection, numbers: Collection[int]) -> set[int]:
    """The mails about which verdicts say something that was not said before."""
    found = verdicts.c
    named = (found.kind, found.value, found.given, found.match)
    indicators = []
    for number in sorted(numbers):
        statement = select(*named, found.verdict, found.source).where(found.id == number)
        row = connection.execute(statement).first()
        if row is None or row[4] == Verdict.UNKNOWN.value:
            continue
        if _shown(row[4:]) != _shown_before(connection, number, row):
            indicators.append(indicator_of(row[:4]))
    return mails_with(database, connection, indicators)


def _shown_before(connection: Connection, number: int, row: Sequence[object]) -> str:
    """What was shown of the same indicator until this verdict came."""
    found = verdicts.c
    is_same = (found.kind == row[0]) & (found.value == row[1]) & (found.match == row[3])
    statement = select(found.verdict, found.source).where(
        is_same, found.id < number, found.verdict != Verdict.UNKNOWN.value
    )
    return _shown(connection.execute(statement.order_by(found.id.desc()).limit(1)).first())


def _shown(said: Sequence[str] | None) -> str:
    """What the mirror shows of a verdict and its source: nothing but threats."""
    return how_known(said[1]) if said and said[0] == Verdict.MALICIOUS.value else ""


def _of_settings(
    database: Database, connection: Connection, version: int, touched: set[int]
) -> set[int]:
    """The mails with a link that a version excludes anew or no more; copies go to `touched`."""
    now, _ = read_settings(connection, version)
    before, _ = read_settings(connection, version - 1)
    boxes = excluded_mailboxes(now) ^ excluded_mailboxes(before)
    if boxes:
        is_one = func.lower(mailboxes.c.address).in_(sorted(boxes))
        statement = select(copies.c.id).join(mailboxes).where(is_one)
        touched.update(connection.execute(statement).scalars())
    links = set(simulations_of(now)) ^ set(simulations_of(before))
    return mails_with(database, connection, sorted(links, key=lambda each: each.value))
