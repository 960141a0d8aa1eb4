"""The list of analyzed emails answers as Microsoft Graph does: properties, pages, options, errors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from api_stage import Stage, serving
from graph_asking import EMAILS, graph_error
from pretended_emails import HOSTILE, PretendedEmails, email

from clawback.core import delivery
from clawback.errors import QueryStopped, StopReason
from models.analyzed_emails import Comparison, EmailField, Operator
from models.people import Role
from tests.services.scene import Scene

WINDOW = {"startTime": "2026-11-01", "endTime": "2026-12-01T00:00:00Z"}


@pytest.fixture
def emails(stage: Stage) -> PretendedEmails:
    reader = stage.scene.ctx.emails
    assert isinstance(reader, PretendedEmails)
    return reader


def listed(stage: Stage, **params: Any) -> Any:
    """The list that a reader gets."""
    answer = stage.send("GET", EMAILS, Role.READER, params={**WINDOW, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_email_has_the_originals_properties(stage: Stage) -> None:
    found = listed(stage)["value"][0]
    assert found["id"] == email(0).id
    assert found["loggedDateTime"] == "2026-11-30T09:00:00Z"
    assert found["subject"] == HOSTILE
    assert found["directionality"] == "inbound"
    assert found["originalDelivery"]["location"] == "inbox_folder"
    assert found["originalDelivery"]["action"] == "delivered"
    assert found["latestDelivery"]["location"] == "deletedFolder"
    assert found["latestDelivery"]["action"] == "blocked"
    assert found["threatTypes"] == ["malware", "phish"]
    assert found["authenticationDetails"] == {
        "senderPolicyFramework": "pass", "dkim": "none", "dmarc": "fail",
        "compositeAuthentication": "none",
    }  # fmt: skip
    assert found["senderDetail"]["mailFromDomainName"] == "x.org"
    assert found["recipientDetail"] == {
        "domainName": "example.com",
        "ccRecipients": ["c@example.com"],
    }
    [attachment] = found["attachments"]
    assert (attachment["sha256"], attachment["threatType"]) == ("ab" * 32, "malware")
    assert [one["url"] for one in found["urls"]] == ["https://evil.example/"]
    assert found["alertIds"] == ["3", "5"]
    assert found["emailClusterId"] == "7"
    assert [(one["eventType"], one["eventSource"]) for one in found["timelineEvents"]] == [
        ("originalDelivery", "system"), ("air", "system"), ("unknown", "admin"),
    ]  # fmt: skip


def test_every_location_of_the_tables_has_a_member_of_the_originals_enumeration() -> None:
    from clawback.api.graph.words import ACTIONS, LOCATIONS
    from models.copies import FolderRole
    from models.locations import DeliveryLocation

    words = {delivery.location_words(role) for role in FolderRole}
    words |= {delivery.words_for(place) for place in DeliveryLocation}
    assert words == set(LOCATIONS) == set(ACTIONS)
    members = {
        "unknown", "inbox_folder", "junkFolder", "deletedFolder", "quarantine", "onprem_external",
        "failed", "dropped", "others",
    }  # fmt: skip
    assert set(LOCATIONS.values()) <= members
    assert set(ACTIONS.values()) <= {
        "unknown",
        "deliveredToJunk",
        "delivered",
        "blocked",
        "replaced",
    }


def test_pages_follow_each_other_by_their_links_and_stay_as_they_are(
    stage: Stage, emails: PretendedEmails
) -> None:
    first = listed(stage, **{"$top": 2, "$count": "true", "$select": "subject"})
    assert first["@odata.count"] == 5
    assert set(first["value"][0]) == {"id", "subject"}
    emails.emails.append(email(-1))  # newer than all: it shifts nothing
    found, link = [one["id"] for one in first["value"]], first["@odata.nextLink"]
    headers = {"Authorization": f"Bearer {stage.token(Role.READER)}"}
    while link:
        assert link.startswith(str(stage.client.base_url))
        body = stage.client.get(link, headers=headers).json()
        found += [one["id"] for one in body["value"]]
        assert set(body["value"][0]) == {"id", "subject"}
        link = body.get("@odata.nextLink")
    assert found == [email(n).id for n in range(5)]
    assert len({(one.since, one.until) for one in emails.asked}) == 1


def test_the_window_is_thirty_days_unless_it_is_said_and_pages_keep_it(
    stage: Stage, emails: PretendedEmails
) -> None:
    started = stage.scene.clock.now()
    answer = stage.send("GET", f"{EMAILS}?$top=4", Role.READER).json()
    stage.scene.clock.at += timedelta(hours=1)
    headers = {"Authorization": f"Bearer {stage.token(Role.READER)}"}
    assert len(stage.client.get(answer["@odata.nextLink"], headers=headers).json()["value"]) == 1
    assert {(one.since, one.until) for one in emails.asked} == {
        (started - timedelta(days=30), started)
    }


def test_skip_leaves_out_the_first_and_a_page_has_a_thousand_at_most(
    stage: Stage, emails: PretendedEmails
) -> None:
    assert [one["id"] for one in listed(stage, **{"$skip": 3})["value"]] == [
        email(3).id,
        email(4).id,
    ]
    emails.emails = [email(n) for n in range(1_005)]
    assert len(listed(stage)["value"]) == 100
    assert len(listed(stage, **{"$top": 5_000})["value"]) == 1_000


@pytest.mark.parametrize("name", ["$filter", "filter", "$FILTER"])
def test_a_filter_is_taken_under_every_spelling(
    stage: Stage, emails: PretendedEmails, name: str
) -> None:
    listed(stage, **{name: "NetworkMessageId eq  'BDE1'"})
    [question] = emails.asked
    assert question.condition == Comparison(EmailField.NETWORK_MESSAGE_ID, Operator.EQUAL, "BDE1")
    assert question.since == datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"$orderby": "subject"}, "$orderby is not supported"),
        ({"$search": "x"}, "$search is not supported"),
        ({"$expand": "x"}, "$expand is not supported"),
        ({"api-version": "1"}, "api-version is not supported"),
        ({"$top": "0"}, "$top is a whole number"),
        ({"$top": "x"}, "$top is a whole number"),
        ({"$top": "9" * 5_000}, "$top is a whole number"),
        ({"$skip": "-1"}, "$skip is a whole number"),
        ({"$count": "1"}, "$count is true or false"),
        ({"$select": "body"}, "$select: body"),
        ({"$skiptoken": "nonsense"}, "nextLink"),
        ({"$filter": "subject eq 7"}, "single quotes"),
        ({"startTime": "yesterday"}, "no time"),
        ({"endTime": "2026-10-01"}, "ends before it begins"),
        ({"top": "1", "$top": "2"}, "given twice"),
    ],
)
def test_options_that_cannot_be_used_are_400(
    stage: Stage, emails: PretendedEmails, params: dict[str, str], said: str
) -> None:
    answer = stage.send("GET", EMAILS, Role.READER, params={**WINDOW, **params})
    assert said in graph_error(answer, 400, "BadRequest")
    assert emails.asked == []


def test_one_email_is_got_by_its_id_in_either_form(stage: Stage) -> None:
    wanted = email(2).id
    for path in (f"{EMAILS}/{wanted}", f"{EMAILS.lower()}('{wanted}')"):
        body = stage.send("GET", path, Role.READER).json()
        assert body["id"] == wanted
        assert body["@odata.context"].endswith("analyzedEmails/$entity")
    body = stage.send("GET", f"{EMAILS}/{wanted}?$select=SUBJECT", Role.READER).json()
    assert set(body) == {"@odata.context", "id", "subject"}
    graph_error(stage.send("GET", f"{EMAILS}/{wanted}0", Role.READER), 404, "NotFound")
    answer = stage.send("GET", f"{EMAILS}/{wanted}?$top=1", Role.READER)
    graph_error(answer, 400, "BadRequest")


def test_the_count_is_a_text(stage: Stage, emails: PretendedEmails) -> None:
    answer = stage.send("GET", f"{EMAILS}/$count?$filter=sizeInBytes gt 5", Role.READER)
    assert (answer.status_code, answer.text) == (200, "5")
    assert emails.asked[0].condition == Comparison(EmailField.SIZE_BYTES, Operator.GREATER, 5)


def test_a_page_that_is_too_large_says_so(stage: Stage, emails: PretendedEmails) -> None:
    emails.error = QueryStopped("the page is too large: ask for fewer", StopReason.MEMORY)
    assert "fewer" in graph_error(stage.send("GET", EMAILS, Role.READER), 400, "BadRequest")


def test_addresses_of_answers_are_those_that_clients_reach(scene: Scene) -> None:
    """Behind a proxy the host and path that this process sees are not theirs."""
    with serving(scene, public_url="https://c.example/x") as stage:
        link = listed(stage, **{"$top": 1})["@odata.nextLink"]
        assert link.startswith("https://c.example/x/v1.0/security/collaboration/analyzedEmails?")
        answer = stage.send("GET", f"{EMAILS.lower()}('{email(2).id}')", Role.READER)
        assert answer.json()["id"] == email(2).id


def test_beta_stays_beta_from_page_to_page(stage: Stage) -> None:
    answer = stage.send("GET", EMAILS.replace("v1.0", "beta"), Role.READER, params={"$top": 1})
    link = answer.json()["@odata.nextLink"]
    assert "/beta/security/" in link
    headers = {"Authorization": f"Bearer {stage.token(Role.READER)}"}
    assert stage.client.get(link, headers=headers).json()["value"][0]["id"] == email(1).id
