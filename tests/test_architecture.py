"""The rings hold: who imports whom, how long things are, and what no tracked file may name."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from architecture_rules import LAYERS, violations

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = frozenset({".git", ".venv", ".cache", "build", "dist", "__pycache__"})

# Put together from pieces, so that this file does not name what it forbids.
_HOSTS = ("py" + "pi.org", "python" + "hosted.org", "registry.npm" + "js", "deb." + "debian.org")
_MACHINE_PATHS = ("work", "root", "home/" + r"(?!user/|you/)\w+", "opt/" + "pypi")
FORBIDDEN_TEXT = re.compile(
    "|".join([*map(re.escape, _HOSTS), *(rf"(?<![\w.:/*-])/{path}/" for path in _MACHINE_PATHS)])
)
HOST_NAMING_LOCKS = frozenset({"uv.lock", "pylock.toml", "package-lock.json"})


def _project_files() -> list[Path]:
    """Every file that git tracks or would track, or simply all of them where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        paths = [Path(name) for name in listed.stdout.decode().split("\0") if name]
    else:
        paths = [path.relative_to(ROOT) for path in ROOT.rglob("*")]
    return [path for path in paths if (ROOT / path).is_file() and not SKIPPED & set(path.parts)]


def _modules() -> list[Path]:
    return [path for path in _project_files() if path.suffix == ".py"]


def _machine_names(root: Path, paths: list[Path]) -> list[str]:
    found: list[str] = []
    for path in paths:
        text = (root / path).read_bytes().decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), 1):
            found += [f"{path}:{number}: {hit[0]}" for hit in FORBIDDEN_TEXT.finditer(line)]
    return found


def test_every_module_keeps_the_rules_of_its_ring() -> None:
    broken = violations(ROOT, _modules())
    assert not broken, "\n" + "\n".join(broken)


def test_the_rules_cover_every_package_that_exists() -> None:
    modules = {path.parts[0] for path in _modules()}
    assert {"models", "clawback", "tasks", "flows"} <= modules
    assert set(LAYERS) >= {"models", "clawback.core", "clawback.services", "tasks", "flows"}


def test_no_file_names_a_package_index_or_a_machine_path() -> None:
    named = _machine_names(ROOT, _project_files())
    assert not named, "\n" + "\n".join(named)


def test_no_lock_file_that_names_hosts_is_kept() -> None:
    assert not [path for path in _project_files() if path.name in HOST_NAMING_LOCKS]


# What a look at the index must not wait for: an import of Prefect alone costs over two seconds.
HEAVY = ("prefect", "nicegui", "duckdb", "duckdb_kql", "antlr4", "fastapi")


def _loaded_by(statement: str) -> set[str]:
    """The top-level modules that a new interpreter has loaded after one statement."""
    code = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_wiring_loads_no_heavy_library_until_it_is_needed() -> None:
    assert not _loaded_by("import clawback.wiring") & set(HEAVY)
    assert "prefect" in _loaded_by("import prefect"), "the probe itself must see what is loaded"


BROKEN = {
    "models/copies.py": "import httpx\n",
    "models/rows.py": "from models.tables.copies import CopyRow\n",
    "models/tables/copies.py": "from clawback.errors import BadInput\n",
    "models/times.py": "from datetime import datetime\nCREATED_AT = datetime.now()\n",
    "clawback/core/policy.py": "import logging\n",
    "clawback/core/clock.py": "from datetime import date\n\n\ndef f():\n    return date.today()\n",
    "clawback/core/matching.py": "import clawback.mail.links\n",
    "clawback/core/files.py": "import os.path\n",
    "clawback/mail/links.py": "import subprocess\n",
    "clawback/mail/links_http.py": "import urllib.request\n",
    "clawback/services/sync.py": "from clawback.mailboxes.maildir import MaildirSource\n",
    "clawback/services/rows.py": "from models.tables import copies\n",
    "clawback/services/late.py": "def f():\n    from clawback import store\n",
    "clawback/services/typed.py": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from prefect import Flow\n"
    ),
    "clawback/services/hidden.py": (
        "import importlib\n\n\ndef f():\n    importlib.import_module('clawback.store.engine')\n"
    ),
    "clawback/mailboxes/imap.py": "from clawback.store.engine import engine\n",
    "clawback/mailboxes/busy.py": "from clawback.services.sync import sync\n",
    "clawback/store/engine.py": "import prefect\n",
    "clawback/wiring.py": "from clawback.store.engine import engine\n",
    "clawback/wiring/runs.py": "def f():\n    from flows import investigate\n",
    "clawback/lab/mime.py": "from clawback.core.urls import canonical\n",
    "clawback/cli.py": "from flows.investigate import investigate\n",
    "clawback/demo.py": "from clawback.store.engine import engine\n",
    "clawback/serving/stack.py": "def f():\n    import prefect\n",
    "clawback/edges.py": "import clawback.mailboxes.maildir\n",
    "tasks/sync.py": "from clawback.store.engine import engine\n",
    "tasks/order.py": "import flows.sync\n",
    "flows/sync.py": "from clawback.services.sync import sync\n",
    "flows/near.py": "from . import sync\n",
    "clawback/core/utils.py": "",
    "clawback/mail_helpers.py": "",
    "bench/common/find.py": "",
    "tests/store/__init__.py": "X = 1\n",
    "tests/long.py": "x = 1\n" * 401,
    "clawback/services/wide.py": "def f(a, b, c, d, e, g):\n    return a\n",
    "clawback/services/deep.py": "def f():\n" + "    x = 1\n" * 41,
}

SOUND = {
    "models/__init__.py": "",
    "models/copies.py": "import pydantic\nfrom models.locations import Place\n",
    "models/tables/copies.py": "from sqlmodel import SQLModel\nfrom models.copies import Place\n",
    "clawback/core/urls.py": "from urllib.parse import urlsplit\nfrom models.copies import Place\n",
    "clawback/mail/links.py": "import selectolax\nfrom clawback.core.urls import canonical\n",
    "clawback/services/sync.py": "from clawback.ports import Clock\nfrom clawback import errors\n",
    "clawback/store/engine.py": "import sqlalchemy\nfrom models.tables.copies import CopyRow\n",
    "clawback/mailboxes/maildir.py": "import os\nfrom clawback.mailboxes.faults import fault\n",
    "clawback/wiring.py": "def f():\n    from clawback.store.engine import engine\n",
    "clawback/cli.py": "import typer\nfrom clawback.wiring import wire\nfrom clawback.demo import demo\n",
    "clawback/runs/client.py": "def f():\n    import prefect\n",
    "tasks/sync.py": "from prefect import task\nfrom clawback.services.sync import sync\n",
    "flows/sync.py": "from prefect import flow\nfrom tasks.sync import sync\n",
    "clawback/serving/ready.py": "from clawback.runs.rest import PrefectRest\n",
    "clawback/store/migrations/versions/r1.py": "def upgrade():\n" + "    x = 1\n" * 41,
    "tests/test_long.py": "x = 1\n" * 400,
}


def _write(root: Path, files: dict[str, str]) -> list[Path]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return [Path(name) for name in files]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_module_is_caught(tmp_path: Path, name: str) -> None:
    found = violations(tmp_path, _write(tmp_path, {name: BROKEN[name]}))
    assert len(found) == 1
    assert found[0].startswith(f"{name}:")


def test_a_sound_tree_has_no_violation(tmp_path: Path) -> None:
    assert violations(tmp_path, _write(tmp_path, SOUND)) == []


@pytest.mark.parametrize(
    "line",
    [
        "see https://py" + "pi.org/simple",
        "--index-url https://files.python" + "hosted.org/",
        'HOME = "/' + 'root/.clawback"',
        "cd /" + "work/main",
        "/home" + "/somebody/mail",
    ],
)
def test_a_machine_path_or_an_index_host_is_caught(tmp_path: Path, line: str) -> None:
    assert len(_machine_names(tmp_path, _write(tmp_path, {"a.md": f"fine\n{line}\n"}))) == 1


def test_ordinary_paths_and_addresses_are_not_taken_for_machine_paths(tmp_path: Path) -> None:
    text = "https://example.com/work/a and docs/work/b, /home/user/mail, ~/.clawback, /usr/bin/x\n"
    assert _machine_names(tmp_path, _write(tmp_path, {"a.md": text})) == []
