"""When a browser first paints: run by the interpreter that `make browser` made, with a task on its input.

Reads {"base", "name", "password", "pages": {name: path}, "repeats"} as JSON, prints
{name: [milliseconds, …]}. Nothing of the project is imported: that interpreter does not have it.
"""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

from playwright.sync_api import Browser, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
_PAINTED = """() => new Promise((done) => {
  const look = () => {
    const paint = performance.getEntriesByName('first-contentful-paint')[0];
    if (paint && document.querySelector('#content h1')) done(paint.startTime); else setTimeout(look, 5);
  };
  look();
})"""


def main(task: dict[str, Any]) -> dict[str, list[float]]:
    """Milliseconds from the navigation to the first paint with content, each with an empty cache."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        state = _signed_in(browser, task)
        found = {
            name: [
                _painted(browser, state, f"{task['base']}{path}") for _ in range(task["repeats"])
            ]
            for name, path in task["pages"].items()
        }
        browser.close()
    return found


def _signed_in(browser: Browser, task: dict[str, Any]) -> Any:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{task['base']}/console/login")
    page.get_by_label("Name").fill(task["name"])
    page.get_by_label("Password").fill(task["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("header.top")
    state = context.storage_state()
    context.close()
    return state


def _painted(browser: Browser, state: Any, address: str) -> float:
    context = browser.new_context(storage_state=state, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(address)
    milliseconds = float(page.evaluate(_PAINTED))
    context.close()
    return milliseconds


if __name__ == "__main__":
    print(json.dumps(main(json.load(sys.stdin))))
