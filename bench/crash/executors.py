"""Pairs of executors: started at the same moment, listened to, killed by their process descriptors."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from bench.crash import worker
from bench.crash.jobs import Doom, Job, Spoil, Victim
from bench.measuring import NotMeasured
from clawback.services.batches import LEASE

PATIENCE = 120.0
"""Seconds after which an executor that does not end is no measurement."""

TAKEOVER_SECONDS = 0.02
"""How much later the second executor of a takeover starts: the first is at work by then."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How one executor ended."""

    number: int
    exit_code: int
    doom: Doom | None
    was_struck: bool

    @property
    def was_killed(self) -> bool:
        """Whether it died of SIGKILL."""
        return self.exit_code == -signal.SIGKILL


class Executors:
    """Forks executors over one home from a process that has everything imported.

    Each pair sees a later time than the one before: the leases of the dead have run out. In a
    takeover the second of a pair sees a later time than the first, and takes over while it lives.
    """

    def __init__(
        self,
        home: Path,
        environment: Mapping[str, str],
        *,
        spoil: Spoil | None = None,
        strike: Callable[[], None] = lambda: None,
    ) -> None:
        self._home = home
        self._environment = environment
        self._spoil = spoil
        self._strike = strike
        self._generations = 0
        self._numbers = 0
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["bench.crash.preload"])

    def pair(
        self, action_id: int, dooms: Sequence[Doom | None], *, takeover: bool = False
    ) -> list[Ended]:
        """Run an action with as many executors as there are dooms, until all have ended."""
        running: list[_Running] = []
        try:
            for number, doom in enumerate(dooms):
                if not number or takeover:
                    self._generations += 1
                running.append(self._started(action_id, doom))
            for one in running:
                one.wait_until_ready()
            for number, one in enumerate(running):
                if takeover and number:
                    time.sleep(TAKEOVER_SECONDS)
                one.go()
            self._listen(running)
        finally:
            for one in running:
                one.kill()
        return [one.ended() for one in running]

    def _started(self, action_id: int, doom: Doom | None) -> _Running:
        self._numbers += 1
        job = Job(
            self._numbers,
            str(self._home),
            action_id,
            self._generations * (LEASE.total_seconds() + 1),
            doom,
            self._spoil,
            self._environment,
        )
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=worker.work, args=(job, theirs))
        process.start()
        theirs.close()
        return _Running(process, ours, job)

    def _listen(self, running: Sequence[_Running]) -> None:
        """Kill whoever reaches its doom, until every executor has ended."""
        deadline = time.monotonic() + PATIENCE
        alive = list(running)
        while alive:
            waited: list[Any] = [one.process.sentinel for one in alive]
            waited += [one.pipe for one in alive if one.may_call]
            if not wait(waited, timeout=max(0.0, deadline - time.monotonic())):
                raise NotMeasured(f"an executor did not end within {PATIENCE:.0f} seconds")
            for one in alive:
                if one.may_call and one.has_called():
                    one.meet_doom(self._strike)
            alive = [one for one in alive if one.process.exitcode is None]


class _Running:
    """One executor. It waits for `go`, so that its process descriptor is surely its own."""

    def __init__(self, process: BaseProcess, pipe: Connection, job: Job) -> None:
        self.process = process
        self.pipe = pipe
        self.may_call = True
        self._was_struck = False
        self._job = job
        self._descriptor = os.pidfd_open(process.pid or 0)

    def wait_until_ready(self) -> None:
        """Return when it is about to begin. Raises `NotMeasured` where it died before."""
        try:
            self.pipe.recv_bytes()
        except EOFError:
            raise NotMeasured("an executor could not be started") from None

    def go(self) -> None:
        """Let it begin."""
        self.pipe.send_bytes(b"go")

    def has_called(self) -> bool:
        """Whether it has reached its doom."""
        try:
            return self.pipe.poll() and bool(self.pipe.recv_bytes())
        except (EOFError, ConnectionResetError):
            self.may_call = False  # it ended before it got there
            return False

    def meet_doom(self, strike: Callable[[], None]) -> None:
        """Kill whom the doom names, so much later as it says."""
        self.may_call = False
        self._was_struck = True
        doom = self._job.doom
        if doom is None:
            return
        until = time.perf_counter_ns() + doom.microseconds * 1000
        while time.perf_counter_ns() < until:
            pass
        if doom.victim is not Victim.EXECUTOR:
            strike()
        if doom.victim is not Victim.SERVER:
            self.kill()

    def kill(self) -> None:
        """`kill -9`; nothing where it has ended."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    def ended(self) -> Ended:
        """How it ended; its descriptors are closed."""
        self.process.join()
        code = self.process.exitcode
        self.process.close()
        os.close(self._descriptor)
        self.pipe.close()
        return Ended(
            self._job.number, 0 if code is None else code, self._job.doom, self._was_struck
        )
