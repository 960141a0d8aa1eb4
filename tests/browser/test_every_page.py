"""Every page: it opens without a fault, axe-core finds nothing serious, in light and in dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, WebSocketRoute, expect
from stage import Stage
from tour import tour
from watching import foreign, settled

SERIOUS = ("serious", "critical")


def serious(page: Page) -> list[str]:
    """What axe-core finds that is serious, as rule and first element."""
    found: dict[str, Any] = Axe().run(page).response
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_has_a_fault_nor_anything_serious_for_axe(
    stage: Stage, sign_in: Callable[..., Page], dark: bool
) -> None:
    found: dict[str, list[str]] = {}
    for stop in tour(stage.said):
        page = sign_in(stop.user, stop.path, width=stop.width, dark=dark)
        for selector in stop.clicks:
            page.click(selector)
        page.wait_for_selector(stop.waits_for)
        settled(page)
        if problems := serious(page) + foreign(page):
            found[stop.name] = problems
        page.context.close()
    assert not found, found


def test_axe_would_find_a_button_without_a_name(stage: Stage, sign_in: Callable[..., Page]) -> None:
    page = sign_in("ada", "/action-center/pending")
    page.evaluate(
        "document.querySelector('#content').appendChild(document.createElement('button'))"
    )
    assert any(problem.startswith("button-name") for problem in serious(page))


def test_what_is_typed_stays_while_other_parts_of_a_page_are_built(
    sign_in: Callable[..., Page],
) -> None:
    page = sign_in("ada", "/explorer?range=all")
    page.wait_for_selector(".values-found")
    page.locator("form input[name=value]").fill("typed, not sent")
    page.get_by_label("Chart by").select_option(label="URL domain")
    page.wait_for_selector(".values-found[aria-label='By url domain']")
    assert page.locator("form input[name=value]").input_value() == "typed, not sent"


def test_a_page_without_its_socket_says_so_until_it_is_there(
    stage: Stage, browser: Browser, cookies: Callable[[str], Any]
) -> None:
    context = browser.new_context(storage_state=cookies("ada"))
    page = context.new_page()
    refused = [True]

    def answer(socket: WebSocketRoute) -> None:
        if refused[0]:
            socket.close(code=4429)
        else:
            socket.connect_to_server()

    page.route_web_socket("**/_nicegui_ws/**", answer)
    page.goto(f"{stage.console}/audit")
    told = page.locator(".unconnected")
    expect(told).to_have_role("status")
    expect(told).to_contain_text("This page is not connected", timeout=10_000)
    assert serious(page) + foreign(page) == []
    refused[0] = False
    expect(told).to_have_text("", timeout=20_000)
    page.wait_for_function("() => window.did_handshake === true")
    context.close()
