"""docs/cli.md names every command, option and JSON key that the code has."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from clawback.cli import app
from clawback.lab.manifest import CampaignManifest, LabManifest, Twin
from models.locations import Bucket
from models.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
VIEWS = [
    *(ROOT / "clawback" / "commands").glob("*.py"),
    ROOT / "clawback" / "services" / "automation.py",
    ROOT / "clawback" / "services" / "report.py",
    ROOT / "clawback" / "services" / "preview_report.py",
    ROOT / "clawback" / "services" / "what_if_report.py",
]
NO_VIEWS = {"assigning.py", "action_table.py", "opening.py"}
"""Modules whose dictionaries are no JSON."""


def _commands() -> Iterator[tuple[str, object]]:
    def below(path: str, command: object) -> Iterator[tuple[str, object]]:
        children = getattr(command, "commands", {})
        for name, child in children.items():
            yield f"{path} {name}", child
            yield from below(f"{path} {name}", child)

    yield from below("clawback", typer.main.get_command(app))


def _options() -> Iterator[tuple[str, str]]:
    for path, command in _commands():
        for parameter in getattr(command, "params", []):
            for name in [*parameter.opts, *parameter.secondary_opts]:
                if name.startswith("--") and name != "--help":
                    yield path, name


def _keys_of(path: Path) -> Iterator[str]:
    """The keys of all dictionaries that a module writes down, save those of selectors."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Dict):
            for key in node.keys:
                match key:
                    case ast.Constant(value=str(name)) if re.fullmatch(r"[a-z][a-z0-9_]*", name):
                        yield name


def _keys() -> set[str]:
    found = {key for path in VIEWS if path.name not in NO_VIEWS for key in _keys_of(path)}
    for kind in (LabManifest, CampaignManifest, Twin):
        found |= {field.name for field in dataclasses.fields(kind)}
    return found | set(Settings.model_fields) | {bucket.value for bucket in Bucket}


def missing(docs: str) -> set[str]:
    """What the page does not name: commands by heading, options in their section, keys anywhere."""
    gaps = set()
    for path, _ in _commands():
        if not _section(path, docs):
            gaps.add(path)
    for path, option in _options():
        if option not in _quoted(_section(path, docs)):
            gaps.add(f"{path} {option}")
    return gaps | (_keys() - _quoted(docs))


def _section(path: str, docs: str) -> str:
    """The section that is headed by a command; for `settings set` its item in that of `settings`."""
    for section in re.split(r"^(?=##)", docs, flags=re.MULTILINE):
        heading = section.partition("\n")[0]
        if re.search(rf"`{re.escape(path)}[ `]", heading):
            return section
    group, _, name = path.removeprefix("clawback ").partition(" ")
    within = _section(f"clawback {group}", docs) if name else ""
    return within if f"- `{group} {name}" in within else ""


def _quoted(docs: str) -> set[str]:
    spans = re.findall(r"`([^`]+)`", docs)
    words = {word for span in spans for word in re.findall(r"--[a-z0-9-]+|[a-z][a-z0-9_]*", span)}
    return {*spans, *words}


def test_the_page_names_every_command_option_and_key() -> None:
    assert missing(DOCS) == set()


def test_the_code_has_what_the_page_is_measured_against() -> None:
    paths = {path for path, _ in _commands()}
    assert {"clawback find", "clawback settings set", "clawback lab deliver"} <= paths
    assert len(paths) >= 18
    assert {"content_sha256", "recoverable_until", "failed_mailboxes", "config_written"} <= _keys()
    with_json = {path for path, option in _options() if option == "--json"}
    groups = {"clawback lab", "clawback lists", "clawback queries"}
    assert paths - with_json == groups


@pytest.mark.parametrize(
    "gap",
    [
        "recoverable_until",
        "--alert-id",
        "### `clawback check`",
        "- `settings set",
        "On-prem/External",
        "twins",
    ],
)
def test_a_page_that_forgets_one_is_caught(gap: str) -> None:
    assert missing(DOCS.replace(gap, ""))
