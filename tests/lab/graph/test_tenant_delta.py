"""Following delta gives exactly what is in a folder, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tenant_client import IMMUTABLE, Rig, a_rig, code_of, mail

from clawback.lab.graph import delta as delta_module
from clawback.lab.graph.mailbox import Folder, Message
from clawback.lab.graph.switches import Switches
from clawback.lab.graph.tenant import Tenant

USER = "finance.oak@example.com"
FOLDERS = ("inbox", "junkemail", "recoverableitemsdeletions", "Projects/Alder")


class Follower:
    """A client that knows nothing but the delta answers of each folder."""

    def __init__(self, rig: Rig, chance: Random, *, immutable: bool = True) -> None:
        self._rig = rig
        self._chance = chance
        self._prefer = 'IdType="ImmutableId", ' if immutable else ""
        self._links: dict[str, str] = {}
        self.known: dict[str, dict[str, bool]] = {}

    async def follow(self, folder: str, between: Callable[[], None]) -> None:
        """One round; `between` is what happens after each of its pages."""
        folder_id = self._rig.tenant.mailboxes[USER].folder_at(folder).id
        known = self.known.setdefault(folder, {})
        start = f"/users/{USER}/mailFolders/{folder_id}/messages/delta?$select=isRead"
        link: str | None = self._links.get(folder, start)
        while link is not None:
            size = self._chance.randint(1, 3)
            prefer = f"{self._prefer}odata.maxpagesize={size}"
            answer = (await self._rig.client.get(link, headers={"Prefer": prefer})).json()
            assert len(answer["value"]) <= size
            for view in answer["value"]:
                if "@removed" in view:
                    known.pop(view["id"], None)
                else:
                    known[view["id"]] = view["isRead"]
            self._links[folder] = answer.get("@odata.deltaLink", "")
            link = answer.get("@odata.nextLink")
            between()


def _happen(tenant: Tenant, chance: Random, number: int) -> None:
    """One thing that a user, a sender or the retention time does."""
    kept = tenant.everything(USER)
    if not kept or chance.random() < 0.35:
        tenant.deliver(USER, mail(number), chance.choice(FOLDERS))
        return
    message = chance.choice(kept).immutable_id
    match chance.randrange(4):
        case 0 | 1:
            tenant.user_move(USER, message, chance.choice(FOLDERS))
        case 2:
            tenant.user_mark(USER, message, is_read=chance.random() < 0.5)
        case _:
            tenant.purge(USER, message)


async def check(seed: int, steps: int, switches: Switches, *, immutable: bool = True) -> None:
    """Random operations and rounds in turn; at the end a quiet round must agree with the truth."""
    chance = Random(seed)
    tenant = Tenant([USER])
    async with a_rig(tenant, switches) as rig:
        follower = Follower(rig, chance, immutable=immutable)

        def between() -> None:
            if chance.random() < 0.7:
                _happen(tenant, chance, chance.randrange(10**6))

        for step in range(steps):
            _happen(tenant, chance, step)
            if chance.random() < 0.4:
                await follower.follow(chance.choice(FOLDERS), between)
        for folder in FOLDERS:
            await follower.follow(folder, lambda: None)
            truth = {
                kept.immutable_id if immutable else kept.regular_id: kept.is_read
                for kept in tenant.everything(USER)
                if kept.folder == folder
            }
            assert follower.known[folder] == truth


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**9),
    repeats=st.sampled_from([0.0, 0.5]),
    immutable=st.booleans(),
)
def test_following_delta_gives_exactly_what_is_in_the_folder(
    seed: int, repeats: float, immutable: bool
) -> None:
    asyncio.run(check(seed, 30, Switches(delta_repeats=repeats), immutable=immutable))


def _omit_one(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = delta_module._begun

    def broken(folder: Folder, options: object, since: int, switches: Switches) -> object:
        state = sound(folder, options, since, switches)  # type: ignore[arg-type]
        return delta_module._State(
            state.folder, state.options, since, state.until, (state.entries or ())[1:]
        )

    monkeypatch.setattr(delta_module, "_begun", broken)


def _forget_who_left(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = Folder.forget

    def broken(self: Folder, message: Message) -> None:
        sound(self, message)
        del self.gone[message.regular_id]

    monkeypatch.setattr(Folder, "forget", broken)


def _end_a_round_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next round begins at the end of this one, so that what came meanwhile is never told."""
    sound = delta_module.Rounds.keep

    def broken(self: delta_module.Rounds, state: delta_module._State, most: int) -> str:
        now = state.folder.sequence
        late = delta_module._State(
            state.folder, state.options, now, now, state.entries, state.position
        )
        return sound(self, late, most)

    monkeypatch.setattr(delta_module.Rounds, "keep", broken)


@pytest.mark.parametrize("break_it", [_omit_one, _forget_who_left, _end_a_round_late])
def test_a_delta_that_omits_something_is_caught(
    break_it: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_it(monkeypatch)

    def caught(seed: int) -> bool:
        try:
            asyncio.run(check(seed, 30, Switches()))
        except AssertionError:
            return True
        return False

    assert any(caught(seed) for seed in range(12))


def test_a_round_has_no_order() -> None:
    async def story() -> None:
        tenant = Tenant([USER])
        arrived = [tenant.deliver(USER, mail(number)) for number in range(30)]
        async with a_rig(tenant) as rig:
            path = f"/users/{USER}/mailFolders/inbox/messages/delta?$select=id&$top=1000"
            told = [view["id"] for view in (await rig.get(path)).json()["value"]]
            assert sorted(told) == sorted(arrived)
            assert told != arrived
            assert told != arrived[::-1]

    asyncio.run(story())


def test_a_token_that_is_no_longer_kept_is_gone_and_says_where_to_begin_anew() -> None:
    async def story() -> None:
        tenant = Tenant([USER])
        tenant.deliver(USER, mail(1))
        async with a_rig(tenant) as rig:
            path = f"/users/{USER}/mailFolders/inbox/messages/delta"
            link = (await rig.get(path)).json()["@odata.deltaLink"]
            assert (await rig.get(link)).json()["value"] == []
            await rig.client.post("http://127.0.0.1/_lab/expire", json={"delta": True})
            gone = await rig.get(link)
            assert (gone.status_code, code_of(gone)) == (410, "syncStateNotFound")
            again = (await rig.get(gone.headers["Location"])).json()
            assert len(again["value"]) == 1

    asyncio.run(story())


def test_options_of_the_first_request_hold_for_the_whole_chain() -> None:
    async def story() -> None:
        tenant = Tenant([USER])
        for number in range(5):
            tenant.deliver(USER, mail(number))
        async with a_rig(tenant) as rig:
            path = f"/users/{USER}/mailFolders/inbox/messages/delta?$select=subject&$top=3"
            first = (await rig.get(path)).json()
            second = (await rig.get(first["@odata.nextLink"])).json()
            assert [len(first["value"]), len(second["value"])] == [3, 2]
            assert {name for view in second["value"] for name in view if name[0] != "@"} == {
                "id",
                "subject",
            }
            assert "$select" not in first["@odata.nextLink"]

    asyncio.run(story())


@pytest.mark.parametrize("change_type", ["created", "updated", "deleted"])
def test_one_type_of_change_can_be_asked_for(change_type: str) -> None:
    async def story() -> None:
        tenant = Tenant([USER])
        read, left = (tenant.deliver(USER, mail(number)) for number in range(2))
        async with a_rig(tenant) as rig:
            path = f"/users/{USER}/mailFolders/inbox/messages/delta?changeType={change_type}"
            link = (await rig.get(path)).json()["@odata.deltaLink"]
            tenant.user_mark(USER, read, is_read=True)
            tenant.user_delete(USER, left)
            new = tenant.deliver(USER, mail(3))
            told = [view["id"] for view in (await rig.get(link)).json()["value"]]
            assert told == [{"created": new, "updated": read, "deleted": left}[change_type]]

    asyncio.run(story())


@pytest.mark.parametrize(
    "query",
    [
        "$filter=isRead eq true",
        "$filter=receivedDateTime lt 2026-01-01T00:00:00Z",
        "$orderby=subject",
        "$search=x",
        "$skip=1",
        "changeType=renamed",
    ],
)
def test_what_delta_does_not_support_is_refused(query: str) -> None:
    async def story() -> None:
        async with a_rig(Tenant([USER])) as rig:
            path = f"/users/{USER}/mailFolders/inbox/messages/delta?{query}"
            assert (await rig.client.get(path, headers=IMMUTABLE)).status_code == 400

    asyncio.run(story())


def test_a_token_is_of_one_folder() -> None:
    async def story() -> None:
        async with a_rig(Tenant([USER])) as rig:
            path = f"/users/{USER}/mailFolders/inbox/messages/delta"
            link = (await rig.get(path)).json()["@odata.deltaLink"]
            assert (await rig.get(link.replace("inbox", "junkemail"))).status_code == 400

    asyncio.run(story())
