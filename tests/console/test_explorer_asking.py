"""What the Explorer's address asks for, what its form makes of what was typed, and what its bars stand on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from clawback.console.asked_mail import TimeRange, asked_mail
from clawback.console.here import Here
from clawback.console.pages.explorer.bars import axis_of, begin_of, bucket_of, series_of
from clawback.console.pages.explorer.filtering import conditions_of
from clawback.console.pages.explorer.saved import kept
from clawback.console.pages.explorer.words import LABELS, shown_condition, split_values
from clawback.errors import BadInput
from clawback.services.explore import read_filter
from models.explore import Bar, Bucket, ExploreField, ExploreFilter, ExploreView, Match

NOW = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 30, tzinfo=UTC)


def wanted(query: str) -> ExploreFilter:
    asked = asked_mail(Here(query), NOW)
    assert asked.wanted is not None, asked.wrong
    return asked.wanted


def test_an_address_that_says_nothing_asks_for_yesterday_and_today() -> None:
    assert wanted("") == ExploreFilter(since=MIDNIGHT - timedelta(days=1))


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ("range=24h", NOW - timedelta(days=1), None),
        ("range=7d", NOW - timedelta(days=7), None),
        ("range=30d", NOW - timedelta(days=30), None),
        ("range=all", None, None),
        ("since=2026-11-30T00:00", MIDNIGHT, None),
        ("until=2026-11-30T01:00%2B01:00", None, MIDNIGHT),
        ("range=own&since=2026-11-30&until=2026-11-30T09:30", MIDNIGHT, NOW),
        ("range=all&since=2026-11-30", None, None),
        ("range=nonsense&view=nonsense&match=nonsense", MIDNIGHT - timedelta(days=1), None),
    ],
)
def test_time_ranges(query: str, since: datetime | None, until: datetime | None) -> None:
    assert wanted(query) == ExploreFilter(since=since, until=until)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "0001-01-01T00:00+23:59", "\x00"])
def test_a_time_that_is_none_is_said_and_finds_nothing(text: str) -> None:
    asked = asked_mail(Here(f"since={text.replace('+', '%2B')}"), NOW)
    assert asked.wanted is None
    assert "since" in asked.wrong[""]


def test_one_wrong_condition_is_said_at_it_and_finds_nothing() -> None:
    asked = asked_mail(Here("filter=subject=a&filter=email_size>x&filter=nothing=1"), NOW)
    assert asked.wanted is None
    assert asked.written == ("subject=a", "email_size>x", "nothing=1")
    assert set(asked.wrong) == {"email_size>x", "nothing=1"}


@pytest.mark.parametrize(
    "query",
    [
        "filter=subject=a%26b=c%25&filter=sender=x&match=any&view=malware&range=7d",
        "range=all",
        "since=2026-11-01&until=2026-11-02T03:04:05.678901",
        "",
    ],
)
def test_what_another_page_is_asked_finds_the_same_mail(query: str) -> None:
    asked = asked_mail(Here(query), NOW)
    again = Here(Here("").link(**asked.query()))
    later = NOW + timedelta(days=1)
    assert asked_mail(again, later).wanted == asked.wanted


def test_views_and_matches() -> None:
    found = wanted("view=phish&match=any&filter=subject=a")
    assert (found.view, found.match) == (ExploreView.PHISH, Match.ANY)
    assert asked_mail(Here("range=own"), NOW).range is TimeRange.OWN


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a", ("a",)),
        ("a, b ,c", ("a", "b", "c")),
        ('"a, b", c', ("a, b", "c")),
        ('"say ""hi"""', ('say "hi"',)),
        (" , ,", ()),
        ("a\nb", ("a", "b")),
    ],
)
def test_values_are_parted_by_commas(text: str, values: tuple[str, ...]) -> None:
    assert split_values(text) == values


@pytest.mark.parametrize("text", ['"open', '"a"b'])
def test_a_quote_that_is_not_closed_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="quotes"):
        split_values(text)


def test_the_form_makes_conditions_that_the_filter_reads() -> None:
    sent = [["field", "sender"], ["comparison", "!="], ["value", "a@x.test, b@x.test"]]
    assert conditions_of(sent) == ["sender!=a@x.test", "sender!=b@x.test"]
    boxes = [["field", "latest_location"], ["comparison", "="], ["value", "Junk folder"]]
    assert conditions_of(boxes) == ["latest_location=Junk folder"]
    read_filter(conditions_of(boxes))


@pytest.mark.parametrize(
    "sent",
    [None, {}, [], "x", [["field", "nothing"]], [["field", "sender"], ["value", " , "]],
     [["field", "threat"]], [["field"], ["field", [], {}], 5, [[], {}]]],
)  # fmt: skip
def test_a_form_that_says_too_little_is_refused(sent: object) -> None:
    with pytest.raises(BadInput):
        conditions_of(sent)


def test_every_field_has_a_label() -> None:
    assert LABELS.keys() == set(ExploreField)


def test_conditions_are_shown_without_hidden_characters_and_links_defanged() -> None:
    assert shown_condition("sender!=a\u202eb") == ("Sender address · Equal none of", "a\ufffdb")
    assert shown_condition("url=http://evil.test/a")[1] == "hxxp://evil[.]test/a"
    assert shown_condition("<b>\u200b") == ("", "<b>\ufffd")


def test_a_saved_query_keeps_names_of_the_explorer_alone() -> None:
    here = Here("filter=a&filter=b&open=1&page=n.1.2&to=//evil.test&range=7d&sort=oldest")
    assert kept(here) == "?filter=a&filter=b&range=7d&sort=oldest"
    assert kept(Here("javascript:alert(1)")) == "?"


def test_bars_stand_on_an_axis_without_holes() -> None:
    bars = [
        Bar(MIDNIGHT, "a", 2),
        Bar(MIDNIGHT + timedelta(hours=2), "a", 1),
        Bar(MIDNIGHT + timedelta(hours=2), "b", 5),
        Bar(MIDNIGHT + timedelta(hours=2), None, 9),
    ]
    asked = ExploreFilter(since=MIDNIGHT - timedelta(minutes=30))
    axis = axis_of(bars, asked, Bucket.HOUR, MIDNIGHT + timedelta(hours=3, minutes=5))
    assert [f"{at:%H}" for at in axis] == ["23", "00", "01", "02", "03"]
    found = series_of(bars, axis)
    assert [(one.value, one.numbers) for one in found] == [
        ("b", (0, 0, 0, 5, 0)),
        ("a", (0, 2, 0, 1, 0)),
        (None, (0, 0, 0, 9, 0)),
    ]


def test_an_axis_of_centuries_has_only_bars_that_are_not_empty() -> None:
    bars = [Bar(datetime(1970, 1, 1, tzinfo=UTC), "a", 1), Bar(MIDNIGHT, "a", 1)]
    assert axis_of(bars, ExploreFilter(), Bucket.DAY, NOW) == (bars[0].at, bars[1].at)
    assert axis_of([], ExploreFilter(), Bucket.DAY, NOW) == ()


def test_buckets_fit_the_time_range() -> None:
    spans = {2: Bucket.HOUR, 30: Bucket.DAY, 365: Bucket.WEEK}
    for days, bucket in spans.items():
        assert bucket_of(ExploreFilter(since=NOW - timedelta(days=days)), NOW) is bucket
    assert bucket_of(ExploreFilter(until=NOW), NOW) is Bucket.DAY
    assert begin_of(NOW, Bucket.WEEK) == MIDNIGHT
