"""Where the project's own files are: flows, prefect.yaml and the settings of a deployment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import clawback
from clawback.errors import SetupError


def code_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """The directory that holds prefect.yaml: `CLAWBACK_CODE`, else the checkout we run from.

    Raises `SetupError` where there is none.
    """
    named = environment.get("CLAWBACK_CODE", "")
    found = Path(named).expanduser() if named else Path(clawback.__file__).resolve().parents[1]
    if not (found / "prefect.yaml").is_file():
        raise SetupError(f"no prefect.yaml in {found}: set CLAWBACK_CODE to a checkout of Clawback")
    return found.resolve()
