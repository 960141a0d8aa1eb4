"""A home with a lab and a real SQLite database, the command line in this process, and its records."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from clawback.cli import run

NOBODY = 65534


@dataclass(frozen=True)
class Result:
    """What one command came to."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict]:
        """Standard output as JSON Lines; anything else there fails the test."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def line(self) -> dict:
        [only] = self.lines
        return only


@dataclass
class Stage:
    """One test's home, lab and manifest."""

    base: Path
    manifest: dict
    monkeypatch: pytest.MonkeyPatch

    @property
    def home(self) -> Path:
        return self.base / "home"

    @property
    def lab(self) -> Path:
        return self.base / "lab"

    @property
    def database(self) -> Path:
        return self.home / "clawback.db"

    @property
    def sha256(self) -> str:
        return self.manifest["malicious_sha256"]

    @property
    def url(self) -> str:
        return self.manifest["malicious_url"]

    def run(self, *arguments: str | Path) -> Result:
        """Run one command in this process, its output caught."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run([str(argument) for argument in arguments])
        return Result(code, out.getvalue(), err.getvalue())

    def json(self, *arguments: str | Path) -> Result:
        return self.run(*arguments, "--json")

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.base / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def mailbox(self, number: int = 0) -> Path:
        return self.lab / self.manifest["mailboxes"][number]

    def rows(self, *, but: Sequence[str] = ()) -> str:
        """A digest of every row of the database, but for those of some tables."""
        digest = hashlib.sha256()
        passed_over = tuple(f'INSERT INTO "{table}"' for table in but)
        if self.database.exists():
            with contextlib.closing(sqlite3.connect(self.database)) as connection:
                for line in connection.iterdump():
                    if not line.startswith(passed_over):
                        digest.update(line.encode())
        return digest.hexdigest()

    def records(self) -> str:
        """A digest of every row, every message of the lab, and the configuration."""
        digest = hashlib.sha256(self.rows().encode())
        for path in sorted(self.lab.rglob("*")):
            if path.is_file():
                digest.update(f"{path}{path.stat().st_size}".encode())
        for path in sorted(self.home.glob("*.toml")):
            digest.update(path.read_bytes())
        return digest.hexdigest()


@contextlib.contextmanager
def unprivileged(base: Path) -> Iterator[None]:
    """A block that runs without root's right to read everything; a test that is not root has none."""
    if os.geteuid() != 0:
        yield
        return
    for path in [base, *base.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def assert_one_clear_line(result: Result, code: int, *words: str) -> None:
    """One line on standard error with these words, nothing on standard output, that exit code."""
    assert result.code == code, result.err
    assert result.out == ""
    [line] = result.err.splitlines()
    assert line.startswith("clawback: ")
    for word in words:
        assert word in line
    assert "Traceback" not in result.err
