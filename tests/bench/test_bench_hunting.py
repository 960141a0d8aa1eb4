"""The bench of hunting: what it prints, what it keeps to itself, and that it tells a wrong answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import hunting
from bench.command import main
from bench.hunt import measured as measured_by
from bench.hunt.questions import PAIRED
from bench.measuring import NotMeasured

TINY = "hunting --json --messages 400 --repeats 1 --loads 1 --commits 2"


def measured(arguments: str, directory: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    folder = directory / "temporary"
    folder.mkdir()
    assert main([*arguments.split(), "--directory", str(folder)]) == 0
    assert not list(folder.iterdir())
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bench says where temporary files go; nobody else's go there afterwards."""
    monkeypatch.setattr("tempfile.tempdir", None)


def test_published_queries_are_counted_and_their_text_stays_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "published.jsonl"
    queries = [
        {"id": "good", "query": "EmailEvents | take 3 // secret-words"},
        {"query": "EmailEvents | evaluate autocluster() // secret-words"},
    ]
    file.write_text("\n\n".join(map(json.dumps, queries)))
    result = measured(f"{TINY} --queries {file}", tmp_path, capsys)
    assert set(result["ratios"]) == {"filling", *(each.id for each in PAIRED)}
    assert {"first_query", "lag_p50_ms", "lag_p95_ms", "query_p95_ms", "translation_p50_ms"} <= set(
        result["figures"]
    )
    assert result["figures"]["pass_rate"]["value"] == 0.5
    assert (result["queries"]["tried"], result["queries"]["passed"]) == (2, 1)
    assert list(result["queries"]["failed"].values()) == [["3"]]
    for secret in ("secret-words", "published.jsonl"):
        assert secret not in json.dumps(result)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no query"),
        ('{"query": "EmailEvents"}\n{"text": "x"}', "line 2 is no JSON object with a query"),
        ("EmailEvents | take 1", "line 1 is no JSON object with a query"),
    ],
)
def test_a_file_without_queries_is_refused_before_anything_is_made(
    tmp_path: Path, text: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text(text)
    assert main(["hunting", "--queries", str(file)]) == 2
    assert says in capsys.readouterr().err


def test_the_other_benches_do_without_the_engine() -> None:
    said = "import sys, bench.command; print('duckdb' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_an_answer_that_the_bare_sql_does_not_give_ends_the_bench(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = [each._replace(query="EmailEvents | take 0") for each in PAIRED[:1]]
    monkeypatch.setattr(measured_by, "PAIRED", wrong)
    options = hunting.HuntingOptions(messages=200, repeats=1, loads=1, commits=1)
    with pytest.raises(NotMeasured, match="count_by_day"):
        hunting.run(options)
