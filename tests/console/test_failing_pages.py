"""Addresses without a page, and pages that fail: what is said, and what is not."""

from __future__ import annotations

from serving_small import Served, open_page, socket_of


def test_where_no_page_is_the_console_says_so_in_its_frame(console: Served) -> None:
    with console.signed_in("rita") as browser:
        answer = browser.get("/console/nowhere/at/all?name=rita@example.com")
        assert answer.status_code == 404
        for said in ("Not found", "no page has this address", "Action center", "Signed in as rita"):
            assert said in answer.text
        for path in ("/console/static/nothing.js", "/console/_nicegui/x"):
            assert browser.get(path).status_code == 404
    with console.browser() as stranger:
        assert stranger.get("/console/nowhere").status_code == 303
        assert stranger.get("/console/static/nothing.js").status_code == 404
    assert "rita@example.com" not in console.log.read_text()


def test_a_page_that_fails_tells_the_log_the_cause_and_nobody_else(console: Served) -> None:
    with console.signed_in("rita") as browser:
        answer = browser.get("/console/broken")
        assert answer.status_code == 500
        assert "Something went wrong here" in answer.text
        assert "secret of a database" not in answer.text
        assert "secret of a database" in console.log.read_text()
        with socket_of(open_page(browser)) as socket:
            assert socket.is_attached()


def test_what_is_hidden_in_what_an_error_repeats_is_marked(console: Served) -> None:
    with console.signed_in("ada") as browser:
        text = browser.get("/console/picky?say=invoice%E2%80%AEfdp.exe").text
    assert "no message is called invoice\ufffdfdp.exe" in text
    assert "\u202e" not in text
