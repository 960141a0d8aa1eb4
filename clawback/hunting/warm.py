"""The warm process of the engine, from the side of the program: started when it is first needed, and
again whenever it is found dead; it hands out processes for queries."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

from clawback.errors import Unavailable

START_SECONDS = 60.0
_END_SECONDS = 5.0

# What an interpreter needs to start. Nothing else is handed down: the environment of the program holds
# passwords and tokens, and a query has no use for it.
_ENVIRONMENT = frozenset(
    {"PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "TMPDIR", "PYTHONHOME"}
    | {"PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "SYSTEMROOT"}
)

# numpy's arithmetic would start threads, and a process with threads is not to be forked.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class QueryProcess:
    """One process for one query: a socket to it, and a line to the one that started it."""

    def __init__(self, data: socket.socket, line: socket.socket) -> None:
        self.data = data
        self._line = line

    def end(self) -> bytes:
        """End it if it still runs, and wait until it is gone; returns what is told of its end, empty
        where the process that started it is gone as well."""
        with self._line as line, self.data:
            with suppress(OSError):
                line.shutdown(socket.SHUT_WR)
            return self._told(line, _END_SECONDS)

    def wait(self, seconds: float) -> bytes:
        """Like `end`, of a process that is about to end by itself: it gets so long for that."""
        with suppress(OSError):
            told = self._told(self._line, seconds)
            self.data.close()
            self._line.close()
            return told
        return self.end()

    @staticmethod
    def _told(line: socket.socket, seconds: float) -> bytes:
        line.settimeout(seconds)
        try:
            return line.recv(4096)
        except ConnectionError:
            return b""


class WarmProcess:
    """Safe to share among threads. Ends with the program, however that ends.

    `entry` is the function that serves in it, as module:function; `modules` are loaded beforehand.
    """

    def __init__(
        self, entry: str = "clawback.hunting.zygote:main", modules: Sequence[str] = ()
    ) -> None:
        self._entry = entry
        self._modules = modules
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0
        self._is_closed = False

    def start(self) -> None:
        """Start it, where it does not run, so that the first query does not wait for it. Raises
        `Unavailable` where it does not start."""
        with self._lock:
            if not self._is_closed:
                self._started()

    def start_query(self) -> QueryProcess:
        """A process that waits for a setting. Raises `Unavailable` where none starts."""
        ours, theirs = socket.socketpair()
        line, far_end = socket.socketpair()
        with theirs, far_end:
            try:
                self._hand_over(theirs, far_end)
            except BaseException:
                ours.close()
                line.close()
                raise
        return QueryProcess(ours, line)

    def close(self) -> None:
        """End the warm process, and with it those of all queries."""
        with self._lock:
            self._is_closed = True
            self._stop()

    @property
    def pid(self) -> int | None:
        """The number of the process, while there is one."""
        return self._process.pid if self._process else None

    def _hand_over(self, theirs: socket.socket, far_end: socket.socket) -> None:
        with self._lock:
            if self._is_closed:
                raise Unavailable("hunting was stopped")
            for _ in range(2):  # one that died meanwhile is found out by sending
                control = self._started()
                with suppress(OSError):
                    socket.send_fds(control, [b"q"], [theirs.fileno(), far_end.fileno()])
                    return
                self._stop()
        raise Unavailable("the process that runs queries ended by itself twice: ask again later")

    def _started(self) -> socket.socket:
        is_ours = self._owner == os.getpid()  # a forked copy of the program starts its own
        if is_ours and self._process and self._control and self._process.poll() is None:
            return self._control
        if is_ours:
            self._stop()
        self._owner = os.getpid()
        self._process, self._control = _start(self._entry, self._modules)
        return self._control

    def _stop(self) -> None:
        if self._control:
            self._control.close()
        if self._process:
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = self._control = None


def _start(entry: str, modules: Sequence[str]) -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            process = _spawned(entry, modules, theirs.fileno())
        except OSError as error:
            ours.close()
            raise Unavailable(
                f"no process can be started to run queries: {error.strerror}"
            ) from error
    ours.settimeout(START_SECONDS)
    with suppress(OSError):
        if ours.recv(1):
            ours.settimeout(None)
            return process, ours
    ours.close()
    process.kill()
    process.wait()
    raise Unavailable("the process that runs queries does not start: see above for why")


def _spawned(entry: str, modules: Sequence[str], descriptor: int) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if name in _ENVIRONMENT}
    module, function = entry.split(":")
    code = f"from {module} import {function}; {function}()"
    return subprocess.Popen(
        [sys.executable, "-P", "-c", code, str(descriptor), *modules],
        pass_fds=(descriptor,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        cwd="/",
        env={
            **kept,
            **_ONE_THREAD,
            "PYTHONPATH": os.pathsep.join(map(os.path.abspath, filter(None, sys.path))),
        },
    )
