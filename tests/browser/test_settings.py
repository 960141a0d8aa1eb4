"""Automation settings: what is edited is told before it is saved, and nobody's work is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

SignIn = Callable[..., Page]


def versions(home: Path) -> int:
    """How many versions of the settings there are."""
    with sqlite3.connect(f"file:{home / 'clawback.db'}?mode=ro", uri=True) as database:
        return int(database.execute("SELECT count(*) FROM settings_versions").fetchone()[0])


def edits(page: Page) -> object:
    """The box that says what is edited."""
    return page.get_by_label("Your edits")


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


@contextmanager
def no_write(home: Path) -> Iterator[None]:
    """Hold the database, so that what is saved meanwhile waits."""
    with closing(sqlite3.connect(home / "clawback.db", timeout=30)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.rollback()


def test_an_edit_is_replayed_before_it_is_saved_and_then_a_version(
    sign_in: SignIn, home: Path
) -> None:
    page, before = sign_in("root-admin", "/settings"), versions(home)
    expect(edits(page)).to_contain_text("Nothing is edited.")
    page.get_by_label("Similar URLs").check()
    page.get_by_label("Cap", exact=True).fill("9,000")
    expect(edits(page)).to_contain_text("Similar URLs off → on")
    expect(edits(page)).to_contain_text("Cap 10,000 → 9,000")
    page.get_by_role("button", name="What if").click()
    told = page.locator(".what-if")
    expect(told).to_contain_text("Edited: Similar URLs off → on; Cap 10,000 → 9,000.")
    expect(told.locator(".verdict")).to_contain_text("To 2 of them a person objected")
    row = told.get_by_role("row", name="Reverted later").or_(
        told.get_by_role("row", name="Rejected")
    )
    expect(row.first).to_be_visible()
    assert versions(home) == before, "nothing is saved by asking"
    save(page)
    expect(page.get_by_text(f"Saved as version {before + 1}.")).to_be_visible()
    assert versions(home) == before + 1
    latest = page.get_by_role("table", name="Versions of the settings").get_by_role("row").nth(1)
    expect(latest).to_contain_text("root-admin")
    expect(latest).to_contain_text("Similar URLs off → on; Cap 10,000 → 9,000")
    page.reload()
    expect(page.get_by_label("Similar URLs")).to_be_checked()


def test_a_click_right_after_the_last_key_saves(sign_in: SignIn, home: Path) -> None:
    page, before = sign_in("root-admin", "/settings"), versions(home)
    page.locator("#setting-pending_days").evaluate("""(field) => {
        field.value = "11";
        field.dispatchEvent(new Event("input", {bubbles: true}));
        document.querySelector(".review button.primary").click();
    }""")
    expect(page.get_by_text(f"Saved as version {before + 1}.")).to_be_visible()
    assert versions(home) == before + 1
    expect(edits(page)).to_contain_text("Nothing is edited.")


def test_what_is_typed_while_a_save_runs_stays_where_it_was_typed(
    sign_in: SignIn, home: Path
) -> None:
    page, before = sign_in("root-admin", "/settings"), versions(home)
    page.get_by_label("Pending days").fill(" 12 ")
    shared = page.get_by_label("Unshared hosts", exact=True)
    shared.fill("first.example\nlast.example\n")
    expect(edits(page)).to_contain_text("2 edited")
    with no_write(home):
        save(page)
        shared.click()
        shared.evaluate("(field) => { field.first = true; field.setSelectionRange(13, 13); }")
        page.keyboard.type("\nmiddle.exam", delay=20)
        expect(edits(page)).to_contain_text("middle.exam")
        assert versions(home) == before
    page.keyboard.type("ple.of.t", delay=40)
    expect(page.get_by_text(f"Saved as version {before + 1}.")).to_be_visible()
    expect(edits(page)).to_contain_text(f"Version {before + 1} is in force.")
    page.keyboard.type("hree", delay=40)
    expect(edits(page)).to_contain_text("1 edited")
    expect(edits(page)).to_contain_text("middle.example.of.three")
    assert shared.input_value() == "first.example\nmiddle.example.of.three\nlast.example\n"
    typed = "first.example\nmiddle.example.of.three"
    assert shared.evaluate("(field) => [field.first, field.selectionStart]") == [True, len(typed)]
    assert page.get_by_label("Pending days").input_value() == " 12 "
    save(page)
    expect(page.get_by_text(f"Saved as version {before + 2}.")).to_be_visible()
    expect(edits(page)).to_contain_text("Nothing is edited.")
    page.reload()
    assert shared.input_value() == "first.example\nmiddle.example.of.three\nlast.example"


def test_what_is_taken_back_while_it_is_saved_is_an_edit(sign_in: SignIn, home: Path) -> None:
    page, before = sign_in("root-admin", "/settings"), versions(home)
    flag = page.get_by_label("Take sent items")
    was = flag.is_checked()
    flag.click()
    expect(edits(page)).to_contain_text("1 edited")
    with no_write(home):
        save(page)
        flag.click()
        expect(edits(page)).to_contain_text("Nothing is edited.")
    expect(page.get_by_text(f"Saved as version {before + 1}.")).to_be_visible()
    expect(edits(page)).to_contain_text("1 edited")
    assert flag.is_checked() == was
    page.get_by_role("button", name="Discard edits").click()
    expect(flag).to_be_checked(checked=not was)


def test_two_quick_clicks_save_once(sign_in: SignIn, home: Path) -> None:
    page, before = sign_in("root-admin", "/settings"), versions(home)
    page.get_by_label("Many senders").fill("30")
    expect(edits(page)).to_contain_text("1 edited")
    with no_write(home):
        page.get_by_role("button", name="Save", exact=True).dblclick()
        expect(page.locator(".review button.primary")).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_text(f"Saved as version {before + 1}.")).to_be_visible()
    expect(edits(page)).to_contain_text("Nothing is edited.")
    expect(page.locator(".review button.primary")).not_to_have_attribute("aria-disabled", "true")
    expect(page.get_by_text("Somebody else saved")).to_have_count(0)
    assert versions(home) == before + 1


def test_an_outdated_replay_says_so(sign_in: SignIn) -> None:
    page = sign_in("root-admin", "/settings")
    page.get_by_role("button", name="Replay the last 30 days").click()
    told = page.locator(".what-if")
    expect(told).to_contain_text("Nothing is edited")
    expect(told).not_to_contain_text("You edited the settings since")
    page.get_by_label("Cap", exact=True).fill("1")
    expect(told).to_contain_text("You edited the settings since")
    page.get_by_role("button", name="Discard edits").click()
    expect(told).not_to_contain_text("You edited the settings since")
    expect(edits(page)).to_contain_text("Nothing is edited.")


def test_a_line_that_cannot_be_used_is_named_and_keeps_all_from_being_saved(
    sign_in: SignIn, home: Path
) -> None:
    page, before = sign_in("root-admin", "/settings"), versions(home)
    hosts = page.get_by_label("Shared hosts", exact=True)
    hosts.fill('files.example.com\n<img src=x onerror="alert(1)">')
    page.get_by_label("Pending days").fill("31")
    expect(page.get_by_text("Line 2:")).to_be_visible()
    expect(page.get_by_text("Give a whole number from 1 to 30.")).to_be_visible()
    save(page)
    expect(page.get_by_text("Correct what is marked, then save.")).to_be_visible()
    assert versions(home) == before
    assert hosts.input_value().startswith("files.example.com\n<img")


def test_of_two_administrators_the_second_sees_who_was_first_and_loses_nothing(
    sign_in: SignIn, home: Path
) -> None:
    first, second = sign_in("root-admin", "/settings"), sign_in("all-roles", "/settings")
    second.get_by_label("SecOps mailboxes").fill("samples@corp.example")
    first.get_by_label("Sweep hours").fill("24")
    save(first)
    expect(first.get_by_text("Saved as version")).to_be_visible()
    before = versions(home)
    save(second)
    alert = second.get_by_role("alert").filter(has_text="Somebody else saved")
    expect(alert).to_contain_text("by root-admin")
    expect(alert).to_contain_text("Sweep hours 72 → 24")
    assert versions(home) == before, "nothing of the second was saved"
    assert second.get_by_label("SecOps mailboxes").input_value() == "samples@corp.example"
    assert second.get_by_label("Sweep hours").input_value() == "24"
    expect(edits(second).locator(".edits")).not_to_contain_text("Sweep hours")
    save(second)
    expect(second.get_by_text(f"Saved as version {before + 1}.")).to_be_visible()
    first.reload()
    assert first.get_by_label("SecOps mailboxes").input_value() == "samples@corp.example"
    assert first.get_by_label("Sweep hours").input_value() == "24"


def test_an_old_version_is_an_address_and_comes_back_as_an_edit(
    sign_in: SignIn, home: Path
) -> None:
    page, before = sign_in("root-admin", "/settings?version=0"), versions(home)
    flyout = page.locator("aside.flyout")
    expect(flyout).to_contain_text("the defaults of a fresh install")
    expect(flyout).to_contain_text("Similar files on → off")
    flyout.get_by_role("button", name="Put into the form").click()
    expect(flyout).to_have_count(0)
    expect(page.get_by_label("Similar files")).not_to_be_checked()
    expect(edits(page)).to_contain_text("Similar files on → off")
    assert versions(home) == before
    save(page)
    expect(page.get_by_text(f"Saved as version {before + 1}.")).to_be_visible()


def test_who_may_not_change_settings_sees_why_and_is_refused_by_the_service(
    sign_in: SignIn, home: Path
) -> None:
    before = versions(home)
    for name in ("rita", "ada"):
        page = sign_in(name, "/settings")
        expect(page.get_by_text("that needs the role admin")).to_be_visible()
        expect(page.get_by_label("Similar files")).to_be_disabled()
        expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)
        expect(page.get_by_role("button", name="Lift")).to_have_count(0)
        page.get_by_role("button", name="Replay the last 30 days").click()
        expect(page.locator(".what-if .verdict")).to_be_visible()
        refused = page.request.patch(
            page.url.replace("/console/settings", "/api/v1/settings"),
            data={"cap": 1},
            headers={"If-Match": "*"},
        )
        assert refused.status in (401, 403)
    assert versions(home) == before


def test_a_role_that_is_taken_away_meanwhile_is_refused_at_the_next_click(
    sign_in: SignIn, stage: object, home: Path
) -> None:
    page, before = sign_in("all-roles", "/settings"), versions(home)
    page.get_by_label("Cap", exact=True).fill("77")
    with sqlite3.connect(home / "clawback.db", timeout=30) as database:
        [roles] = database.execute("SELECT roles FROM users WHERE name = 'all-roles'").fetchone()
        database.execute("UPDATE users SET roles = '[\"reader\"]' WHERE name = 'all-roles'")
    try:
        save(page)
        expect(page.get_by_text("needs", exact=False).last).to_be_visible()
        assert versions(home) == before
    finally:
        with sqlite3.connect(home / "clawback.db", timeout=30) as database:
            database.execute("UPDATE users SET roles = ? WHERE name = 'all-roles'", (roles,))


def test_a_suppression_is_lifted_by_an_administrator(sign_in: SignIn) -> None:
    page = sign_in("root-admin", "/settings")
    held = page.locator("ul.suppressions li")
    expect(held.first).to_be_visible()
    number = held.count()
    held.first.get_by_role("button", name="Lift").click()
    expect(page.get_by_text("is no longer suppressed.")).to_be_visible()
    expect(held).to_have_count(number - 1)


def are_apart(one: dict[str, float], other: dict[str, float]) -> bool:
    """Whether one of two boxes is above the other."""
    return one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_passing_note_covers_no_button_that_it_speaks_of(sign_in: SignIn, width: int) -> None:
    page = sign_in("root-admin", "/settings", width=width)
    page.get_by_label("Pending days").fill("31")
    expect(edits(page)).to_contain_text("1 field to correct")
    save(page)
    note = page.get_by_role("alert").filter(has_text="Correct what is marked, then save.")
    expect(note).to_be_visible()
    for one in (page.locator("header.top"), edits(page)):
        for _ in range(100):  # it slides to its place
            if are_apart(note.bounding_box(), one.bounding_box()):
                break
            page.wait_for_timeout(20)
        assert are_apart(note.bounding_box(), one.bounding_box())
    page.get_by_role("button", name="Discard edits").click()
    expect(edits(page)).to_contain_text("Nothing is edited.")


def test_settings_are_usable_on_a_phone(sign_in: SignIn) -> None:
    page = sign_in("root-admin", "/settings", width=390)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    page.get_by_label("Similar URLs").click()
    expect(edits(page)).to_contain_text("Similar URLs")
