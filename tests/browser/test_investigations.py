"""Investigations in a browser: the list, every tab, deep links, files, and progress without a reload."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect
from stage import Stage

STAGE_OPTIONS = ("--hostile",)

Visit = Callable[..., Page]

REMEDIATED, WAITING = 1, 3
"""The investigations that `tests.console.stage_server` makes, by number."""

TABS = {
    "": "Investigation graph", "alerts": "Alerts", "mailboxes": "Mailboxes",
    "evidence": "Evidence", "entities": "Entities", "log": "Log",
    "pending": "Pending actions", "history": "Pending actions history",
}  # fmt: skip


def names(page: Page) -> list[str]:
    """The rows without their last column, a duration that may still go on."""
    return [row.rsplit("\t", 1)[0] for row in rows(page)]


def rows(page: Page) -> list[str]:
    """The texts of a table's rows."""
    page.wait_for_selector("#content table tbody tr")
    return page.locator("#content table tbody tr").all_inner_texts()


def test_the_list_is_sorted_filtered_and_shared_by_its_address(
    stage: Stage, sign_in: Visit
) -> None:
    page = sign_in("rita", "/investigations")
    columns = page.locator("#content th").all_inner_texts()
    assert [column.strip(" ▲▼↕\n") for column in columns] == [
        "ID", "Status", "Detection source", "Investigation", "Users", "Creation time",
        "Last changed time", "Threat count", "Action count", "Duration of investigation",
    ]  # fmt: skip
    before = len(rows(page))
    page.get_by_role("link", name="Action count").click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Action count")
    page.get_by_label("Status").select_option("Pending Action")
    expect(page.locator("#content tbody tr", has_text="Remediated")).to_have_count(0)
    assert 0 < len(rows(page)) < before
    shared = page.url
    assert "status=Pending+Action" in shared
    assert "sort=actions" in shared
    other = sign_in("ben", shared.removeprefix(stage.console))
    assert names(other) == names(page)
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator("#content tbody tr")).to_have_count(before)


def test_a_search_finds_by_number_and_by_a_defanged_address(stage: Stage, sign_in: Visit) -> None:
    page = sign_in("ada", "/investigations")
    page.get_by_label("Search").fill(f"#{REMEDIATED}")
    page.get_by_label("Search").press("Enter")
    expect(page.locator("#content tbody tr")).to_have_count(1)
    url = stage.said["malicious_url"].replace("https://", "hxxps://").replace(".", "[.]")
    page.get_by_label("Search").fill(url)
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#content tbody tr")).to_have_count(2)
    page.get_by_label("Search").fill("nothing is called so")
    page.get_by_label("Search").press("Enter")
    expect(page.locator("td.empty")).to_contain_text("Clear the filters")


def test_each_tab_has_an_address_and_says_which_it_is(stage: Stage, sign_in: Visit) -> None:
    page = sign_in("rita", f"/investigations/{REMEDIATED}?tab=log&of=messages")
    expect(page.locator("#content table caption")).to_have_text("Messages")
    assert any("Soft delete" in row and "Success" in row for row in rows(page))
    strip = page.get_by_role("navigation", name="Investigation", exact=True)
    for tab, name in TABS.items():
        strip.get_by_role("link", name=name, exact=True).click()
        expect(strip.locator("a[aria-current]")).to_have_text(name)
        assert f"tab={tab}" in page.url or not tab
        expect(page.locator(".subtitle")).to_have_text(
            f"Investigation #{REMEDIATED} is complete - Remediated"
        )
        expect(page.locator("#content table, .graph").first).to_be_visible()
    page.goto(f"{stage.console}/investigations/{REMEDIATED}?tab=evidence")
    expect(strip.locator("a[aria-current]")).to_have_text("Evidence")


def test_an_investigation_that_is_not_there_is_said_to_be_so(sign_in: Visit) -> None:
    for number in ("999999", "nonsense", "9" * 30, "%3Cimg%20id=pwned%3E"):
        page = sign_in("rita", f"/investigations/{number}")
        expect(page.get_by_role("alert")).to_contain_text("There is no such thing here")


def test_cards_of_the_graph_lead_to_their_tabs_and_light_their_path(sign_in: Visit) -> None:
    page = sign_in("ada", f"/investigations/{REMEDIATED}")
    cluster = page.locator(".graph .card", has_text="Similar files")
    cluster.focus()
    expect(page.locator(".graph .flow.lit").first).to_be_attached()
    assert page.locator(".graph .card.dim").count() == 0
    page.locator(".graph .card", has_text="On-prem/External").hover()
    expect(page.locator(".graph .card.dim", has_text="Soft delete")).to_be_visible()
    page.get_by_text("The graph in words").click()
    expect(page.locator(".graph .outline")).to_contain_text("Not in mailbox (5)")
    cluster.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**tab=entities**")
    assert "of=emails" in page.url
    expect(page.locator("#content table caption")).to_have_text("Emails")
    page.go_back()
    expect(page.locator(".graph")).to_be_visible()


def test_every_card_stands_within_the_graph_and_shows_all_of_its_text(sign_in: Visit) -> None:
    for number in (REMEDIATED, WAITING):
        page = sign_in("ada", f"/investigations/{number}")
        page.wait_for_selector(".graph .card")
        cut = page.evaluate(
            "[...document.querySelectorAll('.graph .card')]"
            ".filter((one) => one.scrollHeight > one.clientHeight + 2).map((one) => one.innerText)"
        )
        assert not cut, cut
        page.evaluate("document.querySelector('.graph .card').style.height = '30px'")
        assert page.evaluate(
            "((one) => one.scrollHeight > one.clientHeight + 2)"
            "(document.querySelector('.graph .card'))"
        ), "a card that is cut off would not be seen"


def test_what_waits_leads_into_the_action_center(stage: Stage, sign_in: Visit) -> None:
    page = sign_in("ada", f"/investigations/{WAITING}?tab=pending")
    [waiting] = rows(page)
    assert "Soft delete" in waiting
    href = page.locator("#content tbody a").first.get_attribute("href")
    assert href is not None
    assert href.startswith("/console/action-center/pending?open=")
    empty = sign_in("ada", f"/investigations/{REMEDIATED}?tab=pending")
    expect(empty.locator("td.empty")).to_contain_text("Nothing waits")


def test_what_automation_did_is_handled_by_automation(sign_in: Visit) -> None:
    page = sign_in("ada", f"/investigations/{REMEDIATED}?tab=history")
    found = rows(page)
    assert any("Soft delete" in row and "\tAutomation\t" in row for row in found)
    assert any("Restore to original folder" in row and "\troot\t" in row for row in found)


def test_entities_have_tabs_of_their_own_and_messages_their_pages(sign_in: Visit) -> None:
    page = sign_in("ada", f"/investigations/{REMEDIATED}?tab=entities")
    expect(page.locator(".counters")).to_contain_text("Total")
    page.get_by_role("link", name="Email clusters (1)").click()
    expect(page.locator("#content table caption")).to_have_text("Email clusters")
    page.locator("#content tbody a").first.click()
    expect(page.locator("#content table caption")).to_have_text("Emails")
    assert "cluster=" in page.url
    href = page.locator("#content tbody a").first.get_attribute("href")
    assert href is not None
    assert href.startswith("/console/email/")
    page.get_by_label("Rows a page").select_option("25")
    expect(page.get_by_text("1–25 of")).to_be_visible()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("26–")).to_be_visible()


def test_a_mailbox_leads_to_its_messages(sign_in: Visit) -> None:
    page = sign_in("ada", f"/investigations/{REMEDIATED}?tab=mailboxes")
    address = page.locator("#content tbody a").first.inner_text()
    page.locator("#content tbody a").first.click()
    expect(page.get_by_text(f"Only {address}.")).to_be_visible()
    assert all(address in row for row in rows(page))
    page.get_by_role("link", name="Show all emails").click()
    expect(page.get_by_text("Only ")).to_have_count(0)


def records(page: Page, name: str) -> list[list[str]]:
    with page.expect_download() as caught:
        page.get_by_role("link", name="Export CSV").click()
    assert caught.value.suggested_filename == name
    text = Path(caught.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_list_and_the_log_come_as_files_in_which_nothing_is_a_formula(
    sign_in: Visit,
) -> None:
    page = sign_in("rita", "/investigations?status=Remediated")
    heading, *listed = records(page, "Investigations.csv")
    assert heading[:2] == ["ID", "Status"]
    assert {record[1] for record in listed} == {"Remediated"}
    log = sign_in("rita", f"/investigations/{REMEDIATED}?tab=log")
    heading, *lines = records(log, "AirLogs.csv")
    assert heading[0] == "ID"
    assert [int(record[0]) for record in lines] == sorted(
        (int(record[0]) for record in lines), reverse=True
    )
    cells = [cell for record in (*listed, *lines) for cell in record]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t"))]


def test_hostile_names_and_subjects_are_inert_in_every_tab(stage: Stage, sign_in: Visit) -> None:
    number, seen = stage.said["investigations"][1], 0
    for tab in ("tab=graph", "tab=evidence", "tab=entities", "tab=entities&of=emails", "tab=log"):
        page = sign_in("ada", f"/investigations/{number}?{tab}")
        page.wait_for_selector("#content table tbody tr, .graph .card")
        seen += "pwned" in page.inner_text("#content")
    assert seen >= 2, "nothing hostile was shown: this proves nothing"


@contextmanager
def changing(home: Path) -> Iterator[sqlite3.Connection]:
    """The console's database, as another process changes it."""
    with closing(sqlite3.connect(home / "clawback.db", timeout=20)) as connection, connection:
        yield connection


def make_running(home: Path, moved: int) -> None:
    with changing(home) as database:
        database.execute("UPDATE investigations SET status = 'Running' WHERE id = ?", (WAITING,))
        database.execute(
            "UPDATE actions SET status = 'Running', decided_by = 'ada', decided_at = created_at, "
            "outcomes = ? WHERE investigation_id = ?",
            (f'{{"moved": {moved}}}', WAITING),
        )


def make_over(home: Path) -> None:
    with changing(home) as database:
        database.execute("UPDATE investigations SET status = 'Remediated' WHERE id = ?", (WAITING,))
        database.execute(
            "UPDATE actions SET status = 'Completed', ended_at = created_at, "
            "outcomes = '{\"moved\": 34}' WHERE investigation_id = ?",
            (WAITING,),
        )


def test_progress_is_shown_without_a_reload_and_ends_with_the_work(
    sign_in: Visit, home: Path
) -> None:
    make_running(home, 4)
    page = sign_in("ada", f"/investigations/{WAITING}")
    table = sign_in("ben", f"/investigations/{WAITING}?tab=history")
    page.evaluate("window.loadedOnce = true")
    action = page.locator(".graph .card", has_text="Soft delete")
    expect(action).to_contain_text("4 of 34 messages")
    expect(page.locator(".graph .moving").first).to_be_attached()
    make_running(home, 20)
    expect(action).to_contain_text("20 of 34 messages", timeout=10_000)
    make_over(home)
    expect(page.locator(".subtitle")).to_have_text(
        f"Investigation #{WAITING} is complete - Remediated", timeout=10_000
    )
    expect(action).to_contain_text("34 moved")
    expect(page.locator(".graph .moving")).to_have_count(0)
    expect(table.locator("#content tbody")).to_contain_text("Completed", timeout=10_000)
    assert page.evaluate("window.loadedOnce"), "the page was loaded anew"


def test_what_cannot_be_read_is_said_and_read_again(sign_in: Visit, home: Path) -> None:
    make_running(home, 1)
    page = sign_in("ada", f"/investigations/{WAITING}")
    with changing(home) as database:
        database.execute("ALTER TABLE alerts RENAME TO alerts_away")
    expect(page.locator(".notice.warn", has_text="cannot be read now")).to_be_visible(
        timeout=15_000
    )
    with changing(home) as database:
        database.execute("ALTER TABLE alerts_away RENAME TO alerts")
    expect(page.locator(".notice.warn", has_text="cannot be read now")).to_be_hidden(timeout=15_000)
    make_over(home)
    expect(page.locator(".subtitle")).to_contain_text("is complete", timeout=10_000)


def test_a_phone_shows_the_list_as_cards_and_scrolls_the_graph_alone(sign_in: Visit) -> None:
    for path in ("/investigations", f"/investigations/{REMEDIATED}"):
        page = sign_in("ada", path, width=390, height=844)
        page.wait_for_selector("#content table, .graph .card")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(
        "((one) => one.scrollWidth > one.clientWidth)(document.querySelector('.graph .scroll'))"
    )


def test_a_page_beyond_the_last_says_so_and_leads_back(sign_in: Visit) -> None:
    page = sign_in("ada", f"/investigations/{REMEDIATED}?tab=entities&of=emails&page=900&size=25")
    expect(page.get_by_text("Nothing so far back: 31 in all")).to_be_visible()
    page.get_by_role("link", name="Previous").click()
    expect(page.get_by_text("26–31 of 31")).to_be_visible()
