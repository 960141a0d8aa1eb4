"""Analyzed emails out of a real mirror: copies become emails, pages are whole, conditions are obeyed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from clawback.api.graph.filters import read_filter
from clawback.core import delivery
from clawback.core.hunting_tables import (
    EMAIL_ATTACHMENT_INFO,
    EMAIL_EVENTS,
    EMAIL_POST_DELIVERY_EVENTS,
    EMAIL_URL_INFO,
    INVESTIGATIONS,
    REMEDIATION_ACTIONS,
)
from clawback.core.report_ids import report_id
from clawback.errors import NotFound, QueryStopped
from clawback.hunting.emails.reader import MirrorEmails
from clawback.hunting.engine import MirrorEngine
from clawback.hunting.mirror.mirror import Mirror
from models.analyzed_emails import AllOf, AnyOf, EmailMark, EmailQuestion
from models.hunting import HuntLimits, HuntResult
from tests.hunting.mirror.made_feed import MadeFeed, made_row

AT = datetime(2026, 11, 1, tzinfo=UTC)
LIMITS = HuntLimits(rows=5_000, seconds=30.0, memory_bytes=600_000_000)
ALL = EmailQuestion(AT, AT + timedelta(days=1))
COUNT = 12


def network_id(number: int) -> str:
    """The later an email, the lower its id: the order of the list is that of neither alone."""
    return f"00000000-0000-5000-8000-{100 - number:012d}"


def put_copy(feed: MadeFeed, key: int, number: int, at: datetime, **changes: object) -> None:
    """A copy of a mail in the mailbox of its number."""
    recipient = f"r{number}@example.com"
    identity = {
        "NetworkMessageId": network_id(number), "RecipientEmailAddress": recipient,
        "ReportId": report_id(network_id(number), recipient),
    }  # fmt: skip
    told = {
        "Timestamp": at, "Subject": f"It's 100% {number}_x", "EmailDirection": "Inbound",
        "DeliveryLocation": delivery.INBOX, "LatestDeliveryLocation": delivery.INBOX,
        "ThreatTypes": "", "DetectionMethods": '{"Phish":["Operator"]}', "EmailSize": number * 100,
        "AuthenticationDetails": '{"SPF":"pass"}', "Cc": ["c@example.com"], "EmailClusterId": number,
        "SenderFromAddress": "Sender@Example.org", "AdditionalFields": {"CopyId": key},
    }  # fmt: skip
    feed.put(EMAIL_EVENTS, key, made_row(EMAIL_EVENTS, key, **identity, **{**told, **changes}))
    named = {"Timestamp": at, "FileName": "b.pdf", **identity}
    files = [
        made_row(EMAIL_ATTACHMENT_INFO, key, **{**named, "FileName": name})
        for name in ("b.pdf", "a.pdf")
    ]
    feed.put(EMAIL_ATTACHMENT_INFO, key, *files)
    done = {"Timestamp": at + timedelta(hours=1), "Action": "Soft delete", **identity}
    feed.put(EMAIL_POST_DELIVERY_EVENTS, key, made_row(EMAIL_POST_DELIVERY_EVENTS, key, **done))
    links = [
        made_row(EMAIL_URL_INFO, number, NetworkMessageId=network_id(number), Url=url)
        for url in ("https://b.example/", "https://a.example/", "https://b.example/")
    ]
    feed.put(EMAIL_URL_INFO, number, *links)


def made_feed() -> MadeFeed:
    """Twelve emails at six times, three of which lie twice in their mailbox; the first has an alert."""
    feed = MadeFeed(page=100)
    for number in range(1, COUNT + 1):
        put_copy(feed, number, number, AT + timedelta(minutes=number // 2))
    put_copy(feed, 101, 3, AT + timedelta(hours=5), LatestDeliveryLocation=delivery.INBOX)
    put_copy(feed, 3, 3, AT + timedelta(minutes=1), LatestDeliveryLocation=delivery.RECOVERABLE)
    put_copy(feed, 102, 4, AT + timedelta(minutes=2), LatestDeliveryLocation=delivery.JUNK)
    put_copy(feed, 103, 2, AT + timedelta(minutes=2, seconds=30))
    for table, number in ((REMEDIATION_ACTIONS, 1), (INVESTIGATIONS, 1)):
        row = made_row(table, 1, EmailClusterId=1, InvestigationId=5, AlertId=77, Outcomes={})
        feed.put(table, number, row)
    return feed


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MirrorEngine]:
    mirror = Mirror(tmp_path_factory.mktemp("mirror"), made_feed())
    mirror.refresh()
    opened = MirrorEngine(lambda: mirror)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def reader(engine: MirrorEngine) -> MirrorEmails:
    return MirrorEmails(engine)


def paged(reader: MirrorEmails, size: int, question: EmailQuestion = ALL) -> list[str]:
    """The network message ids of all pages."""
    found: list[str] = []
    after: EmailMark | None = None
    while True:
        page = reader.page(question, LIMITS, limit=size, after=after)
        assert len(page.emails) == size or page.next is None
        found += [one.network_message_id for one in page.emails]
        if page.next is None:
            return found
        after = page.next


def test_each_email_comes_once_latest_first_whatever_the_size_of_a_page(
    reader: MirrorEmails,
) -> None:
    whole = paged(reader, 100)
    assert sorted(whole) == sorted(network_id(number) for number in range(1, COUNT + 1))
    times = [reader.page(ALL, LIMITS, limit=COUNT).emails[n].logged_at for n in range(COUNT)]
    assert times == sorted(times, reverse=True)
    assert paged(reader, 5) == whole
    skipped = reader.page(ALL, LIMITS, limit=100, skip=4)
    assert [one.network_message_id for one in skipped.emails] == whole[4:]
    assert reader.count(ALL, LIMITS) == COUNT


class Rewriting:
    """An engine that is asked something else than what was meant: for the broken variants."""

    def __init__(self, engine: MirrorEngine, old: str, new: str) -> None:
        self._engine, self._old, self._new = engine, old, new

    def read(self, sql: str, parameters: Sequence[object], limits: HuntLimits) -> HuntResult:
        assert self._old in sql
        return self._engine.read(sql.replace(self._old, self._new), parameters, limits)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(min(Timestamp), ReportId) <", "(min(Timestamp), '') <"),
        ("Timestamp <= ?", "Timestamp < ?"),
        ("GROUP BY ReportId HAVING", "GROUP BY ReportId, Timestamp HAVING"),
        ("ORDER BY first DESC, ReportId DESC LIMIT", "ORDER BY ReportId DESC LIMIT"),
    ],
    ids=["ties run together", "ties left out", "copies apart", "another order"],
)
def test_pages_that_lose_or_repeat_an_email_are_caught(
    reader: MirrorEmails, engine: MirrorEngine, old: str, new: str
) -> None:
    """The broken variants: only pages behind the first differ."""
    whole = paged(reader, 100)
    broken = MirrorEmails(Rewriting(engine, old, new))  # type: ignore[arg-type]
    found: list[str] = []
    after: EmailMark | None = None
    for _ in range(COUNT):
        source = reader if after is None else broken
        page = source.page(ALL, LIMITS, limit=5, after=after)
        found += [one.network_message_id for one in page.emails]
        if (after := page.next) is None:
            break
    assert found != whole


def test_an_email_is_told_with_all_that_hangs_on_it(reader: MirrorEmails) -> None:
    found = reader.one(report_id(network_id(1), "r1@example.com").upper(), LIMITS)
    assert found.logged_at == AT
    assert [file.name for file in found.files] == ["a.pdf", "b.pdf"]
    assert found.links == ("https://a.example/", "https://b.example/")
    assert [change.at for change in found.changes] == [AT + timedelta(hours=1)]
    assert found.alert_ids == (77,)
    assert (found.cc, found.authentication) == (("c@example.com",), {"SPF": "pass"})
    assert (found.detection_methods, found.cluster_id) == (("Operator",), 1)


def test_of_several_copies_the_first_counts_and_the_place_that_a_user_meets(
    reader: MirrorEmails,
) -> None:
    found = reader.one(report_id(network_id(3), "r3@example.com"), LIMITS)
    assert found.logged_at == AT + timedelta(minutes=1)
    assert found.now_in == delivery.INBOX
    assert reader.one(report_id(network_id(4), "r4@example.com"), LIMITS).now_in == delivery.INBOX


def test_there_is_nothing_under_another_id(reader: MirrorEmails) -> None:
    for name in ("", "' OR 1=1 --", report_id(network_id(1), "r2@example.com")):
        with pytest.raises(NotFound):
            reader.one(name, LIMITS)


def test_a_window_has_its_beginning_and_not_its_end(reader: MirrorEmails) -> None:
    question = EmailQuestion(AT + timedelta(minutes=1), AT + timedelta(minutes=2))
    assert sorted(paged(reader, 9, question)) == sorted([network_id(2), network_id(3)])


FILTERS = {
    f"networkMessageId eq '{network_id(5).upper()}'": {5},
    "recipientEmailAddress eq 'R7@EXAMPLE.com' and sizeInBytes le 700": {7},
    "senderDetail/fromAddress ne 'sender@example.org'": set(),
    "sizeInBytes gt 300 and sizeInBytes lt 600": {4, 5},
    "sizeInBytes in (100, 1200)": {1, 12},
    "not (sizeInBytes ge 300) or subject eq 'it''s 100% 9_x'": {1, 2, 9},
    "contains(subject, '0% 1_')": {1},
    "contains(subject, '% 1')": {1, 10, 11, 12},
    "startswith(subject,'IT''S') and endswith(subject, ' 2_x')": {2},
    "latestDelivery/location eq 'deletedFolder'": {3},
    "latestDelivery/action eq 'deliveredToJunk'": {4},
    "originalDelivery/location ne 'inbox_folder'": set(),
    "originalDelivery/location eq 'dropped'": set(),
    "directionality eq 'inbound' and emailClusterId eq '6'": {6},
    "loggedDateTime ge 2026-11-01T00:06:00Z": {12, 3},
    "contains(subject, ''') OR 1=1 --')": set(),
}


@pytest.mark.parametrize("text", FILTERS)
def test_a_filter_finds_what_it_says(reader: MirrorEmails, text: str) -> None:
    question = EmailQuestion(ALL.since, ALL.until, read_filter(text))
    assert set(paged(reader, 3, question)) == {network_id(number) for number in FILTERS[text]}
    assert reader.count(question, LIMITS) == len(FILTERS[text])


def test_no_conditions_are_always_true_joined_by_and_and_never_by_or(reader: MirrorEmails) -> None:
    assert reader.count(EmailQuestion(ALL.since, ALL.until, AllOf()), LIMITS) == COUNT
    assert reader.count(EmailQuestion(ALL.since, ALL.until, AnyOf()), LIMITS) == 0


def test_a_page_that_was_cut_off_is_not_shown(reader: MirrorEmails) -> None:
    with pytest.raises(QueryStopped, match="too large"):
        reader.page(ALL, HuntLimits(rows=5, seconds=30.0, memory_bytes=600_000_000), limit=10)
