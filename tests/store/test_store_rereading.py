"""Why a mail is in a cluster, what its file is, and facts that a newer extractor replaces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from store_values import (
    FILE,
    LINK,
    NOW,
    PATH,
    URL,
    attachment,
    case,
    deliver,
    delta,
    link,
    mail,
    new_action,
    new_copy,
    sha,
)

from clawback.store.engine import SqlStore, open_store
from clawback.store.index.rereading import PLACES_TRIED
from models.clusters import Match
from models.copies import Place
from models.indicators import Indicator, IndicatorKind
from models.mails import LinkPlace, MailFacts


@pytest.fixture
def newer(address: str) -> Iterator[SqlStore]:
    """The same database, opened by a version whose extractor is a newer one."""
    with open_store(address, extractor_version=2) as opened:
        yield opened


def read_again(facts: MailFacts, **changes: object) -> MailFacts:
    return replace(facts, extractor_version=2, **changes)  # type: ignore[arg-type]


def matches(store: SqlStore, indicator: Indicator) -> list[Match]:
    mails = [member.mail_id for member in store.index.find(indicator)]
    found = store.index.matches(mails, indicator)
    return [found[number] for number in mails]


def test_a_link_is_explained_by_its_first_place_as_it_stood_there(store: SqlStore) -> None:
    wrapper = "https://wrapper.test/?u=1"
    first = link(raw="hTTps://LOGIN.evil.test/a/b?id=7", where="1.2", opened_from=wrapper)
    hidden = link(place=LinkPlace.HEADER)
    carrier = mail("m", urls=(first, link(where="1.3")), header_urls=(hidden,))
    store.index.apply([delta("a@example.com", carrier)], NOW)

    (found,) = matches(store, LINK)

    assert found == Match("1.2", "Body", "hTTps://LOGIN.evil.test/a/b?id=7", wrapper, 2)
    assert matches(store, PATH) == [found]


def test_a_link_that_was_written_in_its_canonical_form_is_shown_in_it(store: SqlStore) -> None:
    store.index.apply([delta("a@example.com", mail("m"))], NOW)
    assert matches(store, LINK) == [Match("1.1", "Body", URL, "", 1)]


def test_a_path_is_explained_under_whatever_query_it_was_found(store: SqlStore) -> None:
    other = "https://login.evil.test/a/b?id=8"
    mails = [mail("m1"), mail("m2", urls=(link(other),))]
    store.index.apply([delta("a@example.com", *mails)], NOW)
    assert [found.raw for found in matches(store, PATH)] == [URL, other]


def test_a_file_is_explained_by_part_name_size_and_what_its_bytes_are(store: SqlStore) -> None:
    twice = (attachment(where="1.2!3", file_type="png"), attachment(where="1.4"))
    store.index.apply([delta("a@example.com", mail("m", attachments=twice))], NOW)
    assert matches(store, FILE) == [Match("1.2!3", "", "invoice.pdf", "", 2, 48_213, "png")]
    assert [member.why for member in store.index.find(FILE)] == ["attachment 1.2!3, 48213 bytes"]


def test_mails_without_the_indicator_have_no_match(store: SqlStore) -> None:
    store.index.apply([delta("a@example.com", mail("m", urls=()))], NOW)
    (member,) = store.index.find(FILE)
    assert store.index.matches([member.mail_id], LINK) == {}
    assert store.index.matches([], FILE) == {}
    assert store.index.matches([member.mail_id], replace(FILE, value="no hash")) == {}


def test_a_type_is_that_of_the_bytes_and_a_claim_says_that_it_is_one(store: SqlStore) -> None:
    kinds = [("png", "application/pdf"), ("png", "image/png"), ("", "image/png"), ("", "")]
    mails = [
        mail(f"m{n}", attachments=(attachment(file_type=kind, content_type=claim),))
        for n, (kind, claim) in enumerate(kinds)
    ]
    store.index.apply([delta("a@example.com", *mails)], NOW)
    facts = store.index.cluster_facts(store.index.find(FILE), FILE)
    assert next(iter(facts.file_types.items())) == ("png", 2)
    assert facts.file_types == {"png": 2, "image/png (claimed)": 1, "unknown": 1}


def test_names_are_most_frequent_first_and_counted_once_for_each_mail(store: SqlStore) -> None:
    twice = (attachment(filename="z.pdf"), attachment(filename="z.pdf"))
    mails = [
        mail("m1", attachments=twice),
        mail("m2", attachments=(attachment(filename="z.pdf"),)),
        mail("m3", attachments=(attachment(filename="a.pdf"),)),
    ]
    store.index.apply([delta("a@example.com", *mails)], NOW)
    facts = store.index.cluster_facts(store.index.find(FILE), FILE)
    assert list(facts.file_names.items()) == [("z.pdf", 2), ("a.pdf", 1)]


def test_what_an_older_extractor_read_is_outdated_and_named_newest_first(
    store: SqlStore, newer: SqlStore
) -> None:
    old = [mail(f"m{n}", sent_at=NOW + timedelta(days=n)) for n in range(3)]
    undated, current = mail("undated", sent_at=None), read_again(mail("current"))
    store.index.apply(
        [delta("a@example.com", *old, current, undated), delta("b@example.com", old[0])], NOW
    )
    assert (store.index.outdated(), newer.index.outdated()) == (0, 4)

    found = newer.index.outdated_mails()
    places = newer.index.places_of(found)

    contents = [places[number][0].content_sha256 for number in found]
    assert contents == [facts.content_sha256 for facts in (old[2], old[1], old[0], undated)]
    assert [(p.source, p.mailbox, p.place) for p in places[found[2]]] == [
        ("main", "b@example.com", Place("INBOX", "h1")),
        ("main", "a@example.com", Place("INBOX", "h1")),
    ]


def test_of_a_mail_in_very_many_mailboxes_only_some_places_are_named(
    store: SqlStore, newer: SqlStore
) -> None:
    deliver(store, *(f"m{number:02}@example.com" for number in range(30)))
    (places,) = newer.index.places_of(newer.index.outdated_mails()).values()
    assert len(places) == PLACES_TRIED


def test_a_mail_whose_copies_are_all_gone_is_not_outdated(store: SqlStore, newer: SqlStore) -> None:
    (member,) = deliver(store, "a@example.com")
    store.index.apply([delta("a@example.com", gone=(member.ref.copy_id,))], NOW)
    assert newer.index.outdated() == 0
    assert newer.index.outdated_mails() == ()
    assert newer.index.places_of([member.mail_id]) == {}


def test_places_come_back_exactly_as_they_were_given(store: SqlStore, newer: SqlStore) -> None:
    facts, odd = mail("m"), Place("fol\udcffder", "han\x00dle\ue000e000")
    new = (replace(new_copy(facts, ""), place=odd),)
    store.index.apply([delta("a@example.com", facts, new=new)], NOW)
    (places,) = newer.index.places_of(newer.index.outdated_mails()).values()
    assert [placed.place for placed in places] == [odd]


def test_facts_that_are_no_longer_true_disappear_and_copies_keep_their_numbers(
    store: SqlStore, newer: SqlStore
) -> None:
    before = deliver(store, "a@example.com", "b@example.com")
    new_url = "https://new.test/"
    newer.index.replace_facts(
        [read_again(mail("campaign"), urls=(link(new_url),), attachments=(attachment("other"),))]
    )
    assert newer.index.find(FILE) == newer.index.find(LINK) == ()
    found = newer.index.find(Indicator(IndicatorKind.URL, new_url, ""))
    assert [m.ref for m in found] == [m.ref for m in before]
    assert newer.index.outdated() == 0
    assert newer.index.status().mails == 1


def test_a_mail_that_gets_another_key_takes_its_copies_along_and_no_other(
    store: SqlStore, newer: SqlStore
) -> None:
    first = mail("m")
    other_bytes = replace(first, content_sha256=sha("the same with other line ends"))
    store.index.apply([delta("a@example.com", first), delta("b@example.com", other_bytes)], NOW)
    newer.index.replace_facts([read_again(first, mail_key=sha("another key"))])

    keys = {m.ref.mailbox: m.ref.mail_key for m in newer.index.find(FILE)}
    assert keys == {"a@example.com": sha("another key"), "b@example.com": first.mail_key}
    assert newer.index.outdated() == 1

    newer.index.replace_facts([read_again(other_bytes, mail_key=sha("another key"))])
    assert {m.ref.mail_key for m in newer.index.find(FILE)} == {sha("another key")}
    assert (newer.index.outdated(), newer.index.status().mails) == (0, 1)
    assert len(newer.index.find(LINK)) == 2


def test_a_pending_action_holds_the_same_messages_after_its_mail_was_read_again(
    store: SqlStore, newer: SqlStore
) -> None:
    cluster_id, members = case(store, "a@example.com", "b@example.com")
    action = store.cases.create_action(new_action(cluster_id, members), NOW)
    held = [entry.copy for entry in store.ledger.entries(action.id)]

    newer.index.replace_facts([read_again(mail("campaign"), urls=(), attachments=())])

    assert newer.index.find(FILE) == ()
    assert [entry.copy for entry in newer.ledger.entries(action.id)] == held
    assert [m.ref.copy_id for m in newer.cases.cluster(cluster_id).members] == [
        copy.copy_id for copy in held
    ]
    assert newer.cases.action(action.id).copies == 2
