"""Pages that are fetched and never opened: one account cannot fill the memory with them."""

from __future__ import annotations

import httpx
import pytest
from serving_small import OpenPage, Served, open_page, socket_of

from clawback.console.unopened import PAGES_OF_ONE


def fetched(browser: httpx.Client, number: int) -> list[OpenPage]:
    """So many pages that no browser connects to."""
    return [open_page(browser) for _ in range(number)]


def opens(page: OpenPage) -> bool:
    """Whether the console still knows the page; otherwise its browser loads it anew."""
    with socket_of(page) as socket:
        return socket.is_attached()


def test_the_oldest_pages_of_an_account_go_when_it_fetches_too_many(console: Served) -> None:
    with console.signed_in("ada") as browser, console.signed_in("ben") as other:
        theirs = open_page(other)
        pages = fetched(browser, PAGES_OF_ONE + 2)
        assert [opens(page) for page in pages[:4]] == [False, False, True, True]
        assert opens(pages[-1])
        assert opens(theirs), "pages of one account push out none of another's"


def test_a_page_that_was_opened_is_not_counted(console: Served) -> None:
    with console.signed_in("rita") as browser:
        first = open_page(browser)
        with socket_of(first) as socket:
            assert socket.is_attached()
            fetched(browser, PAGES_OF_ONE + 1)
            socket.emit("event", first.say("still-here"))
            assert socket.until("still-here")


def test_a_page_that_comes_back_does_not_begin_the_count_anew(console: Served) -> None:
    with console.signed_in("ben") as browser:
        kept, pages = open_page(browser), []
        with socket_of(kept):
            for _ in range(3):
                assert opens(kept)
                pages += fetched(browser, PAGES_OF_ONE // 2 + 1)
        assert sum(opens(page) for page in pages) <= PAGES_OF_ONE


def test_pages_that_were_opened_and_left_are_counted(console: Served) -> None:
    with console.signed_in("rita") as browser:
        left = fetched(browser, 3)
        assert [opens(page) for page in left] == [True] * 3
        more = fetched(browser, PAGES_OF_ONE)
        assert [opens(page) for page in left] == [False] * 3
        assert opens(more[-1])


@pytest.mark.parametrize("path", ["/console/nothing-here", "/console/broken"])
def test_pages_in_place_of_another_are_counted(console: Served, path: str) -> None:
    with console.signed_in("ada") as browser:
        pages = [OpenPage(browser, browser.get(path).text) for _ in range(PAGES_OF_ONE + 2)]
        assert not opens(pages[0])
        assert opens(pages[-1])


def test_a_console_that_keeps_all_pages_is_found_out(broken: Served) -> None:
    with broken.signed_in("ada") as browser:
        pages = fetched(browser, PAGES_OF_ONE + 2)
        assert [opens(page) for page in pages[:2]] == [True, True]
