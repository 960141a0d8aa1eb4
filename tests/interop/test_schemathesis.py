"""schemathesis reads the OpenAPI document and asks the API everything that fits it, and what does not.

No 5xx, no status and no shape that the document does not name, nobody let in without a token.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from serving_api import served

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FUZZ_SECONDS = 75


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A server in the project's own environment, with cases in every state."""
    with served(tmp_path_factory.mktemp("api")) as said:
        yield said


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
