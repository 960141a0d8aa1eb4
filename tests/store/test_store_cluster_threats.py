"""What a cluster's members carry is counted where it counts in a cluster, and each member once."""

from __future__ import annotations

from dataclasses import replace

import pytest
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
from models.indicators import Indicator, IndicatorKind, Judgement, Verdict
from models.mails import LinkPlace

COMMON = Indicator(IndicatorKind.FILE, sha("common"), "common.txt")
OTHER = Indicator(IndicatorKind.URL, "https://other.test/x?q=1", "other")
SELECTED = Indicator(IndicatorKind.SELECTION, "1", "1")
SAME_PATH = "https://login.evil.test/a/b?id=8"

CARRIED = {
    "link": ((), (link(),)),
    "both": ((attachment(),), (link(), link(OTHER.value))),
    "twice": ((attachment(), attachment()), (link(), link())),
    "same path": ((), (link(SAME_PATH),)),
    "in an attachment": ((), (link(place=LinkPlace.ATTACHMENT),)),
    "in its header": ((), (link(place=LinkPlace.HEADER),)),
    "a few bytes": ((attachment(size_bytes=16),), ()),
    "neither": ((attachment("other"),), (link("https://fine.test/"),)),
}
"""Files and links of mails by name; each has the common file besides."""


@pytest.fixture
def cluster_id(store: SqlStore) -> int:
    """A cluster of all these mails, the first of them in two mailboxes."""
    mails = [
        mail(name, attachments=(*files, attachment("common")), urls=links)
        for name, (files, links) in CARRIED.items()
    ]
    store.index.apply([delta("a@example.com", *mails), delta("b@example.com", mails[0])], NOW)
    members = store.index.find(COMMON)
    investigation, _ = store.cases.add_alert(alert())
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
    for indicator in (unknown, SELECTED, replace(FILE, value=sha("unknown"))):
        assert store.lists.matching(cluster_id, indicator) == 0


def said(store: SqlStore, indicators: list[Indicator], verdict: Verdict) -> None:
    """A verdict on each of the indicators."""
    investigation, _ = store.cases.add_alert(alert("2"))
    judged = [
        (Entity(one, EntityClaim.NAMED), Judgement(one, verdict, "operator")) for one in indicators
    ]
    store.cases.save_verdicts(investigation.id, judged, NOW)
