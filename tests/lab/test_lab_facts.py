"""Facts for an index bench: the right shares, exact cluster sizes, the same each time."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from clawback.lab.facts import facts_clusters, iter_facts
from clawback.lab.manifest import describe_lab
from clawback.lab.options import LabError, LabOptions
from models.mails import LinkRole, MailFacts

_OPTIONS = LabOptions(mailboxes=300)


@pytest.fixture(scope="module")
def sample() -> list[tuple[str, str, str, MailFacts]]:
    return list(iter_facts(60_000, _OPTIONS))


def test_clusters_have_exactly_the_promised_sizes(
    sample: list[tuple[str, str, str, MailFacts]],
) -> None:
    carriers: Counter[str] = Counter()
    for *_, facts in sample:
        carriers.update({url.url for url in facts.urls} | {a.sha256 for a in facts.attachments})
    clusters = facts_clusters(60_000, _OPTIONS)
    assert {c.indicator: c.size for c in clusters} == {
        c.indicator: carriers[c.indicator] for c in clusters
    }
    big = Counter(c.kind.value for c in clusters if c.size >= 10_000)
    assert big == {"file": 1, "url": 2}


def test_the_largest_clusters_are_the_labs_malicious_file_and_url() -> None:
    manifest = describe_lab(_OPTIONS)
    indicators = [c.indicator for c in facts_clusters(60_000, _OPTIONS)]
    assert manifest.malicious_sha256 == indicators[0]
    assert manifest.malicious_url in indicators


def test_links_are_spread_as_in_real_mail(sample: list[tuple[str, str, str, MailFacts]]) -> None:
    own = sorted(sum(url.role is LinkRole.LINK for url in facts.urls) for *_, facts in sample)
    links = [u.url for *_, facts in sample for u in facts.urls if u.role is LinkRole.LINK]
    assert 2.8 < sum(own) / len(own) < 3.8
    assert own[len(own) // 2] in {2, 3}
    assert 25 <= own[len(own) * 99 // 100] <= 40
    assert 0.55 < len(set(links)) / len(links) < 0.85
    fetched = sum(u.role is LinkRole.RESOURCE for *_, facts in sample for u in facts.urls)
    assert 2 < fetched / len(sample) < 3


def test_mailboxes_take_turns_and_no_place_is_used_twice(
    sample: list[tuple[str, str, str, MailFacts]],
) -> None:
    assert set(Counter(mailbox for mailbox, *_ in sample).values()) == {200}
    assert len({(mailbox, handle) for mailbox, _, handle, _ in sample}) == len(sample)
    assert len({facts.mail_key for *_, facts in sample}) == len(sample)
    assert {mailbox for mailbox, *_ in sample} < set(describe_lab(_OPTIONS).mailboxes)


def test_facts_are_the_same_each_time_and_others_with_another_seed() -> None:
    def first(seed: int) -> list[tuple[str, str, str, MailFacts]]:
        return list(islice(iter_facts(1000, LabOptions(seed=seed)), 200))

    assert first(1) == first(1)
    assert first(1) != first(2)


@pytest.mark.parametrize("number", [0, 1, 3, 41])
def test_small_numbers_work(number: int) -> None:
    found = list(iter_facts(number, LabOptions(mailboxes=1)))
    assert len(found) == number
    for cluster in facts_clusters(number, LabOptions(mailboxes=1)):
        assert cluster.size <= number // 4


def test_a_negative_number_is_refused() -> None:
    with pytest.raises(LabError):
        list(iter_facts(-1, _OPTIONS))
