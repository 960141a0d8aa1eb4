"""Identity, search, folders and the change feed, each with the mistake that would be made easily."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from clawback.errors import SourceCorrupt, SourceNotHosted, SourceUnavailable
from clawback.lab.graph.switches import Fault
from clawback.mailboxes.graph import locating, transport
from models.copies import FolderRole, Place, SourceFault
from models.mails import MessageHead
from models.outcomes import MoveIntent
from tests.mailboxes.graph.graph_stage import GraphStage
from tests.mailboxes.graph.virtual_time import run
from tests.mailboxes.stages import ANN, BEN, fetch, intent, locate, move, ref, sha

MAIL = b"Message-ID: <a+1&x'y@example.org>\r\nSubject: a\r\n\r\nbody\r\n"
FORGED = b"Message-ID: <a+1&x'y@example.org>\r\nSubject: a\r\n\r\nharmless\r\n"


@pytest.fixture
def stage() -> GraphStage:
    return GraphStage()


def test_a_handle_outlives_every_move(stage: GraphStage) -> None:
    place = stage.deliver(ANN, MAIL)
    copy = ref(stage, ANN, place, MAIL)
    reply = run(move(stage.source, intent(copy)), stage.time)[1]
    assert reply.place == Place("Recoverable Items", place.handle)
    assert run(locate(stage.source, copy), stage.time)[1].place == reply.place


def test_without_the_header_for_immutable_ids_it_would_not(
    stage: GraphStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "IMMUTABLE_IDS", "outlook.timezone=UTC")
    stage.deliver(ANN, MAIL)
    changes = run(stage.source.changes(ANN, ""), stage.time)
    (entry,) = (entry for folder in changes.folders for entry in folder.present)
    copy = ref(stage, ANN, Place("INBOX", entry.handle), MAIL)
    reply = run(move(stage.source, intent(copy)), stage.time)[1]
    assert reply.place is not None
    assert reply.place.handle != entry.handle


def test_every_request_and_part_asks_for_immutable_ids() -> None:
    asked: list[str] = []

    class Watching(httpx.AsyncBaseTransport):
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.append(request.headers["Prefer"])
            if request.url.path.endswith("$batch"):
                parts = json.loads(await request.aread())["requests"]
                asked.extend(part["headers"]["Prefer"] for part in parts)
            response: httpx.Response = await self._inner.handle_async_request(request)
            return response

    stage = GraphStage(wrapped=Watching)
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL, "Projects"), MAIL)
    run(stage.source.changes(ANN, ""), stage.time)
    run(locate(stage.source, copy), stage.time)
    run(move(stage.source, intent(copy)), stage.time)
    run(fetch(stage.source, ANN, copy.place), stage.time)
    assert len(asked) > 20
    assert all('IdType="ImmutableId"' in header for header in asked)


def test_a_search_looks_at_every_hit_also_among_the_recoverable_ones(stage: GraphStage) -> None:
    old = stage.deliver(ANN, MAIL)
    for folder in ("INBOX", "Projects", "Trash"):
        stage.deliver(ANN, FORGED, folder)
    new = stage.user_move(ANN, old, "Recoverable Items")
    live = run(locate(stage.source, ref(stage, ANN, old, MAIL)), stage.time)[1]
    assert (live.place, live.role) == (new, FolderRole.RECOVERABLE)


def test_one_that_takes_the_first_hit_is_caught(
    stage: GraphStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def any_key(self: locating.Locator, answer: object) -> str:
        return wanted.mail_key

    old = stage.deliver(ANN, MAIL)
    stage.deliver(ANN, FORGED)
    stage.deliver(ANN, FORGED, "Projects")
    new = stage.user_move(ANN, old, "Recoverable Items")
    wanted = ref(stage, ANN, old, MAIL)
    monkeypatch.setattr(locating.Locator, "_key", any_key)
    assert run(locate(stage.source, wanted), stage.time)[1].place != new


def test_a_message_without_a_message_id_is_gone_with_its_id(stage: GraphStage) -> None:
    place = stage.deliver(ANN, b"Subject: none\r\n\r\nx\r\n")
    stage.deliver(ANN, b"Subject: none\r\n\r\nx\r\n", "Projects")
    stage.user_delete(ANN, place)
    live = run(
        locate(stage.source, ref(stage, ANN, place, b"Subject: none\r\n\r\nx\r\n")), stage.time
    )
    assert (live[1].place, live[1].fault) == (None, None)


def test_folders_are_known_by_what_they_are_and_not_by_their_names(stage: GraphStage) -> None:
    box = stage.tenant.mailboxes[ANN]
    for alias, name in (("inbox", "Posteingang"), ("junkemail", "Junk-E-Mail")):
        box.well_known[alias].name = name
    own = box.add_folder("Junk")
    odd = box.add_folder("a/b 100%", own)
    stage.deliver(ANN, MAIL)
    handle = stage.tenant.deliver(ANN, MAIL, "inbox")
    stage.tenant.mailboxes[ANN].move(box.immutable[handle], odd, stage.time.now())
    listed = {
        folder.folder: folder.role
        for folder in run(stage.source.changes(ANN, ""), stage.time).folders
    }
    assert listed["INBOX"] is FolderRole.INBOX
    assert listed["Junk"] is FolderRole.JUNK
    assert listed["%4Aunk"] is FolderRole.USER
    there = Place("%4Aunk/a%2Fb 100%25", handle)
    copy = ref(stage, ANN, there, MAIL)
    assert run(locate(stage.source, copy), stage.time)[1].place == there
    back = MoveIntent(1, ANN, there, copy.content_sha256, "%4Aunk/new%2Fone")
    assert run(move(stage.source, back), stage.time)[1].fault is None
    assert any(kept.folder == "Junk/new/one" for kept in stage.tenant.everything(ANN))


def test_a_feed_whose_place_was_forgotten_lists_the_folder_whole(stage: GraphStage) -> None:
    first = stage.deliver(ANN, MAIL)
    cursor = run(stage.source.changes(ANN, ""), stage.time).cursor
    gone = stage.deliver(ANN, FORGED)
    stage.user_delete(ANN, gone)
    rotten = json.loads(cursor)
    rotten[1] = {key: [path, "$deltatoken=forgotten"] for key, (path, _) in rotten[1].items()}
    changes = run(stage.source.changes(ANN, json.dumps(rotten)), stage.time)
    inbox = next(folder for folder in changes.folders if folder.folder == "INBOX")
    assert inbox.complete
    assert [entry.handle for entry in inbox.present] == [first.handle]


def test_a_feed_that_begins_anew_time_and_again_still_ends(stage: GraphStage) -> None:
    stage.deliver(ANN, MAIL)
    stage.switch(faults={Fault.RESYNC.value: 0.3})
    cursor = ""
    for _ in range(3):
        changes = run(stage.source.changes(ANN, cursor), stage.time)
        cursor = changes.cursor
    assert "Recoverable Items" in cursor


def test_of_a_large_message_the_head_is_read_and_all_of_it_hashed() -> None:
    stage = GraphStage(read_at_most=1_000)
    raw = MAIL + b"x" * 200_000
    place = stage.deliver(ANN, raw)
    got = run(fetch(stage.source, ANN, place), stage.time)[place]
    assert got == MessageHead(raw[:1_000], sha(raw), len(raw))


def test_the_directory_names_mailboxes_by_their_address(stage: GraphStage) -> None:
    assert run(stage.source.mailboxes(), stage.time) == (ANN, BEN)


@pytest.mark.parametrize("state", ["on-premises", "inactive", "unlicensed", "group"])
def test_what_exchange_online_does_not_hold_is_told_apart(stage: GraphStage, state: str) -> None:
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)
    stage.switch(mailboxes={ANN: state})
    assert run(locate(stage.source, copy), stage.time)[1].fault is SourceFault.NOT_HOSTED
    with pytest.raises(SourceNotHosted):
        run(stage.source.changes(ANN, ""), stage.time)


def test_a_link_that_leads_elsewhere_is_not_followed() -> None:
    class Luring(httpx.AsyncBaseTransport):
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            assert request.url.host == "localhost"
            if request.url.path.endswith("/users"):
                link = "http://localhost.attacker.test/v1.0/users"
                return httpx.Response(200, json={"value": [], "@odata.nextLink": link})
            raise AssertionError(request.url)

    stage = GraphStage(wrapped=Luring)
    with pytest.raises(SourceCorrupt):
        run(stage.source.mailboxes(), stage.time)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"responses":[{"id":"0"}]}', b"\xff", b'{"responses":3}']
)
def test_an_answer_of_another_shape_is_no_answer(body: bytes) -> None:
    class Strange(httpx.AsyncBaseTransport):
        def __init__(self, inner: Any) -> None:
            pass

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, content=body)

    stage = GraphStage(wrapped=Strange)
    copy = ref(stage, ANN, Place("INBOX", "AAA="), MAIL)
    assert run(locate(stage.source, copy), stage.time)[1].fault is not None
    with pytest.raises((SourceCorrupt, SourceUnavailable)):
        run(stage.source.changes(ANN, ""), stage.time)
