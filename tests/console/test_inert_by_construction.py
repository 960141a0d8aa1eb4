"""The console's code gives NiceGUI no text of others to parse, compile or run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from console_rules import breaches

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = Path("clawback/console")


def modules() -> list[Path]:
    return [path.relative_to(ROOT) for path in (ROOT / CONSOLE).rglob("*.py")]


def test_no_module_of_the_console_renders_or_runs_what_it_is_given() -> None:
    found = modules()
    assert len(found) > 20
    assert not breaches(ROOT, found)


@pytest.mark.parametrize(
    "line",
    [
        "ui.html(subject)",
        "ui.markdown('# ' + subject)",
        "ui.element('div').props(f'title={subject}')",
        "ui.element('div').props(subject)",
        "table.add_slot('body', template)",
        "ui.run_javascript(f'go({subject!r})')",
        "ui.run_javascript(subject)",
        "made.on('click', js_handler=f'() => go({subject})')",
    ],
)
def test_a_module_that_did_would_be_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "broken.py").write_text(f"import json\nsubject = read()\n{line}\n")
    assert len(breaches(tmp_path, [Path("broken.py")])) == 1


def test_what_is_right_is_let_through(tmp_path: Path) -> None:
    (tmp_path / "sound.py").write_text(
        "import json\nCLEAR = 'x()'\nui.run_javascript(CLEAR)\n"
        "ui.run_javascript(f'go({json.dumps(subject)})')\nmade.props('dense')\n"
        "made.props['title'] = subject\nfor theme in ('a', 'b'):\n"
        "    made.on('click', js_handler=f'() => f({theme})')\n"
    )
    assert not breaches(tmp_path, [Path("sound.py")])


def test_components_of_ours_make_no_markup() -> None:
    scripts = [*(ROOT / CONSOLE).rglob("*.js")]
    assert scripts
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        for word in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "v-html",
        ):
            assert word not in text, f"{script.name} has {word}"
        assert "new Function" not in text, f"{script.name} makes functions of texts"


def test_the_static_files_name_no_address_elsewhere() -> None:
    named = subprocess.run(
        ["grep", "-rnE", "https?://", "--include=*.js", "--include=*.css", str(ROOT / CONSOLE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert named.stdout == ""
