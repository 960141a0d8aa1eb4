"""The sides that `bench sync` holds against each other, all on one tree of mail."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

from bench import notmuch
from bench.floors import parse_links, read_tree
from bench.grounds import opened
from bench.mail_trees import chunked
from bench.measuring import expect
from clawback.mail.extract import extract
from clawback.services.sync import sync
from models.limits import Limits

_CHUNK = 64
_HOMES = count(1)


class Sides:
    """One tree, worked on by as many processes as there are cores to use."""

    def __init__(self, home: Path, root: Path, cores: int, *, documents: bool = True) -> None:
        self._home = home
        self._root = root
        self._cores = cores
        self._documents = documents
        self._paths = read_tree.list_all(str(root))
        self._kept: Path | None = None

    @property
    def messages(self) -> int:
        """How many messages the tree holds."""
        return len(self._paths)

    def first(self) -> None:
        """Sync into an empty database; opening it counts, and so does starting processes."""
        self._kept = self._next_home()
        found = self._sync(self._kept)
        expect(found == self.messages, f"{found} of {self.messages} messages were indexed")

    def again(self) -> None:
        """Sync what did not change since `first`."""
        assert self._kept is not None
        expect(self._sync(self._kept) == 0, "the tree changed while it was measured")

    def extracted(self) -> None:
        """Read and extract every message, without a store."""
        for path in self._paths:
            extract(Path(path).read_bytes())

    def parsed(self) -> None:
        """The floor, in as many processes; starting them counts."""
        if self._cores == 1:
            done = parse_links.parse_all(self._paths)
        else:
            context = multiprocessing.get_context("spawn")
            with context.Pool(self._cores) as pool:
                done = sum(pool.imap_unordered(parse_links.parse_all, chunked(self._paths, _CHUNK)))
        expect(done == self.messages, "the floor parsed another tree")

    def listed(self) -> None:
        """The floor of a sync without changes."""
        expect(read_tree.list_all(str(self._root)) == self._paths, "the floor listed another tree")

    def notmuch(self) -> None:
        """The peer, on as many cores as it can use."""
        notmuch.index_all(self._root, self._next_home(), self.messages)

    def _next_home(self) -> Path:
        return self._home / f"home-{next(_HOMES)}"

    def _sync(self, home: Path) -> int:
        limits = Limits(documents=self._documents)
        with opened(home, self._root) as ctx:
            limited = replace(ctx, limits=limits)
            report = asyncio.run(sync(limited, processes=self._cores))
        expect(report.failed_mailboxes == 0, "a mailbox could not be read")
        return report.new


@contextmanager
def pinned(cores: int) -> Iterator[None]:
    """Keep this thread, and all threads and processes that it starts, to so many cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:cores])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
