"""What the kernel bounds for the process of one query, whatever happens inside it."""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG, prctl(2)
_NICE = 5
GRACE_SECONDS = 2.0
"""What the kernel waits beyond a query's time: the program that asked ends it first."""

# Address space that is only reserved: stacks of threads and arenas of allocators.
_RESERVED_BYTES = 2_000_000_000


def tie_to(parent: int) -> None:
    """End with the process `parent`, however that ends; at once where it is gone already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def bound(memory_bytes: int, seconds: float, threads: int) -> None:
    """Take no more than so much memory and time, write no file, leave no dump, and come last for
    the processor and first for the kernel when memory runs out."""
    os.nice(_NICE)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    _limit(resource.RLIMIT_CORE, 0)  # a dump would hold somebody's mail
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CPU, math.ceil((seconds + GRACE_SECONDS) * threads) + 1)
    # RLIMIT_DATA counts what is written to (getrlimit(2), Linux 4.7); the programs' own pages, which
    # all these processes share, come on top of it.
    program, mapped = _program_bytes()
    _limit(resource.RLIMIT_DATA, memory_bytes - program)
    with suppress(ValueError, OSError):  # macOS bounds no address space
        _limit(resource.RLIMIT_AS, memory_bytes + mapped + _RESERVED_BYTES)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds + GRACE_SECONDS)


def open_no_more() -> None:
    """No descriptor can be had any more: no file, no socket, no pipe.

    0 stays in use, so that the one number which is left is never free; poll(2) wants one.
    """
    _limit(resource.RLIMIT_NOFILE, 1)


def _limit(kind: int, most: int) -> None:
    """Lower a limit for good; one that is lower already stays."""
    _, hard = resource.getrlimit(kind)
    chosen = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (chosen, chosen))


def _program_bytes() -> tuple[int, int]:
    """The size of the programs and libraries that this process has loaded, and of its whole address
    space; zeros where the system does not say."""
    with suppress(OSError, ValueError, KeyError):
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.endswith(" kB")}
        return (int(sizes["VmLib"]) + int(sizes["VmExe"])) * 1024, int(sizes["VmSize"]) * 1024
    return 0, 0
