"""Signing in and out with a real browser: without a script, on a phone, and in several tabs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from stage import Stage
from test_every_page import serious
from watching import Watch

PATH = "/action-center/history?size=25"
FETCHED = 41
"""One more page than the console keeps of an account for a browser to come."""


@contextmanager
def fresh(browser: Browser, stage: Stage, **options: object) -> Iterator[Page]:
    """A page of a browser that nobody used before; whatever it did that it must not is a fault."""
    context = browser.new_context(**options)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    page = context.new_page()
    watch = Watch(stage.base)
    watch.look(page)
    yield page
    context.close()
    # A wrong password is told with 401, which a browser notes.
    assert [one for one in watch.found if "401" not in str(one)] == []


def enter(page: Page, name: str, password: str) -> None:
    """Fill in the form and send it."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sign_in_needs_no_script_is_accessible_and_leads_on(
    browser: Browser, stage: Stage, scheme: str
) -> None:
    size = {"width": 390, "height": 800}
    with fresh(
        browser, stage, color_scheme=scheme, viewport=size, java_script_enabled=False
    ) as page:
        page.goto(f"{stage.console}{PATH}")
        enter(page, "ben", "wrong")
        expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
        expect(page.get_by_label("Name")).to_have_value("ben")
        expect(page.get_by_label("Password")).to_have_value("")
        enter(page, "ben", stage.password)
        assert page.url == f"{stage.console}{PATH}"
    with fresh(browser, stage, color_scheme=scheme, viewport=size) as page:
        page.goto(f"{stage.console}/login")
        expect(page.get_by_label("Name")).to_be_focused()
        assert serious(page) == []


def test_signing_out_in_one_tab_leads_the_other_to_the_sign_in_and_back(
    browser: Browser, stage: Stage
) -> None:
    with fresh(browser, stage) as page:
        page.goto(f"{stage.console}{PATH}")
        enter(page, "ben", stage.password)
        other = page.context.new_page()
        other.goto(f"{stage.console}{PATH}")
        for one in (page, other):
            one.wait_for_function("() => window.did_handshake === true")
        page.locator("details.person summary").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
        enter(other, "ben", stage.password)
        expect(other.locator("#content h1")).to_be_visible()
        assert other.url == f"{stage.console}{PATH}"


def test_a_session_that_was_ended_elsewhere_does_nothing_more_and_says_so(
    browser: Browser, stage: Stage
) -> None:
    with fresh(browser, stage) as page:
        page.goto(f"{stage.console}/action-center/pending")
        enter(page, "rita", stage.password)
        page.wait_for_function("() => window.did_handshake === true")
        subprocess.run(
            [os.environ["CLAWBACK_PYTHON"], "-m", "clawback.cli", "user", "sign-out", "rita"],
            env={**os.environ, "CLAWBACK_HOME": stage.said["home"]}, check=True, timeout=60,
        )  # fmt: skip
        page.evaluate("history.pushState(null, '', '?size=10'); emitEvent('here', '?size=10')")
        expect(page.get_by_text("Your session is over")).to_be_visible()
        enter(page, "rita", stage.password)
        expect(page.locator("#content h1")).to_be_visible()
        assert page.url == f"{stage.console}/action-center/pending?size=10"


def test_the_chosen_theme_holds_for_the_sign_in(browser: Browser, stage: Stage) -> None:
    with fresh(browser, stage, color_scheme="light") as page:
        page.goto(f"{stage.console}/login")
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.context.add_cookies(
            [{"name": "clawback_theme", "value": "dark", "url": f"{stage.console}/"}]
        )
        page.reload()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_a_page_that_was_dropped_before_its_browser_came_is_loaded_anew(
    browser: Browser, stage: Stage
) -> None:
    with fresh(browser, stage) as page:
        page.goto(f"{stage.console}/health")
        enter(page, "rita", stage.password)
        page.wait_for_function("() => window.did_handshake === true")
        loads: list[Route] = []

        def slowly(route: Route) -> None:
            """Let others fetch pages before this one gets its script, the first time."""
            loads.append(route)
            if len(loads) == 1:
                for _ in range(FETCHED):
                    page.context.request.get(f"{stage.console}/health")
            route.continue_()

        page.route("**/static/here.js", slowly)
        page.goto(f"{stage.console}/health", wait_until="commit")
        page.wait_for_function("() => window.did_handshake === true")
        assert len(loads) == 2
        page.locator("details.person summary").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
