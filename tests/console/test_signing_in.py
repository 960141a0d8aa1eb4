"""Signing in and out over HTTP: secrets, cookies, where it leads, and how often one may try."""

from __future__ import annotations

import re
import socket
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from serving_small import SOON, Served, open_page, served, sign_in, socket_of

from clawback.services import people, sessions
from models.actions import Actor, DecidedVia
from tests.console.small_stage import PASSWORD

ROOT = Actor("root", DecidedVia.CLI, verified=True)
NAME = "clawback_session"


def form_token(html: str) -> str:
    """The token in the form that signs out."""
    found = re.search(r'"name":"form_token","value":"([0-9a-f]+)"|"value":"([0-9a-f]{64})"', html)
    assert found is not None, "no form token"
    return found[1] or found[2]


def test_the_secret_is_in_a_cookie_that_no_script_reads_and_that_nothing_else_of_the_host_gets(
    console: Served,
) -> None:
    with console.browser() as browser:
        set_cookie = sign_in(browser, "ada").headers["set-cookie"]
    [cookie] = SimpleCookie(set_cookie).values()
    assert cookie.key == NAME
    assert cookie["path"] == "/console"
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "lax"
    assert cookie["domain"] == ""
    assert len(cookie.value) >= 43
    database = (console.home / "clawback.db").read_bytes() + b"".join(
        path.read_bytes() for path in console.home.glob("clawback.db-*")
    )
    assert cookie.value.encode() not in database
    assert cookie.value not in console.log.read_text()


def test_each_sign_in_has_a_secret_of_its_own_whatever_the_browser_brought_along(
    console: Served,
) -> None:
    """Session fixation: a secret that somebody planted in the browser never becomes a session."""
    planted = "x" * 43
    with console.browser() as browser:
        browser.cookies.set(NAME, planted, domain="127.0.0.1", path="/console")
        first = SimpleCookie(sign_in(browser, "ada").headers["set-cookie"])[NAME].value
        second = SimpleCookie(sign_in(browser, "ada").headers["set-cookie"])[NAME].value
    assert len({planted, first, second}) == 3
    for secret, status in ((planted, 401), (first, 204), (second, 204)):
        with console.browser(Cookie=f"{NAME}={secret}") as browser:
            assert browser.get("/console/session").status_code == status


def test_who_has_no_session_is_led_to_the_sign_in_and_back_and_gets_nothing_else(
    console: Served,
) -> None:
    with console.browser() as browser:
        away = browser.get("/console/probe?say=a%26b")
        assert (away.status_code, away.headers["cache-control"]) == (303, "no-store")
        assert away.headers["location"] == "/console/login?to=%2Fprobe%3Fsay%3Da%2526b"
        page = browser.get(away.headers["location"])
        assert 'name="to" value="/probe?say=a%26b"' in page.text
        assert "<script" not in page.text
        assert sign_in(browser, "ada", to="/probe?say=a%26b").headers["location"] == (
            "/console/probe?say=a%26b"
        )
    with console.browser() as stranger:
        for path in ("/console/_nicegui/client/x/upload/1", "/console/_nicegui/auto/static/x/y"):
            assert stranger.get(path).status_code == 401
        polling = "/console/_nicegui_ws/socket.io/?EIO=4&transport=polling"
        assert stranger.get(polling).status_code == 401
        assert stranger.post(polling, content="40").status_code == 401
    with console.signed_in("ada") as known:
        assert known.get(polling).status_code == 400, "only websockets are served"


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "/%2F/evil.example",
        "/%5Cevil.example",
        "/%255Cevil.example",
        "/\t/evil.example",
        "/../api/v1/health",
        "/%2e%2e/api/v1/health",
        "/.%2e/openapi.json",
        "/logout",
        "evil.example",
        "@evil.example",
        "",
    ],
)
def test_a_sign_in_leads_nowhere_but_to_the_console(console: Served, to: str) -> None:
    with console.browser() as browser:
        assert sign_in(browser, "ada", to=to).headers["location"] == "/console/"
        assert browser.get("/console/login", params={"to": to}).headers["location"] == "/console/"


def test_a_wrong_password_says_so_and_too_many_say_how_long_to_wait(console: Served) -> None:
    people.add_user(console.ctx, "slow", [*people_roles()], PASSWORD, actor=ROOT)
    with console.browser() as browser:
        for _ in range(4):
            wrong = sign_in(browser, "slow", '"><script>alert(1)</script>')
            assert wrong.status_code == 401
            assert 'role="alert">The name or the password is wrong.' in wrong.text
            assert "alert(1)" not in wrong.text, "what was typed as a password is sent back"
        held = sign_in(browser, "slow")
        assert held.status_code == 429
        wait = int(held.headers["retry-after"])
        assert f"try again in {wait} s" in held.text
        assert sign_in(browser, "ada").status_code == 303, "another account waits as well"
        assert 'value="&quot;&gt;&lt;b&gt;"' in sign_in(browser, '"><b>', "x").text


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"x" * 5_000_000, "it is too large"),
        ([b"name=", b"x" * 20_000], "it is too large"),
        (b"&".join([b"a=1"] * 500), "it cannot be read"),
    ],
)
def test_a_form_that_nobody_fills_in_is_refused_in_words_and_leaves_no_trace_in_the_log(
    console: Served, body: bytes | list[bytes], why: str
) -> None:
    before = console.log.stat().st_size
    for path in ("/console/login", "/console/first"):
        with console.browser() as browser:
            answer = browser.post(path, content=body)
        assert answer.status_code == 400
        assert f"This form was not taken: {why}." in answer.text
    assert "Traceback" not in console.log.read_text()[before:]


def test_a_form_that_stops_halfway_leaves_no_trace_and_one_that_never_ends_is_told_so(
    tmp_path: Path,
) -> None:
    with served(tmp_path, config={"body_seconds": 0.6}) as console:
        head = (
            f"POST /console/login HTTP/1.1\r\nHost: 127.0.0.1:{console.port}\r\n"
            f"Origin: {console.base}\r\nContent-Length: 100\r\n\r\nname="
        )
        with socket.create_connection(("127.0.0.1", console.port), SOON) as gone:
            gone.sendall(head.encode())
        with socket.create_connection(("127.0.0.1", console.port), SOON) as slow:
            slow.sendall(head.encode())
            assert slow.recv(100).startswith(b"HTTP/1.1 400 ")
        assert "Traceback" not in console.log.read_text()


def people_roles() -> list[people.Role]:
    """A reader's."""
    return [people.Role.READER]


def test_signing_out_ends_the_session_everywhere_and_needs_the_session_s_own_form(
    console: Served,
) -> None:
    with console.signed_in("ada") as browser, console.signed_in("ben") as other:
        page = open_page(browser)
        token, wrong = form_token(page.html), form_token(open_page(other).html)
        secret = browser.cookies[NAME]
        for sent in ("", wrong):
            refused = browser.post("/console/logout", data={"form_token": sent})
            assert refused.status_code == 403
        assert browser.get("/console/session").status_code == 204
        assert browser.get("/console/logout").status_code == 405
        with socket_of(page) as socket:
            assert socket.is_attached()
            left = browser.post("/console/logout", data={"form_token": token})
            assert left.headers["location"] == "/console/login"
            assert "Max-Age=0" in left.headers["set-cookie"]
            assert socket.is_closed(), "the page is still open"
        assert NAME not in browser.cookies
        assert other.get("/console/session").status_code == 204
    with console.browser(Cookie=f"{NAME}={secret}") as thief:
        assert thief.get("/console/session").status_code == 401
        assert thief.get("/console/probe").headers["location"].endswith("over=1")
    told = console.ctx.store.cases.history()
    assert any(one.event == "session:ended" and one.actor == "ada" for one in told)


def test_a_session_is_known_to_another_process_and_ended_by_it(console: Served) -> None:
    people.add_user(console.ctx, "temp", people_roles(), PASSWORD, actor=ROOT)
    with console.signed_in("temp") as browser:
        digest = sessions.digest_of(browser.cookies[NAME])
        session, person = sessions.who_is(console.ctx, digest)
        assert (session.user, person.name) == ("temp", "temp")
        people.disable_user(console.ctx, "temp", actor=ROOT)
        assert browser.get("/console/session").status_code == 401
        people.enable_user(console.ctx, "temp", actor=ROOT)
        assert browser.get("/console/session").status_code == 401, "it came back to life"
