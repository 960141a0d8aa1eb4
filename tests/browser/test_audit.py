"""The audit page: what is looked for is found, and what somebody changed is named."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

SignIn = Callable[..., Page]


def rows(page: Page) -> object:
    return page.get_by_role("table", name="Entries of the audit log").locator("tbody tr")


def test_entries_are_found_by_event_actor_and_text_and_the_search_is_an_address(
    sign_in: SignIn,
) -> None:
    page = sign_in("root-admin", "/audit")
    expect(rows(page).first).to_contain_text("login:succeeded")
    page.get_by_label("Event").select_option("settings:changed")
    expect(rows(page)).to_have_count(1)
    assert "event=settings" in page.url
    page.get_by_label("Text").fill("no such words")
    page.get_by_label("Text").press("Enter")
    expect(rows(page)).to_contain_text(["No entry matches"])
    page.get_by_role("link", name="Clear").click()
    expect(rows(page)).not_to_contain_text(["No entry matches"])
    expect(page.get_by_label("Actor (whole name)")).to_have_count(1)
    page.get_by_label("Actor (whole name)").fill("root-admin")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("entry matches").or_(page.get_by_text("entries match"))).to_be_visible()
    found = page.url
    page.goto(found)
    expect(page.get_by_label("Actor (whole name)")).to_have_value("root-admin")
    page.goto(f"{found.partition('?')[0]}?since=nonsense")
    expect(page.get_by_text("From: give a time such as 2026-03-02T09:00")).to_be_visible()


def test_an_entry_opens_with_its_details_as_text_and_leads_to_its_neighbours(
    sign_in: SignIn,
) -> None:
    page = sign_in("root-admin", "/audit?event=settings:changed")
    rows(page).first.get_by_role("link").first.click()
    flyout = page.locator("aside.flyout")
    expect(flyout).to_contain_text('"changed"')
    number = int(re.search(r"open=(\d+)", page.url)[1])
    flyout.get_by_role("link", name="Entry before").click()
    expect(flyout).to_contain_text(f"Entry {number - 1}")
    page.keyboard.press("Escape")
    expect(flyout).to_have_count(0)


def test_a_closed_flyout_gives_the_focus_back_to_what_opened_it(sign_in: SignIn) -> None:
    page = sign_in("root-admin", "/audit?event=settings:changed")
    opener = rows(page).first.get_by_role("link").first
    opener.focus()
    page.keyboard.press("Enter")
    flyout = page.locator("aside.flyout")
    expect(flyout).to_contain_text('"changed"')
    flyout.get_by_role("link", name="Close").focus()
    page.keyboard.press("Escape")
    expect(flyout).to_have_count(0)
    expect(opener).to_be_focused()


def test_pages_go_on_by_the_number_of_an_entry(sign_in: SignIn) -> None:
    page = sign_in("root-admin", "/audit?size=25")
    expect(rows(page)).to_have_count(25)
    last = rows(page).last.get_by_role("link").first.inner_text()
    page.get_by_role("link", name="Older").click()
    expect(rows(page).first.get_by_role("link").first).to_have_text(str(int(last) - 1))
    page.get_by_role("link", name="Newest").click()
    expect(page.get_by_role("link", name="Newest")).to_have_count(0)


def test_who_may_not_administer_sees_neither_the_log_nor_its_export(sign_in: SignIn) -> None:
    for name in ("ada", "rita"):
        page = sign_in(name, "/audit?open=1")
        expect(page.get_by_role("alert")).to_contain_text("administer")
        expect(rows(page)).to_have_count(0)
        expect(page.locator("aside.flyout")).to_have_count(0)
        refused = page.request.get(f"{page.url.partition('?')[0]}/files/AuditLog.ndjson")
        assert refused.status == 403
        assert "login" not in refused.text()


def test_an_export_is_every_entry_and_is_itself_recorded(sign_in: SignIn) -> None:
    page = sign_in("root-admin", "/audit")
    with page.expect_download() as given:
        page.get_by_role("link", name="Export").click()
    lines = Path(given.value.path()).read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    assert [entry["number"] for entry in entries] == list(range(1, len(entries) + 1))
    assert entries[-1]["event"] == "audit:exported"
    assert entries[-1]["actor"] == "root-admin"
    assert given.value.suggested_filename == "AuditLog.ndjson"


def test_an_entry_that_somebody_changed_is_a_fault_with_a_link(sign_in: SignIn, home: Path) -> None:
    page = sign_in("root-admin", "/audit")
    panel = page.locator(".audit-check")
    expect(panel).to_contain_text("Sound")
    noted = page.locator("#audit-head").input_value()
    with sqlite3.connect(home / "clawback.db", timeout=30) as database:
        number, details = database.execute(
            "SELECT id, details FROM history WHERE event = 'settings:changed'"
        ).fetchone()
        changed = '{"cap": "<script>alert(1)</script>\u202e"}'
        database.execute("UPDATE history SET details = ? WHERE id = ?", (changed, number))
    page.get_by_role("button", name="Verify now").click()
    expect(panel).to_contain_text("The log is not as it was written.")
    faults = page.get_by_role("table", name="Faults")
    faults.get_by_role("link", name=str(number), exact=True).first.click()
    flyout = page.locator("aside.flyout")
    expect(flyout).to_contain_text("<script>alert(1)</script>")
    assert "\u202e" not in flyout.inner_text()
    with sqlite3.connect(home / "clawback.db", timeout=30) as database:
        database.execute("UPDATE history SET details = ? WHERE id = ?", (details, number))
    page.keyboard.press("Escape")
    page.get_by_label("A head that you noted earlier").fill(noted)
    page.get_by_role("button", name="Verify now").click()
    expect(panel).to_contain_text("Sound")
    expect(panel).to_contain_text(noted)
    page.get_by_label("A head that you noted earlier").fill("nonsense")
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_text("a head is NUMBER:DIGEST")).to_be_visible()


def test_what_is_typed_and_not_sent_stays_while_entries_are_opened(sign_in: SignIn) -> None:
    page = sign_in("root-admin", "/audit")
    page.get_by_label("Actor (whole name)").fill("ada")
    rows(page).nth(1).get_by_role("link").first.click()
    flyout = page.locator("aside.flyout")
    expect(flyout).to_be_visible()
    flyout.get_by_role("link", name="Close").click()
    expect(flyout).to_have_count(0)
    expect(page.get_by_label("Actor (whole name)")).to_have_value("ada")
