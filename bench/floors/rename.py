"""The floor under moves in a Maildir: bare `os.rename`, and one fsync of both directories."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence


def move_all(root: str, names: Mapping[str, Sequence[str]], source: str, target: str) -> None:
    """Move the named files of each mailbox from `source/cur` to `target/cur`, durably.

    Nothing is read, checked or recorded, and the target folders must be there: what remains is what
    any durable way of moving has to pay.
    """
    for mailbox, files in names.items():
        old, new = f"{root}/{mailbox}/{source}/cur", f"{root}/{mailbox}/{target}/cur"
        for name in files:
            os.rename(f"{old}/{name}", f"{new}/{name}")
        for path in (new, old):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            os.fsync(descriptor)
            os.close(descriptor)
