"""The Explorer over a real mirror: what it finds is what the database itself says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clawback.core.exploring import kind_of
from clawback.core.report_ids import report_id
from clawback.errors import BadInput, NotFound
from clawback.hunting.explorer import emails as emails_module
from clawback.hunting.explorer import explorer as explorer_module
from clawback.hunting.explorer.conditions import Clause, naive
from clawback.hunting_ports import EmailExplorer
from clawback.services.explore import read_filter
from clawback.services.sync import sync
from models.explore import (
    Bucket,
    Comparison,
    Condition,
    ExploredEmail,
    ExploreField,
    ExploreFilter,
    ExploreOrder,
    ExplorePlace,
    ExploreView,
    FieldKind,
    Match,
    Pivot,
)
from tests.hunting.organisation import (
    BOXES,
    MALWARE_SHA256,
    PHISH,
    Organisation,
    build_organisation,
    empty_organisation,
)
from tests.hunting.store_sql import store_rows
from tests.services.scene import message

ALL = 1_000


@pytest.fixture(scope="module")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organisation]:
    built = build_organisation(tmp_path_factory.mktemp("organisation"))
    yield built
    built.close()


@pytest.fixture(scope="module")
def explorer(organisation: Organisation) -> EmailExplorer:
    assert organisation.ctx.explorer is not None
    return organisation.ctx.explorer


_EVIL = f"SELECT mail_id FROM f WHERE sha256 = '{MALWARE_SHA256}'"
_PHISH = "SELECT mail_id FROM u WHERE host = 'login.evil.test' AND url LIKE '%/reset%'"
_DONE = "SELECT copy_id FROM p WHERE result = 'Success'"

FILTERS = {
    ("sender_domain=EVIL.test",): "domain = 'evil.test'",
    ("sender_domain!=evil.test", "recipient=ann@example.com"): (
        "domain <> 'evil.test' AND recipient = 'ann@example.com'"
    ),
    ("sender=Sales@suppliers.TEST", "sender=it@evil.test"): (
        "sender IN ('sales@suppliers.test', 'it@evil.test')"
    ),
    ("sender_name=weekly letters",): "name = 'Weekly letters'",
    ("subject=INVOICE",): "lower(subject) LIKE '%invoice%'",
    ("subject=100%",): "subject = 'Your invoice 100%'",
    ("subject=t_y",): "subject = 'Reset_your password'",
    ("subject=grÜSSE",): "subject = 'nothing has double s'",
    ("subject=Grüße",): "subject = 'Grüße'",
    ("latest_location=junk folder",): "latest = 'Junk folder'",
    ("latest_location=Recoverable Items folder",): "latest = 'Recoverable items'",
    ("latest_location!=inbox/folder", "original_location=Inbox/folder"): (
        "latest <> 'Inbox/folder' AND original = 'Inbox/folder'"
    ),
    ("delivery_action=Delivered to junk",): "original = 'Junk folder'",
    ("directionality=inbound",): "direction = 'Inbound'",
    (f"attachment_sha256={MALWARE_SHA256.upper()}",): f"mail_id IN ({_EVIL})",
    (f"attachment_sha256!={MALWARE_SHA256}",): f"mail_id NOT IN ({_EVIL})",
    ("attachment_extension=pdf",): f"mail_id IN ({_EVIL})",
    (
        "attachment_name=Report1.txt",
    ): "mail_id IN (SELECT mail_id FROM f WHERE name = 'report1.txt')",
    ("attachment_size>500",): f"mail_id IN ({_EVIL})",
    (f"url={PHISH}",): f"mail_id IN ({_PHISH})",
    ("url=hxxps://login[.]evil[.]test/reset?id=7",): f"mail_id IN ({_PHISH})",
    ("url_domain=docs.suppliers.test",): (
        "mail_id IN (SELECT mail_id FROM u WHERE host = 'docs.suppliers.test')"
    ),
    ("url_source=email body",): "mail_id IN (SELECT mail_id FROM u WHERE location = 'Body')",
    ("url_count=0",): "mail_id NOT IN (SELECT mail_id FROM u)",
    ("attachment_count>0",): "mail_id IN (SELECT mail_id FROM f)",
    ("email_size<600",): "size < 600",
    ("additional_action=Automated remediation",): (
        "id IN (SELECT copy_id FROM p WHERE type = 'Automated Remediation')"
    ),
    ("additional_action=none",): f"id NOT IN ({_DONE})",
    ("additional_action!=none",): f"id IN ({_DONE})",
    ("threat=malware",): f"mail_id IN ({_EVIL})",
    ("spf=pass",): "direction = 'nobody'",
    ("spf!=pass",): "true",
}


def meant(conditions: tuple[str, ...], match: Match = Match.ALL) -> ExploreFilter:
    return read_filter(conditions, match)


def ids(emails: tuple[ExploredEmail, ...]) -> list[int]:
    return [email.copy_id for email in emails]


@pytest.mark.parametrize(("conditions", "where"), FILTERS.items())
def test_a_filter_finds_what_the_database_says(
    organisation: Organisation, explorer: EmailExplorer, conditions: tuple[str, ...], where: str
) -> None:
    found = ids(explorer.emails(meant(conditions), limit=ALL).emails)
    sql = f"SELECT id FROM m WHERE {where} ORDER BY at DESC, id DESC"
    assert found == [row[0] for row in store_rows(organisation.scene.store, sql)]


def test_conditions_hold_together_or_one_of_them(
    organisation: Organisation, explorer: EmailExplorer
) -> None:
    conditions = ("sender_domain=evil.test", "latest_location=Junk folder")
    for match, word in ((Match.ALL, "AND"), (Match.ANY, "OR")):
        found = explorer.emails(meant(conditions, match), limit=ALL).emails
        sql = f"SELECT count(*) FROM m WHERE domain = 'evil.test' {word} latest = 'Junk folder'"
        assert store_rows(organisation.scene.store, sql) == [(len(found),)]


def test_a_view_bounds_whatever_the_conditions_say(
    organisation: Organisation, explorer: EmailExplorer
) -> None:
    conditions = ("sender_domain=evil.test", "latest_location=Junk folder")
    wanted = read_filter(conditions, Match.ANY, view=ExploreView.MALWARE)
    found = ids(explorer.emails(wanted, limit=ALL).emails)
    sql = (
        f"SELECT id FROM m WHERE mail_id IN ({_EVIL}) AND (domain = 'evil.test' "
        "OR latest = 'Junk folder') ORDER BY at DESC, id DESC"
    )
    assert found == [row[0] for row in store_rows(organisation.scene.store, sql)]
    without = explorer.emails(read_filter(conditions, Match.ANY), limit=ALL).emails
    assert 0 < len(found) < len(without)


def test_a_window_takes_its_beginning_and_not_its_end(
    organisation: Organisation, explorer: EmailExplorer
) -> None:
    every = explorer.emails(read_filter([]), ExploreOrder.OLDEST, limit=ALL).emails
    first, last = every[20].delivered_at, every[40].delivered_at
    wanted = read_filter([], since=first, until=last)
    found = explorer.emails(wanted, ExploreOrder.OLDEST, limit=ALL).emails
    assert ids(found) == ids(every[20:40])
    zone = [datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
    assert explorer.count(read_filter([], since=zone[0], until=zone[1])).emails == len(every)


@pytest.fixture
def moment(tmp_path: Path) -> Iterator[Organisation]:
    """An organisation that got fifty mails, thirty of them at the same moment."""
    built = empty_organisation(tmp_path, f"sqlite:///{tmp_path / 'clawback.db'}")
    for number in range(50):
        at = built.scene.clock.now() - timedelta(minutes=max(0, number - 30))
        built.scene.source.deliver(BOXES[number % 2], message(), at=at)
    arrive(built)
    yield built
    built.close()


@pytest.mark.parametrize("order", list(ExploreOrder))
def test_pages_show_each_copy_once_while_mail_arrives_and_moves(
    moment: Organisation, order: ExploreOrder
) -> None:
    assert not wrong_pages(moment, order)


@pytest.mark.parametrize("order", list(ExploreOrder))
def test_pages_that_go_on_by_time_alone_are_caught(
    moment: Organisation, order: ExploreOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_time(where: Clause, after: ExplorePlace | None, beyond: str) -> Clause:
        if after is None:
            return where
        return Clause(f'{where.sql} AND "Timestamp" {beyond} ?', (*where.values, naive(after.at)))

    monkeypatch.setattr(emails_module, "_after", by_time)
    assert wrong_pages(moment, order)


def wrong_pages(built: Organisation, order: ExploreOrder) -> bool:
    """Whether a copy that was there at the beginning is missing, twice or out of order."""
    explorer = built.ctx.explorer
    assert explorer is not None
    every = ids(explorer.emails(read_filter([]), order, limit=ALL).emails)
    seen = read_by_pages(built, order)
    assert len(every) == 50
    return [number for number in seen if number in set(every)] != every


def arrive(built: Organisation) -> None:
    """What lies in the mailboxes is in the mirror."""
    built.scene.clock.forward(minutes=1)
    asyncio.run(sync(built.ctx, processes=1))
    built.engine.refresh()


def read_by_pages(built: Organisation, order: ExploreOrder) -> list[int]:
    """The numbers of all pages; after the first ones mail comes in, and a message moves."""
    explorer, source = built.ctx.explorer, built.scene.source
    assert explorer is not None
    seen: list[int] = []
    after, turns = None, iter(range(3))
    while page := explorer.emails(read_filter([]), order, after=after, limit=17).emails:
        seen += ids(page)
        after = ExplorePlace(page[-1].delivered_at, page[-1].copy_id)
        if next(turns, None) is not None:
            source.deliver(BOXES[0], message("late"), at=built.scene.clock.now())
            place = next(place for place, _ in source.contents(BOXES[1]) if place.folder == "INBOX")
            source.user_move(BOXES[1], place, "Projects")
            arrive(built)
    return seen


HOSTILE = [
    "'",
    "' OR 1=1 --",
    '"',
    "%",
    "_",
    "\\",
    "?",
    "$1",
    "\x00",
    "a\x00b",
    "); DROP TABLE x; --",
    "${jndi}",
    "\u202e",
    "🐈" * 100,
    "x" * 8_000,
]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_only_values(explorer: EmailExplorer, value: str) -> None:
    kinds = (FieldKind.TEXT, FieldKind.PART)
    texts = [field for field in ExploreField if kind_of(field) in kinds]
    found = explorer.emails(
        read_filter([f"{field.value}={value}" for field in texts], Match.ANY), limit=ALL
    ).emails
    assert all(value in email.subject for email in found)
    assert bool(found) == (value in "Your invoice 100%Reset_your password")


@pytest.mark.parametrize("value", ["x" * 8_001, "\ud800", " ", ""])
def test_values_that_are_none_are_refused(value: str) -> None:
    with pytest.raises(BadInput):
        read_filter([f"subject={value}"])


def test_counts_are_those_of_the_database(
    organisation: Organisation, explorer: EmailExplorer
) -> None:
    store, counts = organisation.scene.store, explorer.count(read_filter([]))
    totals = "SELECT count(*), count(DISTINCT mail), count(DISTINCT recipient) FROM m"
    assert store_rows(store, totals) == [(counts.emails, counts.mails, counts.recipients)]
    latest = dict(store_rows(store, "SELECT latest, count(*) FROM m GROUP BY latest"))
    names = {
        "Deleted items": "Deleted Items folder",
        "Recoverable items": "Recoverable Items folder",
    }
    assert counts.by["latest_location"] == {names.get(key, key): n for key, n in latest.items()}
    done = store_rows(store, f"SELECT count(*) FROM m WHERE id NOT IN ({_DONE})")
    assert counts.by["additional_action"]["None"] == done[0][0]
    malware = store_rows(store, f"SELECT count(*) FROM m WHERE mail_id IN ({_EVIL})")
    assert counts.by["threat"]["Malware"] == malware[0][0]
    assert counts.by["delivery_action"].keys() == {"Delivered", "Delivered to junk"}


def test_bars_are_those_of_the_database(
    organisation: Organisation, explorer: EmailExplorer
) -> None:
    histogram = explorer.histogram(read_filter([]), Bucket.DAY, Pivot.SENDER_DOMAIN)
    found = [(f"{bar.at:%Y-%m-%d}", bar.value, bar.emails) for bar in histogram.bars]
    rows = store_rows(organisation.scene.store, "SELECT day, domain, count(*) FROM m GROUP BY 1, 2")
    assert sorted(map(str, found)) == sorted(map(str, rows))


@pytest.mark.parametrize("pivot", list(Pivot))
def test_bars_of_every_pivot_add_up(explorer: EmailExplorer, pivot: Pivot) -> None:
    bars = explorer.histogram(read_filter([]), Bucket.WEEK, pivot).bars
    assert {f"{bar.at:%Y-%m-%d}" for bar in bars} == {"2026-03-02"}
    values = [bar.value for bar in bars]
    assert len(values) == len(set(values)) <= 11
    if pivot in (Pivot.DELIVERY_ACTION, Pivot.LATEST_LOCATION, Pivot.SENDER_DOMAIN):
        assert sum(bar.emails for bar in bars) == explorer.count(read_filter([])).emails
    if pivot is Pivot.URL:
        assert None in values


def test_messages_are_told_each_once_the_latest_first(explorer: EmailExplorer) -> None:
    wanted = read_filter(["directionality=Inbound"])
    emails = explorer.emails(wanted, limit=ALL).emails
    latest: dict[str, datetime] = {}
    for one in emails:
        latest.setdefault(one.id, one.delivered_at)
    found = explorer.messages(wanted, ALL)
    names = [report_id(*key) for key in found]
    assert len(names) == len(set(names))
    assert set(names) == set(latest)
    times = [latest[name] for name in names]
    assert times == sorted(times, reverse=True)
    assert explorer.messages(wanted, 3) == found[:3]


def test_one_message_tells_its_story(organisation: Organisation, explorer: EmailExplorer) -> None:
    sql = "SELECT mail, recipient FROM p WHERE type = 'Automated Remediation' ORDER BY id LIMIT 1"
    [(mail, recipient)] = store_rows(organisation.scene.store, sql)
    found = explorer.email(report_id(mail, recipient))
    assert [copy.recipient for copy in found.copies] == [recipient]
    assert found.copies[0].additional_actions == ("Automated remediation:automated",)
    assert found.copies[0].latest_location == "Recoverable Items folder"
    assert MALWARE_SHA256 in [file.sha256 for file in found.files]
    assert [entry.event for entry in found.timeline] == [
        "Original delivery",
        "Automated remediation:automated",
    ]
    assert found.timeline[1].result == "Soft delete - Success"
    assert found.timeline[1].details.endswith(" to Recoverable Items folder")
    links = (
        "SELECT url FROM u JOIN m ON m.mail_id = u.mail_id WHERE mail = '{}' AND recipient = '{}'"
    )
    rows = store_rows(organisation.scene.store, links.format(mail, recipient))
    assert sorted(link.url for link in found.links) == sorted(row[0] for row in rows)


def test_a_message_put_back_shows_both_actions(explorer: EmailExplorer) -> None:
    manual = explorer.emails(
        read_filter(["additional_action=Manual remediation"]), limit=ALL
    ).emails
    stories = [explorer.email(email.id).timeline for email in manual]
    results = [[entry.result for entry in story[1:]] for story in stories]
    assert ["Soft delete - Success", "Moved to original folder - Success"] in results


@pytest.mark.parametrize("email_id", ["", "nobody", "'; --", "\x00", "x" * 10_000])
def test_a_message_that_is_not_there_is_not_found(explorer: EmailExplorer, email_id: str) -> None:
    with pytest.raises(NotFound):
        explorer.email(email_id)


def spliced(wanted: ExploreFilter) -> Clause:
    """A broken one: values stand in the text of the SQL."""
    parts = [
        f"\"Subject\" = '{value}'" for condition in wanted.conditions for value in condition.values
    ]
    return Clause(" OR ".join(parts) or "true")


def test_values_in_the_text_of_the_sql_are_caught(
    explorer: EmailExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = ("' OR 'a' = 'a",)
    injected = ExploreFilter((Condition(ExploreField.SUBJECT, Comparison.ANY_OF, values),))
    assert explorer.count(injected).emails == 0
    monkeypatch.setattr(explorer_module, "where", spliced)
    assert explorer.count(injected).emails == explorer.count(ExploreFilter()).emails > 0
