"""`[limits]` of clawback.toml: each bound can be set, and what cannot be meant is refused."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from clawback.config import load_config
from clawback.errors import SetupError
from models.limits import DEFAULT_LIMITS, Limits

DOCS = Path(__file__).parents[2] / "docs" / "limits.md"


def limits(home: Path, toml: str) -> Limits:
    (home / "clawback.toml").write_text(f"[limits]\n{toml}\n")
    return load_config({"CLAWBACK_HOME": str(home)}).reading_limits()


def test_without_a_word_the_defaults_hold(tmp_path: Path) -> None:
    assert limits(tmp_path, "") == DEFAULT_LIMITS


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
def test_each_limit_can_be_set(name: str, tmp_path: Path) -> None:
    default = getattr(DEFAULT_LIMITS, name)
    value = not default if isinstance(default, bool) else default + 1
    assert getattr(limits(tmp_path, f"{name} = {str(value).lower()}"), name) == value


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
@pytest.mark.parametrize("value", ["-1", '"many"', "nan"])
def test_what_is_no_limit_is_refused_by_name(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=rf"clawback\.toml: limits\.{name}: "):
        limits(tmp_path, f"{name} = {value}")


def test_an_unknown_limit_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"limits\.minutes: "):
        limits(tmp_path, "minutes = 3")


def test_the_documentation_names_each_limit_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (\S+) \|", DOCS.read_text(), re.MULTILINE))
    assert {name: str(value) for name, value in rows.items()} == {
        field.name: f"{getattr(DEFAULT_LIMITS, field.name):g}"
        if field.name == "seconds"
        else str(getattr(DEFAULT_LIMITS, field.name)).lower()
        for field in fields(Limits)
    }
