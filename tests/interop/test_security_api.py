"""Microsoft's SDK hunts, lists and remediates in Clawback as it does in Microsoft Graph."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_http.middleware.options import HeadersInspectionHandlerOption
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.security.analyzed_email import AnalyzedEmail
from msgraph.generated.models.security.delivery_location import DeliveryLocation
from msgraph.generated.models.security.remediation_action import RemediationAction
from msgraph.generated.models.security.remediation_severity import RemediationSeverity
from msgraph.generated.security import microsoft_graph_security_run_hunting_query as hunting
from msgraph.generated.security.collaboration.analyzed_emails import (
    microsoft_graph_security_remediate as remediating,
)
from msgraph.generated.security.collaboration.analyzed_emails.analyzed_emails_request_builder import (
    AnalyzedEmailsRequestBuilder,
)
from msgraph_core.tasks.page_iterator import PageIterator
from security_client import security_client
from serving_api import served

HuntingBody = import_module(
    f"{hunting.__name__}.run_hunting_query_post_request_body"
).RunHuntingQueryPostRequestBody
RemediateBody = import_module(
    f"{remediating.__name__}.remediate_post_request_body"
).RemediatePostRequestBody
Query = AnalyzedEmailsRequestBuilder.AnalyzedEmailsRequestBuilderGetQueryParameters
Story = Callable[[GraphServiceClient, GraphRequestAdapter], Awaitable[None]]
# The lab's mail is older than what is looked through by itself.
WINDOW = "startTime=2000-01-01&endTime=2100-01-01"
EVER = "2000-01-01/2100-01-01"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("security")
    with served(folder) as said:
        yield {**said, "lab": str(folder / "lab")}


def with_client(api: dict[str, Any], story: Story, token: str = "token") -> None:
    async def run() -> None:
        await story(*security_client(api["base"], api.get(token, token)))

    asyncio.run(run())


async def emails_in(client: GraphServiceClient, query: str = "") -> Any:
    """A page by its whole address, as what this SDK has no parameters for is asked."""
    builder = client.security.collaboration.analyzed_emails
    base = builder.request_adapter.base_url
    url = f"{base}/security/collaboration/analyzedEmails?{WINDOW}{query}"
    page = await builder.with_url(url).get()
    assert page is not None
    return page


async def hunt(client: GraphServiceClient, text: str, timespan: str | None = EVER) -> Any:
    body = HuntingBody(query=text, timespan=timespan)
    return await client.security.microsoft_graph_security_run_hunting_query.post(body)


async def remediate(client: GraphServiceClient, email: AnalyzedEmail, action: Any) -> str:
    """The address at which it can be followed."""
    body = RemediateBody(
        display_name="Clean up",
        description="phish by phone",
        severity=RemediationSeverity.Medium,
        action=action,
        remediate_senders_copy=False,
        analyzed_emails=[email],
    )
    seen = HeadersInspectionHandlerOption(inspect_response_headers=True)
    builder = client.security.collaboration.analyzed_emails.microsoft_graph_security_remediate
    await builder.post(body, RequestConfiguration(options=[seen]))
    (location,) = seen.response_headers.get("location")
    return str(location)


def followed(api: dict[str, Any], location: str) -> dict[str, Any]:
    """What is to be seen there with the same token."""
    headers = {"Authorization": f"Bearer {api['token']}"}
    with urlopen(Request(location, headers=headers)) as answer:
        return dict(json.load(answer))


async def until_in(client: GraphServiceClient, email: AnalyzedEmail, location: Any) -> None:
    """Wait until the list shows it there: it is a few seconds behind."""
    one = client.security.collaboration.analyzed_emails.by_analyzed_email_id(str(email.id))
    async with asyncio.timeout(60):
        while True:
            found = await one.get()
            assert found is not None
            if found.latest_delivery.location is location:
                return
            await asyncio.sleep(0.5)


def folder_of(api: dict[str, Any], email: AnalyzedEmail) -> str:
    """Where the message is in the lab's Maildir, read past everything."""
    wanted = f"message-id: {email.internet_message_id}".lower()
    box = Path(api["lab"]) / str(email.recipient_email_address)
    [found] = [
        path for path in box.rglob("*")
        if path.is_file() and wanted in path.read_text("utf-8", "replace").lower()
    ]  # fmt: skip
    return str(found.relative_to(box).parent.parent)


def test_a_query_is_answered_with_typed_columns_and_rows(api: dict[str, Any]) -> None:
    async def story(client: GraphServiceClient, _: GraphRequestAdapter) -> None:
        text = "EmailEvents | summarize Mails=dcount(NetworkMessageId), Last=max(Timestamp) by EmailDirection"
        found = await hunt(client, text)
        assert [(one.name, one.type) for one in found.schema] == [
            ("EmailDirection", "String"), ("Mails", "Int64"), ("Last", "DateTime"),
        ]  # fmt: skip
        assert sum(row.additional_data["Mails"] for row in found.results) > 0

    with_client(api, story)
    with_client(api, story, "reader")


def test_a_query_that_is_wrong_says_where(api: dict[str, Any]) -> None:
    async def story(client: GraphServiceClient, _: GraphRequestAdapter) -> None:
        with pytest.raises(ODataError) as failed:
            await hunt(client, "EmailEvents\n| where Nothing == 1")
        assert failed.value.response_status_code == 400
        assert failed.value.error is not None
        assert failed.value.error.code == "BadRequest"
        assert str(failed.value.error.message).startswith("line 2, column 9: ")
        inner = failed.value.error.inner_error
        assert inner is not None
        assert inner.request_id
        assert inner.client_request_id

    with_client(api, story)


def test_all_emails_come_once_through_the_page_iterator(api: dict[str, Any]) -> None:
    async def story(client: GraphServiceClient, adapter: GraphRequestAdapter) -> None:
        found: list[AnalyzedEmail] = []
        first = await emails_in(client, "&$top=7&$count=true")
        await PageIterator(first, adapter).iterate(lambda email: bool(found.append(email)) or True)
        ids = [email.id for email in found]
        assert len(ids) == len(set(ids)) == first.odata_count > 20
        times = [email.logged_date_time for email in found]
        assert times == sorted(times, reverse=True)
        report = await hunt(client, "EmailEvents | distinct ReportId")
        assert sorted(ids) == sorted(row.additional_data["ReportId"] for row in report.results)
        one = found[3]
        again = await client.security.collaboration.analyzed_emails.by_analyzed_email_id(
            one.id
        ).get()
        assert again is not None
        assert again.internet_message_id == one.internet_message_id
        assert again.sender_detail.from_address == one.sender_detail.from_address
        assert isinstance(again.latest_delivery.location, DeliveryLocation)

    with_client(api, story)


def test_parameters_of_the_sdk_are_taken(api: dict[str, Any]) -> None:
    async def story(client: GraphServiceClient, _: GraphRequestAdapter) -> None:
        [wanted, *_rest] = (await emails_in(client)).value
        text = (
            f"networkMessageId eq '{wanted.network_message_id}' and "
            f"recipientEmailAddress eq '{wanted.recipient_email_address}'"
        )
        page = await emails_in(client, f"&$filter={text.replace(' ', '%20')}")
        assert [email.id for email in page.value] == [wanted.id]
        builder = client.security.collaboration.analyzed_emails
        query = Query(filter=text, top=5, skip=0, count=True, select=["subject"])
        page = await builder.get(RequestConfiguration(query_parameters=query))
        assert page is not None
        with pytest.raises(ODataError) as failed:
            await builder.get(RequestConfiguration(query_parameters=Query(orderby=["subject"])))
        assert failed.value.response_status_code == 400

    with_client(api, story)


def test_a_message_is_soft_deleted_and_brought_back(api: dict[str, Any]) -> None:
    async def story(client: GraphServiceClient, _: GraphRequestAdapter) -> None:
        page = await emails_in(client, "&$filter=latestDelivery/location%20eq%20'inbox_folder'")
        email = page.value[0]
        before = folder_of(api, email)
        named = AnalyzedEmail(id=email.id)
        location = await remediate(client, named, RemediationAction.SoftDelete)
        status = await asyncio.to_thread(followed, api, location)
        assert (status["status"], status["outcomes"], status["missing"]) == (
            "succeeded",
            {"moved": 1},
            0,
        )
        deleted = folder_of(api, email)
        assert deleted != before
        await until_in(client, email, DeliveryLocation.DeletedFolder)
        location = await remediate(client, named, RemediationAction.MoveToInbox)
        status = await asyncio.to_thread(followed, api, location)
        assert status["status"] == "succeeded"
        assert folder_of(api, email) != deleted
        await until_in(client, email, DeliveryLocation.Inbox_folder)

    with_client(api, story)


@pytest.mark.parametrize(
    ("token", "action", "name", "status"),
    [
        ("clawback_wrong", RemediationAction.SoftDelete, "", 401),
        ("reader", RemediationAction.SoftDelete, "", 403),
        ("token", RemediationAction.SoftDelete, "unknown-1", 404),
        ("token", RemediationAction.HardDelete, "", 400),
        ("token", RemediationAction.MoveToQuarantine, "", 400),
    ],
)
def test_what_may_not_or_cannot_be_done_is_an_error_of_the_sdk(
    api: dict[str, Any], token: str, action: Any, name: str, status: int
) -> None:
    found: list[str] = []

    async def look(client: GraphServiceClient, _: GraphRequestAdapter) -> None:
        found.append(name or (await emails_in(client, "&$top=1")).value[0].id)

    async def story(client: GraphServiceClient, _: GraphRequestAdapter) -> None:
        body = RemediateBody(
            display_name="Clean up", action=action, analyzed_emails=[AnalyzedEmail(id=found[0])]
        )
        builder = client.security.collaboration.analyzed_emails.microsoft_graph_security_remediate
        with pytest.raises(ODataError) as failed:
            await builder.post(body)
        assert failed.value.response_status_code == status
        assert failed.value.error is not None
        assert failed.value.error.message

    with_client(api, look)
    with_client(api, story, token)
