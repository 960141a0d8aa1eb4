"""Health in a browser: the stop button on every open page, roles, what is silent, and hostile words."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Page, expect
from stage import Stage

SignIn = Callable[..., Page]

expect.set_options(timeout=15_000)  # a page looks every five seconds, at figures of four

HOSTILE = 'evil <img src=x onerror="window.pwned=1"> \u202egnp.exe **bold** {{7*7}}'


def press(page: Page, reason: str) -> None:
    """Press the stop button with a reason."""
    page.get_by_role("button", name="Press the stop button").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name="Press the stop button").click()


def release(page: Page) -> None:
    """Release it."""
    page.get_by_role("button", name="Release the stop button").click()
    page.get_by_role("dialog").get_by_role("button", name="Release the stop button").click()
    expect(page.get_by_role("button", name="Press the stop button")).to_be_visible()


def test_all_is_well_and_every_part_is_told(sign_in: SignIn) -> None:
    page = sign_in("rita", "/health")
    expect(page.get_by_label("Overall state")).to_contain_text("All is well")
    headings = page.locator("#content h2").all_inner_texts()
    assert headings == [
        "Stop button", "Mail systems", "Backlog", "Workers and runs", "Storage and versions",
    ]  # fmt: skip
    expect(page.get_by_role("row", name="lab maildir")).to_contain_text("Answers")
    expect(page.get_by_role("row", name="investigate")).to_contain_text("Completed")
    page.get_by_role("row", name="Actions that wait").get_by_role("link").click()
    expect(page).to_have_url(re.compile("/action-center/pending$"))


def test_the_stop_button_is_pressed_and_released_and_every_open_page_tells_of_it(
    sign_in: SignIn,
) -> None:
    page, other = sign_in("ada", "/health"), sign_in("ben", "/investigations")
    expect(other.get_by_text("nothing moves")).to_have_count(0)
    press(page, HOSTILE)
    for one in (page, other):
        expect(one.locator(".notice.stop")).to_contain_text("nothing moves")
        expect(one.locator(".notice.stop")).to_contain_text("<img src=x")
    expect(page.get_by_label("Overall state")).to_contain_text("pressed by ada")
    other.get_by_role("link", name="Health", exact=True).last.click()
    expect(other.get_by_label("Stop button")).to_contain_text("<img src=x")
    release(other)
    for one in (page, other):
        expect(one.locator(".notice.stop")).to_have_count(0)


def test_without_a_reason_nothing_is_pressed(sign_in: SignIn) -> None:
    page = sign_in("ada", "/health")
    press(page, "x")
    expect(page.get_by_text("give a reason of at least 3 characters")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Press the stop button")).to_be_visible()


def test_a_reader_is_not_offered_it_and_one_whose_role_was_taken_is_refused(
    sign_in: SignIn, home: Path
) -> None:
    reader = sign_in("rita", "/health")
    expect(reader.get_by_role("button", name="Press the stop button")).to_be_disabled()
    expect(reader.get_by_text("Only operators may press")).to_be_visible()
    page = sign_in("ben", "/health")
    page.get_by_role("button", name="Press the stop button").click()
    page.get_by_label("Reason").fill("a reason")
    with closing(sqlite3.connect(home / "clawback.db")) as database:
        [[before]] = database.execute("SELECT roles FROM users WHERE name = 'ben'")
        database.execute("UPDATE users SET roles = 'reader' WHERE name = 'ben'")
        database.commit()
        page.get_by_role("dialog").get_by_role("button", name="Press the stop button").click()
        expect(page.locator(".q-notification")).to_contain_text("needs the role operator")
        assert database.execute("SELECT count(*) FROM pauses WHERE paused AND author = 'ben'"
                                ).fetchone() == (0,)  # fmt: skip
        database.execute("UPDATE users SET roles = ? WHERE name = 'ben'", (before,))
        database.commit()


def test_what_falls_silent_is_told_while_the_page_is_open(sign_in: SignIn, home: Path) -> None:
    page = sign_in("rita", "/health")
    expect(page.get_by_label("Overall state")).to_contain_text("All is well")
    with closing(sqlite3.connect(home / "clawback.db")) as database:
        database.execute("UPDATE sources SET failed_at = '2026-01-01 00:00:00', failure = 'denied'")
        database.commit()
        expect(page.get_by_label("Overall state")).to_contain_text("lab does not answer (denied)")
        expect(page.get_by_role("row", name="lab maildir")).to_contain_text("Silent: denied")
        database.execute("UPDATE sources SET failed_at = NULL, failure = ''")
        database.commit()
    expect(page.get_by_label("Overall state")).to_contain_text("All is well")


def test_a_question_that_is_closed_gives_the_focus_back_to_what_asked_it(sign_in: SignIn) -> None:
    page = sign_in("ada", "/health")
    asks = page.get_by_role("button", name="Press the stop button")
    asks.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").locator("textarea, input").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(asks).to_be_focused()


def test_on_a_phone_the_page_is_marked_where_it_can_be_seen_and_the_menu_too(
    sign_in: SignIn,
) -> None:
    page = sign_in("ada", "/health", width=390)
    expect(page.locator("header nav [aria-current]")).to_be_in_viewport(ratio=1)
    page.locator(".person summary").click()
    expect(page.locator(".person .menu")).to_be_in_viewport(ratio=1)


def test_focus_stays_while_figures_are_refreshed(stage: Stage, sign_in: SignIn) -> None:
    page = sign_in("ada", "/health")
    page.get_by_role("button", name="Press the stop button").focus()
    before = page.get_by_text("looked at again every few seconds").inner_text()
    page.wait_for_function(
        "was => ![...document.querySelectorAll('p')].some(one => one.innerText === was)",
        arg=before,
    )
    assert page.evaluate("document.activeElement.innerText") == "Press the stop button"
