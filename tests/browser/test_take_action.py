"""The Take action wizard: each action, both ways in, what is left out, proposals, and nothing twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect
from stage import Stage
from tour import WIZARD

SignIn = Callable[..., Page]

MOVES = {
    "Junk": "Junk folder",
    "Deleted items": "Deleted Items folder",
    "Soft deleted items": "Recoverable Items",
}
"""Actions by their labels, with where a message is afterwards."""

HARMLESS = ("attachment_count=0", "url_count=0")
"""Mail that no other case of the stage is about."""


def address(*filters: str, **query: str) -> str:
    """The wizard over all that the Explorer finds."""
    pairs = [("filter", one) for one in filters]
    given = {"source": "explorer", "query": "1", "range": "all", **query}
    return "/take-action?" + urlencode([*pairs, *given.items()])


def picked(*ids: str, **query: str) -> str:
    """The wizard over single messages."""
    pairs = [("message", one) for one in ids]
    return "/take-action?" + urlencode([*pairs, ("source", "explorer"), *query.items()])


def messages(page: Page) -> list[str]:
    """The ids of the messages of the list that is shown."""
    page.wait_for_selector("text=Address to leave out")
    links = page.locator("td a[href*='/email/']").all()
    return [str(link.get_attribute("href")).rsplit("/", 1)[1] for link in links]


def some(sign_in: SignIn, location: str, number: int) -> list[str]:
    """So many harmless messages that are at a location now."""
    filters = (*HARMLESS, f"latest_location={location}")
    found = messages(sign_in("ada", address(*filters, action="soft_delete", step="messages")))
    assert len(found) >= number
    return found[:number]


def onward(page: Page) -> None:
    page.get_by_role("link", name="Continue").click()


def name_it(page: Page, name: str = "Phish of Monday") -> None:
    page.get_by_label("Name", exact=True).fill(name)
    if page.get_by_label("Description").count():
        page.get_by_label("Description").fill("two people reported it")
    page.get_by_role("button", name="Continue").click()


def submit(page: Page) -> int:
    """Submit; the number of the investigation."""
    page.get_by_role("button", name="Submit").click()
    page.wait_for_selector("text=Submitted as investigation")
    return int(re.search(r"investigation (\d+)", page.inner_text("#content"))[1])  # type: ignore[index]


def would_move(page: Page) -> int:
    page.wait_for_selector("text=What policy says")
    said = re.search(r"([\d,]+) messages? would move", page.inner_text("#content"))
    assert said is not None
    return int(said[1].replace(",", ""))


def steady(page: Page) -> int:
    """The same, once it stayed so for longer than the mirror takes to follow the tests before."""
    found, same = would_move(page), 0
    for _ in range(60):
        if same == 8:
            break
        page.wait_for_timeout(500)
        page.reload()
        before, found = found, would_move(page)
        same = same + 1 if found == before else 0
    return found


def moved(page: Page) -> int:
    """How many messages the action of the last page moved."""
    page.wait_for_selector("text=moved)")
    return int(re.search(r"\(([\d,]+) moved", page.inner_text("#content"))[1].replace(",", ""))  # type: ignore[index]


@pytest.mark.parametrize("label", MOVES)
def test_messages_are_moved_as_the_review_says(sign_in: SignIn, label: str) -> None:
    ids = some(sign_in, "Inbox/folder", 2)
    page = sign_in("ada", picked(*ids))
    expect(page.get_by_role("button", name="Continue")).to_be_disabled()
    page.get_by_label(label, exact=False).first.check()
    onward(page)
    assert sorted(messages(page)) == sorted(ids)
    onward(page)
    name_it(page)
    assert would_move(page) == 2
    submit(page)
    assert moved(page) == 2
    page = sign_in("ada", picked(*ids, action="propose", step="messages"))
    assert messages(page)
    assert page.locator(f"td:text-is('{MOVES[label]}')").count() == 2


def test_a_whole_query_is_taken_without_what_is_left_out(sign_in: SignIn) -> None:
    filters = (*HARMLESS, "latest_location=Inbox/folder")
    page = sign_in("ada", address(*filters, action="move_to_junk", step="messages", size="25"))
    messages(page)
    rows = page.locator("tbody tr")
    sender = rows.nth(0).locator("td[data-label='Sender']").inner_text()
    mailbox = rows.nth(1).locator("td[data-label='Mailbox']").inner_text()
    total = count_of(page)
    page.get_by_label("Address to leave out").fill(sender.upper())
    page.get_by_role("button", name="Leave out sender").click()
    page.wait_for_selector(f"text=Sender {sender} left out")
    page.get_by_label("Address to leave out").fill(mailbox)
    page.get_by_role("button", name="Leave out mailbox").click()
    page.wait_for_selector(f"text=Mailbox {mailbox} left out")
    page.locator("tbody tr.chosen input").first.click()
    page.wait_for_selector("text=1 single message left out")
    left = count_of(page)
    assert 0 < left < total
    page.reload()  # the address has it all
    page.wait_for_selector("text=1 single message left out")
    assert count_of(page) == left
    onward(page)
    name_it(page)
    assert would_move(page) == left
    assert "Left out by you: by sender\t" in page.inner_text("#content").replace("\n", "\t")
    submit(page)
    assert moved(page) == left
    page = sign_in("ada", address(*filters, action="move_to_junk", step="messages"))
    messages(page)
    mirrored(page, lambda: count_of(page) == total - left)
    assert count_of(page) == total - left


def mirrored(page: Page, holds: Callable[[], bool]) -> None:
    """Load the page anew until it holds: the mirror, which a query asks, follows within seconds."""
    for _ in range(20):
        if holds():
            return
        page.wait_for_timeout(500)
        page.reload()


def count_of(page: Page) -> int:
    """How many messages are meant."""
    page.wait_for_selector(".wizard-totals strong")
    return int(page.inner_text(".wizard-totals strong").split()[0].replace(",", ""))


def test_nothing_is_left_to_do_where_all_is_left_out(sign_in: SignIn) -> None:
    [one] = some(sign_in, "Inbox/folder", 1)
    page = sign_in("ada", picked(one, action="soft_delete", step="messages"))
    messages(page)
    page.locator("tbody input").first.uncheck()
    page.wait_for_selector("text=Nothing is left")
    expect(page.get_by_role("button", name="Continue")).to_be_disabled()
    assert "left out" in page.inner_text("tbody")
    page.get_by_role("link", name="Take back in").click()
    page.wait_for_selector("text=Continue >> nth=0")
    expect(page.get_by_role("link", name="Continue")).to_be_visible()
    assert page.locator("tbody input").first.is_checked()


def test_the_messages_of_a_hunting_result_are_taken(sign_in: SignIn) -> None:
    kql = (
        'EmailEvents | where LatestDeliveryLocation == "Inbox/folder" and UrlCount == 0 '
        "and AttachmentCount == 0 | take 3"
    )
    page = sign_in("ada", "/take-action?" + urlencode({"source": "hunting", "hunt": kql}))
    page.get_by_label("Junk", exact=False).first.check()
    onward(page)
    assert len(messages(page)) == 3
    onward(page)
    name_it(page)
    page.wait_for_selector("text=Advanced hunting action")
    # `take` promises no order: what it gives now may be other mail, and then it is said.
    assert would_move(page) == 3
    page.get_by_role("button", name="Submit").click()
    page.wait_for_selector("text=/Submitted as investigation|Look again/")


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"source": "hunting", "hunt": "EmailEvents | count"}, "has no column NetworkMessageId"),
        ({"source": "hunting", "hunt": "EmailEvents | whre"}, "line 1, column 15"),
        ({"source": "explorer"}, "no message is selected"),
        ({"source": "explorer", "message": "nothing-1"}, "1 message not known here"),
    ],
)
def test_what_cannot_be_meant_is_said_and_the_way_back_is_there(
    sign_in: SignIn, query: dict[str, str], why: str
) -> None:
    page = sign_in(
        "ada", "/take-action?" + urlencode({**query, "action": "soft_delete", "step": "messages"})
    )
    page.wait_for_selector(f"text={why}")
    page.get_by_role("link", name="1. Choose response actions").click()
    page.wait_for_selector("text=Move or delete")


def test_an_address_that_names_no_messages_says_what_to_do(sign_in: SignIn) -> None:
    page = sign_in("ada", "/take-action")
    assert "choose some in the Explorer" in page.inner_text("[role=alert]")
    page = sign_in("ada", address("nonsense=1"))
    assert "a condition is FIELD=VALUE" in page.inner_text("[role=alert]")
    many = picked(*(f"{n}-1" for n in range(101)), action="soft_delete", step="messages")
    page = sign_in("ada", many)
    page.wait_for_selector("text=101 single messages are more than one may pick")


def test_a_proposal_is_approved_by_another_person_and_not_by_who_proposed_it(
    stage: Stage, sign_in: SignIn
) -> None:
    ids = some(sign_in, "Inbox/folder", 2)
    page = sign_in("ada", picked(*ids))
    page.get_by_label("Create new", exact=False).check()
    page.get_by_label("Proposed action").select_option("Move to Junk")
    onward(page)
    messages(page)
    onward(page)
    name_it(page, "To be approved")
    assert would_move(page) == 2
    assert "Another person with the role operator" in page.inner_text("#content")
    submit(page)
    page.wait_for_selector("text=Move to Junk of 2 messages, Pending")
    action = str(page.get_by_role("link", name=re.compile(r"^Action \d+$")).get_attribute("href"))
    path = action.removeprefix("/console")
    assert decide(sign_in("ada", path)) == "refused"
    assert decide(sign_in("ben", path)) == "approved"
    number = re.search(r"open=(\d+)", path)[1]  # type: ignore[index]
    page = sign_in("ben", f"/action-center/history?open={number}")
    flyout = page.locator("aside.flyout")
    expect(flyout).to_contain_text("Move to Junk")
    expect(flyout).to_contain_text("Completed")
    expect(flyout.locator("dt:text-is('Name') + dd")).to_have_text("To be approved")
    expect(flyout).to_contain_text("ben")


def decide(page: Page) -> str:
    """Try to approve the action that is open."""
    flyout = page.locator("aside.flyout")
    button = flyout.get_by_role("button", name="Approve", exact=True)
    if not button.count() or not button.is_enabled():
        return "refused"
    button.click()
    reason = page.locator(".q-dialog textarea")
    reason.fill("seen by a second person")
    page.locator(".q-dialog button.button").first.click()
    said = page.locator(".q-notification").first
    said.wait_for()
    return "refused" if "another person" in said.inner_text() else "approved"


def test_messages_are_investigated_by_what_they_carry(stage: Stage, sign_in: SignIn) -> None:
    [bare] = some(sign_in, "Inbox/folder", 1)
    filters = (f"attachment_sha256={stage.said['malicious_sha256']}",)
    carrying = messages(sign_in("ada", address(*filters, action="investigate", step="messages")))[
        :2
    ]
    page = sign_in("ada", picked(bare, *carrying, action="investigate"))
    assert page.get_by_label("Investigate email", exact=False).is_checked()
    onward(page)
    messages(page)
    onward(page)
    name_it(page, "What is it")
    page.wait_for_selector("text=What is looked up")
    assert "no file and no link: nothing to look up" in page.inner_text("#content")
    number = submit(page)
    page.wait_for_selector("text=What is it")
    page.get_by_role("link", name="Open investigation").click()
    page.wait_for_url(f"**/investigations/{number}")
    page = sign_in("ada", picked(bare, action="investigate", step="review", name="None", draft="n"))
    page.get_by_role("button", name="Submit").click()
    page.wait_for_selector("text=no file and no link in these messages")


def test_what_is_submitted_twice_is_done_once(sign_in: SignIn) -> None:
    [one] = some(sign_in, "Inbox/folder", 1)
    known = {"action": "move_to_junk", "name": "Once", "description": "only once", "draft": "twice"}
    page = sign_in("ada", picked(one, step="review", **known))
    would_move(page)
    page.get_by_role("button", name="Submit").dblclick()
    page.wait_for_selector("text=Submitted as investigation")
    first = int(re.search(r"investigation (\d+)", page.inner_text("#content"))[1])  # type: ignore[index]
    page.go_back()
    page.wait_for_selector("text=You submitted this already")
    page.reload()
    page.wait_for_selector("text=You submitted this already")
    assert f"Investigation {first}" in page.inner_text("#content")
    # Another request is another one: so the first could have been done twice.
    page.get_by_role("link", name="Do it as something new").click()
    page.wait_for_selector("text=What policy says")
    assert "at the destination already" in page.inner_text("#content")
    assert submit(page) == first + 1


def test_two_who_look_at_one_review_are_told_when_the_messages_are_others(
    sign_in: SignIn,
) -> None:
    filters = (*HARMLESS, "latest_location=Inbox/folder")
    asked = {"action": "soft_delete", "name": "A race", "description": "who is first"}
    late = sign_in("ben", address(*filters, step="review", **asked))
    before = steady(late)
    [one] = some(sign_in, "Inbox/folder", 1)
    early = sign_in("ada", picked(one, step="review", **{**asked, "action": "move_to_junk"}))
    would_move(early)
    submit(early)
    moved(early)
    seen = sign_in("ben", address(*filters, step="review", **{**asked, "name": "Seen"}))
    mirrored(seen, lambda: would_move(seen) == before - 1)
    late.get_by_role("button", name="Submit").click()
    late.wait_for_selector("text=Look again.")
    assert would_move(late) == before - 1
    submit(late)
    assert moved(late) == before - 1


@pytest.mark.parametrize("name", ["rita", "root-admin"])
def test_who_may_not_take_action_is_told_so(stage: Stage, sign_in: SignIn, name: str) -> None:
    path = picked(stage.said["emails"][0], action="soft_delete", step="review", name="Not me")
    page = sign_in(name, path)
    assert "taking action needs the role operator" in page.inner_text("[role=alert]")
    assert page.get_by_role("button", name="Submit").count() == 0


def test_a_person_without_a_mouse_keeps_their_place(stage: Stage, sign_in: SignIn) -> None:
    page = sign_in("ada", picked(*stage.said["emails"][:3], action="move_to_junk"))
    page.get_by_label("Junk", exact=False).first.focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_url("**action=move_to_deleted_items**")
    page.wait_for_selector("text=Take the sender's copy")
    page.wait_for_function("document.activeElement.value === 'move_to_deleted_items'")
    page.keyboard.press("ArrowDown")
    page.wait_for_url("**action=soft_delete**")
    page.wait_for_function("document.activeElement.value === 'soft_delete'")


def test_the_wizard_fits_a_phone(stage: Stage, sign_in: SignIn) -> None:
    known = {"action": "propose", "name": "On a phone", "description": "away from the desk"}
    for step in ("action", "messages", "details", "review"):
        page = sign_in("ada", picked(*stage.said["emails"][:5], step=step, **known), width=390)
        page.wait_for_selector(WIZARD.get(step, "text=Soft deleted items"))
        page.wait_for_function("!document.querySelector('.notice.busy')")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, step


def test_messages_are_put_into_the_inbox_and_then_wait_for_a_second_look(sign_in: SignIn) -> None:
    """The last of all: what a person put back is not taken again at once."""
    ids = some(sign_in, "Recoverable Items folder", 1)
    known = {"name": "A mistake", "description": "it was harmless"}
    page = sign_in("ada", picked(*ids, action="move_to_inbox", step="review", **known))
    assert would_move(page) == 1
    submit(page)
    assert moved(page) == 1
    page = sign_in("ada", picked(*ids, action="soft_delete", step="review", **known))
    page.wait_for_selector("text=1 message would move once it is approved.")
    assert "put back by a person before" in page.inner_text("#content")
