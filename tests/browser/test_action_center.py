"""The Action center: deciding, putting back, many at once, two people at once, roles, phone, CSV."""

from __future__ import annotations

import csv
import io
import os
import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from stage import ROOT, Stage, python

STAGE_OPTIONS = ("--busy",)

PENDING = "/action-center/pending"
HISTORY = "/action-center/history"
SignIn = Callable[..., Page]


expect.set_options(timeout=40_000)


@pytest.fixture(scope="module")
def numbers(stage: Stage) -> Iterator[int]:
    """Actions that wait, each for one test."""
    return iter(stage.said["pending"])


@pytest.fixture
def number(numbers: Iterator[int]) -> int:
    """An action that waits."""
    return next(numbers)


def waiting(page: Page) -> int:
    """How many the page says wait."""
    found = re.search(r"Pending \((\d+) waiting\)", page.locator("nav.tabs").inner_text())
    assert found is not None
    return int(found[1])


def column(page: Page, label: str) -> list[str]:
    """The texts of one column of the list."""
    return page.locator(f'.actions td[data-label="{label}"]').all_inner_texts()


def flyout(page: Page) -> Locator:
    """The open action."""
    return page.locator(".built:not(.hidden) > aside.flyout")


def give_reason(page: Page, confirm: str, reason: str = "seen it myself") -> None:
    """Answer the question for a reason."""
    dialog = page.locator(".dialog")
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name=confirm, exact=True).click()
    expect(dialog).to_have_count(0)


def decide(page: Page, choice: str) -> None:
    """Approve or reject the open action."""
    flyout(page).get_by_role("button", name=choice, exact=True).click()
    give_reason(page, choice)


def approved(sign_in: SignIn, number: int) -> Page:
    """A page with the action after it was approved and done: whoever has it puts the mail back."""
    page = sign_in("ada", f"{PENDING}?open={number}")
    decide(page, "Approve")
    expect(flyout(page).locator(".state")).to_contain_text("Completed")
    return page


def put_back(page: Page, to: str) -> None:
    """Put the messages of the open action back."""
    if to == "Move to Junk":
        flyout(page).locator("details.more summary").click()
    flyout(page).get_by_role("button", name=to).click()
    expect(page.locator(".dialog")).to_contain_text("messages can be put back")
    give_reason(page, to)
    expect(flyout(page)).to_contain_text("has nothing left to put back")


def fact(page: Page, name: str) -> Locator:
    """The value of a name in the open action."""
    return flyout(page).locator("dl.facts dt", has_text=re.compile(f"^{name}$")).locator("+ dd")


def test_approving_moves_the_messages_and_both_lists_follow(sign_in: SignIn, number: int) -> None:
    page = sign_in("ada", f"{PENDING}?open={number}")
    before = waiting(page)
    decide(page, "Approve")
    expect(flyout(page).locator(".state")).to_contain_text("Completed")
    assert str(number) not in column(page, "Approval ID")
    assert waiting(page) == before - 1
    expect(page).to_have_title(f"{before - 1} waiting · Action center · Clawback")
    for name, value in (
        ("Decision", "Approved"),
        ("Decided by", "ada"),
        ("Reason", "seen it myself"),
        ("Remediation status", "Remediated"),
    ):
        expect(fact(page, name)).to_have_text(value)
    results = flyout(page).get_by_role("navigation", name="Results")
    results.get_by_role("link", name=re.compile("Success")).click()
    expect(page).to_have_url(re.compile("result=Success"))
    messages = flyout(page).get_by_role("region", name="Messages of the action")
    expect(messages.locator("tbody tr").first).to_contain_text("Success")
    history = sign_in("ben", f"{HISTORY}?decided_by=ada&decision=Approved")
    assert str(number) in column(history, "Approval ID")
    put_back(page, "Move to Inbox")


def test_rejecting_wants_a_reason_and_keeps_what_was_typed(sign_in: SignIn, number: int) -> None:
    page = sign_in("ben", f"{PENDING}?open={number}")
    flyout(page).get_by_role("button", name="Reject", exact=True).click()
    dialog = page.locator(".dialog")
    dialog.get_by_label("Reason").fill("no")
    dialog.get_by_role("button", name="Reject", exact=True).click()
    expect(dialog.get_by_role("alert")).to_have_text("Give a reason of at least 3 characters.")
    assert dialog.get_by_label("Reason").input_value() == "no"
    give_reason(page, "Reject", "no, a newsletter")
    expect(flyout(page).locator(".state")).to_contain_text("Rejected")
    expect(flyout(page)).to_contain_text("Nothing was moved: there is nothing to put back.")


@pytest.mark.parametrize("to", ["Move to Inbox", "Move to Junk", "Restore to original folder"])
def test_what_was_removed_is_put_back(sign_in: SignIn, number: int, to: str) -> None:
    page = approved(sign_in, number)
    expect(flyout(page).get_by_role("heading", name="Recoverable until")).to_be_visible()
    put_back(page, to)
    expect(fact(page, "Remediation status")).to_have_text("Active")
    page.goto(page.url.partition("/action-center")[0] + f"{HISTORY}?sort=approval")
    row = page.locator(".actions tbody tr").first
    for words in (to, "Completed", "Manual email action"):
        expect(row).to_contain_text(words)


def test_of_two_analysts_the_second_is_told_who_was_first(sign_in: SignIn, number: int) -> None:
    late = sign_in("ben", f"{PENDING}?open={number}")
    flyout(late).get_by_role("button", name="Approve", exact=True).click()
    before = waiting(late)
    first = sign_in("ada", f"{PENDING}?open={number}")
    decide(first, "Reject")
    expect(flyout(first).locator(".state")).to_contain_text("Rejected")
    give_reason(late, "Approve")
    note = late.locator(".q-notification")
    expect(note).to_contain_text(re.compile(rf"Action {number} was rejected by ada at \d{{4}}-"))
    expect(note).to_contain_text("before you. Nothing changed.")
    expect(flyout(late).locator(".state")).to_contain_text("Rejected")
    expect(late.locator("nav.tabs")).to_contain_text(f"({before - 1} waiting)")


def test_pages_that_wait_notice_what_was_decided_elsewhere(sign_in: SignIn, number: int) -> None:
    opened = sign_in("ben", f"{PENDING}?open={number}")
    before = waiting(opened)
    case = fact(opened, "Investigation").inner_text()
    investigation = sign_in("ben", f"/investigations/{case}?tab=history")
    expect(investigation.locator("td.empty")).to_be_visible()
    decide(sign_in("ada", f"{PENDING}?open={number}"), "Reject")
    expect(flyout(opened).locator(".state")).to_contain_text("Rejected")
    expect(fact(opened, "Decided by")).to_have_text("ada")
    expect(opened.locator("nav.tabs")).to_contain_text(f"({before - 1} waiting)")
    expect(opened.locator(".actions .pager")).to_contain_text(f"of {before - 1}")
    assert str(number) not in column(opened, "Approval ID")
    expect(investigation.locator("#content tbody")).to_contain_text("ada")


def test_an_open_action_that_waits_shows_where_its_messages_are_now(
    sign_in: SignIn, number: int, home: Path
) -> None:
    page = sign_in("ada", f"{PENDING}?open={number}")
    tile = flyout(page).locator(".tile").filter(has_text="On-prem/External").first
    expect(tile).not_to_contain_text("12,345")
    with closing(sqlite3.connect(home / "clawback.db", timeout=30)) as database, database:
        database.execute(
            """UPDATE location_checks SET checked_at = '2030-01-01 00:00:00.000000',
                by_bucket = json_set(by_bucket, '$."On-prem/External"', 12345)
            WHERE cluster_id = (SELECT cluster_id FROM actions WHERE id = ?)""",
            (number,),
        )
    expect(tile).to_contain_text("12,345")


def test_a_link_keeps_what_was_set_since_it_was_made(sign_in: SignIn, stage: Stage) -> None:
    page = sign_in("ada", f"{HISTORY}?open={stage.said['completed'][0]}")
    page.locator("select[name=type]").select_option("Soft delete")
    expect(page).to_have_url(re.compile("type=Soft"))
    flyout(page).get_by_role("link", name="Close").click()
    expect(flyout(page)).to_have_count(0)
    assert "type=Soft+delete" in page.url
    assert "open=" not in page.url
    page.get_by_role("link", name="Clear filters").click()
    expect(page.get_by_role("link", name="Clear filters")).to_have_count(0)
    page.locator('.actions td[data-label="Approval ID"] a').first.click()
    expect(flyout(page)).to_be_visible()
    # A link that does not say what it sets leads to the whole address that it was made with.
    flyout(page).locator("a.close").evaluate("one => delete one.dataset.sets")
    page.locator("select[name=type]").select_option("Soft delete")
    expect(page).to_have_url(re.compile("type=Soft"))
    flyout(page).locator("a.close").click()
    expect(flyout(page)).to_have_count(0)
    assert "type=" not in page.url


def test_what_waits_fits_into_a_small_screen(sign_in: SignIn) -> None:
    page = sign_in("ada", PENDING)
    table = page.get_by_role("region", name="Actions that wait")
    fits = "one => one.scrollWidth <= one.clientWidth"
    assert table.evaluate(fits)
    page.locator("details.columns summary").click()
    for label in ("Not in mailbox", "First seen", "Waiting since"):
        page.locator("details.columns").get_by_label(label).check()
        expect(table.locator("th", has_text=label)).to_be_visible()
    assert not table.evaluate(fits)


def test_chosen_actions_are_decided_together_and_what_failed_is_said(
    sign_in: SignIn, numbers: Iterator[int]
) -> None:
    mine, theirs = next(numbers), next(numbers)
    page = sign_in("ada", PENDING)
    for number in (mine, theirs):
        page.get_by_label(f"Choose action {number}, Soft delete").check()
    expect(page.locator(".bulk")).to_contain_text("2 actions chosen")
    other = sign_in("ben", f"{PENDING}?open={theirs}")
    decide(other, "Reject")
    expect(flyout(other).locator(".state")).to_contain_text("Rejected")
    page.get_by_role("button", name="Reject selected").click()
    give_reason(page, "Reject")
    told = page.locator(".dialog")
    expect(told.get_by_role("heading")).to_have_text("1 of 2 rejected")
    expect(told.locator("tbody")).to_contain_text(f"action {theirs} is Rejected already")
    told.get_by_role("button", name="Close").click()
    left = column(page, "Approval ID")
    assert str(mine) not in left
    assert str(theirs) not in left


def test_actions_of_several_types_are_not_decided_together(sign_in: SignIn) -> None:
    page = sign_in("ada", HISTORY)
    page.get_by_label("Choose all rows").check()
    expect(page.locator(".bulk .fault")).to_contain_text("These actions are of several types")
    expect(page.locator(".bulk button")).to_have_count(0)


def test_chosen_actions_are_put_back_together(sign_in: SignIn, number: int) -> None:
    approved(sign_in, number)
    page = sign_in("ada", f"{HISTORY}?type=Soft+delete&status=Completed&sort=approval")
    page.get_by_label(f"Choose action {number}, Soft delete").check()
    page.get_by_role("button", name="Restore to original folder").click()
    give_reason(page, "Restore to original folder")
    expect(page.locator(".q-notification")).to_contain_text("1 action being put back.")


def test_what_automation_did_is_found_by_its_words(sign_in: SignIn) -> None:
    page = sign_in("rita", HISTORY)
    page.locator("select[name=decided_by]").select_option("Automation")
    page.locator("select[name=source]").select_option("Automated email action")
    expect(page).to_have_url(re.compile("decided_by=Automation&source=Automated"))
    expect(page.locator(".actions tbody tr")).to_have_count(1)
    assert column(page, "Decided by") == ["Automation"]
    assert column(page, "Action source") == ["Automated email action"]
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator(".actions tbody tr").nth(1)).to_be_visible()
    page.go_back()
    expect(page.locator(".actions tbody tr")).to_have_count(1)


def test_headings_sort_and_pages_follow(sign_in: SignIn) -> None:
    page = sign_in("rita", f"{PENDING}?size=25")
    page.get_by_role("link", name="Approval ID").click()
    expect(page).to_have_url(re.compile("sort=approval"))
    down = page.locator('th[aria-sort="descending"]')
    expect(down).to_contain_text("Approval ID")
    numbers = [int(text) for text in column(page, "Approval ID")]
    assert numbers == sorted(numbers, reverse=True)
    page.get_by_role("link", name="Approval ID").click()
    expect(page.locator('th[aria-sort="ascending"]')).to_contain_text("Approval ID")
    assert [int(text) for text in column(page, "Approval ID")] == sorted(numbers)


def test_columns_are_chosen(sign_in: SignIn) -> None:
    page = sign_in("rita", HISTORY)
    page.locator("details.columns summary").click()
    page.locator("details.columns").get_by_label("Asset").uncheck()
    expect(page.locator('.actions td[data-label="Asset"]')).to_have_count(0)
    expect(page.locator('.actions td[data-label="Status"]').first).to_be_visible()


def test_a_reader_is_offered_nothing(stage: Stage, sign_in: SignIn) -> None:
    page = sign_in("rita", f"{PENDING}?open={stage.said['pending'][-1]}")
    expect(flyout(page)).to_contain_text("that needs the role operator")
    for name in ("Approve", "Reject"):
        expect(flyout(page).get_by_role("button", name=name)).to_have_count(0)
    expect(page.locator(".actions input[type=checkbox]")).to_have_count(0)
    expect(flyout(page).get_by_role("link", name="Go hunt")).to_be_visible()


def test_links_lead_to_the_investigation_hunting_and_the_explorer(
    stage: Stage, sign_in: SignIn
) -> None:
    page = sign_in("ada", f"{PENDING}?open={stage.said['pending'][-1]}")
    for name, part in (
        ("Open investigation", "/investigations/"),
        ("Go hunt", "/hunting?query=EmailEvents"),
        ("Open in Explorer", "/explorer?filter=url%3Dhttps"),
    ):
        address = flyout(page).get_by_role("link", name=name).get_attribute("href") or ""
        assert part in address
    assert stage.said["malicious_url"] not in flyout(page).inner_text()
    flyout(page).get_by_role("link", name="Open in Explorer").click()
    expect(page.locator("h1")).to_have_text("Explorer")
    expect(page.locator(".part table tbody tr").first).to_be_visible()


def test_a_phone_shows_cards_and_decides_with_two_thumbs(sign_in: SignIn, number: int) -> None:
    page = sign_in("ada", PENDING, width=390, height=800)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".actions").get_by_role("link", name=str(number), exact=True).click()
    page.wait_for_function(
        """() => {
          const open = document.querySelector('.built:not(.hidden) > aside.flyout');
          const box = open && open.getBoundingClientRect();
          return box && box.x === 0 && box.width === innerWidth;
        }"""
    )
    for name in ("Approve", "Reject"):
        size = flyout(page).get_by_role("button", name=name, exact=True).bounding_box()
        assert size is not None
        assert size["height"] >= 44
        assert size["y"] + size["height"] <= 800
    decide(page, "Reject")
    expect(flyout(page).locator(".state")).to_contain_text("Rejected")
    page.keyboard.press("Escape")
    expect(flyout(page)).to_have_count(0)
    assert str(number) not in column(page, "Approval ID")


def test_cancelling_is_under_more(sign_in: SignIn, number: int) -> None:
    page = sign_in("ada", f"{PENDING}?open={number}")
    flyout(page).locator("details.more summary").click()
    flyout(page).get_by_role("button", name="Cancel the action").click()
    give_reason(page, "Cancel the action", "asked for by mistake")
    expect(fact(page, "Cancelled")).to_have_text("by ada: asked for by mistake")


def test_an_action_that_is_not_there_and_a_tab_that_is_none(sign_in: SignIn) -> None:
    page = sign_in("ada", f"{PENDING}?open=4711")
    expect(page.get_by_role("alert").first).to_contain_text("there is no action 4711")
    expect(page.locator(".actions table")).to_be_visible()
    page = sign_in("ada", "/action-center/nonsense")
    expect(page.get_by_role("alert")).to_contain_text("the tabs pending and history")


def test_the_export_is_what_the_filters_give(sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("rita", f"{HISTORY}?decided_by=Automation")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    assert download.value.suggested_filename == "ActionHistory.csv"
    download.value.save_as(tmp_path / "actions.csv")
    [row] = csv.DictReader(io.StringIO((tmp_path / "actions.csv").read_text()))
    assert (row["Decided by"], row["Action source"]) == ("Automation", "Automated email action")
    assert row["Asset"] == column(page, "Asset")[0]


def stop_button(home: Path, *words: str) -> None:
    """Press or release the stop button, as an operator does at a terminal."""
    subprocess.run(
        [python(), "-c", "from clawback.cli import main; main()", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), "CLAWBACK_HOME": str(home)},
        check=True,
        capture_output=True,
    )


def test_a_running_action_is_followed_without_a_reload(
    sign_in: SignIn, number: int, home: Path
) -> None:
    stop_button(home, "pause", "--reason", "to see it run")
    try:
        page = sign_in("ada", f"{PENDING}?open={number}")
        decide(page, "Approve")
        expect(flyout(page).locator(".state")).to_contain_text("Running")
        expect(flyout(page).locator("progress")).to_be_visible()
        other = sign_in("ben", f"{HISTORY}?open={number}")
        flyout(other).locator("details.more summary").click()
        flyout(other).get_by_role("button", name="Cancel the action").click()
        give_reason(other, "Cancel the action", "stopped for good")
        expect(flyout(page).locator(".state")).to_contain_text("Cancelled")
        expect(fact(page, "Cancelled")).to_have_text("by ben: stopped for good")
    finally:
        stop_button(home, "resume")
