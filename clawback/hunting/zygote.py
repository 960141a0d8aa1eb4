"""The process from which those of queries are forked, so that each begins with everything loaded.

It has one thread and an empty database, sees no query and no row, and is told one thing only: two sockets,
for one more process. The first is the process's own. By the second the asker ends it (the end of what
it reads) and is told how it ended. It ends with the asker, and its processes with it.
"""

from __future__ import annotations

import gc
import importlib
import os
import resource
import select
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

import duckdb

from clawback.hunting.answering import answer
from clawback.hunting.bounds import tie_to
from clawback.hunting.locked import open_base
from clawback.hunting.warming import warm_up
from clawback.hunting.wire import NO_FORK, Ending

READY = b"r"
"""Sent once when everything is loaded."""

_MOST_DESCRIPTORS = 65_536
"""More than this process ever has: two for each query that runs."""


@dataclass(slots=True)
class _Running:
    pid: int
    line: socket.socket
    is_killed: bool = False


def main() -> None:
    """Serve the socket whose descriptor the command line names, until its other end closes; the
    modules that it names are loaded beforehand."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the asker's: it closes the socket
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in sys.argv[2:]:
        importlib.import_module(name)
    warm_up()
    base = open_base()
    gc.collect()
    gc.freeze()  # what is loaded stays shared: no collection touches it in a process of a query
    with suppress(BrokenPipeError):  # whoever asked for it may be gone already: it ends at once
        control.send(READY)
    _Zygote(control, base).serve()


class _Zygote:
    def __init__(self, control: socket.socket, base: duckdb.DuckDBPyConnection) -> None:
        self._control = control
        self._base = base
        self._running: dict[int, _Running] = {}
        self._woken, self._wakes = socket.socketpair()
        for end in (self._woken, self._wakes):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakes.fileno(), warn_on_full_buffer=False)

    def serve(self) -> None:
        """Until the asker is gone; then no process of a query is left."""
        while self._wait():
            self._reap()
        for running in self._running.values():
            os.kill(running.pid, signal.SIGKILL)

    def _wait(self) -> bool:
        """Do what is asked for; False where nobody is there to ask any more."""
        poll = select.poll()
        lines = (each.line for each in self._running.values() if not each.is_killed)
        for end in (self._control, self._woken, *lines):
            poll.register(end, select.POLLIN)
        for descriptor, _ in poll.poll():
            if descriptor == self._control.fileno():
                if not self._take():
                    return False
            elif descriptor == self._woken.fileno():
                with suppress(BlockingIOError):
                    self._woken.recv(4096)
            else:
                self._kill(descriptor)
        return True

    def _take(self) -> bool:
        word, descriptors, _, _ = socket.recv_fds(self._control, 1, 2)
        if not word:
            return False
        if len(descriptors) == 2:
            self._start(*descriptors)
            return True
        for descriptor in descriptors:  # one got lost: this process has too many open
            os.close(descriptor)
        return True

    def _start(self, data: int, line_descriptor: int) -> None:
        line = socket.socket(fileno=line_descriptor)
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError:
            _report(line, Ending(status=NO_FORK, peak_bytes=0, cpu_seconds=0.0))
            pid = -1
        if pid == 0:
            _become_query(data, parent, self._base)
        os.close(data)
        if pid > 0:
            self._running[line.fileno()] = _Running(pid, line)

    def _kill(self, descriptor: int) -> None:
        """The asker wants the end of it; it is reaped like any other."""
        if running := self._running.get(descriptor):
            os.kill(running.pid, signal.SIGKILL)
            running.is_killed = True

    def _reap(self) -> None:
        while True:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._tell(pid, os.waitstatus_to_exitcode(status), used)

    def _tell(self, pid: int, code: int, used: resource.struct_rusage) -> None:
        running = next(each for each in self._running.values() if each.pid == pid)
        del self._running[running.line.fileno()]
        unit = 1 if sys.platform == "darwin" else 1024
        ending = Ending(
            status=code,
            peak_bytes=used.ru_maxrss * unit,
            cpu_seconds=used.ru_utime + used.ru_stime,
        )
        _report(running.line, ending)


def _report(line: socket.socket, ending: Ending) -> None:
    with line, suppress(OSError):
        line.send(ending.model_dump_json().encode())


def _become_query(data: int, parent: int, base: duckdb.DuckDBPyConnection) -> NoReturn:
    """Never returns to the loop of the zygote, whatever happens."""
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        tie_to(parent)
        _keep_only(data)
        answer(data, base)
        os._exit(0)
    finally:
        os._exit(1)


def _keep_only(data: int) -> None:
    """Close what belongs to others; nothing that a library prints over a query gets anywhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.closerange(3, data)
    os.closerange(data + 1, _MOST_DESCRIPTORS)
