"""What a script of somebody's own sends over a socket, and how many sockets one person may have."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from typing import Any

from serving_small import SOON, Served, Socket, open_page, socket_of
from websockets.exceptions import InvalidStatus

from clawback.console.gate import PAGES_OF_ONE

SUBJECT = "Subject of a mail for victim@corp.example"


def malformed(mine: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Messages for one's own page that no page of ours sends."""
    own = {"client_id": mine["client_id"]}
    return [
        ("event", own),
        ("event", {**mine, "id": {}}),
        ("event", {**mine, "listener_id": SUBJECT}),
        ("event", {**mine, "listener_id": [SUBJECT]}),
        ("event", {**mine, "args": 5}),
        ("event", {**mine, "args": ["no JSON"]}),
        ("event", {**mine, "args": ['"\\ud800"']}),
        ("handshake", {**own, "tab_id": "t", "document_id": [SUBJECT]}),
        ("handshake", own),
        ("ack", {**own, "next_message_id": SUBJECT}),
        ("javascript_response", own),
        ("log", {**own, "level": "error", "message": SUBJECT}),
        ("log", {**own, "level": SUBJECT}),
    ]


def test_what_no_page_sends_is_a_line_of_the_log_without_its_words_and_the_page_goes_on(
    console: Served,
) -> None:
    with console.signed_in("ada") as browser:
        page = open_page(browser)
        with socket_of(page) as socket:
            assert socket.is_attached()
            before = console.log.stat().st_size
            for event, message in malformed(page.say("x")):
                socket.emit(event, message)
            socket.emit("event", page.say("and-goes-on"))
            assert socket.until("and-goes-on")
    said = console.log.read_text()[before:]
    assert "socket_message_malformed" in said
    assert "page_said_something" in said
    assert "Traceback" not in said
    assert SUBJECT not in said
    assert len(said) < 100 * len(malformed(page.say("x")))


def crowd(console: Served, name: str, stack: ExitStack) -> list[Socket]:
    """The sockets that one person gets who wants one more than they may have."""
    browser = stack.enter_context(console.signed_in(name))
    page = open_page(browser)
    taken = []
    for _ in range(PAGES_OF_ONE + 1):
        with suppress(InvalidStatus):
            taken.append(stack.enter_context(socket_of(page)))
    return taken


def gets_one(console: Served, name: str) -> bool:
    """Whether a person gets a socket in time."""
    deadline = time.monotonic() + SOON
    with console.signed_in(name) as browser:
        page = open_page(browser)
        while time.monotonic() < deadline:
            with suppress(InvalidStatus), socket_of(page) as socket:
                return socket.is_attached()
    return False


def test_one_person_takes_the_room_of_nobody_else(console: Served) -> None:
    with ExitStack() as stack:
        taken = crowd(console, "rita", stack)
        assert len(taken) == PAGES_OF_ONE
        with console.signed_in("ben") as other, socket_of(open_page(other)) as socket:
            assert socket.is_attached()
        for one in taken:
            one.connection.close()
        assert gets_one(console, "rita"), "what is closed is free again"


def test_a_console_that_does_not_count_is_found_out(broken: Served) -> None:
    with ExitStack() as stack:
        assert len(crowd(broken, "rita", stack)) > PAGES_OF_ONE
