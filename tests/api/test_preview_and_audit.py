"""The text of messages for who may read it, each time recorded; and the log that records it."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from api_stage import Stage, problem, serving
from route_examples import copy, selected

from clawback.errors import NotFound
from models.people import Role
from tests.services.scene import BOXES, FILE_SHA256, Scene

HTML = (
    b"From: =?utf-8?q?B=C3=A4nk?= <a@example.org>\r\nSubject: <script>alert(1)</script>\r\n"
    b"Content-Type: multipart/mixed; boundary=x\r\nMIME-Version: 1.0\r\n\r\n"
    b"--x\r\nContent-Type: text/html\r\n\r\n"
    b"<p>Dear <b>you</b></p><script>steal()</script><style>p{}</style><img src=http://x.test/p>\r\n"
    b'--x\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="n.pdf"'
    b"\r\n\r\nfile\r\n--x--\r\n"
)


def deliver(stage: Stage, raw: bytes) -> int:
    """The number of the message's copy."""
    import asyncio

    from clawback.services.sync import sync

    stage.scene.source.deliver(BOXES[0], raw)
    asyncio.run(sync(stage.scene.ctx, processes=1))
    [known] = stage.scene.ctx.store.index.live_copies("memory", BOXES[0])
    return known.copy_id


def read(stage: Stage, number: int) -> dict[str, object]:
    answer = stage.send("GET", f"/messages/{number}/text", Role.PREVIEW)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return dict(answer.json())


def test_a_page_is_shown_as_its_text_and_its_files_by_name(stage: Stage) -> None:
    shown = read(stage, deliver(stage, HTML))
    assert shown["text"] == "Dear you"
    assert shown["headers"] == {
        "from": "Bänk <a@example.org>",
        "subject": "<script>alert(1)</script>",
    }
    assert shown["files"] == [{"name": "n.pdf", "content_type": "application/pdf", "size_bytes": 4}]
    assert (shown["folder"], shown["truncated"]) == ("INBOX", False)


def test_a_long_message_is_cut_and_says_so(stage: Stage) -> None:
    raw = b"Subject: long\r\n\r\n" + b"words and words\r\n" * 20_000
    shown = read(stage, deliver(stage, raw))
    assert shown["truncated"]
    assert len(str(shown["text"])) == 100_000


def test_each_reading_is_in_the_log_and_nothing_of_the_text_is(stage: Stage) -> None:
    raw = b"Subject: unheard-of-words\r\n\r\nunheard-of-words\r\n"
    number = deliver(stage, raw)
    read(stage, number)
    read(stage, number)
    log = stage.send("GET", "/audit?event=message:previewed", Role.ADMIN).json()["items"]
    assert [(one["actor"], one["via"], one["details"]["copy_id"]) for one in log] == [
        ("preview", "token", number)
    ] * 2
    everything = stage.send("GET", "/audit/export", Role.ADMIN).text
    assert "message:previewed" in everything
    assert "unheard-of-words" not in everything


@pytest.mark.parametrize("has_limit", [True, False])
def test_messages_that_are_slow_to_read_keep_nobody_from_the_stop_button(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, *, has_limit: bool
) -> None:
    go, many = threading.Event(), 45  # more than there are threads

    async def slow(*given: object) -> None:
        go.wait(30)
        raise NotFound("gone")

    monkeypatch.setattr("clawback.api.routes.messages.read_message_text", slow)
    if not has_limit:
        monkeypatch.setattr("clawback.api.options.READ_AT_ONCE", many)
    with serving(scene) as stage, ThreadPoolExecutor(many) as crowd:
        stage.token(Role.OPERATOR)
        stage.token(Role.PREVIEW)
        asked = [
            crowd.submit(stage.send, "GET", "/messages/1/text", Role.PREVIEW, timeout=60)
            for _ in range(many)
        ]
        try:
            pressed = stage.post("/pause", {"reason": "wrong list"}, timeout=5 if has_limit else 1)
            assert has_limit
            assert pressed.status_code == 200
        except httpx.ReadTimeout:
            assert not has_limit
        finally:
            go.set()
        assert {one.result().status_code for one in asked} == {404}


def test_every_way_by_which_a_token_acts_names_the_token(stage: Stage) -> None:
    number = stage.pending()
    took = selected(stage)
    query = {"query": "EmailEvents | take 1"}
    change = {"headers": {"If-Match": "*"}, "json": {"cap": 500}}
    answers = [
        stage.post("/alerts", {"indicators": [{"indicator": FILE_SHA256}]}),
        stage.post("/hunt", query),
        stage.post("/hunt/take-action", took),
        stage.post(f"/actions/{number}/reject", {"reason": "known"}),
        stage.post("/pause", {"reason": "wrong list"}),
        stage.post("/resume"),
        stage.post("/tokens", {"label": "mine"}),
        stage.send("PATCH", "/settings", Role.ADMIN, **change),
        stage.send("POST", "/users", Role.ADMIN, json={"name": "b", "roles": ["reader"]}),
        stage.send("POST", "/suppressions/lift", Role.ADMIN, json={"indicator": FILE_SHA256}),
    ]
    assert [one.status_code for one in answers if one.status_code >= 300] == []
    ids = {
        role.value: stage.send("GET", "/me", role).json()["token_id"]
        for role in (Role.OPERATOR, Role.ADMIN)
    }
    log = stage.send("GET", "/audit?limit=200", Role.ADMIN).json()["items"]
    by_token = [one for one in log if one["actor"] in ids]
    assert {one["event"] for one in by_token} >= {
        "alert:received", "hunt:run", "action:decided", "indicator:suppressed", "indicator:lifted",
        "remediation:paused", "remediation:resumed", "settings:changed", "token:issued", "user:added",
    }  # fmt: skip
    for one in by_token:
        assert (one["via"], one["verified"]) == ("token", True), one
        assert one["details"]["by_token"] == ids[one["actor"]], one
    assert len([one for one in by_token if one["event"] == "alert:received"]) == 2
    others = [one for one in log if one["actor"] not in ids]
    assert not any("by_token" in (one["details"] or {}) for one in others)


def test_a_message_that_is_gone_or_never_was_is_not_found(stage: Stage) -> None:
    number = copy(stage)["copy_id"]
    stage.scene.source.user_delete(BOXES[0], stage.scene.source.contents(BOXES[0])[0][0])
    problem(stage.send("GET", f"/messages/{number}/text", Role.PREVIEW), 404, "not-found")
    problem(stage.send("GET", "/messages/999/text", Role.PREVIEW), 404, "not-found")


def test_the_log_is_paged_checked_and_exported(stage: Stage) -> None:
    stage.pending()
    stage.post("/actions/1/approve", {"reason": "it is phishing"})
    admin = (Role.ADMIN,)
    seen, cursor = [], ""
    while cursor is not None:
        page = stage.send("GET", f"/audit?limit=5&cursor={cursor}", *admin).json()
        seen += [entry["number"] for entry in page["items"]]
        cursor = page["next"]
    assert seen == sorted(set(seen), reverse=True)
    checked = stage.send("GET", "/audit/verify", *admin).json()
    assert (checked["ok"], checked["entries"], checked["faults"]) == (True, len(seen), [])
    exported = stage.send("GET", "/audit/export", *admin)
    lines = [json.loads(line) for line in exported.text.splitlines()]
    assert [line["number"] for line in lines][: len(seen)] == seen[::-1]
    again = stage.send("GET", "/audit/verify", *admin, params={"head": checked["head"]}).json()
    assert (again["ok"], again["entries"]) == (True, len(seen) + 1)
    wrong = {"head": f"{seen[0]}:{'0' * 64}"}
    assert not stage.send("GET", "/audit/verify", *admin, params=wrong).json()["ok"]
    problem(stage.send("GET", "/audit/verify?head=x", *admin), 422, "bad-input")
