"""Hostile mail in the Action center: looked at, decided about and exported, it stays a text."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from stage import Stage
from watching import foreign

STAGE_OPTIONS = ("--hostile",)
FORMULAS = ("=", "+", "-", "@", "\t", "\r")

expect.set_options(timeout=20_000)


def exported(page: Page, name: str, into: Path) -> list[dict[str, str]]:
    """The rows of a file that the page gives."""
    with page.expect_download() as download:
        page.get_by_role("link", name=name).click()
    download.value.save_as(into)
    return list(csv.DictReader(io.StringIO(into.read_text())))


def dangerous(rows: list[dict[str, str]]) -> list[str]:
    """Cells that a spreadsheet would take for a formula."""
    return [cell for row in rows for cell in row.values() if cell.startswith(FORMULAS)]


def test_hostile_messages_are_texts_in_the_flyout_and_in_files(
    stage: Stage, sign_in: Callable[..., Page], tmp_path: Path
) -> None:
    page = sign_in("ada", "/action-center/history")
    shown = {}
    for number in stage.said["completed"]:
        page.goto(f"{stage.console}/action-center/history?open={number}")
        page.wait_for_selector("aside.flyout dl.tiles")
        shown[number] = page.locator("aside.flyout").inner_text()
        assert not foreign(page)
    [hostile] = [number for number, text in shown.items() if "pwned" in text]
    assert shown[hostile].count("pwned") > 10
    page.goto(f"{stage.console}/action-center/history?open={hostile}")
    page.locator("aside.flyout").get_by_role("button", name="Move to Inbox").click()
    page.locator(".dialog").get_by_label("Reason").fill('=HYPERLINK("http://pwned.example")')
    page.locator(".dialog").get_by_role("button", name="Move to Inbox").click()
    open_now = page.locator(".built:not(.hidden) > aside.flyout")
    expect(open_now).to_contain_text("has nothing left to put back")
    assert not foreign(page)
    messages = exported(page, "Export CSV of messages", tmp_path / "messages.csv")
    assert any(row["Subject"].startswith("'=") for row in messages)
    assert {row["Result"] for row in messages} == {"Success"}
    assert not dangerous(messages)
    page.goto(f"{stage.console}/action-center/history")
    assert not dangerous(exported(page, "Export CSV", tmp_path / "history.csv"))


@pytest.mark.parametrize("cell", ["=1", "+1", "-x", "@x", "\tx"])
def test_a_formula_would_be_seen(cell: str) -> None:
    assert dangerous([{"Subject": cell}])
