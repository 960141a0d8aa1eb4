"""The peak memory of flow processes: watched from outside while they run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

POLL_SECONDS = 0.05
"""The peak is kept by the kernel, so only the last moments of a process can be missed."""


class FlowMemory:
    """The highest peak, in bytes, of any process that a worker started."""

    def __init__(self, worker_pid: int) -> None:
        self._worker = psutil.Process(worker_pid)
        self._ended = threading.Event()
        self.peak_bytes = 0

    def watch(self) -> None:
        """Look until the end is asked for."""
        while not self._ended.wait(POLL_SECONDS):
            with suppress(psutil.Error):
                for process in self._worker.children(recursive=True):
                    self.peak_bytes = max(self.peak_bytes, peak_of(process.pid))

    def end(self) -> None:
        """Look no further."""
        self._ended.set()


@contextmanager
def watched(worker_pid: int) -> Iterator[FlowMemory]:
    """Watch the worker's flow processes for as long as the block runs."""
    memory = FlowMemory(worker_pid)
    thread = threading.Thread(target=memory.watch, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        memory.end()
        thread.join()


def peak_of(pid: int) -> int:
    """The peak resident size of a process as Linux keeps it (VmHWM); 0 for one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    found = next((line for line in lines if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(found.split()[1]) * 1024
