"""Remediating analyzed emails: what Microsoft Graph takes becomes an action like every other."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

import pytest
from api_stage import Stage
from graph_asking import EMAILS, graph_error

from clawback.core.report_ids import report_id
from clawback.errors import Unavailable
from clawback.services.analyzed_emails import EmailName, messages_called
from clawback.services.sync import sync
from models.actions import ActionSource, ActionType
from models.people import Role
from models.selecting import MessageKey
from tests.services.scene import BOXES

UNKNOWN = report_id("00000000-0000-5000-8000-000000000000", BOXES[0])


def delivered(stage: Stage, count: int = 2) -> list[MessageKey]:
    """Messages in the first mailbox, known to the index."""
    for _ in range(count):
        stage.scene.deliver()
    asyncio.run(sync(stage.scene.ctx, processes=1))
    index = stage.scene.store.index
    copies = [copy.copy_id for copy in index.live_copies("memory", BOXES[0])]
    return [MessageKey(ids[1], BOXES[0]) for ids in index.message_ids(copies).values()]


def remediate(stage: Stage, emails: list[dict[str, str]], **changes: Any) -> Any:
    """The answer to an operator."""
    body = {"displayName": "Clean up", "action": "softDelete", "analyzedEmails": emails, **changes}
    return stage.send("POST", f"{EMAILS}/remediate", Role.OPERATOR, json=body)


def ids(keys: list[MessageKey]) -> list[dict[str, str]]:
    """The messages by their ids."""
    return [{"id": report_id(*key)} for key in keys]


def followed(stage: Stage, answer: Any) -> Any:
    """What is at the address that an answer names."""
    assert answer.status_code == 202, answer.text
    headers = {"Authorization": f"Bearer {stage.token(Role.OPERATOR)}"}
    found = stage.client.get(answer.headers["location"], headers=headers)
    assert found.status_code == 200, found.text
    return found.json()


def test_a_remediation_is_accepted_and_can_be_followed(stage: Stage) -> None:
    keys = delivered(stage)
    answer = remediate(
        stage, ids(keys), description="reported by phone", severity="High", remediateSendersCopy="false",
        approverUpn="boss@example.com",
    )  # fmt: skip
    found = followed(stage, answer)
    assert (found["status"], found["action"], found["missing"]) == ("notStarted", "softDelete", 0)
    assert found["displayName"] == "Clean up"
    assert answer.json()["unknownEmails"] == []
    number = int(found["id"])
    selection = stage.scene.store.cases.selection(number)
    assert selection is not None
    assert selection.source is ActionSource.EXPLORER
    assert selection.action is ActionType.SOFT_DELETE
    assert selection.actor.verified
    assert not selection.is_proposed
    assert selection.reason == (
        "reported by phone; severity high; approved by boss@example.com, as the caller says"
    )
    assert stage.scene.runs.started


@pytest.mark.parametrize("action", ["moveToInbox", "MoveToJunk", "movetodeleteditems"])
def test_every_action_that_there_is_can_be_asked_for(stage: Stage, action: str) -> None:
    found = followed(stage, remediate(stage, ids(delivered(stage)), action=action))
    assert found["action"].lower() == action.lower()


def test_messages_are_named_by_id_or_by_mail_and_mailbox(stage: Stage) -> None:
    first, second = delivered(stage)
    named = {
        "NetworkMessageId": first.network_message_id.upper(),
        "recipientEmailAddress": f" {BOXES[0].upper()} ",
    }
    answer = remediate(
        stage, [named, {"id": report_id(*second)}, {"id": report_id(*second).upper()}]
    )
    number = int(followed(stage, answer)["id"])
    [cluster] = stage.scene.store.cases.cluster_ids(number)
    assert len(stage.scene.store.cases.cluster(cluster).members) == 2


def test_what_is_unknown_is_counted_and_named_and_the_rest_goes(stage: Stage) -> None:
    keys = delivered(stage)
    stranger = {
        "networkMessageId": keys[0].network_message_id,
        "recipientEmailAddress": "x@y.example",
    }
    answer = remediate(stage, [*ids(keys), {"id": UNKNOWN}, {"id": UNKNOWN}, stranger, {"id": "x"}])
    assert answer.json()["unknownEmails"] == [
        UNKNOWN, f"{keys[0].network_message_id} x@y.example", "x"
    ]  # fmt: skip
    assert followed(stage, answer)["missing"] == 3


def test_a_name_that_no_mail_can_have_is_not_looked_for(stage: Stage) -> None:
    """PostgreSQL takes no zero byte: asking it for one would be an error of ours."""
    keys = delivered(stage)
    for strange in ("\0", "\ud800", "x" * 400, "00000000-0000-5000-8000-00000000000\0-1"):
        found, unknown = messages_called(
            stage.scene.ctx, [EmailName(id=strange), EmailName(id=report_id(*keys[0]))]
        )
        assert (found, unknown) == ((keys[0],), (EmailName(id=strange),))
    asked: list[Collection[str]] = []
    index = stage.scene.ctx.store.index
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "recipients", lambda mails: asked.append(mails) or frozenset())
        messages_called(stage.scene.ctx, [EmailName("\0"), EmailName("", "\0", "\0")])
    assert asked == [set()]


def test_nothing_is_done_where_nothing_is_known(stage: Stage) -> None:
    delivered(stage)
    message = graph_error(remediate(stage, [{"id": UNKNOWN}]), 404, "NotFound")
    assert "none of these" in message
    assert stage.scene.runs.started == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"action": "hardDelete"}, "never deletes for good"),
        ({"action": "moveToQuarantine"}, "has no quarantine"),
        ({"action": "explode"}, "action"),
        ({"action": None}, "action"),
        ({"severity": "huge"}, "severity"),
        ({"remediateSendersCopy": "perhaps"}, "remediatesenderscopy"),
        ({"analyzedEmails": []}, "analyzedemails"),
        ({"analyzedEmails": "all"}, "analyzedemails"),
        ({"analyzedEmails": [{}]}, "give each its id"),
        ({"analyzedEmails": [{"networkMessageId": "x"}]}, "give each its id"),
        ({"displayName": "", "description": ""}, "give a reason"),
        ({"displayName": "x" * 201}, "at most 200 characters"),
        ({"action": "moveToInbox", "remediateSendersCopy": True}, "sender"),
    ],
)
def test_a_remediation_that_cannot_be_is_400_and_leaves_nothing(
    stage: Stage, changes: dict[str, Any], said: str
) -> None:
    emails = changes.pop("analyzedEmails", ids(delivered(stage)))
    answer = remediate(stage, emails, **changes)
    assert said in graph_error(answer, 400, "BadRequest")
    assert stage.scene.runs.started == []


def test_an_excluded_mailbox_is_left_alone(stage: Stage) -> None:
    keys = delivered(stage)
    stage.scene.set(secops_mailboxes=(BOXES[0],))
    graph_error(remediate(stage, ids(keys)), 409, "Conflict")


def test_what_is_recorded_is_accepted_even_if_its_run_does_not_start(stage: Stage) -> None:
    """A client that is told of an error sends the request again, and the same would be done twice."""

    def refuse(*_: object) -> str:
        raise Unavailable("the server of runs went away")

    stage.scene.runs.start_investigation = refuse  # type: ignore[method-assign]
    found = followed(stage, remediate(stage, ids(delivered(stage))))
    assert found["status"] == "notStarted"


def test_only_remediations_can_be_followed(stage: Stage) -> None:
    stage.pending()
    for number in (1, 99):
        answer = stage.send("GET", f"{EMAILS}/remediations/{number}", Role.READER)
        graph_error(answer, 404, "NotFound")
    answer = stage.send("GET", f"{EMAILS}/remediations/zero", Role.READER)
    graph_error(answer, 400, "BadRequest")
