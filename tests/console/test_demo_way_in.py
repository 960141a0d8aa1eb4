"""The demo's console: a browser on this machine needs no password, and nobody else gets in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from serving_small import ROOT, Served

HERE = {"Sec-Fetch-Site": "none", "Sec-Fetch-Dest": "document"}
NOT_HERE = [
    {"Host": "evil.example"},
    {"Host": "evil.example:{port}"},
    {"Host": "127.0.0.1.evil.example:{port}"},
    {"Host": "127.0.0.1:1"},
    {"Host": "localhost"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Dest": "iframe"},
    {"Sec-Fetch-Dest": "empty"},
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-Host": "127.0.0.1"},
    {"Forwarded": "for=127.0.0.1"},
    {"Via": "1.1 proxy"},
]
"""What a page elsewhere, a name that leads here (DNS rebinding) or a proxy brings along."""


def let_in(demo: Served) -> list[dict[str, str]]:
    """Which of those get a page without a session."""
    taken = []
    for headers in NOT_HERE:
        told = {name: value.format(port=demo.port) for name, value in headers.items()}
        with demo.browser(**{**HERE, **told}) as browser:
            if browser.get("/console/probe").status_code == 200:
                taken.append(headers)
    return taken


def test_a_browser_on_this_machine_is_signed_in_by_the_printed_link(demo: Served) -> None:
    for host in ("127.0.0.1", "localhost", "[::1]"):
        with demo.browser(**HERE, Host=f"{host}:{demo.port}") as browser:
            page = browser.get("/console/probe?say=x")
            assert page.status_code == 200
            assert "demo asks for x" in page.text
    with demo.browser(**HERE) as browser:
        browser.get("/console/probe")
        assert browser.get("/console/session").status_code == 204
        assert browser.get("/console/probe").headers.get("set-cookie") is None, "once is enough"


def test_a_page_elsewhere_a_rebound_name_or_a_proxy_is_not_let_in(demo: Served) -> None:
    assert let_in(demo) == []
    with demo.browser(**{**HERE, "Sec-Fetch-Site": "cross-site"}) as browser:
        page = browser.get(browser.get("/console/probe").headers["location"])
        assert 'href="/console/probe"' in page.text
        assert "<form" not in page.text, "the demo has no password"


def test_a_demo_that_does_not_look_who_comes_is_found_out(open_demo: Served) -> None:
    assert let_in(open_demo) == NOT_HERE


@pytest.mark.parametrize(
    "config",
    [
        '[api]\nhost = "0.0.0.0"\n',
        '[api]\nhost = "::"\n',
        '[api]\nhost = "192.0.2.1"\n',
        '[api]\nhost = "localhost.evil.example"\n',
        '[api]\npublic_url = "https://sec.example"\n',
        '[api]\ntrusted_proxies = ["127.0.0.1"]\n',
    ],
)
def test_a_way_in_without_a_password_is_served_to_this_machine_alone(
    tmp_path: Path, config: str
) -> None:
    (tmp_path / "clawback.toml").write_text(config)
    ended = subprocess.run(
        [sys.executable, "-m", "clawback.api.serve", "--demo-account", "demo", "--port", "0"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "CLAWBACK_HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert "127.0.0.1 or ::1 alone" in ended.stderr


def test_nobody_gets_in_without_a_password_where_it_is_no_demo(console: Served) -> None:
    with console.browser(**HERE) as browser:
        assert browser.get("/console/probe").status_code == 303
