"""The manifest: which files are the mirror now. Replacing it is what publishes a generation."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

FILE = "manifest.json"


class Retired(BaseModel):
    """A file that is part of the mirror no more, and since when: readers may be about to open it."""

    model_config = ConfigDict(frozen=True)

    name: str
    at: datetime


class Manifest(BaseModel):
    """One generation: its files, the state of the database that it shows, and whose it is.

    `delta` is empty where the base alone is the mirror; `delta_keys` counts what the delta replaces,
    `base_keys` what the base had when it was made.
    """

    model_config = ConfigDict(frozen=True)

    layout: str
    identity: str
    generation: int
    base: str
    delta: str
    cursor: str
    as_of: datetime
    base_keys: int
    delta_keys: int
    retired: tuple[Retired, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that a reader attaches."""
        return (self.base, self.delta) if self.delta else (self.base,)


def read_manifest(directory: Path) -> Manifest | None:
    """The manifest that is published, or None where there is none that can be read."""
    try:
        return Manifest.model_validate_json((directory / FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def publish(directory: Path, manifest: Manifest) -> None:
    """Make this the mirror, at once and for good, also if the power fails. Raises `OSError`."""
    waiting = directory / f"{FILE}.new"
    try:
        with waiting.open("w", encoding="utf-8") as file:
            file.write(manifest.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        waiting.replace(directory / FILE)
    except OSError:
        with suppress(OSError):
            waiting.unlink()
        raise
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
