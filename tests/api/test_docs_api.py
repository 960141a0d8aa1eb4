"""docs/api.md: every example runs against a real server and answers what the page shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from requiring import require

from clawback.api import problems
from clawback.api.app import create_app
from clawback.api.options import PREFIX
from clawback.api.problems import KINDS, Kind
from clawback.config import ApiConfig, load_config
from clawback.services import people
from clawback.serving.addresses import claim
from clawback.wiring import open_app
from models.people import Role
from tests.cli.cli_stage import Stage
from tests.cli.prefect_double import PrefectDouble
from tests.cli.small_lab import CONFIG, SMALL
from tests.services.scene import ANALYST, Scene, message

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```", re.M | re.S)


@dataclass(frozen=True)
class Served:
    """A real server over a lab, and the variables of the examples."""

    variables: dict[str, str]
    folder: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    require(program="curl")
    folder = tmp_path_factory.mktemp("api")
    with pytest.MonkeyPatch.context() as patch, PrefectDouble() as double:
        patch.setenv("CLAWBACK_HOME", str(folder / "home"))
        patch.setenv("PREFECT_API_URL", double.api_url)
        patch.delenv("CLAWBACK_DATABASE_URL", raising=False)
        manifest = made_lab(folder, patch)
        port = claim("127.0.0.1", 0).port
        secrets = tokens()
        with process(folder, port):
            yield Served(
                {
                    "API": f"http://127.0.0.1:{port}{PREFIX}",
                    "SHA256": manifest["malicious_sha256"],
                    "URL": manifest["malicious_url"],
                    "AUTH": f"Authorization: Bearer {secrets['ops']}",
                    "ADMIN_TOKEN": secrets["root"],
                    "PREVIEW_TOKEN": secrets["reading"],
                },
                folder,
            )


def made_lab(folder: Path, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A synced lab in the home, and a message to report."""
    stage = Stage(folder, {}, patch)
    manifest = stage.json("lab", "create", folder / "lab", *SMALL).line["manifest"]
    (folder / "home" / "clawback.toml").write_text(CONFIG)
    assert stage.run("sync").code == 0
    (folder / "reported.eml").write_bytes(message("see https://portal.parcel.test/x"))
    return dict(manifest)


def tokens() -> dict[str, str]:
    """The secrets of an operator, an administrator and somebody who may preview."""
    ctx = open_app(load_config())
    secrets = {}
    for name, role in (("ops", Role.OPERATOR), ("root", Role.ADMIN), ("reading", Role.PREVIEW)):
        people.add_user(ctx, name, {role}, None, actor=ANALYST)
        _, secrets[name] = people.issue_token(ctx, name, "docs", by=ANALYST)
    return secrets


class process:
    """The server as `clawback up` starts it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.command = [sys.executable, "-m", "clawback.api.serve", "--port", str(port)]
        self.health = f"http://127.0.0.1:{port}{PREFIX}/health"
        self.log = folder / "api.log"

    def __enter__(self) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(self.command, stderr=log, stdout=log, cwd=ROOT)
        deadline = time.monotonic() + 60
        while True:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline
            try:
                if httpx.get(self.health, trust_env=False).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)

    def __exit__(self, *error: object) -> None:
        self.process.terminate()
        assert self.process.wait(20) in (0, -15)


def test_every_example_runs_and_answers_what_the_page_shows(served: Served) -> None:
    ran, answer = 0, ""
    for kind, text in BLOCK.findall(PAGE):
        if kind == "sh" and "curl" in text:
            answer = run(text, served)
            ran += text.count("curl ")
        elif kind == "json":
            lacks = missing(json.loads(text), last_of(answer))
            assert lacks == [], f"{lacks} of {text} in {answer}"
    assert ran > 30


def last_of(answers: str) -> Any:
    """The last JSON value of an output: curl puts nothing between two answers."""
    found, at = None, 0
    while at < len(answers):
        found, at = json.JSONDecoder().raw_decode(answers, at)
    return found


def run(script: str, served: Served) -> str:
    """What the last command of an example prints."""
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={**os.environ, **served.variables},
        cwd=served.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, f"{script}\n{result.stdout}{result.stderr}"
    return result.stdout


def missing(shown: Any, answered: Any, at: str = "") -> list[str]:
    """The keys that the page shows and the answer has not, however deep."""
    match shown, answered:
        case dict(), dict():
            absent = [f"{at}.{key}" for key in shown if key not in answered]
            deeper = [missing(shown[key], answered.get(key), f"{at}.{key}") for key in shown]
            return absent + [found for each in deeper for found in each]
        case [first, *_], [other, *_]:
            return missing(first, other, f"{at}[]")
        case dict() | [_, *_], _:
            return [at]
    return []


def test_a_key_that_the_answer_has_not_is_caught() -> None:
    shown = {"items": [{"id": 1, "gone": 2}]}
    assert missing(shown, {"items": [{"id": 1}]}) == [".items[].gone"]
    assert missing(shown, {"items": []}) == [".items"]


def test_the_page_names_every_route_problem_and_setting(scene: Scene) -> None:
    text = PAGE.replace("`/reject`", "`/api/v1/actions/{number}/reject`").replace(
        "`/cancel`", "`/api/v1/actions/{number}/cancel`"
    )
    for route in create_app(scene.ctx).routes:
        path = getattr(route, "path_format", "")
        assert not path.startswith(PREFIX) or f"{path}`" in text, path
    kinds = [kind for _, kind in KINDS]
    kinds += [one for one in vars(problems).values() if isinstance(one, Kind)]
    for kind in [*kinds, *problems._BY_STATUS.values()]:
        assert f"`{kind.name}`" in PAGE, kind.name
    for name in ApiConfig.model_fields:
        assert f"| `{name}` |" in PAGE, name
