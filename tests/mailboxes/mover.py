"""A process that moves every message of a tree there and back until it is killed.

Arguments: root, "kernel" or "links". Writes one byte to its standard output for each reply.
"""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from pathlib import Path

from clawback.mailboxes import maildir_files
from clawback.mailboxes.maildir import MaildirSource
from models.copies import CopyRef, FolderRole, Place
from models.outcomes import MoveIntent


def _refuse(*_: object) -> None:
    raise OSError(errno.EINVAL, "not on this file system")


async def copies_in(source: MaildirSource, folder: str) -> list[CopyRef]:
    """Every message in this folder of every mailbox."""
    return [
        CopyRef(0, source.name, mailbox, Place(folder, entry.handle), FolderRole.USER, "", "")
        for mailbox in await source.mailboxes()
        for listed in (await source.changes(mailbox, "")).folders
        if listed.folder == folder
        for entry in listed.present
    ]


async def move_all(source: MaildirSource, folder: str, destination: str) -> None:
    """Move all messages of a folder."""
    copies = await copies_in(source, folder)
    intents = [
        MoveIntent(0, copy.mailbox, live.place, live.content_sha256, destination)
        for copy in copies
        async for live in source.locate([copy])
        if live.place is not None
    ]
    async for _ in source.move(intents):
        os.write(1, b".")


async def main() -> None:
    source = MaildirSource("mover", Path(sys.argv[1]))
    if sys.argv[2] == "links":
        maildir_files._KERNEL_RENAME = _refuse
    while True:
        await move_all(source, "INBOX", "Recoverable Items")
        await move_all(source, "Recoverable Items", "INBOX")


if __name__ == "__main__":
    asyncio.run(main())
