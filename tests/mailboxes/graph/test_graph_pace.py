"""What the tenant counts: full batches, both readings of its limit, waits that were asked for."""

from __future__ import annotations

import itertools

import pytest

from clawback.errors import SourceDenied
from clawback.lab.graph.switches import Fault, Scope, Switches
from models.copies import CopyRef, LiveCopy, SourceFault
from models.outcomes import MoveIntent, MoveReply
from tests.mailboxes.graph.graph_stage import GraphStage
from tests.mailboxes.graph.virtual_time import run
from tests.mailboxes.stages import intent, locate, move, ref

USERS = tuple(f"user-{number:02}@example.org" for number in range(25))


def stage_of(mailboxes: int, each: int, **switches: object) -> tuple[GraphStage, list[CopyRef]]:
    more = Switches().changed({"latency_seconds": 0.05, **switches})
    same = {
        key: switches[key]
        for key in ("concurrency_scope", "requests_per_second")
        if key in switches
    }
    stage = GraphStage(USERS[:mailboxes], switches=more, **same)
    copies: list[CopyRef] = []
    for user in USERS[:mailboxes]:
        for number in range(each):
            raw = f"Message-ID: <{number}.{user}>\r\nSubject: s\r\n\r\n{number}\r\n".encode()
            place = stage.deliver(user, raw)
            copies.append(ref(stage, user, place, raw, copy_id=len(copies) + 1))
    return stage, copies


def work(stage: GraphStage, copies: list[CopyRef]) -> tuple[dict[int, LiveCopy], list[int]]:
    """Look, move and look again; HTTP requests of each step."""

    async def all_of_it() -> tuple[dict[int, LiveCopy], list[int]]:
        transport = (await stage.source.client()).transport
        sent = [transport.sent]
        await locate(stage.source, *copies)
        sent.append(transport.sent)
        replies = await move(stage.source, *(intent(copy) for copy in copies))
        assert {reply.fault for reply in replies.values()} == {None}
        sent.append(transport.sent)
        live = await locate(stage.source, *copies)
        sent.append(transport.sent)
        return live, [after - before for before, after in itertools.pairwise(sent)]

    return run(all_of_it(), stage.time)


@pytest.mark.parametrize(("mailboxes", "each"), [(10, 50), (25, 20)])
def test_a_message_costs_a_tenth_of_a_request_and_its_look_a_twentieth(
    mailboxes: int, each: int
) -> None:
    stage, copies = stage_of(mailboxes, each)
    live, (_, moving, looking) = work(stage, copies)
    assert {one.role for one in live.values()} == {stage.source.role_of("Recoverable Items")}
    assert (moving + looking) / len(copies) <= 0.11
    assert stage.gateway.statistics.most_in_mailbox == 4
    assert set(stage.gateway.statistics.statuses) == {200, 201}


def test_within_one_application_no_more_than_four_are_ever_under_way() -> None:
    stage, copies = stage_of(10, 6, concurrency_scope=Scope.APPLICATION.value)
    began = stage.time.seconds
    work(stage, copies)
    assert stage.gateway.statistics.most_in_application == 4
    assert set(stage.gateway.statistics.statuses) == {200, 201}
    ideal = stage.gateway.statistics.parts / 4 * 0.05
    assert ideal / (stage.time.seconds - began) >= 0.9


def test_the_schedule_is_nine_tenths_of_what_the_limits_allow() -> None:
    stage, copies = stage_of(25, 40, requests_per_second=500)
    began = stage.time.seconds
    work(stage, copies)
    parts = stage.gateway.statistics.parts
    assert set(stage.gateway.statistics.statuses) == {200, 201}
    assert parts / 500 / (stage.time.seconds - began) >= 0.9


def test_after_a_rest_a_removal_goes_as_fast_as_the_mailboxes_allow_not_at_an_even_pace() -> None:
    stage, copies = stage_of(25, 39, requests_per_second=500)
    began = stage.time.seconds
    work(stage, copies)
    assert stage.gateway.statistics.statuses.keys() == {200, 201}
    # 2,975 parts with those for the folders: the last 475 begin after five seconds, 100 at once.
    # At an even pace they would end after 6.
    assert stage.time.seconds - began <= (5.0 + 5 * 0.05) / 0.9


def test_one_that_takes_the_wrong_reading_is_throttled() -> None:
    stage, copies = stage_of(10, 6)
    stage.switch(concurrency_scope=Scope.APPLICATION.value)
    work(stage, copies)
    assert stage.gateway.statistics.statuses[429] > 0


def test_a_mailbox_is_left_alone_as_long_as_it_asks() -> None:
    stage, copies = stage_of(1, 8, retry_after_seconds=17)
    stage.switch(faults={Fault.THROTTLED.value: 1.0})

    async def look() -> dict[int, LiveCopy]:
        return await locate(stage.source, *copies)

    began = stage.time.seconds
    live = run(look(), stage.time)
    assert {one.fault for one in live.values()} == {SourceFault.UNAVAILABLE}
    waited = stage.time.seconds - began
    assert 17.0 * 2 <= waited <= 60.0  # twice, and then no more patience
    assert stage.gateway.statistics.requests <= 12


def test_a_wait_that_is_longer_than_the_lease_is_not_waited() -> None:
    stage, copies = stage_of(1, 2, retry_after_seconds=600)
    stage.switch(faults={Fault.THROTTLED.value: 1.0})
    began = stage.time.seconds
    live = run(locate(stage.source, *copies), stage.time)
    assert {one.fault for one in live.values()} == {SourceFault.UNAVAILABLE}
    assert stage.time.seconds - began < 60.0


@pytest.mark.parametrize("fault", [Fault.APPLIED_THROTTLED, Fault.APPLIED_TIMEOUT])
def test_a_move_that_was_made_and_answered_as_failed_is_made_once(fault: Fault) -> None:
    stage, copies = stage_of(5, 4)
    stage.switch(faults={fault.value: 1.0})

    async def look_and_move() -> dict[int, MoveReply]:
        await locate(stage.source, *copies)
        return await move(stage.source, *(intent(copy) for copy in copies))

    replies = run(look_and_move(), stage.time)
    assert {reply.fault for reply in replies.values()} == {None}
    assert sum(box.moves for box in stage.tenant.mailboxes.values()) == len(copies)


def test_a_full_mailbox_is_told_as_such_and_nothing_moves() -> None:
    stage, copies = stage_of(2, 2)
    stage.switch(mailboxes={USERS[0]: "full"})
    intents: list[MoveIntent] = [intent(copy) for copy in copies]
    replies = run(move(stage.source, *intents), stage.time)
    assert [replies[number].fault for number in (1, 2, 3, 4)] == [
        SourceFault.QUOTA,
        SourceFault.QUOTA,
        None,
        None,
    ]


def test_a_token_that_ended_is_replaced_and_one_that_is_wrong_is_said() -> None:
    stage, copies = stage_of(2, 2, faults={Fault.EXPIRED_TOKEN.value: 0.2})
    live = run(locate(stage.source, *copies), stage.time)
    assert {one.fault for one in live.values()} == {None}
    stage.tenant.static_token = "another"
    with pytest.raises(SourceDenied, match="token-refused"):
        run(locate(stage.source, *copies), stage.time)


def test_each_request_that_is_put_off_is_told_of_with_its_wait_and_the_limit_now() -> None:
    stage, copies = stage_of(4, 5)
    work(stage, copies)
    assert stage.throttled == []
    stage, copies = stage_of(4, 5, faults={Fault.THROTTLED.value: 0.3})
    work(stage, copies)
    assert len(stage.throttled) == stage.gateway.statistics.statuses[429] > 0
    for name, wait, at_once in stage.throttled:
        assert name == "stage"
        assert wait > 0
        assert at_once is not None
        assert at_once >= 1
