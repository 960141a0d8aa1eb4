"""What executors did, written line by line by themselves: it outlives every kill.

A line is written before what could be killed and after what was done, in one `write` at the end of
the file, so that lines of two executors never mix.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

JOURNAL = "journal.jsonl"


class JournalWriter:
    """The journal as one executor writes it."""

    def __init__(self, home: Path, executor: int) -> None:
        self._executor = executor
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = os.open(home / JOURNAL, flags, 0o600)

    def write(self, what: str, **rest: Any) -> None:
        """One line: what happened, and its details."""
        line = json.dumps({"executor": self._executor, "what": what, **rest})
        os.write(self._file, line.encode() + b"\n")


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the journal."""

    executor: int
    what: str
    details: dict[str, Any] = field(default_factory=dict)


class JournalReader:
    """The journal as the trial reads it, from where it stopped the last time."""

    def __init__(self, home: Path) -> None:
        self._path = home / JOURNAL
        self._read = 0

    def news(self) -> list[Event]:
        """The lines since the last call."""
        if not self._path.exists():
            return []
        with open(self._path, "rb") as file:
            file.seek(self._read)
            found = list(_events(file.read()))
            self._read = file.tell()
        return found


def _events(raw: bytes) -> Iterator[Event]:
    for line in raw.splitlines():
        details = json.loads(line)
        yield Event(details.pop("executor"), details.pop("what"), details)
