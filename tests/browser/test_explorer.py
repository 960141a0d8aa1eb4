"""The Explorer in a browser: filters, counts, bars, pages, columns, choices, saved queries, files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from stage import Stage

STAGE_OPTIONS = ("--hostile",)

SignIn = Callable[..., Page]
LIST = "div.table[aria-label='Email']"


def column(page: Page, label: str) -> list[str]:
    """What the list shows in one column."""
    return page.locator(f"{LIST} td[data-label='{label}']").all_inner_texts()


def found(page: Page) -> int:
    """How many emails the counts say."""
    text = page.locator(".totals li:first-child strong").inner_text()
    return int(text.replace(",", ""))


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def add(page: Page, field: str, *values: str, comparison: str = "Equal any of") -> None:
    """Use the form that adds a condition."""
    form = page.get_by_role("form", name="Add a condition")
    form.get_by_label("Field").select_option(label=field)
    boxes = form.get_by_role("group", name=field)
    text = form.get_by_role("textbox", name=field)
    expect(boxes.or_(text)).to_be_visible()
    form.get_by_label("Comparison").select_option(label=comparison)
    for value in values:
        if boxes.count():
            boxes.get_by_label(value, exact=True).check()
        else:
            text.fill(value)
    form.get_by_role("button", name="Add condition").click()


def test_conditions_are_chips_that_narrow_the_list_and_go_again(sign_in: SignIn) -> None:
    page = sign_in("ada", "/explorer?range=all&size=100")
    add(page, "Sender domain", "document-portal.test")
    chips = page.get_by_role("list", name="Conditions").get_by_role("listitem")
    expect(chips).to_have_count(1)
    expect(chips.locator(".about")).to_have_text("Sender domain · Equal any of")
    expect(chips.locator(".value")).to_have_text("document-portal.test")
    senders = page.locator(f"{LIST} td[data-label='Sender address']")
    expect(senders.filter(has_not_text="@document-portal.test")).to_have_count(0)
    assert senders.count() > 5
    add(page, "Latest delivery location", "Junk folder", "Inbox/folder")
    expect(chips).to_have_count(4)  # with the link that clears all
    expect(page).to_have_url(re.compile("latest_location"))
    assert sorted(query(page)["filter"]) == [
        "latest_location=Inbox/folder",
        "latest_location=Junk folder",
        "sender_domain=document-portal.test",
    ]
    page.reload()
    expect(chips).to_have_count(4)
    page.get_by_role("link", name="Clear all").click()
    expect(page.get_by_text("No conditions: everything")).to_be_visible()
    page.go_back()
    expect(chips).to_have_count(4)


def test_conditions_hold_all_or_one_of_them(sign_in: SignIn) -> None:
    asked = "filter=threat=Phish&filter=latest_location=Junk folder"
    page = sign_in("ada", f"/explorer?range=all&size=100&{asked}")
    expect(page.locator(LIST)).to_be_visible()
    expect(page.locator(".totals")).to_be_visible()
    both = found(page)
    page.locator("select[name=match]").select_option(label="Any condition (OR)")
    expect(page.locator(".totals li:first-child strong")).not_to_have_text(f"{both:,}")
    assert found(page) > both
    assert query(page)["match"] == ["any"]
    for threat, place in zip(
        column(page, "Threat type"), column(page, "Latest delivery location"), strict=True
    ):
        assert "Phish" in threat or place == "Junk folder"


def test_what_is_wrong_is_said_where_it_is_and_nothing_is_lost(sign_in: SignIn) -> None:
    page = sign_in("ada", "/explorer?range=all&filter=subject=pwned&filter=email_size>many")
    chip = page.locator(".chip.bad")
    expect(chip.locator(".about")).to_have_text("Email size · Greater than")
    expect(chip.locator(".value")).to_have_text("many")
    expect(chip.get_by_role("alert")).to_contain_text("whole number")
    expect(page.get_by_text("Nothing is listed until the filter above is right.")).to_be_visible()
    assert page.locator(LIST).count() == 0
    add(page, "Email size", "lots", comparison="Less than")
    form = page.get_by_role("form", name="Add a condition")
    expect(form.get_by_role("alert")).to_contain_text("whole number")
    expect(form.get_by_role("textbox", name="Email size")).to_have_value("lots")
    form.get_by_role("textbox", name="Email size").fill("100000")
    form.get_by_role("button", name="Add condition").click()
    expect(page.locator(".chip")).to_have_count(3)
    chip.get_by_role("link", name="Remove Email size · Greater than many").click()
    expect(page.locator(LIST)).to_be_visible()
    assert query(page)["filter"] == ["subject=pwned", "email_size<100000"]


def test_an_own_time_range_and_a_wrong_one(sign_in: SignIn) -> None:
    page = sign_in("ada", "/explorer")
    page.get_by_label("Delivered").select_option(label="Own range")
    page.get_by_label("From (UTC)").fill("yesterday")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("p.notice.bad")).to_contain_text("since: give a time such as")
    expect(page.get_by_label("From (UTC)")).to_have_value("yesterday")
    page.get_by_label("From (UTC)").fill("2020-01-01")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(LIST)).to_be_visible()
    assert query(page)["since"] == ["2020-01-01"]


def test_bars_and_counts_come_and_their_values_narrow_the_filter(sign_in: SignIn) -> None:
    page = sign_in("ada", "/explorer?range=all&pivot=latest_location")
    expect(page.locator(".bars canvas")).to_be_visible()
    expect(page.locator(".totals")).to_be_visible()
    page.get_by_text("Show as a table").click()
    table = page.locator(".mail-volume .table")
    numbers = [int(text.replace(",", "")) for text in table.locator("td.number").all_inner_texts()]
    assert sum(numbers) == found(page) > 0
    junk = page.locator(".values-found li", has_text="Junk folder")
    number = junk.locator(".number").inner_text()
    junk.get_by_role("link").click()
    expect(page.locator(".chip .about")).to_have_text("Latest delivery location · Equal any of")
    expect(page.locator(".totals li:first-child strong")).to_have_text(number)
    page.get_by_label("Chart by").select_option(label="URL domain")
    expect(page.locator(".values-found")).to_have_attribute("aria-label", "By url domain")
    expect(page.locator(".bars canvas")).to_be_visible()


def test_pages_go_on_and_back_and_show_each_row_once(sign_in: SignIn) -> None:
    page = sign_in("ada", "/explorer?range=all&size=25")
    expect(page.locator(".totals")).to_be_visible()
    total, pages = found(page), [rows(page)]
    while (following := page.get_by_role("link", name="Next", exact=True)).count():
        turn(page, lambda link=following: link.click())
        pages.append(rows(page))
    assert sum(map(len, pages)) == total > 50
    assert all(len(one) == 25 for one in pages[:-1])
    for before in pages[-2::-1]:
        turn(page, page.get_by_role("link", name="Previous", exact=True).click)
        assert rows(page) == before
    expect(page.get_by_role("link", name="Previous", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Date (UTC)").click()
    expect(page.locator(f"{LIST} th[aria-sort='ascending']")).to_be_visible()
    assert column(page, "Date (UTC)") == sorted(column(page, "Date (UTC)"))


def turn(page: Page, click: Callable[[], None]) -> None:
    """Go to another page of the list, and wait until it is there: its links know where they stand."""
    first = page.locator(f"{LIST} td[data-label='Subject'] a").first
    before = str(first.get_attribute("href"))
    click()
    expect(first).not_to_have_attribute("href", before)


def rows(page: Page) -> list[str]:
    return page.locator(f"{LIST} tbody tr").all_inner_texts()


def test_columns_are_chosen_and_stay_in_the_address(sign_in: SignIn) -> None:
    page = sign_in("ada", "/explorer?range=all&size=25")
    assert page.locator(f"{LIST} th[scope=col]").all_inner_texts()[1:] == [
        "Date (UTC)▼", "Subject", "Recipient", "Sender address", "Additional actions",
        "Delivery action", "Latest delivery location", "Original delivery location", "Threat type",
    ]  # fmt: skip
    assert "Automated remediation:automated" in " ".join(column(page, "Additional actions"))
    page.get_by_text("Customize columns").click()
    page.get_by_role("group", name="Columns that are shown").get_by_label("DMARC").check()
    expect(page.locator(f"{LIST} th", has_text="DMARC")).to_be_visible()
    page.reload()
    expect(page.locator(f"{LIST} th", has_text="DMARC")).to_be_visible()


def test_chosen_rows_and_whole_queries_go_to_the_wizard(sign_in: SignIn) -> None:
    page = sign_in("ada", "/explorer?range=7d&size=25&filter=subject=pwned&view=malware")
    act = page.get_by_role("button", name="Take action")
    expect(act).to_be_disabled()
    every = page.get_by_role("link", name="Take action on all that were found")
    asked = parse_qs(urlsplit(every.get_attribute("href") or "").query)
    assert asked["source"] == ["explorer"]
    assert asked["query"] == ["1"]
    assert asked["filter"] == ["subject=pwned"]
    assert asked["view"] == ["malware"]
    assert asked["since"]
    boxes = page.locator(f"{LIST} tbody input[type=checkbox]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    expect(act).to_have_text("Take action on 2")
    act.click()
    page.wait_for_url("**/take-action?*")
    assert len(query(page)["message"]) == 2


def test_who_may_only_read_is_offered_no_action(sign_in: SignIn) -> None:
    page = sign_in("rita", "/explorer?range=all")
    expect(page.locator(LIST)).to_be_visible()
    assert page.locator(f"{LIST} input[type=checkbox]").count() == 0
    assert page.get_by_role("button", name="Take action").count() == 0
    assert page.get_by_role("link", name="Take action").count() == 0


def test_a_message_opens_beside_the_list_and_leads_to_its_page(sign_in: SignIn) -> None:
    page = sign_in("ada", "/explorer?range=all&filter=subject=pwned")
    page.locator(f"{LIST} td[data-label='Subject'] a").first.click()
    beside = page.locator("aside.flyout")
    expect(beside).to_contain_text("Original delivery location")
    page.keyboard.press("Escape")
    expect(beside).to_have_count(0)
    page.go_back()
    expect(beside).to_be_visible()
    beside.get_by_role("link", name="Open email entity").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Email entity")


def test_nothing_that_was_chosen_is_lost_on_the_way(sign_in: SignIn) -> None:
    page = sign_in("ada", "/explorer?range=all&size=25&filter=subject=pwned")
    expect(page.locator(".values-found")).to_be_visible()
    page.get_by_text("Customize columns").click()
    page.get_by_role("group", name="Columns that are shown").get_by_label("DMARC").check()
    expect(page.locator(f"{LIST} th", has_text="DMARC")).to_be_visible()
    page.locator(f"{LIST} tbody input[type=checkbox]").nth(0).check()
    page.get_by_label("Chart by").select_option(label="Sender domain")
    expect(page.locator(".values-found")).to_have_attribute("aria-label", "By sender domain")
    page.locator(f"{LIST} td[data-label='Subject'] a").nth(1).click()
    expect(page.locator("aside.flyout")).to_be_visible()
    expect(page.get_by_role("button", name="Take action on 1")).to_be_enabled()
    expect(page.locator(f"{LIST} tbody input[type=checkbox]").nth(0)).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.locator("aside.flyout")).to_have_count(0)
    assert "DMARC" in page.locator(f"{LIST} thead").inner_text()
    page.locator(".facet a").first.click()
    expect(page.locator(".chip")).to_have_count(2)
    assert query(page)["pivot"] == ["sender_domain"]
    assert "dmarc" in query(page)["column"]


def test_saved_queries_are_ones_own_or_shared(sign_in: SignIn) -> None:
    page = sign_in("ada", "/explorer?range=30d&filter=subject=pwned&pivot=url_domain&open=x&page=y")
    page.watch.expect_refusal()  # type: ignore[attr-defined]
    for name, shared in (("mine <b>", False), ("ours", True)):
        page.get_by_text("Saved queries", exact=True).first.click() if name != "ours" else None
        form = page.get_by_role("form", name="Save this query")
        form.get_by_label("Name").fill(name)
        form.get_by_label("Shared with everybody").set_checked(shared)
        form.get_by_role("button", name="Save query").click()
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    other = sign_in("ben", "/explorer")
    other.get_by_text("Saved queries", exact=True).first.click()
    assert other.get_by_role("link", name="mine <b>").count() == 0
    assert other.get_by_role("button", name="Delete ours").count() == 0
    other.get_by_role("link", name="ours", exact=True).click()
    expect(other.locator(".chip")).to_contain_text("pwned")
    assert query(other) == {
        "filter": ["subject=pwned"], "pivot": ["url_domain"], "range": ["30d"],
    }  # fmt: skip
    page.get_by_role("button", name="Delete mine <b>").click()
    expect(page.get_by_role("link", name="mine <b>")).to_have_count(0)


def test_a_name_that_is_none_is_refused(sign_in: SignIn) -> None:
    page = sign_in("rita", "/explorer")
    page.get_by_text("Saved queries", exact=True).first.click()
    form = page.get_by_role("form", name="Save this query")
    form.get_by_label("Name").fill("   ")
    form.get_by_role("button", name="Save query").click()
    expect(page.get_by_text("give the query a name of 1 to 100")).to_be_visible()


def downloaded(page: Page, name: str) -> list[list[str]]:
    with page.expect_download() as said:
        page.get_by_role("link", name=name).click()
    path = Path(said.value.path())
    return list(csv.reader(io.StringIO(path.read_bytes().decode())))


def test_files_have_every_row_and_no_formula(sign_in: SignIn) -> None:
    page = sign_in("ada", "/explorer?range=all&filter=subject=pwned&size=25")
    expect(page.locator(".totals")).to_be_visible()
    heading, *lines = downloaded(page, "Export CSV")
    assert heading[:3] == ["Report ID", "Date (UTC)", "Subject"]
    assert len(lines) == found(page)
    subjects = {line[2] for line in lines}
    assert "'@SUM(1+1)*pwned" in subjects
    assert not [cell for line in lines for cell in line if cell[:1] in ("=", "+", "-", "@")]
    _, *bars = downloaded(page, "Export chart data")
    assert sum(int(line[2]) for line in bars) == found(page)


@pytest.mark.parametrize("path", ["/explorer/emails.csv", "/explorer/chart.csv"])
def test_a_file_needs_a_session_and_a_filter_that_is_right(
    stage: Stage, sign_in: SignIn, path: str
) -> None:
    page = sign_in("rita", "/explorer")
    wrong = page.request.get(f"{stage.console}{path}?filter=email_size>x")
    assert (wrong.status, "whole number" in wrong.text()) == (400, True)
    right = page.request.get(f"{stage.console}{path}?range=all")
    assert right.headers["content-type"].startswith("text/csv")
    page.context.clear_cookies()
    refused = page.request.get(f"{stage.console}{path}", max_redirects=0)
    assert refused.status in (303, 401, 403)
