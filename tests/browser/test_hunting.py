"""Advanced hunting as people use it: write, run, cancel, read, draw, keep, take action."""

from __future__ import annotations

import csv
from collections.abc import Callable
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect
from stage import Stage

SignIn = Callable[..., Page]

ENDLESS = (
    "range a from 1 to 1000000 step 1 | extend k = 1 | join kind=inner "
    "(range b from 1 to 1000000 step 1 | extend k = 1) on k | summarize sum(a * b)"
)
"""A million times a million rows: it runs until somebody ends it."""

MAIL = "EmailEvents | project Timestamp, Subject, RecipientEmailAddress, NetworkMessageId, ReportId"


def opened(sign_in: SignIn, query: str = "", who: str = "ada", **more: object) -> Page:
    return sign_in(who, f"/hunting?range=all&query={quote(query)}", **more)


def write(page: Page, text: str) -> None:
    """Type it in place of what is there."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def run(page: Page) -> None:
    page.get_by_role("button", name="Run", exact=True).click()


def answered(page: Page) -> None:
    page.get_by_role("region", name="Answer").wait_for()


def accept(page: Page) -> None:
    """Take the first word that is offered; the editor takes no key as that for its first 75 ms."""
    page.wait_for_timeout(120)
    page.keyboard.press("Enter")


def test_words_of_the_schema_are_offered_by_what_stands_before(sign_in: SignIn) -> None:
    page = opened(sign_in)
    page.locator(".cm-content").click()
    offered = page.locator(".cm-tooltip-autocomplete li")
    page.keyboard.type("EmailEv")
    expect(offered.first).to_contain_text("EmailEvents")
    accept(page)
    page.keyboard.type(" | summ")
    expect(offered.first).to_contain_text("summarize")
    expect(page.locator(".cm-completionInfo")).to_contain_text("One row for each group")
    accept(page)
    page.keyboard.type(" by RecipientEm")
    expect(offered.first).to_contain_text("RecipientEmailAddress")
    accept(page)
    written = "EmailEvents | summarize by RecipientEmailAddress"
    expect(page.locator(".cm-content")).to_have_text(written)


def test_nothing_is_offered_within_a_text_or_a_comment(sign_in: SignIn) -> None:
    page = opened(sign_in)
    page.locator(".cm-content").click()
    page.keyboard.type('EmailEvents | where Subject has "Send')
    page.wait_for_timeout(400)  # longer than the editor waits before it offers
    expect(page.locator(".cm-tooltip-autocomplete")).to_have_count(0)


def test_pointing_at_a_column_says_its_type_and_what_it_means(sign_in: SignIn) -> None:
    page = opened(sign_in, MAIL)
    page.locator(".kql-propertyName", has_text="RecipientEmailAddress").hover()
    card = page.locator(".kql-card")
    expect(card).to_contain_text("EmailEvents.RecipientEmailAddress")
    expect(card).to_contain_text("string")
    expect(card).to_contain_text("The mailbox")


def test_an_error_is_underlined_at_its_place_and_said(sign_in: SignIn) -> None:
    page = opened(
        sign_in, "// 😀 two characters in a browser\nEmailEvents\n| where Subjekt has '😀'"
    )
    run(page)
    expect(page.locator(".kql-error")).to_have_text("Subjekt")
    expect(page.get_by_role("alert")).to_contain_text("line 3, column 9")
    page.locator(".kql-error").click()
    page.keyboard.type("x")
    expect(page.locator(".kql-error")).to_have_count(0)


def test_the_selected_part_runs_and_its_error_is_marked_where_it_stands(sign_in: SignIn) -> None:
    page = opened(sign_in, "EmailEvents | take 1\nprint wrong")
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.press("Shift+Home")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".kql-error")).to_have_text("wrong")


def test_a_query_runs_by_keyboard_and_is_in_the_address(sign_in: SignIn) -> None:
    page = opened(sign_in)
    page.locator(".cm-content").click()
    page.keyboard.insert_text("EmailEvents | count")
    page.keyboard.press("Control+Enter")
    answered(page)
    assert parse_qs(urlsplit(page.url).query)["query"] == ["EmailEvents | count"]
    page.locator(".cm-content").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_focused()


def test_an_address_shows_its_query_and_runs_only_from_the_console_itself(
    sign_in: SignIn, stage: Stage
) -> None:
    path = f"/hunting?range=all&run=1&query={quote('EmailEvents | count')}"
    page = sign_in("ada", path)
    expect(page.locator(".cm-content")).to_have_text("EmailEvents | count")
    expect(page.get_by_text("Nothing ran yet")).to_be_visible()
    page.evaluate("address => { location.href = address }", f"{stage.console}{path}")
    answered(page)


def test_rows_are_sorted_searched_paged_and_opened(sign_in: SignIn) -> None:
    page = opened(sign_in, "range n from 1 to 1000 step 1 | extend text = strcat('row ', n)")
    run(page)
    answered(page)
    expect(page.locator(".pager")).to_contain_text("1–100 of 1,000")
    page.get_by_role("link", name="Next").click()
    expect(page.locator("tbody tr").first).to_contain_text("row 101")
    page.locator("th a", has_text="n").first.click()
    page.locator("th[aria-sort=ascending]").wait_for()
    page.locator("th a", has_text="n").first.click()
    expect(page.locator("tbody tr").first).to_contain_text("row 1000")
    page.get_by_label("Search in these rows").fill("ROW 77")
    page.keyboard.press("Enter")
    expect(page.locator(".pager")).to_contain_text("of 11")
    page.locator("tbody tr a").first.click()
    expect(page.locator("aside.flyout")).to_contain_text("row 779")
    page.keyboard.press("Escape")
    expect(page.locator("aside.flyout")).to_have_count(0)


def test_render_draws_with_the_table_beside(sign_in: SignIn) -> None:
    query = "EmailEvents | summarize n = count() by bin(Timestamp, 1d) | render timechart"
    page = opened(sign_in, query)
    run(page)
    chart = page.get_by_role("img", name="timechart of n along Timestamp")
    chart.locator("canvas").wait_for()
    page.get_by_role("link", name="Table", exact=True).click()
    answered(page)
    assert "view=table" in page.url


HOSTILE = (
    "print [':innerHTML'] = '<img src=x onerror=\"pwned=1\">', __proto__ = 'constructor', "
    "['<script>pwned=1</script>'] = '=HYPERLINK(1)', "
    "['{{7*7}}'] = dynamic({'__proto__': {':a': 'pwned=1'}}), "
    "toString = 'https://evil.example/', ['a b'] = '\\u202egpj.exe'"
)


def test_hostile_names_and_values_are_text_in_table_flyout_and_file(sign_in: SignIn) -> None:
    page = opened(sign_in, HOSTILE)
    run(page)
    answered(page)
    names = [one.removesuffix("↕").strip() for one in page.locator("thead th").all_inner_texts()]
    assert names[1:6] == [
        ":innerHTML",
        "__proto__",
        "<script>pwned=1</script>",
        "{{7*7}}",
        "toString",
    ]
    cells = page.locator("tbody td").all_inner_texts()
    assert cells[1] == '<img src=x onerror="pwned=1">'
    assert cells[5] == "hxxps://evil[.]example/"
    assert cells[6] == "\ufffdgpj.exe"
    page.locator("tbody a").first.click()
    expect(page.locator("aside.flyout")).to_contain_text("<script>pwned=1</script>")
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    with open(download.value.path(), encoding="utf-8", newline="") as file:
        heading, row = csv.reader(file)
    assert heading[0] == ":innerHTML"
    assert row[2] == "'=HYPERLINK(1)"


@pytest.mark.parametrize("kind", ["timechart", "barchart", "piechart", "scatterchart"])
def test_hostile_names_of_series_are_drawn_as_text(sign_in: SignIn, kind: str) -> None:
    query = (
        "print t = now(), ['<img src=x onerror=pwned=1>'] = '{a|b}<b>x</b>', [':n'] = 3 "
        f"| render {kind} with (title='<script>pwned=1</script>')"
    )
    page = opened(sign_in, query)
    run(page)
    page.locator(".chart canvas").wait_for()
    page.locator(".chart").hover()
    expect(page.locator(".chart img, .chart b, .chart script")).to_have_count(0)


def test_queries_are_saved_shared_opened_and_deleted_by_who_may(sign_in: SignIn) -> None:
    page = opened(sign_in, "EmailEvents | count")
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog", name="Save the query")
    dialog.get_by_label("Name").fill("Counted <b>mail</b>")
    dialog.get_by_role("checkbox").click()
    dialog.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Counted <b>mail</b>", exact=True).wait_for()
    number = parse_qs(urlsplit(page.url).query)["saved"][0]
    other = sign_in("ben", f"/hunting?side=queries&saved={number}")
    expect(other.locator(".cm-content")).to_have_text("EmailEvents | count")
    expect(other.get_by_text("by ada")).to_be_visible()
    expect(other.get_by_role("button", name="Delete Counted")).to_have_count(0)
    admin = sign_in("root-admin", "/hunting?side=queries")
    admin.get_by_role("button", name="Delete Counted").click()
    expect(admin.get_by_role("button", name="Counted <b>mail</b>", exact=True)).to_have_count(0)


def test_what_ran_is_in_the_history_of_who_ran_it_and_restored_by_a_click(sign_in: SignIn) -> None:
    page = opened(sign_in, "EmailEvents | where nothing == 1", who="rita")
    run(page)
    page.get_by_role("alert").wait_for()
    write(page, "print remembered = 1")
    page.keyboard.press("Control+Enter")
    answered(page)
    page.get_by_role("button", name="History").click()
    runs = page.locator(".queries li")
    expect(runs).to_have_count(2)
    expect(runs.nth(0)).to_contain_text("1 row in")
    expect(runs.nth(1)).to_contain_text("Failed")
    runs.nth(1).get_by_role("button").click()
    expect(page.locator(".cm-content")).to_have_text("EmailEvents | where nothing == 1")
    number = parse_qs(urlsplit(page.url).query)["ran"][0]
    other = sign_in("ben", f"/hunting?ran={number}&side=history")
    expect(other.get_by_text("it is in somebody else's")).to_be_visible()
    expect(other.locator(".cm-content")).to_have_text("")


def test_a_query_too_long_for_an_address_is_addressed_by_its_run(sign_in: SignIn) -> None:
    text = f"print x = '{'ä' * 2_000}'"
    page = opened(sign_in)
    write(page, text)
    page.keyboard.press("Control+Enter")
    answered(page)
    assert "ran=" in page.url
    assert "query=" not in page.url
    expect(page.locator(".cm-content")).to_have_text(text)
    page.reload()
    expect(page.locator(".cm-content")).to_have_text(text)


def test_long_queries_are_cancelled_wait_for_each_other_and_block_no_page(
    sign_in: SignIn,
) -> None:
    first, second = opened(sign_in, ENDLESS), opened(sign_in, ENDLESS)
    for page in (first, second):
        run(page)
        expect(page.get_by_text("Running …")).to_be_visible()
    explorer = sign_in("rita", "/explorer?range=all")
    explorer.get_by_role("region", name="Email").wait_for()
    third = opened(sign_in, "EmailEvents | count", who="ben")
    run(third)
    expect(third.get_by_text("Waiting for a free slot …")).to_be_visible()
    first.get_by_role("button", name="Cancel").click()
    expect(first.get_by_role("alert")).to_contain_text("the query was cancelled")
    answered(third)
    second.get_by_role("button", name="Cancel").click()
    expect(second.get_by_role("alert")).to_contain_text("the query was cancelled")
    expect(second.get_by_role("button", name="Cancel")).to_have_count(0)


def test_picked_rows_and_whole_queries_go_to_the_wizard_of_who_may_operate(
    sign_in: SignIn,
) -> None:
    page = opened(sign_in, MAIL)
    run(page)
    answered(page)
    page.get_by_label("Choose row 1", exact=True).check()
    page.get_by_label("Choose row 2", exact=True).check()
    every = page.get_by_role("link", name="Take action on all results")
    asked = parse_qs(urlsplit(str(every.get_attribute("href"))).query)
    assert asked == {"source": ["hunting"], "hunt": [MAIL], "range": ["all"]}
    page.get_by_role("button", name="Take action on 2 messages").click()
    page.wait_for_url("**/console/take-action?**")
    picked = parse_qs(urlsplit(page.url).query)
    assert picked["source"] == ["hunting"]
    assert len(picked["message"]) == 2
    reader = opened(sign_in, MAIL, who="rita")
    run(reader)
    answered(reader)
    expect(reader.get_by_text("Take action")).to_have_count(0)


def test_a_choice_of_rows_outlives_what_is_done_beside_it(sign_in: SignIn) -> None:
    page = opened(sign_in, MAIL)
    run(page)
    answered(page)
    page.get_by_label("Choose row 1", exact=True).check()
    page.get_by_role("button", name="▸ EmailUrlInfo").click()
    page.get_by_role("button", name="▾ EmailUrlInfo").wait_for()
    page.get_by_role("button", name="Take action on 1 message").wait_for()
    expect(page.get_by_label("Choose row 1", exact=True)).to_be_checked()


def test_a_click_in_the_schema_writes_the_name_at_the_cursor(sign_in: SignIn) -> None:
    page = sign_in("ada", "/hunting?table=EmailEvents")
    page.get_by_role("button", name="Insert EmailEvents", exact=True).click()
    expect(page.locator(".cm-content")).to_have_text("EmailEvents")
    page.get_by_role("button", name="Insert Subject", exact=True).click()
    expect(page.locator(".cm-content")).to_have_text("EmailEvents Subject")
    expect(page.locator("li.empty", has_text="BulkComplaintLevel")).to_contain_text("Always 0")


def test_an_answer_of_somebody_else_cannot_be_fetched(sign_in: SignIn, stage: Stage) -> None:
    page = opened(sign_in, "print secret = 1")
    run(page)
    answered(page)
    address = page.get_by_role("link", name="Export CSV").get_attribute("href")
    whole = f"{stage.base}{address}"
    assert page.request.get(whole).ok
    other = sign_in("ben", "/hunting")
    refused = other.request.get(whole)
    assert (refused.status, "secret" in refused.text()) == (400, False)
