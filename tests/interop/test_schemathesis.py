"""schemathesis reads the OpenAPI document and asks the API everything that fits it, and what does not.

No 5xx, no status and no shape that the document does not name, nobody let in without a token.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
START_SECONDS = 120.0
FUZZ_SECONDS = 75


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A server in the project's own environment, with cases in every state."""
    folder = tmp_path_factory.mktemp("api")
    python = os.environ.get("CLAWBACK_PYTHON") or str(ROOT / ".venv" / "bin" / "python")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [python, "-m", "tests.interop.api_server", str(folder)],
            stdout=log,
            stderr=log,
            cwd=ROOT,
        )
    try:
        yield _answering(process, folder)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _answering(process: subprocess.Popen[bytes], folder: Path) -> dict[str, Any]:
    """What the server says of itself once it answers."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < deadline, "the API did not start"
        with suppress(FileNotFoundError, URLError):
            said = dict(json.loads((folder / "ready.json").read_text()))
            with urlopen(said["health"]):
                return said
        time.sleep(0.1)


def run(api: dict[str, Any], folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What schemathesis says of the API; what it remembers goes into the folder."""
    return subprocess.run(
        [
            *(str(Path(sys.executable).parent / "schemathesis"), "--config-file"),
            *(str(HERE / "schemathesis.toml"), "run", api["document"], "--no-color"),
            *("-H", f"Authorization: Bearer {api['token']}", "--continue-on-failure"),
            *("--checks", "all", "--suppress-health-check", "all", "--warnings", "off"),
            *options,
        ],
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": "api_hooks",
            "PYTHONPATH": str(HERE),
            "CLAWBACK_CLIENT_NAME": api["name"],
        },
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=FUZZ_SECONDS * 3,
        check=False,
    )


def test_the_api_keeps_what_its_document_promises(api: dict[str, Any], tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    result = run(
        api, tmp_path, "--max-time", str(FUZZ_SECONDS), "-n", "20", "--seed", "5",
        "--report-junit-path", str(report), "--report", "junit",
    )  # fmt: skip
    assert result.returncode == 0, result.stdout[-20_000:] + result.stderr
    assert report.read_text().count("<testcase") >= 40


def test_a_document_that_promises_less_than_the_api_does_is_caught(
    api: dict[str, Any], tmp_path: Path
) -> None:
    """The broken variant: a status and a member of an answer are taken out of the document."""
    with urlopen(api["document"]) as answer:
        document = json.load(answer)
    del document["paths"]["/api/v1/actions/{number}"]["get"]["responses"]["404"]
    properties = document["components"]["schemas"]["MeOut"]["properties"]
    properties["name"] = {"type": "integer"}
    altered = tmp_path / "altered.json"
    altered.write_text(json.dumps(document))
    base = api["document"].removesuffix("/openapi.json")
    broken = {**api, "document": str(altered)}
    paths = "^/api/v1/(me|actions/.number.)$"
    result = run(
        broken, tmp_path, "--url", base, "--include-path-regex", paths,
        "--include-method", "GET", "-n", "10", "--phases", "fuzzing",
    )  # fmt: skip
    assert result.returncode == 1
    assert "Undocumented" in result.stdout
    assert "Response violates schema" in result.stdout
