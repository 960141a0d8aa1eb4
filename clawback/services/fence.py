"""Work on hostile bytes in processes whose crash, hang or greed costs one item.

A pool of the standard library is of no use here: one death breaks it for all, and nothing ends a
hang. Its processes, and those of pools built on it, also import the program's main module first,
which under Prefect takes seconds, and those that hang outlive a parent that is killed.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from signal import SIGALRM
from typing import Any, Generic, TypeVar

from clawback.errors import Unavailable
from clawback.frames import FrameReader
from clawback.services.fenced import READY

log = logging.getLogger(__name__)

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")

START_SECONDS = 60.0
GRACE_SECONDS = 2.0
"""What the parent waits beyond an item's time before it kills: the kernel's alarm comes first."""
_END_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Failed:
    """Why an item has no answer: "reader-crashed", "out-of-time" or "out-of-memory"; after how long."""

    code: str
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Task(Generic[_Item, _Answer]):
    """What to do with each of some items, and the seconds that each may take.

    The function is found by name in the other process: a function of a module, or a partial of one.
    """

    function: Callable[[_Item], _Answer]
    items: Sequence[_Item]
    seconds: float


class Fence:
    """Some processes, each started when it is first needed. Threads share it; a task is one thread's.

    Use as a context manager: no process outlives the block, and none a parent that is killed.
    """

    def __init__(self, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()
        self._closed = False

    def close(self) -> None:
        """End every process, busy or not, and wait until it is gone."""
        with self._lock:
            self._closed = True
            processes, idle, self._idle = set(self._all), self._idle, []
        for process in processes:
            process.kill()  # the thread of a busy one sees the end of its stream, and ends it
        for process in idle:
            process.end()

    def work(self, task: Task[_Item, _Answer]) -> list[_Answer | Failed]:
        """The answer for each item, in order. Blocks. Raises `Unavailable` if no process starts.

        An item that fails ends its process; the next go on in another one.
        """
        answers: list[_Answer | Failed] = []
        while len(answers) < len(task.items):
            process = self._take()
            rest = Task(task.function, task.items[len(answers) :], task.seconds)
            try:
                some = process.work(rest)
            finally:
                self._give_back(process)
            answers.extend(some)
        return answers

    def _take(self) -> _Process:
        with self._lock:
            if self._closed:
                raise Unavailable("reading was stopped")
            if self._idle:
                return self._idle.pop()
        process = _Process(self._memory_bytes)
        with self._lock:
            if not self._closed:
                self._all.add(process)
                return process
        process.end()
        raise Unavailable("reading was stopped")

    def _give_back(self, process: _Process) -> None:
        with self._lock:
            if process.is_fit and not self._closed:
                self._idle.append(process)
                return
            self._all.discard(process)
        process.end()


class _Process:
    """One process behind the fence."""

    def __init__(self, memory_bytes: int) -> None:
        self.is_fit = True
        self._memory_bytes = memory_bytes
        ours, theirs = Pipe(duplex=True)
        self._connection: Connection = ours
        self._answers = FrameReader(ours.fileno())
        with theirs:
            self._process = _started(theirs.fileno(), memory_bytes)
        self._check_started()

    def _check_started(self) -> None:
        with contextlib.suppress(TimeoutError):
            if self._received(START_SECONDS) == READY:
                return
        self.end()
        raise Unavailable("the process that reads messages does not start: see above for why")

    def work(self, task: Task[_Item, _Answer]) -> list[_Answer | Failed]:
        """The answers up to the first item that fails, in order, that one included."""
        answers: list[_Answer | Failed] = []
        # If it died idle or while it reads this, the end of the stream says so below.
        with contextlib.suppress(OSError):
            self._connection.send_bytes(pickle.dumps((task.function, task.items, task.seconds)))
        with contextlib.suppress(TimeoutError):
            self._received(START_SECONDS)  # its modules are loaded: the first item's time begins
        for _ in task.items:
            started = time.monotonic()
            kind, value = self._answer(task.seconds + GRACE_SECONDS)
            taken = time.monotonic() - started
            answers.append(value if kind == "answer" else Failed(value, taken))
            if kind == "failed":
                self.is_fit = False
                log.warning("reader_failed", extra={"code": value})
                return answers
        self.is_fit = self._has_memory_left()
        return answers

    def _has_memory_left(self) -> bool:
        """Memory that one message needed is not all given back: the next must not fail for it."""
        with contextlib.suppress(TimeoutError):
            peak = self._received(GRACE_SECONDS)
            return peak is not None and pickle.loads(peak) < self._memory_bytes // 2
        return False

    def _answer(self, seconds: float) -> tuple[str, Any]:
        try:
            received = self._received(seconds)
        except TimeoutError:
            self.kill()
            return "failed", "out-of-time"
        if received is not None:
            kind, value = pickle.loads(received)
            return kind, value
        by_alarm = self._wait() == -SIGALRM
        return "failed", "out-of-time" if by_alarm else "reader-crashed"

    def _received(self, seconds: float) -> bytes | None:
        """The next message, or None where the process ended. Raises `TimeoutError`."""
        try:
            return self._answers.receive(seconds)
        except ConnectionError:
            return None

    def _wait(self) -> int | None:
        try:
            return self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """Kill it if it still runs, and wait until it is gone."""
        if self._process.poll() is None:
            self._process.kill()
            self._wait()

    def end(self) -> None:
        """Kill it and let go of what belongs to it; only the thread that holds it may."""
        self.kill()
        self._connection.close()


def _started(descriptor: int, memory_bytes: int) -> subprocess.Popen[bytes]:
    """The process behind the fence, which finds its modules where this program found them."""
    code = "from clawback.services.fenced import main; main()"
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-c", code, str(descriptor), str(memory_bytes)],
            pass_fds=(descriptor,),
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    except OSError as error:
        raise Unavailable(
            f"no process can be started to read messages: {error.strerror}"
        ) from error
