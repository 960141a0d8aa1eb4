"""Microsoft's msgraph-sdk lists, pages, follows delta, moves, deletes and batches in the lab's tenant."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from azure.identity import ClientSecretCredential
from interop_tenant import Served
from kiota_abstractions.authentication import BaseBearerTokenAuthenticationProvider
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.users.item.messages.item.move.move_post_request_body import (
    MovePostRequestBody,
)
from msgraph.generated.users.item.messages.messages_request_builder import MessagesRequestBuilder
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.tasks.page_iterator import PageIterator
from security_client import StaticToken

GONE = "recoverableitemsdeletions"
IMMUTABLE = 'IdType="ImmutableId"'
Query = MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters


def _adapter(tenant: Served, token: str) -> GraphRequestAdapter:
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(StaticToken(token)))
    adapter.base_url = tenant.ready["base_url"]
    return adapter


def _with_client(
    tenant: Served, story: Callable[[GraphServiceClient, GraphRequestAdapter], Awaitable[None]]
) -> None:
    async def run() -> None:
        adapter = _adapter(tenant, tenant.ready["token"])
        await story(GraphServiceClient(request_adapter=adapter), adapter)

    asyncio.run(run())


def _asking(query: Any = None) -> RequestConfiguration[Any]:
    configuration: RequestConfiguration[Any] = RequestConfiguration(query_parameters=query)
    configuration.headers.add("Prefer", IMMUTABLE)
    return configuration


def _to(folder: str) -> MovePostRequestBody:
    return MovePostRequestBody(destination_id=folder)


@pytest.fixture(autouse=True)
def _calm(tenant: Served) -> Iterator[None]:
    yield
    tenant.control("switches", "PUT", {})


def test_it_lists_users(tenant: Served) -> None:
    async def story(client: GraphServiceClient, _: GraphRequestAdapter) -> None:
        page = await client.users.get()
        assert page is not None
        assert [user.mail for user in page.value or []] == list(tenant.users)

    _with_client(tenant, story)


def test_it_pages_through_a_mailbox_with_selected_properties(tenant: Served) -> None:
    async def story(client: GraphServiceClient, adapter: GraphRequestAdapter) -> None:
        user = tenant.users[0]
        query = Query(select=["subject", "internetMessageId"], top=7)
        first = await client.users.by_user_id(user).messages.get(_asking(query))
        assert first is not None
        assert len(first.value or []) == 7
        found: list[str] = []
        iterator = PageIterator(first, adapter)
        iterator.headers.add("Prefer", IMMUTABLE)
        await iterator.iterate(lambda message: bool(found.append(message.id)) or True)
        assert sorted(found) == sorted(tenant.folders(user))

    _with_client(tenant, story)


def test_it_finds_a_message_by_its_internet_message_id(tenant: Served) -> None:
    async def story(client: GraphServiceClient, _: GraphRequestAdapter) -> None:
        messages = client.users.by_user_id(tenant.users[0]).messages
        some = await messages.get(_asking(Query(top=1)))
        assert some is not None
        assert some.value
        wanted = some.value[0]
        text = f"internetMessageId eq '{wanted.internet_message_id}'"
        found = await messages.get(_asking(Query(filter=text, select=["id"])))
        assert found is not None
        assert wanted.id in [message.id for message in found.value or []]
        assert wanted.sent_date_time is not None
        assert wanted.from_ is not None

    _with_client(tenant, story)


def test_it_follows_delta_to_the_end(tenant: Served) -> None:
    async def story(client: GraphServiceClient, _: GraphRequestAdapter) -> None:
        user = tenant.users[1]
        folder = client.users.by_user_id(user).mail_folders.by_mail_folder_id("inbox")
        page = await folder.messages.delta.get(_asking())
        found: set[str] = set()
        while page is not None:
            found |= {str(message.id) for message in page.value or []}
            if page.odata_next_link is None:
                break
            page = await folder.messages.delta.with_url(page.odata_next_link).get(_asking())
        assert page is not None
        assert page.odata_delta_link
        inbox = {at for at, name in tenant.folders(user).items() if name == "inbox"}
        assert found == inbox
        again = await folder.messages.delta.with_url(page.odata_delta_link).get(_asking())
        assert again is not None
        assert again.value == []

    _with_client(tenant, story)


def test_it_moves_deletes_and_deletes_for_good(tenant: Served) -> None:
    async def story(client: GraphServiceClient, _: GraphRequestAdapter) -> None:
        user = tenant.users[2]
        inbox = [at for at, name in tenant.folders(user).items() if name == "inbox"]
        messages = client.users.by_user_id(user).messages
        moved = await messages.by_message_id(inbox[0]).move.post(_to(GONE), _asking())
        assert moved is not None
        assert moved.id == inbox[0]
        await messages.by_message_id(inbox[1]).delete(_asking())
        await messages.by_message_id(inbox[2]).permanent_delete.post(_asking())
        folders = tenant.folders(user)
        assert (folders[inbox[0]], folders[inbox[1]]) == (GONE, "deleteditems")
        assert inbox[2] not in folders
        content = await messages.by_message_id(inbox[0]).content.get(_asking())
        assert content is not None
        assert b"\n" in content

    _with_client(tenant, story)


def test_it_reads_the_errors_of_the_tenant(tenant: Served) -> None:
    async def story(client: GraphServiceClient, _: GraphRequestAdapter) -> None:
        messages = client.users.by_user_id(tenant.users[0]).messages
        with pytest.raises(ODataError) as raised:
            await messages.by_message_id("AAkACBaM2A39U0qwszgBM1TfAAA=").get(_asking())
        assert raised.value.response_status_code == 404
        assert raised.value.error is not None
        assert raised.value.error.code == "ErrorItemNotFound"

    _with_client(tenant, story)


def test_it_moves_twenty_messages_in_a_batch(tenant: Served) -> None:
    async def story(client: GraphServiceClient, adapter: GraphRequestAdapter) -> None:
        wanted = [
            (user, at)
            for user in tenant.users[3:6]
            for at, name in tenant.folders(user).items()
            if name == "inbox"
        ][:20]
        content = BatchRequestContent()
        for user, at in wanted:
            move = client.users.by_user_id(user).messages.by_message_id(at).move
            information = move.to_post_request_information(_to(GONE), _asking())
            content.add_request_information(information)
        answer = await client.batch.post(content)
        assert answer is not None
        assert list(answer.get_response_status_codes().values()) == [201] * 20
        assert {tenant.folders(user)[at] for user, at in wanted} == {GONE}

    _with_client(tenant, story)


def test_it_waits_as_the_tenant_tells_it_and_goes_on(tenant: Served) -> None:
    async def story(client: GraphServiceClient, _: GraphRequestAdapter) -> None:
        tenant.control(
            "switches",
            "PATCH",
            {"faults": {"throttled": 0.3}, "seed": 3},
        )
        messages = client.users.by_user_id(tenant.users[6]).messages
        for _ in range(4):
            page = await messages.get(_asking())
            assert page is not None
        assert tenant.control("statistics")["faults"]["throttled"] > 0

    _with_client(tenant, story)


def test_azure_identity_gets_a_token_over_tls(tls_tenant: Served) -> None:
    ready = tls_tenant.ready

    def credential(secret: str) -> ClientSecretCredential:
        return ClientSecretCredential(
            ready["tenant_id"],
            ready["client_id"],
            secret,
            authority=ready["authority"],
            disable_instance_discovery=True,
            connection_verify=ready["certificate"],
        )

    token = credential(ready["client_secret"]).get_token("https://graph.microsoft.com/.default")
    assert token.token.startswith("lab.")
    with pytest.raises(Exception, match="AADSTS7000215"):
        credential("wrong").get_token("https://graph.microsoft.com/.default")
