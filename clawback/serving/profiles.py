"""The environment of the Prefect processes: a settings profile, the user's own, and what must be."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from clawback.errors import SetupError

FOREIGN = frozenset(
    {
        "PREFECT_API_KEY",
        "PREFECT_API_URL",
        "PREFECT_HOME",
        "PREFECT_PROFILE",
        "PREFECT_PROFILES_PATH",
    }
)
"""Settings that lead to another server or home than ours; `PREFECT_CLOUD_*` and Prefect's internal
`PREFECT__*` and test mode go with them."""


def read_profile(path: Path) -> dict[str, str]:
    """The settings of a `KEY=value` file; blank lines and lines that start with `#` say nothing.

    Values are literal: no quotes, no substitution, as in a Docker env file. Raises `SetupError`.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SetupError(f"cannot read the settings profile {path}: {error.strerror}") from None
    settings: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.strip().isidentifier():
            raise SetupError(f"{path}, line {number}: expected NAME=value")
        settings[name.strip()] = value.strip()
    return settings


def environment(
    profile: Mapping[str, str], *, home: Path, code: Path, api_url: str, pool: str
) -> dict[str, str]:
    """The environment of every child: profile, then the user's own settings, then what must be.

    Prefect's home is under ours, so that nothing of the user's own Prefect is read or written.
    """
    own = {name: value for name, value in os.environ.items() if not _is_foreign(name)}
    python = Path(sys.executable).parent
    return {
        **profile,
        **own,
        "PATH": os.pathsep.join([str(python), own.get("PATH", os.defpath)]),
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_API_URL": api_url,
        "CLAWBACK_HOME": str(home),
        "CLAWBACK_CODE": str(code),
        "CLAWBACK_WORK_POOL": pool,
        "CLAWBACK_PREFECT_API_URL": api_url,
        "PYTHONUNBUFFERED": "1",
    }


def _is_foreign(name: str) -> bool:
    return (
        name in FOREIGN
        or name.startswith(("PREFECT_CLOUD_", "PREFECT__"))
        or name in ("PREFECT_TEST_MODE", "PREFECT_UNIT_TEST_MODE", "PREFECT_TESTING_TEST_MODE")
    )
