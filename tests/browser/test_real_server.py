"""The console of `clawback up`: decided by clicks, carried out by runs of a real server and worker."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli.small_lab import CONFIG, SMALL
from playwright.sync_api import Browser, Page, expect
from stage import ROOT, python
from watching import Watch, foreign

pytestmark = [pytest.mark.prefect_server, pytest.mark.sqlite, pytest.mark.timeout(600)]

PASSWORD = "correct horse battery"
UP = ("up", "--json", "--port", "0", "--api-port", "0", "--no-schedules")
RUN_MS = 150_000
"""Far more than a run takes on a busy machine: past this something is wrong."""


def environment(home: Path) -> dict[str, str]:
    """That of an operator's terminal."""
    return {**os.environ, "CLAWBACK_HOME": str(home), "PYTHONPATH": str(ROOT)}


def clawback(home: Path, *arguments: str, typed: str = "") -> str:
    """What a command says."""
    done = subprocess.run(
        [python(), "-m", "clawback.cli", *arguments],
        env=environment(home),
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (arguments, done.stderr)
    return done.stdout


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What `clawback up` says of itself, over a small lab with one alert about its link."""
    folder = tmp_path_factory.mktemp("up")
    home = folder / "home"
    home.mkdir()
    (home / "clawback.toml").write_text(CONFIG)
    made = json.loads(clawback(home, "lab", "create", str(folder / "lab"), *SMALL, "--json"))
    clawback(
        home, "user", "add", "ada", "--role", "operator", "--password-stdin", typed=f"{PASSWORD}\n"
    )
    program = subprocess.Popen(
        [python(), "-m", "clawback.cli", *UP],
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=(folder / "up.log").open("wb"),
        text=True,
    )
    try:
        assert program.stdout is not None
        said = json.loads(program.stdout.readline() or "{}")
        assert said.get("ready"), (folder / "up.log").read_text()
        clawback(home, "sync")
        clawback(home, "investigate", "--url", made["manifest"]["malicious_url"])
        yield {**said, "base": said["clawback_api"].removesuffix("/api/v1"), "home": home}
    finally:
        program.terminate()
        program.wait(60)


def test_an_analyst_approves_and_puts_back_and_runs_do_it(
    running: dict[str, Any], browser: Browser
) -> None:
    page = browser.new_context().new_page()
    page.set_default_timeout(30_000)
    watch = Watch(running["base"])
    watch.look(page)
    sign_in(page, running["base"])
    page.goto(f"{running['base']}/console/action-center/pending")
    reload_until_it_waits(page)
    decide(page, "Approve", "checked: it is phishing", "Approve")
    reload_until(page, f"{running['base']}/console/action-center/history?open=1", "Completed")
    decide(page, "Restore to original folder", "to show that it can be undone", None)
    reload_until(page, f"{running['base']}/console/action-center/history?open=2", "Completed")
    found = json.loads(clawback(running["home"], "actions", "--json").splitlines()[0])
    assert found["action_type"] == "Restore to original folder"
    assert found["decided_by"] == "ada"
    assert found["outcomes"].get("moved", 0) > 0
    assert not foreign(page)
    assert not watch.found
    page.context.close()


def sign_in(page: Page, base: str) -> None:
    """By the form, from the address that `/` leads to."""
    page.goto(base)
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("header.top")


def decide(page: Page, button: str, reason: str, confirm: str | None) -> None:
    """Press a button of the open action, and say why."""
    page.wait_for_function("() => window.did_handshake === true")
    page.locator("aside.flyout").get_by_role("button", name=button, exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name=confirm or button).first.click()
    expect(page.locator(".q-notification").first).to_be_visible(timeout=RUN_MS)


def reload_until_it_waits(page: Page) -> None:
    """Wait until the investigation has come to an action that waits, and open it."""
    row = page.locator("tbody tr a[href*='open=1']").first
    for _ in range(RUN_MS // 1000):
        if row.is_visible():
            break
        page.wait_for_timeout(1000)
        page.reload()
        page.wait_for_function("() => window.did_handshake === true")
    row.click()


def reload_until(page: Page, address: str, status: str) -> None:
    """Wait until the open action has this status; the page follows it by itself."""
    page.goto(address)
    flyout = page.locator("aside.flyout")
    expect(flyout.locator(".badge").first).to_have_text(status, timeout=RUN_MS)
