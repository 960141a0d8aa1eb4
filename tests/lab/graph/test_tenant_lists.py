"""Lists of the lab's tenant: paging, filters, order, selection, folders, users."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from tenant_client import Rig, a_rig, code_of, mail

from clawback.lab.graph.tenant import Tenant

USER = "finance.oak@example.com"
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


async def _pages(rig: Rig, path: str, name: str = "id") -> list[list[str]]:
    pages, link = [], path
    while link:
        answer = (await rig.get(link)).json()
        pages.append([view[name] for view in answer["value"]])
        link = answer.get("@odata.nextLink", "")
    return pages


def _filled(count: int) -> Tenant:
    tenant = Tenant([USER])
    for number in range(count):
        at = START + timedelta(minutes=number)
        tenant.deliver(USER, mail(number), received_at=at)
    return tenant


@pytest.mark.parametrize(
    ("top", "sizes"), [("", [10, 10, 3]), ("?$top=23", [23]), ("?$top=22", [22, 1])]
)
def test_pages_give_each_message_once_newest_first(top: str, sizes: list[int]) -> None:
    async def story() -> None:
        tenant = _filled(23)
        async with a_rig(tenant) as rig:
            pages = await _pages(rig, f"/users/{USER}/messages{top}")
            assert [len(page) for page in pages] == sizes
            told = [name for page in pages for name in page]
            assert told == [kept.immutable_id for kept in reversed(tenant.everything(USER))]

    asyncio.run(story())


def test_a_next_link_keeps_the_query_and_counts_what_it_has_gone_through() -> None:
    async def story() -> None:
        tenant = _filled(6)
        async with a_rig(tenant) as rig:
            path = f"/users/{USER}/mailFolders/inbox/messages?$select=subject&$top=2&$skip=1"
            first = (await rig.get(path)).json()
            assert [view["subject"] for view in first["value"]] == ["Report 4", "Report 3"]
            tenant.user_move(USER, first["value"][0]["id"], "archive")
            second = (await rig.get(first["@odata.nextLink"])).json()
            # One message went away, so that the next page begins one later.
            assert [view["subject"] for view in second["value"]] == ["Report 1", "Report 0"]
            assert second["value"][0].keys() == {"@odata.etag", "id", "subject"}

    asyncio.run(story())


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("internetMessageId eq '<m3@example.org>'", {3}),
        ("internetMessageId eq '<M3@EXAMPLE.org>'", {3}),
        ("subject eq 'Report 1' or subject eq 'Report 2'", {1, 2}),
        ("startswith(subject,'report') and isRead eq true", {0}),
        ("contains(subject,'5')", {5}),
        ("endswith(subject, '4')", {4}),
        ("not (isRead eq false)", {0}),
        ("receivedDateTime ge 2026-11-02T09:04:00Z", {4, 5}),
        ("receivedDateTime lt 2026-11-02T09:01:00Z and isRead eq true", {0}),
        (
            "from/emailAddress/address eq 'sender@example.org' and subject ne 'Report 0'",
            {1, 2, 3, 4, 5},
        ),
        ("(isRead eq true) or (subject eq 'Report 5' and isDraft eq false)", {0, 5}),
        ("subject eq 'it''s'", set()),
    ],
)
def test_a_filter_gives_exactly_what_it_says(text: str, numbers: set[int]) -> None:
    async def story() -> None:
        tenant = _filled(6)
        tenant.user_mark(USER, tenant.everything(USER)[0].immutable_id, is_read=True)
        async with a_rig(tenant) as rig:
            path = f"/users/{USER}/messages?$filter={quote(text)}&$select=subject&$count=true"
            answer = (await rig.get(path)).json()
            found = {int(view["subject"].split()[1]) for view in answer["value"]}
            assert found == numbers
            assert answer["@odata.count"] == len(numbers)

    asyncio.run(story())


def test_an_order_that_the_filter_begins_with_is_allowed() -> None:
    async def story() -> None:
        async with a_rig(_filled(3)) as rig:
            text = "receivedDateTime ge 2026-01-01T00:00:00Z and isRead eq false"
            path = f"/users/{USER}/messages?$filter={quote(text)}&$orderby=receivedDateTime"
            told = (await rig.get(path)).json()["value"]
            assert [view["subject"] for view in told] == ["Report 0", "Report 1", "Report 2"]

    asyncio.run(story())


def test_what_costs_much_comes_only_where_it_is_selected() -> None:
    async def story() -> None:
        async with a_rig(_filled(1)) as rig:
            plain = (await rig.get(f"/users/{USER}/messages")).json()["value"][0]
            assert not {"body", "internetMessageHeaders"} & plain.keys()
            path = f"/users/{USER}/messages?$select=body,internetMessageHeaders"
            full = (await rig.get(path)).json()["value"][0]
            assert full["body"]["content"].strip() == "Text 0"
            assert full["internetMessageHeaders"][0]["name"] == "From"

    asyncio.run(story())


def test_folders_are_found_by_level_by_name_and_by_id_and_can_be_made() -> None:
    async def story() -> None:
        tenant = Tenant([USER])
        tenant.deliver(USER, mail(1), "Projects/Alder/Phase 2")
        async with a_rig(tenant) as rig:
            at = f"/users/{USER}/mailFolders"
            top = {view["displayName"]: view for page in await _all(rig, at) for view in page}
            assert {"Inbox", "Junk Email", "Archive", "Projects"} <= top.keys()
            below = (await rig.get(f"{at}/{top['Projects']['id']}/childFolders")).json()["value"]
            assert [view["displayName"] for view in below] == ["Alder"]
            by_name = (await rig.get(f"{at}/JunkEmail")).json()
            assert by_name["id"] == top["Junk Email"]["id"]
            root = (await rig.get(f"{at}/msgfolderroot/childFolders?$top=100")).json()["value"]
            assert len(root) == len(top)
            made = await rig.post(f"{at}/{by_name['id']}/childFolders", {"displayName": "New"})
            assert (made.status_code, made.json()["parentFolderId"]) == (201, by_name["id"])
            again = await rig.post(f"{at}/{by_name['id']}/childFolders", {"displayName": "new"})
            assert (again.status_code, code_of(again)) == (409, "ErrorFolderExists")

    async def _all(rig: Rig, link: str) -> list[list[dict[str, str]]]:
        pages = []
        while link:
            answer = (await rig.get(link)).json()
            pages.append(answer["value"])
            link = answer.get("@odata.nextLink", "")
        return pages

    asyncio.run(story())


def test_addresses_in_links_may_be_in_parentheses() -> None:
    async def story() -> None:
        async with a_rig(_filled(1)) as rig:
            path = f"/users('{USER}')/mailFolders('inbox')/messages/delta()"
            assert len((await rig.get(path)).json()["value"]) == 1

    asyncio.run(story())


def test_users_come_in_pages_and_are_found_by_address_and_by_id() -> None:
    async def story() -> None:
        tenant = Tenant([f"user{number:03}@example.com" for number in range(250)])
        async with a_rig(tenant) as rig:
            pages = await _pages(rig, "/users?$select=mail", "mail")
            assert [len(page) for page in pages] == [100, 100, 50]
            assert sorted(name for page in pages for name in page) == sorted(tenant.mailboxes)
            pages = await _pages(rig, "/users?$top=999&$select=id,mail", "mail")
            assert len(pages) == 1
            one = (await rig.get("/users/USER001@example.com")).json()
            assert (await rig.get(f"/users/{one['id']}")).json()["mail"] == "user001@example.com"
            assert (await rig.get(f"/users/{one['id']}/messages")).status_code == 200
            text = quote("mail eq 'user007@example.com'")
            found = (await rig.get(f"/users?$filter={text}")).json()["value"]
            assert [view["mail"] for view in found] == ["user007@example.com"]

    asyncio.run(story())


def test_marks_are_changed_and_kept_by_a_move() -> None:
    async def story() -> None:
        tenant = _filled(1)
        message = tenant.everything(USER)[0].immutable_id
        async with a_rig(tenant) as rig:
            body = {"isRead": True, "flag": {"flagStatus": "flagged"}, "categories": ["Red"]}
            await rig.client.patch(
                f"/users/{USER}/messages/{message}",
                json=body,
                headers={"Prefer": 'IdType="ImmutableId"'},
            )
            tenant.user_move(USER, message, "Projects/Alder")
            kept = tenant.everything(USER)[0]
            assert (kept.is_read, kept.flagged, kept.categories) == (True, True, ("Red",))
            assert kept.received_at == START

    asyncio.run(story())


def test_a_folder_that_a_user_deletes_takes_its_messages_along() -> None:
    async def story() -> None:
        tenant = Tenant([USER])
        message = tenant.deliver(USER, mail(1), "Projects")
        async with a_rig(tenant) as rig:
            folder = (await rig.get(f"/users/{USER}/messages/{message}")).json()["parentFolderId"]
            tenant.user_delete_folder(USER, "Projects")
            view = (await rig.get(f"/users/{USER}/mailFolders/{folder}")).json()
            deleted = (await rig.get(f"/users/{USER}/mailFolders/deleteditems")).json()
            assert view["parentFolderId"] == deleted["id"]
            assert deleted["childFolderCount"] == 1
            tenant.drop_folder(USER, "deleteditems/Projects")
            assert (await rig.get(f"/users/{USER}/messages/{message}")).status_code == 404

    asyncio.run(story())
