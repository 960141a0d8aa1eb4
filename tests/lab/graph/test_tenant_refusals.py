"""The lab's tenant refuses what Graph refuses, with Graph's status and code."""

from __future__ import annotations

import asyncio

import pytest
from tenant_client import IMMUTABLE, a_rig, code_of, mail

from clawback.lab.graph.switches import Switches
from clawback.lab.graph.tenant import Tenant

USER, OTHER = "finance.oak@example.com", "sales.elder@example.com"
GONE = "recoverableitemsdeletions"
NOBODY = "nobody@example.com"
UNKNOWN_ID = "AAkACBaM2A39U0qwszgBM1TfAAA="

GETS = [
    (f"/users/{NOBODY}/messages", 404, "ErrorInvalidUser"),
    (f"/users/{NOBODY}", 404, "Request_ResourceNotFound"),
    ("/users/00000000-0000-4000-8000-000000000000/messages", 404, "Request_ResourceNotFound"),
    (f"/users/{USER}/messages/{UNKNOWN_ID}", 404, "ErrorItemNotFound"),
    (f"/users/{USER}/messages/inbox", 400, "ErrorInvalidIdMalformed"),
    (f"/users/{USER}/messages/{UNKNOWN_ID}/$value", 404, "ErrorItemNotFound"),
    (f"/users/{USER}/mailFolders/no-such-name", 400, "ErrorInvalidIdMalformed"),
    (f"/users/{USER}/mailFolders/{UNKNOWN_ID}", 404, "ErrorItemNotFound"),
    (f"/users/{USER}/mailFolders/recoverableitemspurges", 404, "ErrorItemNotFound"),
    (f"/users/{USER}/messages?$filter=colour eq 'red'", 400, "RequestBroker--ParseUri"),
    (f"/users/{USER}/messages?$filter=body eq 'x'", 400, "ErrorInvalidUrlQueryFilter"),
    (f"/users/{USER}/messages?$filter=subject eq", 400, "RequestBroker--ParseUri"),
    (f"/users/{USER}/messages?$filter=subject like 'x'", 400, "RequestBroker--ParseUri"),
    (f"/users/{USER}/messages?$filter=subject eq 'x' and", 400, "RequestBroker--ParseUri"),
    (f"/users/{USER}/messages?$filter=subject eq 'x' 'y'", 400, "RequestBroker--ParseUri"),
    (f"/users/{USER}/messages?$filter=", 400, "RequestBroker--ParseUri"),
    (f"/users/{USER}/messages?$select=colour", 400, "RequestBroker--ParseUri"),
    (f"/users/{USER}/messages?$orderby=colour", 400, "RequestBroker--ParseUri"),
    (f"/users/{USER}/messages?$colour=red", 400, "RequestBroker--ParseUri"),
    (f"/users/{USER}/messages?$search=x", 400, "RequestBroker--ParseUri"),
    (f"/users/{USER}/messages?$top=0", 400, "BadRequest"),
    (f"/users/{USER}/messages?$top=1001", 400, "BadRequest"),
    (f"/users/{USER}/messages?$top=ten", 400, "BadRequest"),
    (f"/users/{USER}/messages?$skiptoken=forged", 400, "BadRequest"),
    (f"/users/{USER}/messages?$top=1&$top=2", 400, "BadRequest"),
    (
        f"/users/{USER}/messages?$filter=isRead eq false&$orderby=receivedDateTime desc",
        400,
        "InefficientFilter",
    ),
    (
        f"/users/{USER}/messages?$filter=subject eq 'x' and receivedDateTime ge 2026-01-01"
        "&$orderby=receivedDateTime desc",
        400,
        "InefficientFilter",
    ),
    ("/users?$top=1000", 400, "BadRequest"),
    ("/users?$filter=colour eq 'red'", 400, "RequestBroker--ParseUri"),
    ("/users?$filter=mail ne null", 400, "Request_UnsupportedQuery"),
    (f"/users/{USER}/calendar", 400, "RequestBroker--ParseUri"),
    ("/groups", 400, "RequestBroker--ParseUri"),
    (f"/users/{USER}/messages/{{message}}/attachments", 400, "RequestBroker--ParseUri"),
    (f"/users/{USER}/messages/{{message}}/move", 405, "Request_BadRequest"),
    (f"/users/{USER}/mailFolders/junkemail/messages/{{message}}", 404, "ErrorItemNotFound"),
]


@pytest.mark.parametrize(("path", "status", "code"), GETS)
def test_a_wrong_get_is_refused(path: str, status: int, code: str) -> None:
    async def story() -> None:
        tenant = Tenant([USER])
        message = tenant.deliver(USER, mail(1))
        async with a_rig(tenant) as rig:
            answer = await rig.get(path.replace("{message}", message))
            assert (answer.status_code, code_of(answer)) == (status, code)
            inner = answer.json()["error"]["innerError"]
            assert inner.keys() == {"date", "request-id", "client-request-id"}

    asyncio.run(story())


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"destinationId": "no-such-name"}, 400, "ErrorInvalidIdMalformed"),
        ({"destinationId": UNKNOWN_ID}, 404, "ErrorItemNotFound"),
        ({"destinationId": "recoverableitemspurges"}, 404, "ErrorItemNotFound"),
        ({}, 400, "BadRequest"),
        ([], 400, "BadRequest"),
        ({"destinationId": 1}, 400, "BadRequest"),
    ],
)
def test_a_wrong_move_is_refused_and_moves_nothing(body: object, status: int, code: str) -> None:
    async def story() -> None:
        tenant = Tenant([USER])
        message = tenant.deliver(USER, mail(1))
        before = tenant.everything(USER)
        async with a_rig(tenant) as rig:
            answer = await rig.post(f"/users/{USER}/messages/{message}/move", body)
            assert (answer.status_code, code_of(answer)) == (status, code)
            assert tenant.everything(USER) == before

    asyncio.run(story())


def test_an_id_of_one_kind_is_none_of_the_other() -> None:
    async def story() -> None:
        tenant = Tenant([USER, OTHER])
        message = tenant.deliver(USER, mail(1))
        regular = tenant.everything(USER)[0].regular_id
        async with a_rig(tenant) as rig:
            for path, is_regular in ((message, True), (regular, False)):
                answer = await rig.get(f"/users/{USER}/messages/{path}", regular=is_regular)
                assert (answer.status_code, code_of(answer)) == (404, "ErrorItemNotFound")
            elsewhere = await rig.get(f"/users/{OTHER}/messages/{message}")
            assert (elsewhere.status_code, code_of(elsewhere)) == (404, "ErrorItemNotFound")
            translated = await rig.post(
                f"/users/{USER}/translateExchangeIds",
                {
                    "inputIds": [regular, UNKNOWN_ID],
                    "sourceIdType": "restId",
                    "targetIdType": "restImmutableEntryId",
                },
            )
            assert translated.json()["value"] == [
                {"sourceId": regular, "targetId": message},
                {"sourceId": UNKNOWN_ID},
            ]

    asyncio.run(story())


def test_ids_that_differ_in_case_alone_are_different() -> None:
    tenant = Tenant([USER])
    for number in range(3_000):
        tenant.deliver(USER, mail(number))
    ids = [kept.immutable_id for kept in tenant.everything(USER)]
    assert len(set(ids)) == len(ids)


def test_nothing_is_deleted_within_recoverable_items_and_only_for_good() -> None:
    async def story() -> None:
        tenant = Tenant([USER])
        message = tenant.deliver(USER, mail(1), GONE)
        async with a_rig(tenant) as rig:
            path = f"/users/{USER}/messages/{message}"
            answer = await rig.delete(path)
            assert (answer.status_code, code_of(answer)) == (403, "ErrorCannotDeleteObject")
            assert (await rig.post(f"{path}/permanentDelete", {})).status_code == 204
            assert tenant.everything(USER) == ()
            assert (await rig.get(path)).status_code == 404

    asyncio.run(story())


def test_a_plain_delete_goes_to_deleted_items_first() -> None:
    async def story() -> None:
        tenant = Tenant([USER])
        message = tenant.deliver(USER, mail(1))
        async with a_rig(tenant) as rig:
            folders = []
            for _ in range(2):
                assert (await rig.delete(f"/users/{USER}/messages/{message}")).status_code == 204
                folders.append(tenant.everything(USER)[0].folder)
            assert folders == ["deleteditems", GONE]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        ("on-premises", 404, "MailboxNotEnabledForRESTAPI"),
        ("inactive", 404, "MailboxNotEnabledForRESTAPI"),
        ("unlicensed", 404, "MailboxNotSupportedForRESTAPI"),
        ("group", 403, "ErrorGroupIsUsedInNonGroupURI"),
        ("outside-scope", 403, "ErrorAccessDenied"),
    ],
)
def test_a_mailbox_that_cannot_be_used_says_why(state: str, status: int, code: str) -> None:
    async def story() -> None:
        tenant = Tenant([USER, OTHER])
        async with a_rig(tenant, Switches().changed({"mailboxes": {USER: state}})) as rig:
            answer = await rig.get(f"/users/{USER}/messages")
            assert (answer.status_code, code_of(answer)) == (status, code)
            rig.switch(mailboxes={USER: state, NOBODY: state})
            answer = await rig.get(f"/users/{NOBODY}/messages")
            assert (answer.status_code, code_of(answer)) == (status, code)
            assert (await rig.get(f"/users/{OTHER}/messages")).status_code == 200
            listed = (await rig.get("/users?$select=mail")).json()["value"]
            assert (USER in {view["mail"] for view in listed}) == (state != "group")

    asyncio.run(story())


def test_a_full_mailbox_takes_nothing_more_into_recoverable_items() -> None:
    async def story() -> None:
        tenant = Tenant([USER])
        message = tenant.deliver(USER, mail(1))
        async with a_rig(tenant, Switches().changed({"mailboxes": {USER: "full"}})) as rig:
            for status in (507, 413):
                rig.switch(quota_status=status)
                path = f"/users/{USER}/messages/{message}/move"
                answer = await rig.post(path, {"destinationId": GONE})
                assert (answer.status_code, code_of(answer)) == (status, "ErrorQuotaExceeded")
            elsewhere = await rig.post(path, {"destinationId": "junkemail"})
            assert elsewhere.status_code == 201

    asyncio.run(story())


@pytest.mark.parametrize(
    ("roles", "allowed"),
    [
        (["Mail.ReadWrite", "User.Read.All"], {"users", "list", "bytes", "move"}),
        (["Mail.Read"], {"list", "bytes"}),
        (["Mail.ReadBasic.All"], {"list"}),
        (["User.ReadBasic.All"], {"users"}),
        ([], set()),
    ],
)
def test_what_has_no_consent_is_denied(roles: list[str], allowed: set[str]) -> None:
    async def story() -> None:
        tenant = Tenant([USER])
        message = tenant.deliver(USER, mail(1))
        async with a_rig(tenant, Switches().changed({"roles": roles})) as rig:
            at = f"/users/{USER}/messages/{message}"
            answers = {
                "users": await rig.get("/users"),
                "list": await rig.get(f"/users/{USER}/mailFolders/inbox/messages/delta"),
                "bytes": await rig.get(f"{at}/$value"),
                "move": await rig.post(f"{at}/move", {"destinationId": GONE}),
            }
            denied = {name for name, answer in answers.items() if answer.status_code == 403}
            assert denied == answers.keys() - allowed
            codes = {code_of(answers[name]) for name in denied - {"users"}}
            assert codes <= {"ErrorAccessDenied"}

    asyncio.run(story())


def test_a_body_that_is_no_json_is_refused() -> None:
    async def story() -> None:
        async with a_rig(Tenant([USER])) as rig:
            wrong_type = await rig.client.post("/$batch", content=b"{}")
            broken = await rig.client.post(
                "/$batch", content=b"{", headers={"Content-Type": "application/json", **IMMUTABLE}
            )
            assert (wrong_type.status_code, broken.status_code) == (400, 400)

    asyncio.run(story())
