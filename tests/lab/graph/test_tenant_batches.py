"""$batch of the lab's tenant: what it refuses, its order, its dependencies, its own limits."""

from __future__ import annotations

import asyncio

import pytest
from tenant_client import a_rig, code_of, mail, move_part

from clawback.lab.graph.switches import Switches
from clawback.lab.graph.tenant import Tenant

USER = "finance.oak@example.com"
GONE = "recoverableitemsdeletions"


def _get(name: str, url: str = f"/users/{USER}/messages", **more: object) -> dict[str, object]:
    return {"id": name, "method": "GET", "url": url, **more}


@pytest.mark.parametrize(
    "requests",
    [
        [_get(str(number)) for number in range(21)],
        [_get("a"), _get("A")],
        [],
        [_get("1", "http://127.0.0.1/v1.0/users")],
        [_get("1", "https://graph.microsoft.com/v1.0/users")],
        [{"id": "1", "url": "/users"}],
        [{"method": "GET", "url": "/users"}],
        [{"id": 1, "method": "GET", "url": "/users"}],
        [{**_get("1"), "method": "POST", "body": {}}],
        [_get("1", dependsOn=["2"])],
        [_get("1", dependsOn=["2"]), _get("2", dependsOn=["1"])],
        ["no object"],
    ],
    ids=[
        "21 parts", "one id twice", "none", "absolute url", "absolute url elsewhere", "no method",
        "no id", "id no text", "body without type", "unknown dependency", "circle", "no object",
    ],
)  # fmt: skip
def test_a_malformed_batch_is_refused_as_a_whole(requests: list[object]) -> None:
    async def story() -> None:
        async with a_rig(Tenant([USER])) as rig:
            answer = await rig.client.post("/$batch", json={"requests": requests})
            assert (answer.status_code, code_of(answer)) == (400, "BadRequest")
            assert rig.gateway.statistics.parts == 0

    asyncio.run(story())


def test_twenty_parts_are_taken_and_a_wrong_one_spoils_itself_alone() -> None:
    async def story() -> None:
        async with a_rig(Tenant([USER])) as rig:
            parts = [_get(str(number)) for number in range(19)]
            answers = await rig.batch(*parts, _get("x", "/v1.0/users"))
            assert answers["x"]["status"] == 400
            assert [answers[str(number)]["status"] for number in range(19)] == [200] * 19

    asyncio.run(story())


def test_answers_come_in_any_order() -> None:
    async def story() -> None:
        async with a_rig(Tenant([USER])) as rig:
            body = {"requests": [_get(str(number)) for number in range(20)]}
            orders = set()
            for _ in range(5):
                answer = (await rig.client.post("/$batch", json=body)).json()
                orders.add(tuple(entry["id"] for entry in answer["responses"]))
            assert len(orders) == 5

    asyncio.run(story())


def test_a_chain_runs_in_its_order_and_stops_at_a_failure() -> None:
    async def story() -> None:
        tenant = Tenant([USER])
        message = tenant.deliver(USER, mail(1))
        async with a_rig(tenant) as rig:
            parts = [
                move_part(1, USER, message, GONE),
                {**move_part(2, USER, message, "junkemail"), "dependsOn": ["1"]},
                {**move_part(3, USER, message, "nowhere"), "dependsOn": ["2"]},
                {**move_part(4, USER, message, "inbox"), "dependsOn": ["3"]},
                {**move_part(5, USER, message, "inbox"), "dependsOn": ["4"]},
            ]
            answers = await rig.batch(*reversed(parts))
            assert [answers[str(n)]["status"] for n in range(1, 6)] == [201, 201, 400, 424, 424]
            assert tenant.everything(USER)[0].folder == "junkemail"

    asyncio.run(story())


@pytest.mark.parametrize(("scope", "most"), [("mailbox", 12), ("application", 4)])
def test_at_most_four_parts_run_at_once_as_either_page_counts_them(scope: str, most: int) -> None:
    async def story() -> None:
        users = [f"user{number}@example.com" for number in range(3)]
        switches = Switches().changed({"concurrency_scope": scope, "latency_seconds": 0.001})
        async with a_rig(Tenant(users), switches) as rig:
            parts = [
                _get(f"{user}{n}", f"/users/{user}/messages") for user in users for n in range(6)
            ]
            answers = await rig.batch(*parts)
            assert {entry["status"] for entry in answers.values()} == {200}
            assert rig.gateway.statistics.most_in_mailbox == 4
            assert rig.gateway.statistics.most_in_application == most

    asyncio.run(story())


@pytest.mark.parametrize("scope", ["mailbox", "application"])
def test_the_fifth_part_can_be_refused_in_place_of_waiting(scope: str) -> None:
    async def story() -> None:
        switches = Switches().changed({"batch_queues": False, "concurrency_scope": scope})
        async with a_rig(Tenant([USER]), switches) as rig:
            answers = await rig.batch(*[_get(str(number)) for number in range(6)])
            statuses = [entry["status"] for entry in answers.values()]
            assert sorted(statuses) == [200] * 4 + [429] * 2

    asyncio.run(story())


def test_a_part_carries_its_own_retry_after() -> None:
    async def story() -> None:
        switches = Switches().changed({"requests_per_10_minutes": 3})
        async with a_rig(Tenant([USER]), switches) as rig:
            answers = await rig.batch(*[_get(str(number)) for number in range(5)])
            refused = [entry for entry in answers.values() if entry["status"] == 429]
            assert len(refused) == 2
            assert all(0 < int(entry["headers"]["Retry-After"]) <= 600 for entry in refused)
            assert refused[0]["body"]["error"]["code"] == "ApplicationThrottled"

    asyncio.run(story())
