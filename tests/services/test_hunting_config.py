"""What [hunting] in clawback.toml says reaches the limits of a query, and a fault is said by its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from clawback.config import Config, HuntingConfig, load_config
from clawback.errors import SetupError
from models.hunting import HuntLimits


def load(home: Path, hunting: str) -> Config:
    (home / "clawback.toml").write_text(f"[hunting]\n{hunting}", encoding="utf-8")
    return load_config({"CLAWBACK_HOME": str(home)})


def test_without_a_word_of_it_the_limits_are_the_defaults(tmp_path: Path) -> None:
    assert load_config({"CLAWBACK_HOME": str(tmp_path)}).hunting.limits() == HuntLimits()


def test_every_limit_of_a_query_can_be_set(tmp_path: Path) -> None:
    given = HuntLimits(
        rows=7,
        seconds=1.5,
        text_bytes=500,
        memory_bytes=500_000_000,
        result_bytes=200_000,
        concurrent=5,
    )
    lines = (f"{name} = {getattr(given, name)}" for name in HuntLimits.__slots__)
    assert load(tmp_path, "\n".join(lines)).hunting.limits() == given


def test_the_geo_database_is_looked_for_in_the_home_directory(tmp_path: Path) -> None:
    hunting = load(tmp_path, 'geo_database = "geo.mmdb"\n').hunting
    assert hunting.geo_database == tmp_path / "geo.mmdb"


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("rows = 0", "rows"),
        ("rows = 10_000_000", "rows"),
        ("seconds = 0", "seconds"),
        ("seconds = inf", "seconds"),
        ("text_bytes = 10", "text_bytes"),
        ("memory_bytes = 100_000_000", "memory_bytes"),
        ("result_bytes = 1", "result_bytes"),
        ("concurrent = 0", "concurrent"),
        ("threads = 1000", "threads"),
        ("refresh_seconds = -1", "refresh_seconds"),
        ('secons = "3"', "secons"),
    ],
)
def test_a_senseless_limit_is_refused_by_its_key(tmp_path: Path, line: str, key: str) -> None:
    with pytest.raises(SetupError) as refused:
        load(tmp_path, line + "\n")
    said = str(refused.value)
    assert said.startswith(f"{tmp_path / 'clawback.toml'}: hunting.{key}: ")
    assert "\n" not in said


def test_the_documented_defaults_are_those_of_the_code() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "hunting.md").read_text(encoding="utf-8")
    for name, default in HuntingConfig().model_dump().items():
        shown = (
            "–" if default is None else f"{default:g}" if isinstance(default, float) else default
        )
        assert f"| `{name}` | {shown} |" in text
