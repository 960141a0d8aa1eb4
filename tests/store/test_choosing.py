"""What people choose in the console, in both databases: messages, exclusions, reviews, requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from store_values import ANALYST, FILE, LINK, NOW, attachment, delta, link, mail, sha
from store_values import new_copy as copy_of

from clawback.core.report_ids import message_mark, report_id
from clawback.errors import BadInput, Conflict, NotFound
from clawback.services import choosing
from clawback.services.context import Context
from clawback.services.message_alerts import digest_of, parts_of
from clawback.services.responding import Response, respond
from clawback.services.selection_review import review
from clawback.services.take_action import Wish
from clawback.store.engine import SqlStore
from models.actions import ActionSource, ActionType, Actor, DecidedVia
from models.alerts import EntityClaim
from models.cases import CaseFilter, CaseOrder, InvestigationType
from models.choosing import ExplorerQuery, Handpicked
from models.copies import FolderRole
from models.decisions import Effect
from models.explore import ExploreFilter
from models.indicators import Indicator, IndicatorKind
from models.mails import LinkPlace
from models.selecting import Exclusions, MessageKey
from tests.pretending import PretendedRuns

BEN = Actor("ben", DecidedVia.LOGIN, True)
SOFT_DELETE = ActionType.SOFT_DELETE


class Clock:
    """A clock that stands."""

    def now(self) -> Any:
        return NOW


class Found:
    """An Explorer that finds what a test says, whatever it is asked."""

    def __init__(self, messages: list[MessageKey]) -> None:
        self.found = messages

    def messages(self, wanted: ExploreFilter, limit: int) -> tuple[MessageKey, ...]:
        return tuple(self.found[:limit])


def context(store: SqlStore, explorer: Any = None) -> Context:
    return Context(store, {}, (), Clock(), "test", explorer=explorer)


def deliver_each(store: SqlStore) -> list[MessageKey]:
    """Three mails of two senders in two mailboxes."""
    mine, other = mail("one"), mail("two", from_address="other@evil.test")
    junk = replace(copy_of(other, "h2", "Junk"), role=FolderRole.JUNK)
    first = replace(delta("a@example.com", mine, other), new=(copy_of(mine, "h1"), junk))
    store.index.apply([first, delta("b@example.com", mine)], NOW)
    ids = store.index.message_ids([1, 2, 3])
    boxes = ("a@example.com", "a@example.com", "b@example.com")
    return [MessageKey(ids[n][1], box) for n, box in zip((1, 2, 3), boxes, strict=True)]


def response(keys: list[MessageKey], **changes: Any) -> Response:
    """What the wizard submits."""
    given = {
        "actor": ANALYST,
        "origin": Handpicked(tuple(report_id(*key) for key in keys)),
        "source": ActionSource.EXPLORER,
        "request": "draft-1",
        "name": "Phish of Monday",
        "action": SOFT_DELETE,
        "reason": "reported by two people",
    }
    return Response(**{**given, **changes})


def test_copies_are_listed_with_what_their_mail_says_and_no_other_copy(store: SqlStore) -> None:
    keys = deliver_each(store)
    first, second = store.index.listed(keys[:2])
    assert (first.key, first.copy_id, first.source) == (keys[0], 1, "main")
    assert (second.role, second.subject, second.sender) == (
        FolderRole.JUNK, "about two", "other@evil.test",
    )  # fmt: skip
    assert first.received_at == NOW
    store.index.apply([delta("a@example.com", gone=(1,), cursor="cursor-2")], NOW)
    assert [one.copy_id for one in store.index.listed(keys)] == [2, 3]
    assert store.index.listed([]) == ()


def test_the_sender_of_each_mail_is_told(store: SqlStore) -> None:
    keys = deliver_each(store)
    found = store.index.senders_of({key.network_message_id for key in keys} | {"strange"})
    assert found[keys[0].network_message_id] == "sender@evil.test"
    assert found[keys[1].network_message_id] == "other@evil.test"
    assert len(found) == 2


def test_files_and_links_of_a_mail_are_told_each_once_without_those_of_headers(
    store: SqlStore,
) -> None:
    header = link("https://unsubscribe.test/", LinkPlace.HEADER)
    twice = (link(), link(where="1.2"), link("https://two.test/", LinkPlace.QR_CODE))
    store.index.apply(
        [
            delta(
                "a@example.com",
                mail("full", attachments=(attachment(), attachment("other")), urls=twice,
                     header_urls=(header,)),
                mail("empty", attachments=(), urls=()),
            )
        ],
        NOW,
    )  # fmt: skip
    found = store.index.parts({1, 2})
    file = Indicator(IndicatorKind.FILE, sha("other"), sha("other"))
    two = Indicator(IndicatorKind.URL, "https://two.test/", "https://two.test/")
    mine = replace(LINK, given=LINK.value)
    [mail_id] = found
    assert found[mail_id] == (FILE, file, mine, two)


def test_messages_that_were_picked_are_found_in_any_case_once_and_unknown_ones_named(
    store: SqlStore,
) -> None:
    keys = deliver_each(store)
    name = report_id(*keys[0])
    picked = Handpicked((name.upper(), name, "strange", f"{name[:-1]}0", " "))
    chosen = choosing.choose(context(store), picked, ANALYST)
    assert chosen.messages == (keys[0],)
    assert len(chosen.unknown) == 2
    with pytest.raises(BadInput, match="no message is selected"):
        choosing.choose(context(store), Handpicked((" ",)), ANALYST)
    many = Handpicked(tuple(f"{number}" for number in range(101)))
    with pytest.raises(BadInput, match="101 single messages are more than one may pick"):
        choosing.choose(context(store), many, ANALYST)


def test_a_query_that_finds_more_than_one_action_takes_is_refused(store: SqlStore) -> None:
    key = MessageKey("m", "b")
    for number, is_fine in ((200_000, True), (200_001, False)):
        ctx = context(store, Found([key] * number))
        asked = ExplorerQuery(ExploreFilter())
        if is_fine:
            assert len(choosing.choose(ctx, asked, ANALYST).messages) == number
        else:
            with pytest.raises(BadInput, match="more than the 200,000 messages"):
                choosing.choose(ctx, asked, ANALYST)


def test_each_message_is_left_out_for_one_reason(store: SqlStore) -> None:
    keys = deliver_each(store)
    ctx = context(store)
    by_all = Exclusions(
        frozenset({message_mark(*keys[0])}), frozenset({"b@example.com"}), frozenset({"other@evil.test"})
    )  # fmt: skip
    kept = choosing.leave_out(ctx, keys, by_all)
    assert (kept.messages, kept.by_message, kept.by_mailbox, kept.by_sender) == ((), 1, 1, 1)
    sender = Exclusions(senders=frozenset({"sender@evil.test"}))
    assert choosing.leave_out(ctx, keys, sender).messages == (keys[1],)
    assert choosing.leave_out(ctx, keys, Exclusions()).messages == tuple(keys)


def test_a_page_of_messages_has_their_copies_and_tells_what_is_gone(store: SqlStore) -> None:
    keys = deliver_each(store)
    gone = MessageKey("00000000-0000-5000-8000-000000000000", "a@example.com")
    shown = choosing.look_at(context(store), [keys[1], gone, keys[0]])
    assert [(one.key, len(one.copies)) for one in shown] == [(keys[1], 1), (gone, 0), (keys[0], 1)]
    assert shown[0].id == report_id(*keys[1])


def test_the_digest_of_a_review_is_that_of_the_action_and_of_no_other_messages(
    store: SqlStore,
) -> None:
    keys = deliver_each(store)
    ctx = context(store)
    wish = Wish(ANALYST, "", ActionSource.EXPLORER)
    whole, part = review(ctx, keys, SOFT_DELETE, wish), review(ctx, keys[:2], SOFT_DELETE, wish)
    assert (whole.copies, whole.mails, whole.mailboxes, whole.senders) == (3, 2, 2, 2)
    assert whole.decision.effect is Effect.REMEDIATE
    with pytest.raises(Conflict, match="other messages now than you reviewed"):
        respond(ctx, PretendedRuns(), response(keys, reviewed=part.digest))
    assert store.cases.investigations() == ()
    sent = respond(ctx, PretendedRuns(), response(keys, reviewed=whole.digest))
    assert sent.is_new
    [cluster_id] = store.cases.cluster_ids(sent.investigation.id)
    assert store.cases.cluster(cluster_id).indicator.value == whole.digest


def test_a_query_that_finds_other_mail_than_was_reviewed_is_not_acted_on(store: SqlStore) -> None:
    keys = deliver_each(store)
    found = Found(keys[:2])
    ctx = context(store, found)
    asked = ExplorerQuery(ExploreFilter())
    said = review(ctx, keys[:2], SOFT_DELETE, Wish(ANALYST, "", ActionSource.EXPLORER))
    found.found = keys
    wanted = response([], origin=asked, reviewed=said.digest)
    with pytest.raises(Conflict):
        respond(ctx, PretendedRuns(), wanted)
    found.found = keys[:2]
    assert respond(ctx, PretendedRuns(), wanted).is_new


def test_a_request_that_is_sent_again_is_one_whatever_it_says_and_another_persons_is_another(
    store: SqlStore,
) -> None:
    keys = deliver_each(store)
    ctx, runs = context(store), PretendedRuns()
    first = respond(ctx, runs, response(keys))
    again = respond(ctx, runs, response(keys[:1], action=ActionType.MOVE_TO_JUNK))
    assert (again.is_new, again.investigation.id) == (False, first.investigation.id)
    other = respond(ctx, runs, response(keys, actor=BEN))
    later = respond(ctx, runs, response(keys, request="draft-2"))
    assert len({first.investigation.id, other.investigation.id, later.investigation.id}) == 3
    assert len(runs.started) == 3


def test_what_cannot_be_done_is_said_and_recorded_nowhere(store: SqlStore) -> None:
    keys = deliver_each(store)
    ctx, runs = context(store), PretendedRuns()
    unknown = Handpicked((f"{'0' * 8}-0000-0000-0000-{'0' * 12}-1",))
    refused: list[tuple[type[Exception], str, dict[str, Any]]] = [
        (BadInput, "a name of at least", {"name": "  x "}),
        (BadInput, "give a reason", {"reason": "x"}),
        (BadInput, "nothing to take action on", {"origin": unknown}),
        (BadInput, "the sender's copy", {"action": ActionType.MOVE_TO_JUNK, "senders_copy": True}),
    ]
    for kind, why, changes in refused:
        with pytest.raises(kind, match=why):
            respond(ctx, runs, response(keys, **changes))
    assert store.cases.investigations() == ()
    assert runs.started == []


def test_messages_are_investigated_by_their_files_and_links_as_a_reported_one(
    store: SqlStore, rows: Callable[[str], list[Any]]
) -> None:
    keys = deliver_each(store)
    empty = mail("empty", attachments=(), urls=())
    store.index.apply([delta("c@example.com", empty)], NOW)
    bare = MessageKey(store.index.message_ids([4])[4][1], "c@example.com")
    ctx, runs = context(store), PretendedRuns()
    found = parts_of(ctx, [*keys, bare, MessageKey("gone", "d@example.com")])
    assert [(one.files, one.links, one.known) for one in found] == [
        (1, 1, True), (1, 1, True), (1, 1, True), (0, 0, True), (0, 0, False),
    ]  # fmt: skip
    seen = digest_of(parts_of(ctx, keys))
    with pytest.raises(Conflict):
        respond(ctx, runs, response(keys[:1], action=None, reviewed=seen))
    sent = respond(ctx, runs, response(keys, action=None, reviewed=seen))
    entities = store.cases.entities(sent.investigation.id)
    assert {(one.indicator.value, one.claim) for one in entities} == {
        (FILE.value, EntityClaim.CHOSEN), (LINK.value, EntityClaim.CHOSEN),
    }  # fmt: skip
    assert sent.investigation.title == "Phish of Monday"
    [line] = store.lists.cases(CaseFilter(), CaseOrder(), offset=0, limit=9, now=NOW).lines
    assert line.type is InvestigationType.MANUAL
    assert [tuple(row) for row in rows("SELECT source, reported_by FROM alerts")] == [
        ("Explorer action", "analyst")
    ]
    assert not respond(ctx, runs, response(keys, action=None)).is_new
    with pytest.raises(BadInput, match="no file and no link in these messages"):
        respond(ctx, runs, response([bare], action=None, request="draft-2"))


def test_more_messages_than_one_investigation_takes_are_refused(store: SqlStore) -> None:
    keys = [MessageKey(f"{number}", "a@example.com") for number in range(101)]
    with pytest.raises(BadInput, match="101 messages are more than one investigation takes"):
        parts_of(context(store), keys)
    ctx = context(store, Found(keys[:1]))
    wanted = response([], origin=ExplorerQuery(ExploreFilter()), action=None)
    with pytest.raises(NotFound, match="the index holds none of 1 message"):
        respond(ctx, PretendedRuns(), wanted)
