"""What a test needs of the machine: skipped with the reason where it is missing, failed under CI."""

from __future__ import annotations

import importlib.util
import os
import shutil

import pytest

# Servers such as dovecot lie where an ordinary user's PATH does not look.
_SYSTEM_PATHS = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def _missing(what: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing: .ci/run has to install it", pytrace=False)
    pytest.skip(f"{what} is not installed")


def require(*, program: str | None = None, module: str | None = None) -> str:
    """The program's path, or the module's name; the test that asks is skipped when it is missing.

    With CI=true a missing one is a failure, so that a test can't stop running unnoticed.
    """
    if module is not None and importlib.util.find_spec(module) is None:
        _missing(f"Python module {module}")
    if program is None:
        return module or ""
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), *_SYSTEM_PATHS])
    found = shutil.which(program, path=search)
    if found is None:
        _missing(f"program {program}")
    return found or ""
