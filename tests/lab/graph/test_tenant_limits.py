"""Limits of the lab's tenant, in both readings of the pages, and what they answer."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from tenant_client import Rig, a_rig, code_of

from clawback.lab.graph.counting import Statistics
from clawback.lab.graph.refusals import Refusal
from clawback.lab.graph.switches import Switches
from clawback.lab.graph.tenant import Tenant
from clawback.lab.graph.throttle import Throttle

A, B = "finance.oak@example.com", "sales.elder@example.com"
APP = "application"


async def _at_once(rig: Rig, *users: str) -> Counter[int]:
    answers = await asyncio.gather(*(rig.get(f"/users/{user}/messages") for user in users))
    for answer in answers:
        if answer.status_code == 429:
            assert code_of(answer) == "ApplicationThrottled"
            assert answer.headers["Retry-After"] == "1"
    return Counter(answer.status_code for answer in answers)


@pytest.mark.parametrize(
    ("scope", "passed"), [("mailbox", {200: 8, 429: 2}), ("application", {200: 4, 429: 6})]
)
def test_four_requests_at_once_are_let_in_as_either_page_counts_them(
    scope: str, passed: dict[int, int]
) -> None:
    async def story() -> None:
        switches = Switches().changed({"concurrency_scope": scope, "latency_seconds": 0.01})
        async with a_rig(Tenant([A, B]), switches) as rig:
            assert await _at_once(rig, *[A] * 5, *[B] * 5) == passed
            assert await _at_once(rig, A, B) == {200: 2}  # room again

    asyncio.run(story())


def test_a_second_batch_to_the_same_mailbox_is_refused_in_its_parts() -> None:
    async def story() -> None:
        switches = Switches(latency_seconds=0.01)
        async with a_rig(Tenant([A, B]), switches) as rig:
            parts = [
                {"id": str(n), "method": "GET", "url": f"/users/{A}/messages"} for n in range(4)
            ]
            first, second = await asyncio.gather(rig.batch(*parts), rig.batch(*parts))
            statuses = Counter(
                entry["status"] for batch in (first, second) for entry in batch.values()
            )
            assert statuses == {200: 4, 429: 4}

    asyncio.run(story())


def _let_in(throttle: Throttle, switches: Switches, mailbox: str, now: float) -> int:
    """0 if a request is let in, else the seconds it is told to wait."""
    try:
        throttle.enter(APP, mailbox, switches, now)
    except Refusal as refusal:
        return int(refusal.headers["Retry-After"])
    throttle.leave(APP, mailbox)
    return 0


def test_ten_thousand_in_any_ten_minutes_for_each_mailbox() -> None:
    throttle, switches = Throttle(Statistics()), Switches()
    assert sum(_let_in(throttle, switches, A, at / 100) > 0 for at in range(10_000)) == 0
    assert _let_in(throttle, switches, A, 100.0) == 501
    assert _let_in(throttle, switches, B, 100.0) == 0
    assert _let_in(throttle, switches, A, 599.9) > 0
    assert _let_in(throttle, switches, A, 601.0) == 0


def test_refused_requests_count_too_and_waiting_as_told_is_enough() -> None:
    throttle, switches = Throttle(Statistics()), Switches(requests_per_10_minutes=2)
    assert [_let_in(throttle, switches, A, float(at)) for at in range(4)] == [0, 0, 599, 599]
    # At 600.5 the first has left the window, but those that were refused are in it.
    assert _let_in(throttle, switches, A, 600.5) > 0
    throttle = Throttle(Statistics())
    assert [_let_in(throttle, switches, A, float(at)) for at in range(4)] == [0, 0, 599, 599]
    assert _let_in(throttle, switches, A, 3.0 + 599) == 0


def test_a_client_that_never_waits_gets_through_at_last() -> None:
    throttle, switches = Throttle(Statistics()), Switches(requests_per_10_minutes=2)
    assert 0 in [_let_in(throttle, switches, A, float(at)) for at in range(2, 1_300)]


def test_two_thousand_a_second_for_the_application_over_everything() -> None:
    throttle, switches = Throttle(Statistics()), Switches()

    def refused(now: float) -> bool:
        try:
            throttle.count(APP, switches, now)
        except Refusal as refusal:
            return refusal.status == 429
        return False

    assert sum(refused(at / 4_000) for at in range(2_000)) == 0
    assert refused(0.6)
    assert not refused(1.7)


def test_a_limit_of_zero_is_none() -> None:
    async def story() -> None:
        switches = Switches(
            concurrency=0,
            requests_per_10_minutes=0,
            requests_per_second=0,
            latency_seconds=0.001,
        )
        async with a_rig(Tenant([A]), switches) as rig:
            assert await _at_once(rig, *[A] * 20) == {200: 20}

    asyncio.run(story())


def test_a_refused_request_leaves_no_place_taken() -> None:
    async def story() -> None:
        async with a_rig(Tenant([A]), Switches(latency_seconds=0.001)) as rig:
            for _ in range(5):
                await _at_once(rig, *[A] * 9)
            rig.switch(mailboxes={A: "on-premises"})
            for _ in range(9):
                assert (await rig.get(f"/users/{A}/messages")).status_code == 404
            rig.switch(mailboxes={})
            assert await _at_once(rig, *[A] * 4) == {200: 4}

    asyncio.run(story())


def test_the_statistics_say_what_was_asked_and_answered() -> None:
    async def story() -> None:
        async with a_rig(Tenant([A, B]), Switches(latency_seconds=0.01)) as rig:
            await _at_once(rig, *[A] * 5)
            part = {"id": "1", "method": "GET", "url": f"/users/{B}/messages"}
            await rig.batch(part, {**part, "id": "2"})
            shown = (await rig.client.get("http://127.0.0.1/_lab/statistics")).json()
            assert (shown["requests"], shown["batches"], shown["parts"]) == (6, 1, 2)
            assert shown["by_status"] == {"200": 6, "429": 1}
            assert shown["by_kind"] == {"messages": 7}
            assert shown["most_at_once_in_a_mailbox"] == 4
            assert shown["first_at"] <= shown["last_at"]
            await rig.client.delete("http://127.0.0.1/_lab/statistics")
            cleared = (await rig.client.get("http://127.0.0.1/_lab/statistics")).json()
            assert (cleared["requests"], cleared["first_at"]) == (0, None)

    asyncio.run(story())
