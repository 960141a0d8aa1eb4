"""A tenant, a proxy or a sender that means harm, or is merely broken: bounded, and nothing said gone."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from clawback.errors import SourceCorrupt, SourceError
from clawback.mailboxes.graph import dispatch, sending
from clawback.mailboxes.graph.naming import escaped, names_in
from models.copies import CopyRef, MailboxChanges, Place, SourceFault
from tests.mailboxes.graph.graph_stage import GraphStage, config
from tests.mailboxes.graph.virtual_time import run
from tests.mailboxes.stages import ANN, BEN, fetch, intent, locate, move, ref

MAIL = b"Message-ID: <one@example.org>\r\nSubject: a\r\n\r\nbody\r\n"
ELSEWHERE = "https://elsewhere.example/v1.0/users?$skiptoken=1"

Change = Callable[[httpx.Request, Any], Any]
Answering = Callable[[httpx.Request], httpx.Response | None]


class Between(httpx.AsyncBaseTransport):
    """Stands between: answers by itself, or changes the JSON of each answer and of each part."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.hosts: set[str] = set()
        self.asked = 0
        self.answer: Answering = lambda request: None
        self.change: Change = lambda request, body: body

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.hosts.add(request.url.host)
        self.asked += 1
        assert self.asked < 2_000, "there is no end to it"
        if (own := self.answer(request)) is not None:
            return own
        response: httpx.Response = await self._inner.handle_async_request(request)
        raw = await response.aread()
        if "json" not in response.headers.get("content-type", ""):
            return httpx.Response(response.status_code, content=raw)
        body = json.loads(raw)
        for part in body.get("responses", ()):
            part["body"] = self.change(request, part.get("body"))
        return httpx.Response(response.status_code, json=self.change(request, body))


@pytest.fixture
def stage() -> GraphStage:
    return GraphStage(wrapped=Between)


def between(stage: GraphStage) -> Between:
    assert isinstance(stage.transport, Between)
    return stage.transport


def listing(key: str, value: object) -> Change:
    """Every page of a list has this at this key."""

    def change(request: httpx.Request, body: Any) -> Any:
        return {**body, key: value} if isinstance(body, dict) and "value" in body else body

    return change


def test_a_message_id_of_any_length_keeps_no_mail_from_being_found_and_spoils_no_other(
    stage: GraphStage,
) -> None:
    long = MAIL.replace(b"one@", b"o" * 100_000 + b"@")
    place, other = stage.deliver(ANN, long), stage.deliver(BEN, MAIL)
    copies = [ref(stage, ANN, place, long), ref(stage, BEN, other, MAIL, copy_id=2)]
    live = run(locate(stage.source, *copies), stage.time)
    assert [live[number].place for number in (1, 2)] == [place, other]
    stage.user_delete(ANN, place)
    live = run(locate(stage.source, *copies), stage.time)
    assert (live[1].fault, live[2].fault) == (SourceFault.CORRUPT, None)


def test_a_404_that_is_not_of_graph_makes_no_message_gone(stage: GraphStage) -> None:
    copies = [ref(stage, user, stage.deliver(user, MAIL), MAIL, copy_id=i) for i, user in pairs()]
    between(stage).answer = lambda _: httpx.Response(404, text="no such page")
    live = run(locate(stage.source, *copies), stage.time)
    assert {one.fault for one in live.values()} == {SourceFault.CORRUPT}


@pytest.mark.parametrize("status", [400, 403, 404, 413])
def test_where_batches_are_refused_each_request_goes_alone(stage: GraphStage, status: int) -> None:
    copies = [ref(stage, user, stage.deliver(user, MAIL), MAIL, copy_id=i) for i, user in pairs()]
    between(stage).answer = lambda request: (
        httpx.Response(status, text="no") if "$batch" in request.url.path else None
    )
    live = run(locate(stage.source, *copies), stage.time)
    assert {one.fault for one in live.values()} == {None}
    replies = run(move(stage.source, *(intent(copy) for copy in copies)), stage.time)
    assert {reply.fault for reply in replies.values()} == {None}


def pairs() -> list[tuple[int, str]]:
    return list(enumerate((ANN, BEN), start=1))


USERS = tuple(f"user-{number:02}@example.org" for number in range(20))


def spoiled(status: int) -> tuple[GraphStage, list[CopyRef]]:
    """A tenant that refuses whatever speaks of the eighth message, and the batch that it is in."""
    stage = GraphStage(USERS, wrapped=Between)
    copies = [
        ref(stage, user, stage.deliver(user, MAIL), MAIL, copy_id=number)
        for number, user in enumerate(USERS)
    ]
    run(locate(stage.source, *copies), stage.time)  # folders are known now
    bad = copies[7].place.handle

    def answer(request: httpx.Request) -> httpx.Response | None:
        is_bad = bad.encode() in request.content or bad in request.url.path
        return httpx.Response(status, text="spoiled") if is_bad else None

    between(stage).answer = answer
    between(stage).asked = 0
    return stage, copies


@pytest.mark.parametrize("status", [400, 403, 404, 413])
def test_one_part_that_spoils_its_batch_spoils_no_other_part(status: int) -> None:
    stage, copies = spoiled(status)
    live = run(locate(stage.source, *copies), stage.time)
    assert [number for number, one in live.items() if one.fault is not None] == [7]
    assert between(stage).asked <= 11  # 20 parts, 10, 5, 3 or 2, and so on: both halves of each
    replies = run(move(stage.source, *(intent(copy) for copy in copies)), stage.time)
    assert [number for number, reply in replies.items() if reply.fault is not None] == [7]
    assert sum(box.moves for box in stage.tenant.mailboxes.values()) == 19


def test_one_that_halves_nothing_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    async def whole(*args: Any) -> sending.Sent:
        return replace(await sending.send(*args), is_refused=False)

    monkeypatch.setattr(dispatch, "send", whole)
    stage, copies = spoiled(400)
    live = run(locate(stage.source, *copies), stage.time)
    assert sum(one.fault is not None for one in live.values()) == 20


def test_a_tenant_that_refuses_everything_is_asked_a_bounded_number_of_times() -> None:
    stage, copies = spoiled(400)
    between(stage).answer = lambda _: httpx.Response(400, text="no")
    live = run(locate(stage.source, *copies), stage.time)
    assert {one.fault for one in live.values()} == {SourceFault.CORRUPT}
    assert between(stage).asked == 39  # a batch of 20, 18 smaller ones, and each alone


def test_nobody_waits_longer_than_the_lease_for_an_application_that_is_put_off_for_an_hour() -> (
    None
):
    users = tuple(f"user-{number:02}@example.org" for number in range(60))
    stage = GraphStage(users, wrapped=Between)
    copies = [
        ref(stage, user, stage.deliver(user, MAIL), MAIL, copy_id=number)
        for number, user in enumerate(users)
    ]
    between(stage).answer = lambda request: httpx.Response(429, headers={"Retry-After": "3600"})

    async def look_twice() -> None:
        for some in (copies[:20], copies[20:]):
            live = await locate(stage.source, *some)
            assert {one.fault for one in live.values()} == {SourceFault.UNAVAILABLE}

    began = stage.time.seconds
    run(look_twice(), stage.time)
    assert stage.time.seconds - began < 120
    assert between(stage).asked < 20


def test_a_message_that_is_put_off_again_and_again_is_given_up_within_the_lease(
    stage: GraphStage,
) -> None:
    old = stage.deliver(ANN, MAIL)
    stage.user_move(ANN, old, "Projects")
    between(stage).answer = lambda request: (
        httpx.Response(429, headers={"Retry-After": "17"})
        if request.url.path.endswith("$value")
        else None
    )
    began = stage.time.seconds
    live = run(locate(stage.source, ref(stage, ANN, old, MAIL)), stage.time)
    assert live[1].fault is SourceFault.UNAVAILABLE
    assert stage.time.seconds - began < 60


@pytest.mark.parametrize("key", ["@odata.nextLink", "@odata.deltaLink"])
def test_the_token_goes_nowhere_else(stage: GraphStage, key: str) -> None:
    between(stage).change = listing(key, ELSEWHERE)
    stage.deliver(ANN, MAIL)
    changes(stage)
    with contextlib.suppress(SourceCorrupt):
        run(stage.source.mailboxes(), stage.time)
    assert between(stage).hosts == {"localhost"}


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(stage: GraphStage, status: int) -> None:
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)
    between(stage).answer = lambda _: httpx.Response(status, headers={"Location": ELSEWHERE})
    assert run(locate(stage.source, copy), stage.time)[1].fault is SourceFault.CORRUPT
    assert run(move(stage.source, intent(copy)), stage.time)[1].place is None
    with pytest.raises(SourceError):
        run(fetch(stage.source, ANN, copy.place), stage.time)
    assert between(stage).hosts == {"localhost"}


def test_pages_that_lead_in_a_circle_end(stage: GraphStage) -> None:
    place = stage.deliver(ANN, MAIL)
    copy = ref(stage, ANN, place, MAIL)
    stage.user_delete(ANN, place)

    def circle(request: httpx.Request, body: Any) -> Any:
        circled: Any = listing("@odata.nextLink", "http://localhost/v1.0/users?$top=1")(
            request, body
        )
        return circled

    between(stage).change = circle
    for work in (stage.source.changes(ANN, ""), stage.source.mailboxes()):
        with pytest.raises(SourceCorrupt):
            run(work, stage.time)
    assert run(locate(stage.source, copy), stage.time)[1].fault is SourceFault.CORRUPT


def test_a_folder_within_itself_is_listed_once(stage: GraphStage) -> None:
    stage.deliver(ANN, MAIL, "Projects")

    itself: dict[str, Any] = {}

    def deeper(request: httpx.Request, body: Any) -> Any:
        if not isinstance(body, dict) or not isinstance(body.get("value"), list):
            return body
        for item in body["value"]:
            if item.get("displayName") == "Projects":
                itself.update(item, childFolderCount=1)
        folders = all("childFolderCount" in item for item in body["value"])
        return {**body, "value": [*body["value"], itself]} if folders and itself else body

    between(stage).change = deeper
    found = changes(stage)
    assert found is not None
    assert [folder.folder for folder in found.folders].count("Projects") == 1
    assert between(stage).asked < 40


@pytest.mark.parametrize("hostile", ["a/../b?c#d", "x\r\ny", "\x00", "é" * 900, "a" * 1_024])
def test_an_id_or_a_link_of_a_folder_can_be_anything(stage: GraphStage, hostile: str) -> None:
    stage.deliver(ANN, MAIL, "Projects")

    def change(request: httpx.Request, body: Any) -> Any:
        if isinstance(body, dict) and isinstance(body.get("value"), list):
            for item in body["value"]:
                if "childFolderCount" in item:
                    item |= {"id": hostile, "displayName": hostile, "childFolderCount": 1}
        return body

    between(stage).change = change
    changes(stage)
    between(stage).change = listing("@odata.nextLink", f"http://localhost/v1.0/users?{hostile}")
    changes(stage)


@pytest.mark.parametrize("link", ["http://[", "", "x" * 16_000, "\r\n", "http://localhost/?\x00"])
def test_a_delta_link_can_be_anything(stage: GraphStage, link: str) -> None:
    stage.deliver(ANN, MAIL)
    between(stage).change = listing("@odata.deltaLink", link)
    first = changes(stage)
    assert first is not None
    assert sum(len(folder.present) for folder in first.folders) == 1
    changes(stage, first.cursor)


@pytest.mark.parametrize(
    "body", [[], {}, {"value": {}}, {"value": [{"id": 7}]}, {"responses": [{"id": 1}]}, "x", None]
)
def test_json_of_another_shape_says_nothing_gone(stage: GraphStage, body: object) -> None:
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)
    between(stage).answer = lambda _: httpx.Response(200, json=body)
    assert run(locate(stage.source, copy), stage.time)[1].fault in _UNKNOWN
    assert run(move(stage.source, intent(copy)), stage.time)[1].fault in _UNKNOWN
    assert changes(stage) is None


_UNKNOWN = (SourceFault.CORRUPT, SourceFault.UNAVAILABLE)


@pytest.mark.parametrize("kind", ["twice", "unknown", "missing"])
def test_an_answer_that_is_not_one_to_one_is_none_and_a_look_tells(
    stage: GraphStage, kind: str
) -> None:
    copies = [ref(stage, user, stage.deliver(user, MAIL), MAIL, copy_id=i) for i, user in pairs()]
    run(locate(stage.source, *copies), stage.time)
    gone = {"error": {"code": "ErrorItemNotFound"}}

    def change(request: httpx.Request, body: Any) -> Any:
        parts = body.get("responses") if isinstance(body, dict) else None
        if not parts or not any(part["status"] == 201 for part in parts):
            return body
        for part in list(parts):
            if kind == "twice":
                parts.append({"id": part["id"], "status": 404, "body": gone})
            elif kind == "unknown":
                part["id"] += "7"
        return {"responses": [] if kind == "missing" else parts}

    between(stage).change = change
    replies = run(move(stage.source, *(intent(copy) for copy in copies)), stage.time)
    assert {reply.fault for reply in replies.values()} == {None}
    assert sum(box.moves for box in stage.tenant.mailboxes.values()) == 2


@pytest.mark.parametrize("handle", ["a/../b", "?", "#", "..", "%2e%2e", "\n", "x" * 5_000])
def test_no_path_is_made_of_a_handle_that_is_no_id(stage: GraphStage, handle: str) -> None:
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)._replace(place=Place("INBOX", handle))
    bare = copy._replace(internet_message_id="")
    assert run(locate(stage.source, bare), stage.time)[1].place is None
    assert run(move(stage.source, intent(copy)), stage.time)[1].fault is SourceFault.GONE


def test_whoever_may_only_read_hears_so_from_the_check_before_anything_moves() -> None:
    stage = GraphStage()
    stage.switch(roles=["Mail.Read", "User.Read.All"])
    (line,) = run(stage.source.check(), stage.time)
    assert "grant the application Mail.ReadWrite" in line
    stage.switch(roles=["Mail.ReadWrite", "User.Read.All"])
    assert run(stage.source.check(), stage.time) == ()
    assert sum(box.moves for box in stage.tenant.mailboxes.values()) == 0


def test_a_line_of_the_check_leaves_the_name_of_the_source_to_whoever_shows_it() -> None:
    stage = GraphStage()
    stage.tenant.static_token = "another"
    (line,) = run(stage.source.check(), stage.time)
    assert "stage" not in line
    assert "CLAWBACK_GRAPH_TOKEN" in line


def test_no_log_names_a_mailbox_or_shows_a_token(
    stage: GraphStage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)
    changes(stage)
    run(locate(stage.source, copy), stage.time)
    run(move(stage.source, intent(copy)), stage.time)
    run(fetch(stage.source, ANN, copy.place), stage.time)
    said = " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert ANN not in said
    assert stage.tenant.static_token not in said


@pytest.mark.parametrize("mark", ["?", "#", "@", "\\"])
def test_no_address_passes_for_one_of_this_machine_by_what_follows_it(mark: str) -> None:
    with pytest.raises(ValidationError, match="base_url"):
        config(base_url=f"http://elsewhere.example{mark}@127.0.0.1/v1.0")


@pytest.mark.parametrize("name", ["Sent", "ſent", "INBOX", "a/b%2F", "%"])
def test_a_path_gives_back_the_name_that_it_was_made_of(name: str) -> None:
    assert names_in(escaped(name, is_top=True)) == [name]


def changes(stage: GraphStage, cursor: str = "") -> MailboxChanges | None:
    """What changed; None where the source says in its own words that it can't tell."""
    try:
        return run(stage.source.changes(ANN, cursor), stage.time)
    except SourceError:
        return None
