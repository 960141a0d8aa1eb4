"""The peer of `bench sync`: `notmuch new`, which indexes the text of mail, on the same Maildir."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from bench.measuring import expect

COMMAND = "notmuch"


def why_not() -> str:
    """Why the peer can't be measured here; empty where it can."""
    if shutil.which(COMMAND) is None:
        return f"{COMMAND} is not installed (Debian: apt-get install {COMMAND})"
    return ""


def index_all(root: Path, home: Path, messages: int) -> None:
    """Index the tree into an empty database in `home`.

    It passes over files that it takes for no mail; raises `NotMeasured` if they are more than a tenth.
    """
    home.mkdir(parents=True)
    config = home / "config"
    config.write_text(
        f"[database]\npath={home}\nmail_root={root}\n"
        "[user]\nname=bench\nprimary_email=bench@example.com\n"
        "[new]\ntags=new\n[maildir]\nsynchronize_flags=false\n"
    )
    environment = {**os.environ, "NOTMUCH_CONFIG": str(config), "HOME": str(home)}
    done = _run("new", "--quiet", environment=environment)
    expect(done.returncode == 0, f"{COMMAND} ended with {done.returncode}")
    counted = int(_run("count", "--output=files", environment=environment).stdout)
    expect(counted >= messages * 0.9, f"{COMMAND} indexed {counted} of {messages} messages")


def _run(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments], env=environment, capture_output=True, text=True, check=False
    )
