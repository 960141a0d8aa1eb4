"""The floor under sync and location checks: list a Maildir tree, read and hash every file."""

from __future__ import annotations

import hashlib
import os


def read_all(root: str) -> int:
    """Read and hash every message below `root`; returns how many."""
    count = 0
    for path in list_all(root):
        with open(path, "rb", buffering=0) as file:
            hashlib.sha256(file.read()).digest()
        count += 1
    return count


def list_all(root: str) -> list[str]:
    """The path of every message below `root`: in `cur` or `new` of a mailbox or of its folders."""
    found: list[str] = []
    for mailbox in os.scandir(root):
        folders = [item.path for item in os.scandir(mailbox) if item.name.startswith(".")]
        for folder in (mailbox.path, *folders):
            for part in ("cur", "new"):
                if os.path.isdir(f"{folder}/{part}"):
                    found += [item.path for item in os.scandir(f"{folder}/{part}")]
    return found
