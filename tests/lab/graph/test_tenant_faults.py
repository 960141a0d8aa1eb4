"""Faults of the lab's tenant: what each answers, and what is done all the same."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import httpx
import pytest
from tenant_client import Rig, a_rig, code_of, mail, move_part

from clawback.errors import BadInput
from clawback.lab.graph.switches import CHANGE_FAULTS, Fault, Switches
from clawback.lab.graph.tenant import Tenant

USER = "finance.oak@example.com"
GONE = "recoverableitemsdeletions"

ANSWERS = {
    Fault.THROTTLED: (429, "ApplicationThrottled", True, False),
    Fault.THROTTLED_SILENT: (429, "ApplicationThrottled", False, False),
    Fault.UNAVAILABLE: (503, "serviceNotAvailable", True, False),
    Fault.UNAVAILABLE_SILENT: (503, "serviceNotAvailable", False, False),
    Fault.GATEWAY_TIMEOUT: (504, "UnknownError", False, False),
    Fault.EXPIRED_TOKEN: (401, "InvalidAuthenticationToken", False, False),
    Fault.APPLIED_THROTTLED: (429, "ApplicationThrottled", True, True),
    Fault.APPLIED_TIMEOUT: (504, "UnknownError", False, True),
    Fault.MOVE_COPY_FAILED: (500, "ErrorMoveCopyFailed", False, False),
    Fault.TOO_MANY_OBJECTS: (429, "ErrorTooManyObjectsOpened", True, False),
    Fault.QUOTA: (507, "ErrorQuotaExceeded", False, False),
}


def _with(fault: Fault, rate: float = 1.0, **more: object) -> Switches:
    return Switches().changed({"faults": {fault.value: rate}, **more})


async def _move(rig: Rig, message: str) -> httpx.Response:
    return await rig.post(f"/users/{USER}/messages/{message}/move", {"destinationId": GONE})


@pytest.mark.parametrize("fault", ANSWERS, ids=str)
def test_a_move_that_meets_a_fault_says_so_and_is_done_or_not(fault: Fault) -> None:
    async def story() -> None:
        status, code, retry_after, done = ANSWERS[fault]
        tenant = Tenant([USER])
        message = tenant.deliver(USER, mail(1))
        async with a_rig(tenant, _with(fault)) as rig:
            answer = await _move(rig, message)
            assert (answer.status_code, code_of(answer)) == (status, code)
            assert ("Retry-After" in answer.headers) == retry_after
            assert (tenant.everything(USER)[0].folder == GONE) == done
            assert rig.gateway.statistics.faults == {fault: 1}
            read = await rig.get(f"/users/{USER}/messages/{message}")
            assert read.status_code == (200 if fault in CHANGE_FAULTS else status)

    asyncio.run(story())


@pytest.mark.parametrize(("fault", "done"), [(Fault.DROPPED, False), (Fault.DROPPED_AFTER, True)])
def test_a_dropped_connection_has_no_answer(fault: Fault, done: bool) -> None:
    async def story() -> None:
        tenant = Tenant([USER])
        messages = [tenant.deliver(USER, mail(number)) for number in range(3)]
        async with a_rig(tenant, _with(fault)) as rig:
            with pytest.raises(httpx.ReadError):
                await rig.batch(*[move_part(n, USER, at, GONE) for n, at in enumerate(messages)])
            folders = {kept.folder for kept in tenant.everything(USER)}
            assert folders == ({GONE} if done else {"inbox"})

    asyncio.run(story())


def test_a_slow_body_comes_whole() -> None:
    async def story() -> None:
        tenant = Tenant([USER])
        message = tenant.deliver(USER, mail(1))
        async with a_rig(tenant, _with(Fault.SLOW_BODY, slow_body_seconds=0.05)) as rig:
            begin = time.monotonic()
            answer = await rig.get(f"/users/{USER}/messages/{message}/$value")
            assert answer.content == mail(1)
            assert time.monotonic() - begin >= 0.05

    asyncio.run(story())


def test_a_resync_hits_delta_requests_alone() -> None:
    async def story() -> None:
        async with a_rig(Tenant([USER]), _with(Fault.RESYNC)) as rig:
            gone = await rig.get(f"/users/{USER}/mailFolders/inbox/messages/delta")
            assert (gone.status_code, code_of(gone)) == (410, "syncStateNotFound")
            assert gone.headers["Location"].endswith("/messages/delta?$deltatoken=")
            assert (await rig.get(f"/users/{USER}/messages")).status_code == 200

    asyncio.run(story())


def test_rates_hold_and_equal_seeds_meet_equal_faults() -> None:
    async def story(seed: int) -> list[int]:
        tenant = Tenant([USER])
        rates = {"throttled": 0.1, "applied-timeout": 0.1}
        switches = Switches().changed({"faults": rates, "seed": seed, "requests_per_second": 0})
        async with a_rig(tenant, switches) as rig:
            statuses = []
            for number in range(30):
                ids = [tenant.deliver(USER, mail(number * 20 + at)) for at in range(20)]
                answers = await rig.batch(
                    *[move_part(n, USER, at, GONE) for n, at in enumerate(ids)]
                )
                statuses += [answers[str(at)]["status"] for at in range(20)]
            moved = sum(kept.folder == GONE for kept in tenant.everything(USER))
            assert moved == len(statuses) - statuses.count(429)
            return statuses

    first, again, other = (asyncio.run(story(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    counts = Counter(first)
    assert 30 <= counts[429] <= 90
    assert 30 <= counts[504] <= 90
    assert counts[201] == 600 - counts[429] - counts[504]


def test_switches_are_changed_while_it_runs_and_wrong_ones_change_nothing() -> None:
    async def story() -> None:
        async with a_rig(Tenant([USER])) as rig:
            at = "http://127.0.0.1/_lab/switches"
            changed = await rig.client.patch(at, json={"faults": {"unavailable": 1}, "seed": 9})
            assert changed.json()["faults"] == {"unavailable": 1.0}
            assert (await rig.get(f"/users/{USER}/messages")).status_code == 503
            wrong = await rig.client.patch(at, json={"faults": {"earthquake": 1}})
            assert wrong.status_code == 400
            assert "earthquake" in wrong.json()["error"]
            assert (await rig.client.get(at)).json()["seed"] == 9
            assert (await rig.client.patch(at, content=b"{")).status_code == 400
            assert (await rig.client.patch(at, json=[])).status_code == 400
            reset = await rig.client.put(at, json={})
            assert reset.json() == Switches().as_json()
            assert (await rig.get(f"/users/{USER}/messages")).status_code == 200

    asyncio.run(story())


@pytest.mark.parametrize(
    "values",
    [
        {"colour": "red"},
        {"faults": {"throttled": 1.5}},
        {"faults": {"throttled": "often"}},
        {"faults": ["throttled"]},
        {"mailboxes": {USER: "haunted"}},
        {"roles": ["Mail.Everything"]},
        {"concurrency": -1},
        {"concurrency": 1.5},
        {"concurrency": "four"},
        {"concurrency": True},
        {"shuffle": 1},
        {"delete_to": "inbox"},
        {"concurrency_scope": "tenant"},
        {"delta_repeats": 2},
        {"latency_seconds": float("nan")},
        {"latency_seconds": float("inf")},
    ],
    ids=str,
)
def test_a_switch_that_cannot_be_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        Switches().changed(values)


def test_every_switch_can_be_read_back() -> None:
    switches = Switches().changed(
        {"faults": {"dropped": 0.25}, "mailboxes": {USER: "full"}, "roles": ["Mail.Read"]}
    )
    assert Switches().changed(switches.as_json()) == switches


def test_the_controls_answer_this_machine_alone() -> None:
    async def story() -> None:
        async with a_rig(Tenant([USER])) as rig:
            transport = httpx.ASGITransport(rig.app, client=("192.0.2.1", 1234))
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as stranger:
                for path in ("switches", "statistics", f"messages/{USER}"):
                    assert (await stranger.get(f"/_lab/{path}")).status_code == 403
                assert (await stranger.post("/_lab/expire", json={})).status_code == 403
            truth = (await rig.client.get(f"http://127.0.0.1/_lab/messages/{USER}")).json()
            assert truth == {"messages": []}

    asyncio.run(story())
