"""Bench `sync`: the index brought up to date, at first and without changes, on one core and on all."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.floors import read_tree
from bench.grounds import make_lab, opened, temporary
from bench.measuring import Pair, expect, interleaved
from bench.offering import choice
from bench.results import Figure, Ratio, Result
from clawback.lab.options import LabOptions
from clawback.services.sync import sync


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """The tree's size, and how often each thing is measured."""

    mailboxes: int = choice(100, "mailboxes in the tree")
    messages: int = choice(100, "messages in each mailbox")
    repeats: int = choice(3, "repeats of each pair")


def run(options: SyncOptions) -> Result:
    """First sync and sync without changes, pinned to one core, then on all of them."""
    lab = LabOptions(mailboxes=options.mailboxes, messages_per_mailbox=options.messages)
    ratios: list[Ratio] = []
    figures: list[Figure] = []
    with temporary() as home:
        root = home / "mail"
        messages = make_lab(root, lab).messages
        read_tree.read_all(str(root))  # both sides find the files in memory
        for label, cores in (("one_core", 1), ("all_cores", len(os.sched_getaffinity(0)))):
            bench = _Tree(home, root, messages, cores)
            with _pinned(cores):
                first = interleaved(options.repeats, bench.first, bench.read)
                again = interleaved(options.repeats, bench.again, bench.list)
            ratios += [
                Ratio(f"first_{label}", "listing, reading and hashing the tree", first),
                Ratio(f"unchanged_{label}", "listing the tree", again),
            ]
            figures += [
                Figure(f"first_{label}", messages / _median(first), "messages/s"),
                Figure(f"unchanged_{label}", messages / _median(again), "messages/s"),
            ]
    return Result("sync", asdict(options), ratios, figures, {"messages": messages})


class _Tree:
    """One tree of messages, synced by as many processes as there are cores to use."""

    def __init__(self, home: Path, root: Path, messages: int, cores: int) -> None:
        self._home = home
        self._root = root
        self._messages = messages
        self._cores = cores
        self._homes = 0

    def first(self) -> None:
        """Sync into an empty database; opening it counts."""
        self._homes += 1
        found = self._sync()
        expect(found == self._messages, f"{found} of {self._messages} messages were indexed")

    def again(self) -> None:
        """Sync what did not change."""
        expect(self._sync() == 0, "the tree changed while it was measured")

    def read(self) -> None:
        """The floor of a first sync."""
        expect(read_tree.read_all(str(self._root)) == self._messages, "the floor read another tree")

    def list(self) -> None:
        """The floor of a sync without changes."""
        listed = read_tree.list_all(str(self._root))
        expect(len(listed) == self._messages, "the floor listed another tree")

    def _sync(self) -> int:
        with opened(self._home / f"home-{self._cores}-{self._homes}", self._root) as ctx:
            report = asyncio.run(sync(ctx, processes=self._cores))
        expect(report.failed_mailboxes == 0, "a mailbox could not be read")
        return report.new


@contextmanager
def _pinned(cores: int) -> Iterator[None]:
    """Keep this thread, and all threads and processes that it starts, to so many cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:cores])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _median(pairs: list[Pair]) -> float:
    return sorted(pair.ours for pair in pairs)[len(pairs) // 2]
