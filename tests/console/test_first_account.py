"""The first account over HTTP: by the link that was printed, once."""

from __future__ import annotations

import httpx
from serving_small import Served

from clawback.services import first_account
from models.actions import Actor, DecidedVia
from models.people import Role
from tests.console.small_stage import PASSWORD

ROOT = Actor("root", DecidedVia.CLI, verified=True)


def make(browser: httpx.Client, key: str, **changes: str) -> httpx.Response:
    """The answer to the form for the first account."""
    form = {"key": key, "name": "Rosa", "password": PASSWORD, "again": PASSWORD}
    return browser.post("/console/first", data={**form, **changes})


def test_the_link_makes_one_account_says_what_is_wrong_before_and_signs_it_in(
    unused: Served,
) -> None:
    with unused.browser() as browser:
        assert "Nobody has an account yet" in browser.get("/console/login").text
        old = first_account.make_key(unused.ctx, actor=ROOT)
        key = first_account.make_key(unused.ctx, actor=ROOT)
        for void in (old, "", "x" * 43, f"{key}x"):
            assert browser.get("/console/first", params={"key": void}).status_code == 409
            assert make(browser, void).status_code == 409
        page = browser.get("/console/first", params={"key": key})
        assert "12 characters or more" in page.text
        assert "roles admin and operator" in page.text
        for changes, said in (
            ({"again": "another password"}, "The two passwords are not the same."),
            ({"password": "short", "again": "short"}, "A password has 12 characters or more."),
            ({"name": "-"}, "An account&#x27;s name has 1 to 64 characters"),
        ):
            refused = make(browser, key, **changes)
            assert refused.status_code == 422
            assert f'role="alert">{said}' in refused.text
            assert PASSWORD not in refused.text
        assert unused.ctx.store.people.users() == ()
        foreign = {"Origin": "https://evil.example"}
        assert browser.post("/console/first", headers=foreign).status_code == 403
        made = make(browser, key)
        assert (made.status_code, made.headers["location"]) == (303, "/console/")
        assert browser.get("/console/session").status_code == 204
        [user] = unused.ctx.store.people.users()
        assert (user.name, user.roles) == ("rosa", {Role.ADMIN, Role.OPERATOR})
        again = make(browser, key, name="second")
        assert again.status_code == 409
        assert "There is an account already" in again.text
    assert first_account.make_key(unused.ctx, actor=ROOT) == ""
    assert key not in unused.log.read_text()
