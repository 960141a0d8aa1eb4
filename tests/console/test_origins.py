"""Other sites, and other people's pages: requests and sockets that are not ours are refused.

Each check runs against a console that does not look, too, and must find it out.
"""

from __future__ import annotations

from contextlib import suppress

import pytest
from serving_small import QUIET, OpenPage, Served, open_page, sign_in, socket_of
from websockets.exceptions import InvalidStatus

from clawback.services import people, sessions
from models.actions import Actor, DecidedVia
from models.people import Role
from tests.console.small_stage import PASSWORD

EVIL = "https://evil.example"
ROOT = Actor("root", DecidedVia.CLI, verified=True)
FOREIGN = [
    {"Origin": EVIL},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


def posts_taken(console: Served) -> list[dict[str, str]]:
    """Which of the foreign headers a sign-in is taken with."""
    taken = []
    for headers in FOREIGN:
        with console.browser() as browser:
            if sign_in(browser, "ada", headers=headers).status_code != 403:
                taken.append(headers)
    return taken


def sockets_taken(console: Served) -> list[str]:
    """Which foreign origins a socket is opened for, with the cookie of a person."""
    with console.signed_in("ada") as browser:
        page = open_page(browser)
        origins = (EVIL, "null", "", "http://127.0.0.1:1")
        return [origin for origin in origins if takes_socket(page, origin)]


def takes_socket(page: OpenPage, origin: str) -> bool:
    """Whether a socket is opened for a page of this origin."""
    with suppress(InvalidStatus), socket_of(page, origin=origin) as socket:
        return socket.is_attached()
    return False


def test_another_site_can_neither_post_a_form_nor_open_a_socket(console: Served) -> None:
    assert posts_taken(console) == []
    assert sockets_taken(console) == []


def test_a_console_that_does_not_look_at_origins_is_found_out(broken: Served) -> None:
    assert posts_taken(broken) == FOREIGN
    assert sockets_taken(broken)


def test_no_socket_is_opened_without_a_session(console: Served) -> None:
    with console.signed_in("ada") as browser, console.browser() as stranger:
        page = open_page(browser)
        with pytest.raises(InvalidStatus) as refused, socket_of(page, browser=stranger):
            pass
        assert refused.value.response.status_code == 401


def hijacked(console: Served) -> set[str]:
    """In which ways a person gets at a page of another one, whose number they know."""
    ways = set()
    with console.signed_in("ada") as ada, console.signed_in("rita") as rita:
        theirs = open_page(ada)
        with socket_of(theirs, browser=rita) as socket:
            if socket.is_attached():
                ways.add("attached by the query")
        own = open_page(rita)
        with socket_of(theirs) as victim, socket_of(own, browser=rita) as socket:
            assert victim.is_attached()
            assert socket.is_attached()
            socket.emit("event", theirs.say("hijacked"))
            if victim.until("hijacked", QUIET):
                ways.add("sent an event")
            before = presses(console)
            socket.emit("event", theirs.press())
            if victim.until("pressed by", QUIET) or presses(console) != before:
                ways.add("pressed with another's roles")
            victim.emit("event", theirs.say("myself"))
            assert victim.until("myself"), "the page does not work"
    return ways


def presses(console: Served) -> list[str]:
    """Who pressed the button so far."""
    path = console.home / "pressed"
    return path.read_text().split() if path.exists() else []


def test_nobody_speaks_for_the_page_of_another_session(console: Served) -> None:
    assert hijacked(console) == set()


def test_a_console_that_does_not_bind_sockets_is_found_out(broken: Served) -> None:
    assert "sent an event" in hijacked(broken)


def goes_on(console: Served, name: str) -> bool:
    """Whether an open page still does something after its session was ended elsewhere."""
    people.add_user(console.ctx, name, [Role.OPERATOR], PASSWORD, actor=ROOT)
    with console.signed_in(name) as browser:
        page = open_page(browser)
        with socket_of(page) as socket:
            assert socket.is_attached()
            socket.emit("event", page.press())
            assert socket.until(f"pressed by {name}")
            digest = sessions.digest_of(browser.cookies["clawback_session"])
            session, _ = sessions.who_is(console.ctx, digest)
            sessions.sign_out(console.ctx, session)
            before = presses(console)
            socket.emit("event", page.press())
            socket.until("reload", 2.0)
            return presses(console) != before


def test_an_open_page_does_nothing_any_more_once_its_session_has_ended(console: Served) -> None:
    assert not goes_on(console, "leaver")


def test_a_console_that_asks_only_once_is_found_out(broken: Served) -> None:
    assert goes_on(broken, "leaver")


def test_what_a_role_may_not_do_is_refused_though_the_button_is_there(console: Served) -> None:
    with console.signed_in("rita") as browser:
        page = open_page(browser)
        with socket_of(page) as socket:
            assert socket.is_attached()
            before = presses(console)
            socket.emit("event", page.press())
            assert socket.until("this needs the role operator")
            assert presses(console) == before


def prefixed(console: Served) -> list[str]:
    """Where a header that anybody may send gets into a page or a redirect."""
    headers = {"X-Forwarded-Prefix": "//evil.example"}
    with console.signed_in("ada") as browser, console.browser() as stranger:
        said = {
            "page": browser.get("/console/probe", headers=headers).text,
            "redirect": stranger.get("/console/probe", headers=headers).headers["location"],
        }
    return [where for where, text in said.items() if "evil.example" in text]


def test_a_prefix_that_a_client_names_changes_nothing(console: Served) -> None:
    assert prefixed(console) == []


def test_a_console_that_believes_prefixes_is_found_out(broken: Served) -> None:
    assert prefixed(broken) == ["page", "redirect"]


def test_nothing_but_the_console_takes_a_websocket_and_a_huge_message_ends_it(
    console: Served,
) -> None:
    with console.signed_in("ada") as browser:
        page = open_page(browser)
        for prefix in ("", "/api/v1/actions", "/nowhere"):
            with pytest.raises(InvalidStatus) as refused, socket_of(page, prefix=prefix):
                pass
            answer = refused.value.response
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"
        with socket_of(page) as socket:
            assert socket.is_attached()
            socket.connection.send("42" + '["event",{"x":"' + "x" * 1_100_000 + '"}]')
            assert socket.is_closed()
            assert socket.connection.close_code == 1009
