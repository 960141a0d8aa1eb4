"""Alerts in, investigations and actions out, decisions: as the services have them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from api_stage import Stage, problem
from pretended_hunting import PretendedHunting, answer
from route_examples import CLICK, selected

from clawback.errors import Unavailable
from models.people import Role
from tests.services.scene import FILE, FILE_SHA256, URL, message

ALERT = {"indicators": [{"indicator": FILE_SHA256}], "source": "siem", "external_id": "42"}


def test_an_alert_starts_one_investigation_however_often_it_is_sent(stage: Stage) -> None:
    first = stage.post("/alerts", ALERT)
    assert first.status_code == 201, first.text
    number = first.json()["investigation"]["id"]
    assert first.headers["location"] == f"/api/v1/investigations/{number}"
    again = stage.post("/alerts", ALERT)
    assert (again.status_code, again.json()["created"]) == (200, False)
    assert again.json()["investigation"]["id"] == number
    assert stage.scene.runs.started == [("investigate", number, 1)]
    details = stage.get(f"/investigations/{number}")
    told = details["history"][0]
    assert (told["actor"], told["via"], told["verified"]) == ("operator", "token", True)
    assert told["details"]["source"] == "siem"


def test_a_title_of_ones_own_is_made_safe_and_the_indicators_defanged(stage: Stage) -> None:
    named = {**ALERT, "title": "Phish\u202e <b>now</b>\x00"}
    title = stage.post("/alerts", named).json()["investigation"]["title"]
    assert title.startswith("Phish")
    assert "\u202e" not in title
    assert "\x00" not in title
    unnamed = {"indicators": [{"indicator": "hxxps://portal[.]parcel[.]test/pay?id=9"}]}
    assert "https://portal" not in stage.post("/alerts", unnamed).json()["investigation"]["title"]


@pytest.mark.parametrize(
    ("body", "name", "where"),
    [
        ({"indicators": []}, "invalid-request", "indicators"),
        ({"indicators": [{"indicator": "nonsense"}]}, "bad-input", "indicators.0"),
        ({"indicators": [{"indicator": "d41d8cd98f00b204e9800998ecf8427e"}]}, "bad-input", "MD5"),
        ({**ALERT, "surplus": 1}, "invalid-request", "surplus"),
    ],
)
def test_an_alert_that_cannot_be_used_changes_nothing(
    stage: Stage, body: object, name: str, where: str
) -> None:
    assert where in problem(stage.post("/alerts", body), 422, name)["detail"]
    assert stage.get("/investigations")["items"] == []


def test_one_bad_alert_of_many_spoils_no_other(stage: Stage) -> None:
    alerts: list[Any] = [
        ALERT,
        {"indicators": [{"indicator": "nonsense"}]},
        {"indicators": "no list"},
        {"indicators": [{"indicator": URL}]},
        ALERT,
    ]
    answer = stage.post("/alerts/bulk", {"alerts": alerts})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [one["status"] for one in found["results"]] == [201, 422, 422, 201, 200]
    assert (found["created"], found["known"], found["failed"]) == (2, 1, 2)
    assert found["results"][1]["problem"]["type"].endswith(":bad-input")
    assert found["results"][2]["problem"]["errors"][0]["location"] == ["indicators"]
    assert len(stage.get("/investigations")["items"]) == 2


def test_a_thousand_alerts_at_once_and_no_more(stage: Stage) -> None:
    alerts = [{"indicators": [{"indicator": f"{number:064x}"}]} for number in range(1, 1002)]
    problem(stage.post("/alerts/bulk", {"alerts": alerts}), 422, "invalid-request")
    assert stage.get("/investigations")["items"] == []


def test_a_reported_message_is_read_and_its_files_looked_up(stage: Stage) -> None:
    headers = {"Content-Type": "message/rfc822"}
    raw = message(f"see {URL}", FILE)
    sent = {"content": raw, "headers": headers, "params": {"external_id": "report-1"}}
    answer = stage.send("POST", "/alerts/message", Role.OPERATOR, **sent)
    assert answer.status_code == 201, answer.text
    again = stage.send("POST", "/alerts/message", Role.OPERATOR, **sent)
    assert again.status_code == 200
    entities = stage.scene.ctx.store.cases.entities(answer.json()["investigation"]["id"])
    assert {one.indicator.value for one in entities} == {FILE_SHA256, URL}
    for content, name in ((b" \n", "bad-input"), (message(), "bad-input")):
        empty = {"content": content, "headers": headers}
        problem(stage.send("POST", "/alerts/message", Role.OPERATOR, **empty), 422, name)
    other = {"content": raw, "headers": {"Content-Type": "text/html"}}
    problem(stage.send("POST", "/alerts/message", Role.OPERATOR, **other), 415, "wrong-media-type")


def test_a_cluster_is_shown_with_its_messages_apart(stage: Stage) -> None:
    action = stage.get(f"/actions/{stage.pending()}")
    found = stage.get(f"/investigations/{action['investigation_id']}/clusters")["items"]
    assert [one["id"] for one in found] == [action["cluster_id"]]
    cluster = stage.get(f"/clusters/{action['cluster_id']}")
    assert cluster == found[0]
    assert cluster["locations"]["Mailbox"] == 1
    assert cluster["decision"]["hits"]
    members = stage.get(f"/clusters/{action['cluster_id']}/members")
    assert [one["mailbox"] for one in members["items"]] == ["a@example.com"]
    assert members["next"] is None


def test_a_decision_counts_once_and_says_who_by_what_way(stage: Stage) -> None:
    number = stage.pending()
    assert [one["id"] for one in stage.get("/actions?status=Pending")["items"]] == [number]
    answer = stage.post(f"/actions/{number}/approve", {"reason": "it is phishing"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["status"], found["decided_by"]) == ("Running", "operator")
    assert (found["decided_via"], found["verified"]) == ("token", True)
    second = stage.post(f"/actions/{number}/reject", {"reason": "it is not"})
    problem(second, 409, "already-decided")
    assert stage.get("/actions?status=Pending")["items"] == []
    [message_] = stage.get(f"/actions/{number}/messages")["items"]
    assert message_["state"] == "planned"


def test_what_was_moved_can_be_put_back_and_a_running_action_cancelled(stage: Stage) -> None:
    import asyncio

    number = stage.pending()
    problem(stage.post(f"/actions/{number}/revert", {"reason": "too soon"}), 409, "conflict")
    stage.post(f"/actions/{number}/approve", {"reason": "it is phishing"})
    asyncio.run(stage.scene.execute(number))
    made = stage.post(f"/actions/{number}/revert", {"reason": "it was not", "to": "inbox"})
    assert made.status_code == 201, made.text
    assert made.json()["reverts_action_id"] == number
    cancelled = stage.post(f"/actions/{made.json()['id']}/cancel", {"reason": "wait"})
    assert cancelled.json()["status"] == "Cancelled"
    held = stage.get("/suppressions")["items"]
    assert [one["indicator"] for one in held] == [FILE_SHA256]
    body = {"indicator": FILE_SHA256}
    lifted = stage.send("POST", "/suppressions/lift", Role.ADMIN, json=body)
    assert lifted.json() == {"lifted": FILE_SHA256, "kind": "file", "match": "exact"}
    problem(stage.send("POST", "/suppressions/lift", Role.ADMIN, json=body), 404, "not-found")


def test_several_decisions_at_once_each_with_its_own_end(stage: Stage) -> None:
    number = stage.pending()
    wanted = {"ids": [number, number], "decision": "reject", "reason": "known newsletter"}
    answer = stage.post("/actions/bulk", wanted).json()
    assert (answer["decided"], answer["failed"]) == (1, 0)
    again = stage.post("/actions/bulk", wanted).json()
    assert again["results"][0]["status"] == 409
    assert again["results"][0]["problem"]["type"].endswith(":already-decided")
    problem(stage.post("/actions/bulk", {**wanted, "ids": [999]}), 404, "not-found")


def test_nothing_is_decided_while_the_server_of_runs_does_not_answer(stage: Stage) -> None:
    number = stage.pending()

    def down() -> None:
        raise Unavailable("the server of runs does not answer: start it with `clawback up`")

    stage.scene.runs.ensure_up = down  # type: ignore[method-assign]
    answer = stage.post(f"/actions/{number}/approve", {"reason": "it is phishing"})
    problem(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert stage.get(f"/actions/{number}")["status"] == "Pending"
    problem(stage.post("/alerts", ALERT), 503, "unavailable")
    assert len(stage.get("/investigations")["items"]) == 1


def test_health_needs_no_token_and_its_details_do(stage: Stage) -> None:
    assert stage.send("GET", "/health").json() == {"status": "up"}
    details = stage.get("/health/details")
    assert details["runs"]["ok"]
    assert details["index"]["sources"] == {"memory": None}
    assert not details["ok"], "the index was never brought up to date"


def test_action_is_taken_on_listed_messages_and_on_those_that_a_query_finds(stage: Stage) -> None:
    stage.pending()
    wanted = selected(stage)
    made = stage.post("/hunt/take-action", wanted)
    assert made.status_code == 202, made.text
    assert (made.json()["copies"], made.json()["missing"]) == (1, 0)
    details = stage.get(made.headers["location"].removeprefix("/api/v1"))
    assert details["selection"]["selected_by"] == "operator"
    assert details["selection"]["action_source"] == "Advanced hunting action"
    key = wanted["messages"][0]
    engine = stage.scene.ctx.hunting
    assert isinstance(engine, PretendedHunting)
    row = (key["network_message_id"], key["recipient_email_address"])
    engine.answer = answer(("NetworkMessageId", "RecipientEmailAddress"), [row, row, ("", "")])
    by_query = {"action": "soft_delete", "query": "EmailEvents", "reason": "it is phishing"}
    assert stage.post("/hunt/take-action", by_query).json()["copies"] == 1
    engine.answer = answer(("Subject",), [("x",)])
    refused = problem(stage.post("/hunt/take-action", by_query), 422, "bad-input")
    assert "NetworkMessageId" in refused["detail"]
    engine.answer = replace(
        answer(("NetworkMessageId", "RecipientEmailAddress"), [row]), truncated=True
    )
    problem(stage.post("/hunt/take-action", by_query), 422, "bad-input")
    for both in ({**wanted, "query": "x"}, {"action": "soft_delete", "reason": "it is phishing"}):
        problem(stage.post("/hunt/take-action", both), 422, "bad-input")


def test_clicks_are_kept_once_each_and_all_or_none(stage: Stage) -> None:
    answer = stage.post("/clicks", {"clicks": [CLICK, {**CLICK, "report_id": "2"}]})
    assert answer.json() == {"added": 2, "known": 0}
    assert stage.post("/clicks", {"clicks": [CLICK]}).json() == {"added": 0, "known": 1}
    bad = {"clicks": [{**CLICK, "report_id": "3"}, {**CLICK, "clicked_at": 1700000000}]}
    problem(stage.post("/clicks", bad), 422, "invalid-request")
    assert stage.post("/clicks", {"clicks": [{**CLICK, "report_id": "3"}]}).json()["added"] == 1


def test_health_is_down_while_the_database_does_not_answer(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent() -> None:
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(stage.scene.store.settings, "current", silent)
    answer = stage.send("GET", "/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "down"})
