"""The process behind the fence: reads tasks from a socket, answers item by item, trusts no reader.

Whatever happens here happens to this process alone. It ends by itself when its parent is gone (the
socket ends), when an item takes too long (the kernel's alarm, which no hanging code can hold up) and
when it would take more memory than it may.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import re
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from clawback.frames import send_frame

READY = b"ready"
"""Sent when the process has started, and for each task when its modules are loaded."""


def main() -> None:
    """Serve the socket whose descriptor the command line names, within so many bytes of memory."""
    descriptor, memory_bytes = (int(word) for word in sys.argv[1:3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's: it closes the socket
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    _bound_memory(memory_bytes)
    with Connection(descriptor) as parent:
        send_frame(parent.fileno(), READY)
        _silence()
        serve(parent)


def serve(parent: Connection) -> None:
    """Answer each task, item by item, until the other end closes."""
    while True:
        try:
            task = parent.recv_bytes()
        except (EOFError, OSError):
            return
        function, items, seconds = pickle.loads(task)
        del task
        try:
            send_frame(parent.fileno(), READY)
            _answer_all(parent, function, items, seconds)
        except OSError:
            return  # the parent is gone


def _answer_all(
    parent: Connection, function: Callable[[Any], Any], items: Sequence[Any], seconds: float
) -> None:
    for item in items:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        send_frame(parent.fileno(), _answer(function, item))
        signal.setitimer(signal.ITIMER_REAL, 0)
    send_frame(parent.fileno(), pickle.dumps(peak_memory_bytes()))


def _answer(function: Callable[[Any], Any], item: Any) -> bytes:
    """The answer as ("answer", value), or ("failed", code)."""
    try:
        return pickle.dumps(("answer", function(item)))
    except MemoryError:
        return pickle.dumps(("failed", "out-of-memory"))
    except Exception:
        return pickle.dumps(("failed", "reader-crashed"))


def peak_memory_bytes() -> int:
    """The most memory that this process ever held.

    The kernel's figure for processes is of no use on Linux: it starts with that of the parent, which
    may hold more than this process ever will.
    """
    with contextlib.suppress(OSError), open("/proc/self/status", "rb") as status:
        if match := re.search(rb"VmHWM:\s*(\d+) kB", status.read()):
            return int(match[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _bound_memory(limit: int) -> None:
    """Let allocations fail beyond the limit. RLIMIT_DATA counts what is written to, not address
    space that is only reserved (getrlimit(2), Linux 4.7)."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold somebody's mail


def _silence() -> None:
    """Nothing that a reader prints over a message gets anywhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


if __name__ == "__main__":
    main()
