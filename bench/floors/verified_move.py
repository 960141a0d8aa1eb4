"""The floor under an investigation: read and hash, rename, fsync, then read and hash again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence

from bench.floors.rename import move_all


def move_verified(root: str, names: Mapping[str, Sequence[str]], source: str, target: str) -> int:
    """Move the named files of each mailbox, durably; returns how many have the same bytes after."""
    before = _digests(root, names, source)
    move_all(root, names, source, target)
    after = _digests(root, names, target)
    return sum(one == other for one, other in zip(before, after, strict=True))


def _digests(root: str, names: Mapping[str, Sequence[str]], folder: str) -> list[bytes]:
    found = []
    for mailbox, files in names.items():
        for name in files:
            descriptor = os.open(f"{root}/{mailbox}/{folder}/cur/{name}", os.O_RDONLY)
            raw = os.read(descriptor, os.fstat(descriptor).st_size)
            found.append(hashlib.sha256(raw).digest())
            os.close(descriptor)
    return found
