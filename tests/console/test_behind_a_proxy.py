"""The console at https://sec.example/clawback: addresses, cookies and sockets below the path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.cookies import SimpleCookie

import httpx
import pytest
from serving_small import PATIENCE, Served, open_page, sign_in, socket_of
from small_proxy import proxy_to
from websockets.exceptions import InvalidStatus

SITE = "https://sec.example"
NAME = "__Secure-clawback_session"


@pytest.fixture
def browser(proxied: Served) -> Iterator[httpx.Client]:
    """A browser that sees the site through the proxy, which ends TLS."""
    with proxy_to(proxied.port) as port:
        headers = {"Origin": SITE, "Host": "sec.example"}
        base = f"http://127.0.0.1:{port}/clawback"
        with httpx.Client(
            base_url=base, headers=headers, trust_env=False, timeout=PATIENCE
        ) as client:
            yield client


def enter(browser: httpx.Client) -> str:
    """Sign in; the secret, which this client keeps from addresses without TLS, in a header."""
    cookie = SimpleCookie(sign_in(browser, "ada").headers["set-cookie"])[NAME]
    browser.headers["Cookie"] = f"{NAME}={cookie.value}"
    return cookie.value


def test_every_redirect_and_the_cookie_stay_below_the_path(browser: httpx.Client) -> None:
    ways = {"/": "/clawback/console/", "/console": "/clawback/console/"}
    for path, to in {**ways, "/console/": "/clawback/console/login"}.items():
        assert browser.get(path).headers["location"] == to
    answer = sign_in(browser, "ada", to="/probe")
    assert answer.headers["location"] == "/clawback/console/probe"
    [cookie] = SimpleCookie(answer.headers["set-cookie"]).values()
    assert (cookie.key, cookie["path"]) == (NAME, "/clawback/console")
    assert cookie["secure"] is True
    assert cookie["httponly"] is True
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_a_page_and_its_socket_work_and_everything_in_it_is_below_the_path(
    browser: httpx.Client,
) -> None:
    secret = enter(browser)
    page = open_page(browser)
    linked = re.findall(r'(?:src|href|action)\\?["\']?[=:]\s*\\?["\'](/[^"\'\\]*)', page.html)
    assert len(linked) > 10
    assert [one for one in linked if not one.startswith("/clawback/console/")] == []
    for path in sorted(set(linked)):
        if path.endswith((".js", ".css", ".svg")):
            assert browser.get(path.removeprefix("/clawback")).status_code == 200, path
    sent = {"Cookie": f"{NAME}={secret}", "host": "sec.example"}
    with socket_of(page, origin=SITE, **sent) as socket:
        assert socket.is_attached()
        socket.emit("event", page.say("through"))
        assert socket.until("ada asks for through")
    with (
        pytest.raises(InvalidStatus) as refused,
        socket_of(page, origin="http://sec.example", **sent),
    ):
        pass
    assert refused.value.response.status_code == 403, "another scheme is another origin"


def test_the_proxy_s_word_on_who_asks_is_kept_and_the_client_s_own_is_not(
    proxied: Served, browser: httpx.Client
) -> None:
    sign_in(browser, "ada", "wrong", headers={"X-Forwarded-For": "198.51.100.1"})
    told = proxied.ctx.store.cases.history()
    [failed] = [one for one in told if one.event == "login:failed"]
    assert failed.details == {"origin": "203.0.113.9"}


def test_without_a_proxy_that_is_trusted_nobody_is_believed(console: Served) -> None:
    claims = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    with console.browser() as browser:
        answer = sign_in(browser, "ben", headers=claims)
    assert "secure" not in answer.headers["set-cookie"].lower()
    assert "strict-transport-security" not in answer.headers
    told = [one for one in console.ctx.store.cases.history() if one.event == "login:succeeded"]
    assert {str((one.details or {})["origin"]) for one in told} == {"127.0.0.1"}


def policy_of(answer: httpx.Response) -> dict[str, str]:
    """The content security policy of an answer, by directive."""
    parts = answer.headers["content-security-policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


def test_pages_are_kept_nowhere_and_load_nothing_from_elsewhere(console: Served) -> None:
    with console.signed_in("ada") as browser:
        page = browser.get("/console/probe")
        form = console.browser().get("/console/login")
        file = browser.get("/console/static/sign-in.css")
    for answer in (page, form):
        policy = policy_of(answer)
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["form-action"] == policy["img-src"].removesuffix(" data:") == "'self'"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert policy_of(page)["connect-src"] == "'self'"
    assert "'unsafe-inline'" not in policy_of(page)["script-src"]
    assert "script-src" not in policy_of(form), "no script runs where passwords are typed"
    nonces = {r.group(1) for r in re.finditer(r"'nonce-([^']+)'", str(page.headers))}
    assert len(nonces) == 1
    assert page.text.count("<script") == page.text.count(f'<script nonce="{nonces.pop()}"')
    assert "no-store" not in file.headers.get("cache-control", "")
