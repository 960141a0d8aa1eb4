"""The mail API of the lab's tenant: users, folders, messages, moves, bytes, batches."""

from __future__ import annotations

import asyncio
import base64

from tenant_client import IMMUTABLE, a_rig, code_of, mail, move_part

from clawback.lab.graph.tenant import Tenant

USER, OTHER = "finance.oak@example.com", "sales.elder@example.com"
GONE = "recoverableitemsdeletions"


def test_a_move_keeps_the_immutable_id_and_ends_the_regular_one() -> None:
    async def story() -> None:
        tenant = Tenant([USER])
        message = tenant.deliver(USER, mail(1))
        regular = tenant.everything(USER)[0].regular_id
        async with a_rig(tenant) as rig:
            moved = await rig.post(
                f"/users/{USER}/messages/{message}/move", {"destinationId": GONE}
            )
            assert moved.status_code == 201
            assert moved.json()["id"] == message
            assert moved.headers["Preference-Applied"] == 'IdType="ImmutableId"'
            old = await rig.get(f"/users/{USER}/messages/{regular}", regular=True)
            assert (old.status_code, code_of(old)) == (404, "ErrorItemNotFound")
            new = tenant.everything(USER)[0].regular_id
            assert (await rig.get(f"/users/{USER}/messages/{new}", regular=True)).status_code == 200
            shouted = await rig.get(f"/users/{USER}/messages/{message.swapcase()}")
            assert shouted.status_code in (400, 404)

    asyncio.run(story())


def test_recoverable_items_are_in_no_list_and_readable_by_their_name() -> None:
    async def story() -> None:
        tenant = Tenant([USER])
        tenant.deliver(USER, mail(1), GONE)
        tenant.deliver(USER, mail(2), "deleteditems")
        async with a_rig(tenant) as rig:
            listed = (await rig.get(f"/users/{USER}/messages?$select=subject")).json()["value"]
            assert [view["subject"] for view in listed] == ["Report 2"]
            folders = (await rig.get(f"/users/{USER}/mailFolders?$top=100")).json()["value"]
            assert "Inbox" in {folder["displayName"] for folder in folders}
            assert not {"Deletions", "Purges"} & {folder["displayName"] for folder in folders}
            answer = await rig.get(f"/users/{USER}/mailFolders/{GONE}/messages?$select=subject")
            assert [view["subject"] for view in answer.json()["value"]] == ["Report 1"]

    asyncio.run(story())


def test_mime_content_is_the_bytes_and_base64_within_a_batch() -> None:
    async def story() -> None:
        tenant = Tenant([USER])
        message = tenant.deliver(USER, mail(1) + b"\xff\x00\r\n.\r\n")
        async with a_rig(tenant) as rig:
            path = f"/users/{USER}/messages/{message}/$value"
            assert (await rig.get(path)).content == tenant.everything(USER)[0].raw
            part = {"id": "a", "method": "GET", "url": path, "headers": IMMUTABLE}
            answer = (await rig.batch(part))["a"]
            assert base64.b64decode(answer["body"]) == tenant.everything(USER)[0].raw

    asyncio.run(story())


def test_a_batch_moves_in_many_mailboxes_and_answers_each_part() -> None:
    async def story() -> None:
        tenant = Tenant([USER, OTHER])
        ids = [(user, tenant.deliver(user, mail(n))) for n in range(9) for user in (USER, OTHER)]
        async with a_rig(tenant) as rig:
            parts = [move_part(n, user, at, GONE) for n, (user, at) in enumerate(ids)]
            answers = await rig.batch(*parts)
            assert {entry["status"] for entry in answers.values()} == {201}
            assert len(answers) == 18
            assert {kept.folder for user in (USER, OTHER) for kept in tenant.everything(user)} == {
                GONE
            }
            statistics = rig.gateway.statistics
            assert (statistics.requests, statistics.parts) == (1, 18)
            assert statistics.most_in_mailbox == 4

    asyncio.run(story())
