"""The Action center while it is looked at: what follows by itself leaves the rest as it is."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from stage import Stage

STAGE_OPTIONS = ("--busy",)

PENDING = "/action-center/pending"
SignIn = Callable[..., Page]

expect.set_options(timeout=20_000)


def flyout(page: Page) -> Locator:
    """The open action."""
    return page.locator(".built:not(.hidden) > aside.flyout")


def move(home: Path, action: int, number: int, at: str) -> None:
    """Another location check of the action's messages, as a worker would write it."""
    with closing(sqlite3.connect(home / "clawback.db", timeout=30)) as database, database:
        database.execute(
            """UPDATE location_checks SET checked_at = ?,
                by_bucket = json_set(by_bucket, '$."On-prem/External"', ?)
            WHERE cluster_id = (SELECT cluster_id FROM actions WHERE id = ?)""",
            (at, number, action),
        )


def test_what_was_opened_and_scrolled_stays_while_the_numbers_follow(
    sign_in: SignIn, stage: Stage, home: Path
) -> None:
    action = stage.said["pending"][0]
    page = sign_in("ada", f"{PENDING}?open={action}", height=500)
    rules = flyout(page).locator("details", has_text="Rules that did not hit")
    rules.locator("summary").click()
    expect(rules).to_have_attribute("open", "")
    approve = flyout(page).get_by_role("button", name="Approve", exact=True)
    approve.evaluate("one => { one.dataset.same = 'yes' }")
    scrolled = flyout(page).evaluate("one => { one.scrollTop = 300; return one.scrollTop }")
    assert scrolled > 0
    tiles = flyout(page).locator("dl.tiles")
    expect(tiles).to_have_count(3)
    moved = tiles.nth(1).locator(".tile").filter(has_text="On-prem/External")
    for messages, at in ((12_345, "2030-01-01"), (23_456, "2030-01-02")):
        move(home, action, messages, f"{at} 00:00:00.000000")
        expect(moved).to_contain_text(f"{messages:,}")
        expect(flyout(page)).to_contain_text(
            re.compile(rf"Latest delivery location\s*checked {at}")
        )
        expect(rules).to_have_attribute("open", "")
        expect(approve).to_have_attribute("data-same", "yes")
        assert flyout(page).evaluate("one => one.scrollTop") == scrolled


def test_what_was_chosen_stays_chosen_while_it_is_shown(sign_in: SignIn, stage: Stage) -> None:
    kept, dropped = stage.said["pending"][1:3]
    page = sign_in("ada", PENDING)
    boxes = [page.get_by_label(f"Choose action {one}, Soft delete") for one in (kept, dropped)]
    for box in boxes:
        box.check()
    bulk = page.locator(".built:not(.hidden) > .row .bulk")
    page.get_by_role("link", name="Approval ID").click()
    expect(page.locator('th[aria-sort="descending"]')).to_contain_text("Approval ID")
    expect(bulk).to_contain_text("2 actions chosen")
    for box in boxes:
        expect(box).to_be_checked()
    row = page.locator(".actions tbody tr").filter(has=boxes[0])
    case = row.locator('td[data-label="Investigation ID"]').inner_text()
    page.get_by_role("textbox", name="Investigation ID").fill(case)
    page.get_by_role("button", name="Apply").click()
    expect(bulk).to_contain_text("1 action chosen")
    page.get_by_role("link", name="Clear filters").click()
    expect(boxes[1]).not_to_be_checked()
    expect(boxes[0]).to_be_checked()
    page.get_by_role("button", name="Reject selected").click()
    page.locator(".dialog").get_by_label("Reason").fill("seen it myself")
    page.locator(".dialog").get_by_role("button", name="Reject", exact=True).click()
    expect(page.locator(".q-notification")).to_contain_text("1 action rejected")
    expect(boxes[0]).to_have_count(0)
    expect(boxes[1]).not_to_be_checked()
    expect(bulk.locator("button")).to_have_count(0)
