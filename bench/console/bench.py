"""Bench `console`: how long the server takes for each page, when a browser paints, and the memory."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

import httpx

from bench.console.home import NAME, PASSWORD, Home, made
from bench.console.serving import resident_bytes, served, signed_in
from bench.grounds import temporary
from bench.measuring import expect, interleaved, percentile, seconds_of
from bench.offering import choice, place
from bench.results import Figure, Ratio, Result

PAGE_P95_MS = 500.0
PAINT_MS = 2_000.0
PYTHON = Path(__file__).resolve().parents[2] / ".venv-browser" / "bin" / "python"


@dataclass(frozen=True, slots=True)
class ConsoleOptions:
    """How large the organisation is, and how often each page is asked for."""

    messages: int = choice(1_000_000, "messages in the organisation", least=2_000)
    actions: int = choice(10_000, "actions in the Action center", least=50)
    repeats: int = choice(20, "requests for each page")
    paints: int = choice(5, "times that the browser opens a page, each with an empty cache")
    home: str = place("directory that keeps the organisation for the next run")


def run(options: ConsoleOptions) -> Result:
    """Make the organisation, serve it, and look at every page."""
    with temporary() as aside:
        home = Path(options.home) if options.home else aside
        found = made(home, options.messages, options.actions)
        with served(home) as (base, pid):
            figures, facts = [], {}
            with closing(signed_in(base, NAME, PASSWORD)) as client:
                figures += _pages(client, pages(found), options.repeats)
                figures += _counted(client, found, options.repeats)
                ratio = _listed(client, home, options.repeats)
            painted, skipped = _painted(base, found, options.paints)
            figures += painted
            figures.append(Figure("memory_mb", resident_bytes(pid) / 1e6, "MB"))
            if skipped:
                facts["paint_skipped"] = skipped
    return Result("console", asdict(options), [ratio], figures, facts)


def pages(found: Home) -> Mapping[str, str]:
    """The addresses of all pages, by name."""
    hunt = quote("EmailEvents | summarize count() by DeliveryAction")
    return {
        "action_center_pending": "/console/action-center/pending",
        "action_center_pending_open": f"/console/action-center/pending?open={found.pending}",
        "action_center_history": "/console/action-center/history",
        "action_center_history_open": f"/console/action-center/history?open={found.completed}",
        "investigations": "/console/investigations",
        "investigation": f"/console/investigations/{found.investigation}",
        "investigation_emails": f"/console/investigations/{found.investigation}?tab=entities&kind=emails",
        "explorer": "/console/explorer",
        "explorer_30_days": "/console/explorer?range=30d",
        "explorer_filtered": "/console/explorer?range=30d&filter=subject%3Dinvoice",
        "email": f"/console/email/{found.email}",
        "hunting": f"/console/hunting?query={hunt}",
        "take_action": f"/console/take-action?source=explorer&message={found.email}",
        "settings": "/console/settings",
        "health": "/console/health",
        "audit": "/console/audit",
    }


def _pages(client: httpx.Client, addresses: Mapping[str, str], repeats: int) -> list[Figure]:
    """Server time of each page, the first request included: p50 and p95."""
    figures = []
    for name, address in addresses.items():
        seconds = [_asked(client, address) for _ in range(repeats)]
        figures.append(Figure(f"{name}_p50_ms", percentile(seconds, 50) * 1000, "ms"))
        figures.append(Figure(f"{name}_p95_ms", percentile(seconds, 95) * 1000, "ms", PAGE_P95_MS))
    return figures


def _asked(client: httpx.Client, address: str) -> float:
    answers: list[httpx.Response] = []
    seconds = seconds_of(lambda: answers.append(client.get(address)))
    expect(answers[0].status_code == 200, f"{address} was answered by {answers[0].status_code}")
    return seconds


def _counted(client: httpx.Client, found: Home, repeats: int) -> list[Figure]:
    """The Explorer's counts and histogram over all messages: pages load them after the list."""
    figures = []
    for name, path in (("counts", "counts"), ("histogram", "histogram")):
        ask = partial(
            client.get,
            f"/api/v1/explore/{path}",
            headers={"Authorization": f"Bearer {found.token}"},
        )
        expect(ask().status_code == 200, f"the Explorer's {name} were refused")
        seconds = [seconds_of(ask) for _ in range(repeats)]
        figures.append(Figure(f"explorer_{name}_p50_ms", percentile(seconds, 50) * 1000, "ms"))
        figures.append(Figure(f"explorer_{name}_p95_ms", percentile(seconds, 95) * 1000, "ms"))
    return figures


def _listed(client: httpx.Client, home: Path, repeats: int) -> Ratio:
    """A page of the History over the same rows by bare SQL."""
    rows = "SELECT * FROM actions WHERE status <> 'Pending' ORDER BY updated_at DESC, id DESC LIMIT 100"
    with closing(sqlite3.connect(home / "clawback.db")) as bare:
        pairs = interleaved(
            repeats,
            partial(client.get, "/console/action-center/history"),
            lambda: bare.execute(rows).fetchall(),
        )
    return Ratio("action_center_history", "its hundred rows by sqlite3, without a page", pairs)


def _painted(base: str, found: Home, repeats: int) -> tuple[list[Figure], str]:
    """First paint of each page in chromium, or why it is not known."""
    if not PYTHON.exists() or shutil.which("chromium") is None:
        return [], "`make browser` installs the driver, and it needs chromium"
    task = {
        "base": base,
        "name": NAME,
        "password": PASSWORD,
        "pages": pages(found),
        "repeats": repeats,
    }
    done = subprocess.run(
        [str(PYTHON), str(Path(__file__).with_name("painting.py"))],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=False,
    )
    expect(done.returncode == 0, f"the browser ended with {done.returncode}: {done.stderr[-200:]}")
    return [
        Figure(f"{name}_first_paint_ms", percentile(times, 50), "ms", PAINT_MS)
        for name, times in json.loads(done.stdout).items()
    ], ""
