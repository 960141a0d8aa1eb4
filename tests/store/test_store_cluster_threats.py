"""What a cluster's members carry is counted where it counts in a cluster, and each member once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text
from store_values import (
    FILE,
    LINK,
    NOW,
    PATH,
    URL,
    alert,
    attachment,
    cluster,
    delta,
    link,
    mail,
    sha,
)

from clawback.store.engine import SqlStore
from models.alerts import Entity, EntityClaim
from models.indicators import Indicator, IndicatorKind, Judgement, UrlMatch, Verdict
from models.mails import LinkPlace

COMMON = Indicator(IndicatorKind.FILE, sha("common"), "common.txt")
OTHER = Indicator(IndicatorKind.URL, "https://other.test/x?q=1", "other")
SELECTED = Indicator(IndicatorKind.SELECTION, "1", "1")
OTHER_FILE = Indicator(IndicatorKind.FILE, sha("other"), "other.txt")
FINE = Indicator(IndicatorKind.URL, "https://fine.test/", "fine")
FINE_PATH = Indicator(IndicatorKind.URL, "fine.test/", "fine", UrlMatch.PATH)
NO_HASH = Indicator(IndicatorKind.FILE, "no hash", "no hash")
SAME_PATH = "https://login.evil.test/a/b?id=8"

CARRIED = {
    "link": ((), (link(),)),
    "both": ((attachment(),), (link(), link(OTHER.value))),
    "twice": ((attachment(), attachment()), (link(), link())),
    "same path": ((), (link(SAME_PATH),)),
    "in an attachment": ((), (link(place=LinkPlace.ATTACHMENT),)),
    "in its header": ((), (link(place=LinkPlace.HEADER),)),
    "a few bytes": ((attachment(size_bytes=16),), ()),
    "neither": ((attachment("other"),), (link(FINE.value),)),
}
"""Files and links of mails by name; each has the common file besides."""


@pytest.fixture
def cluster_id(store: SqlStore) -> int:
    """A cluster of all these mails, the first of them in two mailboxes; some are in another one too."""
    mails = [
        mail(name, attachments=(*files, attachment("common")), urls=links)
        for name, (files, links) in CARRIED.items()
    ]
    store.index.apply([delta("a@example.com", *mails), delta("b@example.com", mails[0])], NOW)
    members = store.index.find(COMMON)
    investigation, _ = store.cases.add_alert(alert())
    some = store.index.find(PATH)
    assert {one.mail_id for one in some} < {one.mail_id for one in members}
    store.cases.save_cluster(investigation.id, cluster(store, some, PATH))
    return store.cases.save_cluster(investigation.id, cluster(store, members, COMMON))


@pytest.mark.parametrize(
    ("malicious", "malware", "phish"),
    [
        ([], 0, 0),
        ([FILE], 2, 0),
        ([COMMON], len(CARRIED) + 1, 0),
        ([LINK], 0, 5),
        ([PATH], 0, 6),
        ([OTHER], 0, 1),
        ([FILE, LINK, PATH, OTHER], 2, 6),
        ([FILE, OTHER_FILE], 3, 0),
        ([LINK, FINE], 0, 6),
        ([PATH, FINE_PATH], 0, 7),
        ([NO_HASH], 0, 0),
        ([NO_HASH, FILE], 2, 0),
    ],
)
def test_threats_are_counted_by_member(
    store: SqlStore,
    cluster_id: int,
    malicious: list[Indicator],
    malware: int,
    phish: int,
) -> None:
    said(store, malicious, Verdict.MALICIOUS)
    found = store.lists.cluster_summary(cluster_id, sample=0)
    assert found.by_threat == {"Malware": malware, "Phish": phish}


def test_what_a_later_verdict_clears_is_no_threat(store: SqlStore, cluster_id: int) -> None:
    said(store, [FILE, LINK], Verdict.MALICIOUS)
    said(store, [FILE], Verdict.CLEAN)
    found = store.lists.cluster_summary(cluster_id, sample=0)
    assert found.by_threat == {"Malware": 0, "Phish": 5}


@pytest.mark.parametrize("indicator", [COMMON, FILE, LINK, PATH, OTHER])
def test_as_many_match_as_carry_the_indicator_when_read_one_by_one(
    store: SqlStore, cluster_id: int, indicator: Indicator
) -> None:
    members = store.cases.cluster(cluster_id).members
    carrying = store.index.matches({member.mail_id for member in members}, indicator)
    number = sum(member.mail_id in carrying for member in members)
    assert store.lists.matching(cluster_id, indicator) == number > 0


def test_nothing_matches_what_is_in_no_mail(store: SqlStore, cluster_id: int) -> None:
    unknown = replace(LINK, value=f"{URL}&more")
    for indicator in (unknown, SELECTED, replace(FILE, value=sha("unknown")), NO_HASH):
        assert store.lists.matching(cluster_id, indicator) == 0


@pytest.mark.parametrize(("malicious", "left"), [(LINK, 0), (PATH, 1)])
def test_a_link_of_another_text_is_none_though_its_key_is_the_same(
    store: SqlStore, cluster_id: int, malicious: Indicator, left: int
) -> None:
    said(store, [malicious], Verdict.MALICIOUS)
    with store.database.engine.begin() as connection:
        changed = text("UPDATE urls SET url = 'https://harmless.test/' WHERE url = :url")
        assert connection.execute(changed, {"url": URL}).rowcount == 1
    found = store.lists.cluster_summary(cluster_id, sample=0)
    assert found.by_threat == {"Malware": 0, "Phish": left}


def said(store: SqlStore, indicators: list[Indicator], verdict: Verdict) -> None:
    """A verdict on each of the indicators."""
    investigation, _ = store.cases.add_alert(alert("2"))
    judged = [
        (Entity(one, EntityClaim.NAMED), Judgement(one, verdict, "operator")) for one in indicators
    ]
    store.cases.save_verdicts(investigation.id, judged, NOW)
