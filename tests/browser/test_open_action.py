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
