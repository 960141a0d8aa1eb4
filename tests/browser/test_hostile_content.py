"""Hostile mail on every page: no element, dialog, request or console error that was not ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page
from stage import Stage
from tour import tour
from watching import Watch, foreign

STAGE_OPTIONS = ("--hostile",)


def test_hostile_mail_is_inert_on_every_page(stage: Stage, sign_in: Callable[..., Page]) -> None:
    seen = 0
    for stop in tour(stage.said):
        page = sign_in("all-roles", stop.path, width=stop.width)
        for selector in stop.clicks:
            page.click(selector)
        page.wait_for_selector(stop.waits_for)
        page.wait_for_timeout(250)  # for whatever a mail could set going
        assert not foreign(page), (stop.name, foreign(page))
        seen += "pwned" in page.inner_text("#content")
        page.context.close()
    assert seen >= 4, "hostile mail was hardly shown: this proves nothing"


ATTACKS = {
    "markup": "document.querySelector('#content').innerHTML += '<b id=pwned>x</b>'",
    "image": "document.querySelector('#content').innerHTML += '<img src=x>'",
    "handler": "document.querySelector('#content').setAttribute('onclick', '1')",
    "script": "window.pwned = 1",
    "link": "document.querySelector('#content').innerHTML += '<a href=\"http://127.0.0.2/\">x</a>'",
}
"""What a page that trusts a mail would come to."""


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_mail_could_add_would_be_seen(
    stage: Stage, sign_in: Callable[..., Page], attack: str
) -> None:
    page = sign_in("ada", "/action-center/pending")
    page.watch.expect_refusal()  # type: ignore[attr-defined]
    page.evaluate(ATTACKS[attack])
    assert foreign(page)
    page.goto("about:blank")
    page.watch.found.clear()  # type: ignore[attr-defined]


def test_dialogs_requests_and_errors_would_be_seen(browser: Browser) -> None:
    page = browser.new_page()
    watch = Watch("http://127.0.0.1:1")
    watch.look(page)
    page.set_content("<p>hello</p>")
    page.evaluate("alert(1)")
    page.evaluate("console.error('x')")
    page.evaluate("fetch('http://127.0.0.2:9/').catch(() => 0)")
    page.evaluate("setTimeout(() => { throw new Error('thrown') })")
    faults = ("a dialog", "console error", "a request to 127.0.0.2", "thrown")
    for _ in range(500):
        if all(part in " ".join(watch.found) for part in faults):
            break
        page.wait_for_timeout(10)
    said = " ".join(watch.found)
    for part in faults:
        assert part in said
    page.close()
