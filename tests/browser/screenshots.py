"""`make screenshots`: a picture of every page of the console, over a lab of its own.

`python -m screenshots [DIR]` writes NAME.png and NAME-dark.png there, by default into docs/images.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from stage import ROOT, Stage, staged
from tour import Stop, tour


def main(folder: Path) -> None:
    """Take all pictures."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("chromium is not installed: apt-get install chromium")
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        staged(Path(home)) as stage,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        for dark in (False, True):
            take(browser, stage, folder, dark=dark)
        browser.close()


def take(browser: Browser, stage: Stage, folder: Path, *, dark: bool) -> None:
    """The pictures in one theme."""
    states: dict[str, object] = {}
    for stop in tour(stage.said):
        if stop.user not in states:
            states[stop.user] = signed_in(browser, stage, stop.user)
        context = browser.new_context(
            storage_state=states[stop.user],  # type: ignore[arg-type]
            viewport={"width": stop.width, "height": 844 if stop.width < 500 else 900},
            color_scheme="dark" if dark else "light",
        )
        page = context.new_page()
        page.goto(f"{stage.console}{stop.path}")
        if stop.clicks:
            page.wait_for_function("() => window.did_handshake === true")
        for selector in stop.clicks:
            page.click(selector)
        page.wait_for_selector(stop.waits_for)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(700)  # charts draw themselves in
        page.screenshot(path=folder / f"{named(stop, dark)}.png", animations="disabled")
        context.close()


def named(stop: Stop, dark: bool) -> str:
    """The name of a picture."""
    return f"{stop.name}-dark" if dark else stop.name


def signed_in(browser: Browser, stage: Stage, user: str) -> object:
    """The state of a browser in which somebody has signed in."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{stage.console}/login")
    page.get_by_label("Name").fill(user)
    page.get_by_label("Password").fill(stage.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("header.top")
    state = context.storage_state()
    context.close()
    return state


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
