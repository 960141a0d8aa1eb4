"""A real browser on a real console: fixtures. Run by `make browser`, in an environment of its own.

Anywhere else nothing here is collected. The console runs in the project's environment, which
CLAWBACK_PYTHON names.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

if not os.environ.get("CLAWBACK_PYTHON"):
    collect_ignore_glob = ["test_*.py"]
else:
    from backend_counts import BackendCounts
    from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
    from stage import Stage, staged
    from watching import Watch, foreign

    def pytest_configure(config: pytest.Config) -> None:
        config.pluginmanager.register(BackendCounts(), "clawback-backend-counts")

    def pytest_itemcollected(item: pytest.Item) -> None:
        """Mark each test before anybody counts them by their marks."""
        item.add_marker(pytest.mark.chromium)

    ARGUMENTS = (
        *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"),
        *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
    )

    @pytest.fixture(scope="session")
    def browser() -> Iterator[Browser]:
        """Debian's chromium."""
        found = shutil.which("chromium")
        if found is None:
            if os.environ.get("CI") == "true":
                pytest.fail("chromium is missing: .ci/run has to install it", pytrace=False)
            pytest.skip("chromium is not installed: apt-get install chromium")
        with sync_playwright() as play:
            yield play.chromium.launch(executable_path=found, args=ARGUMENTS)

    @pytest.fixture(scope="module")
    def stage(tmp_path_factory: pytest.TempPathFactory, request: Any) -> Iterator[Stage]:
        """A console over a lab of this module's own: tests of a module may change what it shows.

        A module that sets `STAGE_OPTIONS` has them given to `tests.console.stage_server`.
        """
        options = getattr(request.module, "STAGE_OPTIONS", ())
        with staged(tmp_path_factory.mktemp("console"), *options) as found:
            yield found

    @pytest.fixture(scope="module")
    def cookies(stage: Stage, browser: Browser) -> Callable[[str], Any]:
        """The state of a browser in which somebody has signed in by the form; once for each name."""
        known: dict[str, Any] = {}

        def state_of(name: str) -> Any:
            if name not in known:
                context = browser.new_context()
                page = context.new_page()
                page.goto(f"{stage.console}/login")
                page.get_by_label("Name").fill(name)
                page.get_by_label("Password").fill(stage.password)
                page.get_by_role("button", name="Sign in").click()
                page.wait_for_selector("header.top")
                known[name] = context.storage_state()
                context.close()
            return known[name]

        return state_of

    @pytest.fixture
    def sign_in(
        stage: Stage, browser: Browser, cookies: Callable[[str], Any]
    ) -> Iterator[Callable[..., Page]]:
        """Pages of people who signed in: `sign_in("ada", "/explorer", width=390, dark=True)`.

        Whatever a page did that it must not (an error on the console, a dialog, a request to elsewhere,
        an element that is not ours) fails the test at its end. `page.watch` is the page's `Watch`.
        """
        opened: list[tuple[BrowserContext, Page, Watch]] = []

        def sign_in(
            name: str, path: str = "/", *, width: int = 1280, height: int = 900, dark: bool = False
        ) -> Page:
            context = browser.new_context(
                storage_state=cookies(name),
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
                accept_downloads=True,
            )
            context.set_default_timeout(15_000)
            page = context.new_page()
            watch = Watch(stage.base)
            watch.look(page)
            page.watch = watch  # type: ignore[attr-defined]
            opened.append((context, page, watch))
            show(page, stage, path)
            return page

        yield sign_in
        faults = []
        for context, page, watch in opened:
            if not page.is_closed() and page.url.startswith(stage.console):
                watch.found.extend(foreign(page))
            faults.extend(watch.found)
            context.close()
        assert not faults, faults

    def show(page: Page, stage: Stage, path: str) -> None:
        """Go to a page of the console and wait until it is there and its socket speaks."""
        page.goto(f"{stage.console}{path}")
        page.wait_for_selector("#content h1")
        page.wait_for_function("() => window.did_handshake === true")

    @pytest.fixture
    def home(stage: Stage) -> Path:
        """The home directory of the console."""
        return Path(stage.said["home"])
