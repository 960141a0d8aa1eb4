"""One message on its page: its story, its parts, all inert, and its text for who may read it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from stage import ROOT, Stage, python
from watching import foreign

STAGE_OPTIONS = ("--hostile",)

SignIn = Callable[..., Page]


@pytest.fixture
def hostile(sign_in: SignIn) -> list[str]:
    """Addresses of the pages of hostile messages."""
    page = sign_in("ada", "/explorer?range=all&filter=subject=pwned&size=25")
    links = page.locator("div.table[aria-label='Email'] td[data-label='Subject'] a")
    found = [str(one.get_attribute("href")) for one in links.all()]
    assert len(found) >= 15
    return [f"/email/{href.split('open=')[1].split('&')[0]}" for href in found]


def previews(home: Path) -> list[str]:
    """Who read a text, as the audit log says."""
    with closing(sqlite3.connect(home / "clawback.db")) as database:
        sql = "SELECT actor FROM history WHERE event = 'message:previewed' ORDER BY id"
        return [actor for (actor,) in database.execute(sql)]


def test_hostile_messages_are_inert_with_their_files_links_and_text(
    stage: Stage, sign_in: SignIn, hostile: list[str]
) -> None:
    page = sign_in("ada", hostile[0])
    for path in hostile:
        page.goto(f"{stage.console}{path}")
        expect(page.locator("div.table[aria-label='Links'] tbody")).to_contain_text(
            "pwned[.]example"
        )
        page.get_by_role("button", name="Preview text").click()
        expect(page.locator("pre.mail-text")).to_be_visible()
        expect(page.locator("div.table[aria-label='Other recipients']")).to_be_visible()
        for href in page.locator("#content a").evaluate_all("all => all.map(a => a.href)"):
            assert "/console/" in href
        assert not foreign(page)


def test_its_story_and_its_cases_lead_on(stage: Stage, sign_in: SignIn) -> None:
    page = sign_in("ada", "/explorer?range=all&filter=additional_action=Manual remediation")
    page.locator("div.table[aria-label='Email'] td[data-label='Subject'] a").first.click()
    page.get_by_role("link", name="Open email entity").click()
    timeline = page.locator("div.table[aria-label='Timeline'] tbody tr")
    expect(timeline).to_have_count(3)
    sources = page.locator("td[data-label='Source']").all_inner_texts()
    assert sources == ["System", "System", "Admin"]
    expect(timeline.nth(1)).to_contain_text("Automated remediation:automated")
    expect(timeline.nth(1)).to_contain_text("Soft delete - Success")
    for label, part in (("Investigations", "/investigations/"), ("Actions", "/action-center/")):
        first = page.locator(f"div.table[aria-label='{label}'] tbody a").first
        assert part in str(first.get_attribute("href"))
    for title in ("Delivery details", "Sender and recipient", "Authentication", "Message"):
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    investigate = page.get_by_role("link", name="Initiate automated investigation")
    assert "action=investigate" in str(investigate.get_attribute("href"))
    assert "NetworkMessageId" in str(page.get_by_role("link", name="Go hunt").get_attribute("href"))


def test_a_text_is_read_by_who_may_and_that_is_recorded(
    sign_in: SignIn, hostile: list[str], home: Path
) -> None:
    before = previews(home)
    page = sign_in("ada", hostile[0])
    assert page.locator("pre.mail-text").count() == 0
    assert previews(home) == before
    page.get_by_role("button", name="Preview text").click()
    expect(page.locator("pre.mail-text")).to_be_visible()
    assert previews(home) == [*before, "ada"]
    page.get_by_role("button", name="Hide text").click()
    expect(page.locator("pre.mail-text")).to_have_count(0)


@pytest.mark.parametrize("who", ["ben", "rita", "root-admin"])
def test_who_may_not_preview_is_not_offered_it(
    sign_in: SignIn, hostile: list[str], who: str
) -> None:
    page = sign_in(who, hostile[0])
    expect(page.locator("div.table[aria-label='Links']")).to_be_visible()
    assert page.get_by_role("button", name="Preview").count() == 0
    offers = page.get_by_role("link", name="Take action").count()
    assert offers == (1 if who == "ben" else 0)


def test_a_button_of_who_may_no_longer_preview_shows_nothing_and_records_nothing(
    stage: Stage, sign_in: SignIn, hostile: list[str], home: Path
) -> None:
    page = sign_in("ada", hostile[0])
    before = previews(home)
    roles(home, "--role", "operator")
    try:
        page.get_by_role("button", name="Preview text").click()
        expect(page.get_by_text("preview").last).to_be_visible()
        expect(page.locator(".q-notification")).to_contain_text("preview")
        assert page.locator("pre.mail-text").count() == 0
        assert previews(home) == before
    finally:
        roles(home, "--role", "operator", "--role", "preview")
    page.get_by_role("button", name="Preview text").click()
    expect(page.locator("pre.mail-text")).to_be_visible()
    assert previews(home) == [*before, "ada"]


def roles(home: Path, *given: str) -> None:
    """Give ada other roles."""
    subprocess.run(
        [python(), "-m", "clawback.cli", "user", "roles", "ada", *given],
        check=True, capture_output=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CLAWBACK_HOME": str(home)},
    )  # fmt: skip


def test_a_message_that_is_not_there_is_said_so(sign_in: SignIn) -> None:
    page = sign_in("ada", "/email/nobody<b>")
    expect(page.get_by_role("alert")).to_contain_text("There is no such thing here")
