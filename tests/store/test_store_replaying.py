"""Past decisions come back as policy saw them, and look-ups say where messages were."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text
from store_values import (
    ANALYST,
    AUTOMATED,
    FILE,
    LINK,
    NOW,
    URL,
    alert,
    case,
    cluster,
    counts,
    delta,
    located,
    mail,
    new_action,
)

from clawback.core.clustering import simulation_urls
from clawback.core.policy import decide
from clawback.store.engine import SqlStore
from models.actions import ActionStatus, ActionType, Choice
from models.clusters import ClusterKind
from models.decisions import PolicyInputs, RecentAction
from models.indicators import GuardFinding, GuardLevel, UrlMatch, Verdict
from models.locations import Bucket, DeliveryLocation
from models.settings import Settings
from models.what_if import Aftermath, Lookups

SINCE = NOW - timedelta(days=30)


def inputs(members: frozenset[int], **changes: object) -> PolicyInputs:
    """Inputs in which every field says something."""
    made = PolicyInputs(
        kind=ClusterKind.SIMILAR_FILES,
        verdict=Verdict.MALICIOUS,
        verdict_source="list:feed",
        match=UrlMatch.EXACT,
        guards=(GuardFinding(GuardLevel.APPROVE, "many-senders", "sent by many"),),
        members=members,
        in_mailbox=members,
        counts=counts(len(members)),
        recent=(RecentAction(3, timedelta(minutes=5), frozenset({1})),),
        put_back=frozenset({2}),
        suppressed="action 1 was rejected by ben",
        excluded={"SecOps mailbox": 1},
        settings=Settings(similar_files=True, shared_hosts=("a.example",)),
        settings_version=4,
        index_as_of=NOW,
        unknown=frozenset({2}),
        silent_sources=("main",),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def decided(store: SqlStore, cluster_id: int, seen: PolicyInputs, days: int = 0) -> int:
    decision = decide(seen, NOW - timedelta(days=days))
    return store.cases.save_decision(cluster_id, decision, seen)


def test_inputs_come_back_as_they_were_written(store: SqlStore) -> None:
    cluster_id, members = case(store, "a@example.com", "b@example.com")
    seen = inputs(frozenset(member.ref.copy_id for member in members))
    number = decided(store, cluster_id, seen)
    [past] = store.lists.past_decisions(since=SINCE, before=None, limit=10)
    assert past.inputs == seen
    assert (past.id, past.cluster_id, past.indicator) == (number, cluster_id, FILE)
    assert past.decided_at == NOW
    assert past.aftermath is None
    assert store.lists.past_decisions(since=SINCE, before=number, limit=10) == ()
    assert store.lists.past_decisions(since=NOW + timedelta(1), before=None, limit=10) == ()


def test_only_the_decision_that_counts_of_each_cluster_is_replayed(store: SqlStore) -> None:
    cluster_id, _ = case(store, "a@example.com")
    decided(store, cluster_id, inputs(frozenset({1})), days=3)
    latest = decided(store, cluster_id, inputs(frozenset({1})), days=1)
    [past] = store.lists.past_decisions(since=SINCE, before=None, limit=10)
    assert past.id == latest


def test_inputs_that_another_version_wrote_are_none(store: SqlStore) -> None:
    cluster_id, _ = case(store, "a@example.com")
    decided(store, cluster_id, inputs(frozenset({1})))
    with store.database.engine.begin() as connection:
        connection.execute(text('UPDATE decisions SET inputs = \'{"settings": {"no": 1}}\''))
    [past] = store.lists.past_decisions(since=SINCE, before=None, limit=10)
    assert past.inputs is None


def test_an_action_and_its_revert_are_told(store: SqlStore) -> None:
    cluster_id, members = case(store, "a@example.com")
    number = decided(store, cluster_id, inputs(frozenset({1})))
    made = new_action(cluster_id, members, decision_id=number)
    action = store.cases.create_action(made, NOW)
    store.cases.decide_action(action.id, Choice.APPROVE, ANALYST, "phishing", NOW)
    back = new_action(
        cluster_id, members, key="revert", type=ActionType.RESTORE, reverts_action_id=action.id,
        **AUTOMATED,
    )  # fmt: skip
    revert = store.cases.create_action(back, NOW)
    [past] = store.lists.past_decisions(since=SINCE, before=None, limit=10)
    assert past.aftermath == Aftermath(action.id, ActionStatus.RUNNING, ANALYST.name, revert.id)


def test_copies_in_deleted_items_are_those_of_the_check_before_the_decision(
    store: SqlStore,
) -> None:
    cluster_id, members = case(store, "a@example.com", "b@example.com")
    deleted = [
        replace(each, location=DeliveryLocation.DELETED_ITEMS, bucket=Bucket.NOT_IN_MAILBOX)
        for each in located(members)
    ]
    inbox = located(members)
    first, second = (member.ref.copy_id for member in members)
    store.cases.save_locations(cluster_id, [deleted[0], inbox[1]], counts(1))
    later = replace(counts(0), checked_at=NOW + timedelta(hours=1))
    store.cases.save_locations(cluster_id, deleted, later)
    known = store.lists.known(Lookups(folders={cluster_id: NOW}))
    assert known.folders == {cluster_id: {DeliveryLocation.DELETED_ITEMS: frozenset({first})}}
    known = store.lists.known(Lookups(folders={cluster_id: NOW + timedelta(hours=2)}))
    assert known.folders[cluster_id][DeliveryLocation.DELETED_ITEMS] == {first, second}


def test_members_are_told_by_mailbox_and_by_simulation(store: SqlStore) -> None:
    cluster_id, members = case(store, "a@example.com", "b@example.com")
    urls = simulation_urls(Settings(simulation_urls=(URL,)))
    asked = Lookups(
        clusters=frozenset({cluster_id}),
        mailboxes=frozenset({"b@example.com", "nobody@example.com"}),
        simulations=urls,
    )
    known = store.lists.known(asked)
    first, second = (member.ref.copy_id for member in members)
    assert known.mailboxes == {cluster_id: {"b@example.com": frozenset({second})}}
    both = frozenset({first, second})
    assert known.simulations[cluster_id] == {(url.value, url.match): both for url in urls}
    assert store.lists.known(replace(asked, clusters=frozenset())).mailboxes == {}


def test_senders_are_told_with_when_each_was_first_seen(store: SqlStore) -> None:
    early, late = mail("one"), mail("two", from_address="x@other.test")
    store.index.apply([delta("a@example.com", early)], NOW)
    store.index.apply([delta("b@example.com", late)], NOW + timedelta(days=1))
    store.index.apply([delta("c@example.com", mail("three"))], NOW + timedelta(days=2))
    known = store.lists.known(Lookups(senders=frozenset({FILE, LINK})))
    assert sorted(known.senders[(FILE.value, FILE.match)]) == [NOW, NOW + timedelta(days=1)]
    assert len(known.senders[(LINK.value, LINK.match)]) == store.index.unrelated_senders(LINK) == 2


def test_what_a_person_selected_is_marked(store: SqlStore) -> None:
    from clawback.core.selecting import selection_of

    _, members = case(store, "a@example.com")
    indicator = selection_of([1])
    investigation, _ = store.cases.add_alert(alert("2", indicator))
    selected = replace(cluster(store, members, indicator), kind=ClusterKind.SELECTED, guards=())
    cluster_id = store.cases.save_cluster(investigation.id, selected)
    decided(store, cluster_id, inputs(frozenset({1}), kind=ClusterKind.SELECTED))
    [past] = store.lists.past_decisions(since=SINCE, before=None, limit=10)
    assert past.is_selection
