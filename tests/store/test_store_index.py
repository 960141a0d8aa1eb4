"""The index: what it finds, what a repeat changes, and whose copy is whose."""

from __future__ import annotations

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
    deliver,
    delta,
    link,
    mail,
    new_copy,
    sha,
)

from clawback.errors import BadInput
from clawback.store.engine import SqlStore
from models.copies import FolderRole, Place
from models.indicators import Indicator, IndicatorKind
from models.mails import LinkPlace, Problem
from models.syncing import MovedCopy

LATER = NOW + timedelta(hours=1)


def test_a_file_is_found_in_every_mailbox_with_the_reason(store: SqlStore) -> None:
    members = deliver(store, "b@example.com", "a@example.com")
    assert [member.ref.mailbox for member in members] == ["a@example.com", "b@example.com"]
    assert {member.why for member in members} == {"attachment 1.2, 48213 bytes"}
    assert members[0].ref.place == Place("INBOX", "h1")
    assert members[0].ref.mail_key == mail("campaign").mail_key
    assert [member.ref.copy_id for member in members] == sorted(m.ref.copy_id for m in members)


def test_a_reason_holds_nothing_that_the_message_wrote(store: SqlStore) -> None:
    hostile = attachment(where="1.2/<script>", filename="<b>.pdf")
    store.index.apply([delta("a@example.com", mail("m", attachments=(hostile,)))], NOW)
    assert [member.why for member in store.index.find(FILE)] == ["attachment ?, 48213 bytes"]


def test_a_file_of_sixteen_bytes_matches_nothing_and_one_of_seventeen_does(store: SqlStore) -> None:
    small = mail("small", attachments=(attachment("tiny", 16),))
    large = mail("large", attachments=(attachment("less tiny", 17),))
    store.index.apply([delta("a@example.com", small, large)], NOW)
    assert store.index.find(replace(FILE, value=sha("tiny"))) == ()
    assert len(store.index.find(replace(FILE, value=sha("less tiny")))) == 1
    assert store.index.find(replace(FILE, value="no hash")) == ()


@pytest.mark.parametrize(
    ("place", "found"),
    [
        (LinkPlace.BODY, 1),
        (LinkPlace.ATTACHMENT, 1),
        (LinkPlace.QR_CODE, 1),
        (LinkPlace.SUBJECT, 0),
        (LinkPlace.HEADER, 0),
    ],
)
def test_a_link_counts_only_where_a_reader_meets_it(
    store: SqlStore, place: LinkPlace, found: int
) -> None:
    store.index.apply([delta("a@example.com", mail("m", urls=(link(place=place),)))], NOW)
    assert len(store.index.find(LINK)) == found


def test_a_link_in_the_headers_never_matches(store: SqlStore) -> None:
    hidden = mail("m", urls=(), header_urls=(link(place=LinkPlace.HEADER),))
    store.index.apply([delta("a@example.com", hidden)], NOW)
    assert store.index.find(LINK) == ()


def test_a_path_matches_whatever_the_query_and_scheme_and_an_exact_url_does_not(
    store: SqlStore,
) -> None:
    urls = [URL, "http://login.evil.test/a/b", "https://login.evil.test/a/b?id=8"]
    other = "https://login.evil.test/a/bc?id=7"
    mails = [mail(url, urls=(link(url),)) for url in [*urls, other]]
    store.index.apply([delta("a@example.com", *mails)], NOW)
    assert len(store.index.find(PATH)) == 3
    assert len(store.index.find(LINK)) == 1


def test_a_link_from_a_wrapper_says_so_and_shows_the_first_place(store: SqlStore) -> None:
    opened = link(opened_from="https://wrapper.test/?u=1", place=LinkPlace.ATTACHMENT)
    store.index.apply([delta("a@example.com", mail("m", urls=(opened, link())))], NOW)
    assert [m.why for m in store.index.find(LINK)] == ["link in Attachment, opened from a wrapper"]


def test_the_text_decides_where_two_urls_share_a_key(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clawback.store.index.contents.text_key", lambda text: "ab" * 16)
    monkeypatch.setattr("clawback.store.index.finding.text_key", lambda text: "ab" * 16)
    first, second = mail("first"), mail("second", urls=(link("https://good.test/"),))
    store.index.apply([delta("a@example.com", first)], NOW)
    store.index.apply([delta("b@example.com", second)], NOW)
    assert [m.ref.mail_key for m in store.index.find(LINK)] == [first.mail_key]
    assert store.index.find(Indicator(IndicatorKind.URL, "https://good.test/", "")) == ()


def test_applying_a_delta_again_changes_nothing(store: SqlStore) -> None:
    once = deliver(store, "a@example.com")
    again = deliver(store, "a@example.com")
    assert once == again
    status = store.index.status()
    assert (status.mailboxes, status.mails, status.copies) == (1, 1, 1)


def test_one_place_holds_one_live_copy(store: SqlStore) -> None:
    first, second = mail("first"), mail("second")
    store.index.apply([delta("a@example.com", first)], NOW)
    store.index.apply([delta("a@example.com", second)], LATER)
    assert [c.content_sha256 for c in store.index.live_copies("main", "a@example.com")] == [
        first.content_sha256
    ]


def test_two_identical_messages_in_one_mailbox_are_two_copies_and_siblings(store: SqlStore) -> None:
    facts = mail("twin")
    twins = (new_copy(facts, "h1"), new_copy(facts, "h2"))
    store.index.apply([delta("a@example.com", facts, new=twins)], NOW)
    store.index.apply([delta("b@example.com", facts)], NOW)
    first, second, alone = store.index.find(FILE)
    assert (first.ref.siblings, second.ref.siblings) == (frozenset({"h2"}), frozenset({"h1"}))
    assert alone.ref.siblings == frozenset()
    ids = [member.ref.copy_id for member in (first, second, alone)]
    assert store.index.refs(ids) == (first.ref, second.ref, alone.ref)


def test_copies_may_swap_places_and_keep_their_numbers(store: SqlStore) -> None:
    facts = mail("twin")
    twins = (new_copy(facts, "h1"), new_copy(facts, "h2"))
    store.index.apply([delta("a@example.com", facts, new=twins)], NOW)
    one, two = (member.ref for member in store.index.find(FILE))
    swap = (
        MovedCopy(one.copy_id, two.place, FolderRole.INBOX),
        MovedCopy(two.copy_id, Place("Junk", "h9"), FolderRole.JUNK),
    )
    store.index.apply([delta("a@example.com", moved=swap)], LATER)
    places = {ref.copy_id: ref.place for ref in store.index.refs([one.copy_id, two.copy_id])}
    assert places == {one.copy_id: Place("INBOX", "h2"), two.copy_id: Place("Junk", "h9")}


def test_a_copy_that_was_gone_comes_back_under_its_number(store: SqlStore) -> None:
    (member,) = deliver(store, "a@example.com")
    store.index.apply([delta("a@example.com", gone=(member.ref.copy_id,))], LATER)
    assert store.index.find(FILE) == ()
    gone = store.index.gone_copies("main", "a@example.com", {member.ref.content_sha256})
    assert [copy.copy_id for copy in gone] == [member.ref.copy_id]
    assert deliver(store, "a@example.com") == (member,)


def test_a_moved_copy_that_was_gone_lives_again(store: SqlStore) -> None:
    (member,) = deliver(store, "a@example.com")
    store.index.apply([delta("a@example.com", gone=(member.ref.copy_id,))], LATER)
    back = MovedCopy(member.ref.copy_id, Place("Junk", "j1"), FolderRole.JUNK)
    store.index.apply([delta("a@example.com", moved=(back,))], LATER)
    assert [m.ref.place for m in store.index.find(FILE)] == [Place("Junk", "j1")]


def test_one_mail_in_two_byte_forms_is_one_mail(store: SqlStore) -> None:
    first = mail("m")
    second = replace(first, content_sha256=sha("the same with other line ends"))
    store.index.apply([delta("a@example.com", first), delta("b@example.com", second)], NOW)
    assert store.index.status().mails == 1
    assert len({member.mail_id for member in store.index.find(FILE)}) == 1
    both = {first.content_sha256, second.content_sha256}
    assert store.index.known_contents({*both, sha("unknown")}) == both


def test_a_newer_extractor_replaces_what_the_mail_says_and_an_older_one_does_not(
    store: SqlStore,
) -> None:
    facts = mail("m")
    newer = replace(facts, extractor_version=2, attachments=(), urls=(link("https://new.test/"),))
    store.index.apply([delta("a@example.com", facts)], NOW)
    store.index.apply([delta("b@example.com", newer)], NOW)
    assert store.index.find(FILE) == ()
    assert len(store.index.find(Indicator(IndicatorKind.URL, "https://new.test/", ""))) == 2
    store.index.apply([delta("c@example.com", facts)], NOW)
    assert store.index.find(FILE) == ()


def test_contents_of_an_older_extractor_are_not_known(store: SqlStore) -> None:
    old = mail("m", extractor_version=0)
    store.index.apply([delta("a@example.com", old)], NOW)
    assert store.index.known_contents({old.content_sha256}) == frozenset()


def test_a_copy_without_facts_is_refused_and_nothing_of_the_delta_is_kept(store: SqlStore) -> None:
    known, unknown = mail("known"), mail("unknown")
    broken = delta("a@example.com", known, new=(new_copy(known, "1"), new_copy(unknown, "2")))
    with pytest.raises(BadInput):
        store.index.apply([delta("b@example.com", known), broken], NOW)
    assert store.index.cursors("main") == {}
    assert store.index.status().copies == 0


def test_many_mails_are_written_in_pieces_and_all_arrive(store: SqlStore) -> None:
    mails = [mail(f"m{number}") for number in range(450)]
    store.index.apply([delta("a@example.com", *mails)], NOW)
    assert len(store.index.find(FILE)) == 450


def test_a_mailbox_that_the_source_lost_keeps_its_rows_and_is_asked_for_all_when_back(
    store: SqlStore,
) -> None:
    members = deliver(store, "a@example.com", "b@example.com")
    assert store.index.drop_mailboxes("main", {"b@example.com"}, LATER) == 1
    assert store.index.drop_mailboxes("main", {"b@example.com"}, LATER) == 0
    assert store.index.drop_mailboxes("other", set(), LATER) == 0
    assert store.index.cursors("main") == {"b@example.com": "cursor-1"}
    assert store.index.find(FILE) == members[1:]
    assert len(store.index.refs([member.ref.copy_id for member in members])) == 2
    assert deliver(store, "a@example.com") == members


def test_the_index_is_as_fresh_as_its_oldest_mailbox(store: SqlStore) -> None:
    assert store.index.status().as_of is None
    deliver(store, "a@example.com", "b@example.com")
    store.index.touch("main", {"b@example.com"}, LATER)
    assert store.index.status().as_of == NOW
    store.index.touch("main", {"a@example.com"}, LATER)
    assert store.index.status().as_of == LATER


def test_external_recipients_count_once_for_each_mail_and_only_our_domains(store: SqlStore) -> None:
    to = ("a@example.com", "gone@example.com", "gone@example.com", "x@elsewhere.test")
    first, second = mail("first", to=to), mail("second", to=("gone@example.com",), cc=to)
    store.index.apply([delta("a@example.com", first, second)], NOW)
    mail_ids = {member.mail_id for member in store.index.find(FILE)}
    assert store.index.external_recipients(mail_ids, {"Example.com"}) == 2
    assert store.index.external_recipients(mail_ids, set()) == 0


def test_a_cluster_is_explained_by_counts_and_the_most_frequent_names(store: SqlStore) -> None:
    mails = [
        mail(
            f"m{n}",
            attachments=(attachment(filename=f"name-{n % 12}.pdf"),),
            from_address=f"s@{n}.test",
        )
        for n in range(24)
    ]
    store.index.apply([delta("a@example.com", *mails), delta("b@example.com")], NOW)
    facts = store.index.cluster_facts(store.index.find(FILE), FILE)
    assert (facts.mails, facts.senders, facts.subjects, facts.mailboxes) == (24, 24, 24, 1)
    assert len(facts.file_names) == 10
    assert set(facts.file_names.values()) == {2}
    assert facts.file_types == {"application/pdf (claimed)": 24}
    assert (facts.organisation_share, facts.known_mailboxes) == (0.5, 2)
    assert facts.first_seen_at == NOW
    assert store.index.unrelated_senders(FILE) == 24


def test_text_that_no_database_keeps_is_stored_all_the_same(store: SqlStore) -> None:
    hostile = mail(
        "m", subject="nul \x00 lone \udcff end", attachments=(attachment(filename="\x00\ud800"),)
    )
    odd = Place("fol\udcffder", "han\x00dle\ue000")
    new = (replace(new_copy(hostile, ""), place=odd),)
    store.index.apply([delta("a@example.com", hostile, new=new)], NOW)
    (member,) = store.index.find(FILE)
    assert member.ref.place == odd
    (shown,) = store.index.describe([member])
    assert shown.subject == "nul \ufffd lone \ufffd end"


def test_problem_mails_name_a_live_copy_newest_first(store: SqlStore) -> None:
    bad = [mail(f"m{n}", problems=(Problem("bad-base64", "1.2"),)) for n in range(3)]
    store.index.apply([delta("a@example.com", *bad)], NOW)
    newest, *_ = store.index.problem_mails(2)
    assert len(store.index.problem_mails(2)) == 2
    assert newest.codes == ("bad-base64",)
    assert store.index.status().problem_mails == 3


def test_every_copy_has_its_message_ids_and_no_header_makes_the_network_id(store: SqlStore) -> None:
    same = "<same@mail.test>"
    first, second = (
        mail("first", internet_message_id=same),
        mail("second", internet_message_id=same),
    )
    store.index.apply([delta("a@example.com", first, second)], NOW)
    ids = store.index.message_ids([member.ref.copy_id for member in store.index.find(FILE)])
    assert {internet for internet, _ in ids.values()} == {same}
    assert len({network for _, network in ids.values()}) == 2


def test_senders_of_a_link_count_by_domain_and_those_with_it_in_a_header_count_too(
    store: SqlStore,
) -> None:
    senders = ("a@one.test", "b@one.test", "a@two.test", "", "a@three.test")
    mails = [
        mail(f"m{number}", from_address=sender, urls=(link(),), attachments=())
        for number, sender in enumerate(senders)
    ]
    headed = mail(
        "h", from_address="a@four.test", urls=(), attachments=(),
        header_urls=(link(place=LinkPlace.HEADER),),
    )  # fmt: skip
    store.index.apply([delta("a@example.com", *mails, headed)], NOW)
    assert store.index.unrelated_senders(LINK) == store.index.unrelated_senders(PATH) == 5
    assert store.index.unrelated_senders(replace(LINK, value=f"{LINK.value}0")) == 0
