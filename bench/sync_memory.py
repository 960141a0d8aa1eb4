"""The peak memory of a first sync: measured in processes of its own, which the kernel watches."""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
from pathlib import Path
from typing import NamedTuple

from bench.grounds import opened
from clawback.services.sync import sync


class Peaks(NamedTuple):
    """Peak resident bytes: of the process that writes, and of the largest that extracts."""

    writer_bytes: int
    extractor_bytes: int


def peaks_of(home: Path, root: Path, cores: int) -> Peaks:
    """The peaks of one first sync of the tree, all processes included."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(sender, home, root, cores))
    process.start()
    sender.close()
    try:
        found: Peaks = receiver.recv()
        return found
    finally:
        process.join()


def _measure(sender: object, home: Path, root: Path, cores: int) -> None:
    with opened(home, root) as ctx:
        asyncio.run(sync(ctx, processes=cores))
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    others = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    sender.send(Peaks(own * 1024, others * 1024))  # type: ignore[attr-defined]
