"""The executor in processes of their own, which say each step on standard output as they take it.

`python -m tests.system.executor` imports everything once, then forks a process for each job that it
reads from standard input, one JSON object a line: {"home", "action_id", "later_seconds", "how"}. It
says `pid N`, then a line for each step (`intent`, `move` or `outcome` within those phases, `-`
between them), then `dead`, and after any line as an answer `end CODE`: 0 for done, 75 where another
process holds the lease, -9 for killed. `how` names a defect to build in, or is empty.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from sqlalchemy import event

from clawback.clock import SystemClock
from clawback.config import load_config
from clawback.errors import LeaseLost, SourceError
from clawback.mailboxes import maildir_files
from clawback.services import batches, remediate
from clawback.services.context import Context
from clawback.wiring import open_app
from models.actions import Lease
from models.copies import FolderRole
from models.outcomes import CopyOutcome, MoveIntent, MoveReply, Outcome

BATCH_SIZE = 6
PIECE_SIZE = 2
"""Small, so that one action has many batches to be killed in."""

TRIES = 4
TAKEN = 75


class LaterClock:
    """The system's clock, so much later: a lease of an earlier process has run out."""

    def __init__(self, later: timedelta) -> None:
        self._later = later

    def now(self) -> datetime:
        return SystemClock().now() + self._later


def say(text: str) -> None:
    """One line, written at once: what is said is true when the process dies right after."""
    os.write(1, f"{text}\n".encode())


class Steps:
    """The phase that the process is in; each step in it is said aloud."""

    def __init__(self) -> None:
        self._phase = "-"

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Within the block each step belongs to this phase; its ends are steps too."""
        self._phase = name
        self.step()
        yield
        self.step()
        self._phase = "-"
        self.step()

    def step(self, *_: object) -> None:
        say(self._phase)

    def sql(self, *_: object) -> None:
        if self._phase in ("intent", "outcome"):
            self.step()


class SpokenLedger:
    """The ledger whose two writes are phases, each SQL statement a step."""

    def __init__(self, inner: Any, steps: Steps, how: str) -> None:
        self._inner = inner
        self._steps = steps
        self._how = how

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def write_intents(self, lease: Lease, restore_points: Any, now: datetime) -> None:
        with self._steps.phase("intent"):
            if self._how != "no intents":
                self._inner.write_intents(lease, restore_points, now)

    def write_outcomes(self, lease: Lease, outcomes: Any, until: Any, now: datetime) -> None:
        with self._steps.phase("outcome"):
            self._inner.write_outcomes(lease, outcomes, until, now)


class SpokenSource:
    """The source whose move is a phase, each rename a step."""

    def __init__(self, inner: Any, steps: Steps, outcomes_first: Any) -> None:
        self._inner = inner
        self._steps = steps
        self._outcomes_first = outcomes_first

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def move(self, intents: Sequence[MoveIntent]) -> AsyncIterator[MoveReply]:
        if self._outcomes_first:
            self._outcomes_first(intents)
        with self._steps.phase("move"):
            async for reply in self._inner.move(intents):
                yield reply


def spoken(ctx: Context, action_id: int, steps: Steps, how: str) -> Context:
    """The context with every port that moves or records made to say so."""
    store: Any = ctx.store
    event.listen(store.database.engine, "before_cursor_execute", steps.sql)
    event.listen(store.database.engine, "commit", steps.sql)
    rename = maildir_files.rename_without_overwriting

    def rename_aloud(source: int, name: str, target: int, new_name: str) -> None:
        steps.step()
        rename(source, name, target, new_name)
        steps.step()

    maildir_files.rename_without_overwriting = rename_aloud

    def outcomes_first(intents: Sequence[MoveIntent]) -> None:
        """The defect: what a source will surely do is written down before it does."""
        row = store.cases.action(action_id)
        lease = Lease(action_id, ctx.holder, row.fence, ctx.clock.now())
        done = [
            CopyOutcome(one.copy_id, Outcome.MOVED, "", None, FolderRole.RECOVERABLE)
            for one in intents
        ]
        store.ledger.write_outcomes(lease, done, None, ctx.clock.now())

    early = outcomes_first if how == "outcomes first" else None
    sources: Any = {n: SpokenSource(s, steps, early) for n, s in ctx.sources.items()}
    ports: Any = SimpleNamespace(
        index=store.index,
        cases=store.cases,
        settings=store.settings,
        ledger=SpokenLedger(store.ledger, steps, how),
    )
    return replace(ctx, store=ports, sources=sources)


async def execute(ctx: Context, action_id: int) -> None:
    """What the flows do with an action that runs."""
    execution = remediate.open_execution(ctx, action_id)
    for batch in execution.batches:
        for attempt in range(1, TRIES + 1):
            try:
                await batches.run_batch(
                    ctx, execution.lease, batch.source, batch.size, last_try=attempt == TRIES
                )
                break
            except SourceError as error:
                if not error.retryable or attempt == TRIES:
                    raise
    remediate.finish(ctx, execution.lease)


def work(job: dict[str, Any]) -> int:
    """Run the action of a job to its end; the exit code."""
    batches.BATCH_SIZE, batches.PIECE_SIZE = BATCH_SIZE, PIECE_SIZE
    ctx = open_app(load_config({"CLAWBACK_HOME": job["home"]}))
    ctx = replace(ctx, clock=LaterClock(timedelta(seconds=job["later_seconds"])))
    try:
        asyncio.run(execute(spoken(ctx, job["action_id"], Steps(), job["how"]), job["action_id"]))
    except LeaseLost:
        return TAKEN
    return 0


def fork(job: dict[str, Any]) -> int:
    """The id of a new process at work on the job."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        code = work(job)
    finally:
        sys.stderr.flush()
        os._exit(code)


def warm() -> None:
    """Import all that is imported when it is first needed: no job has to."""
    with TemporaryDirectory() as home:
        store: Any = open_app(load_config({"CLAWBACK_HOME": home})).store
        store.close()


def main() -> None:
    """Serve jobs until standard input ends."""
    warm()
    say("ready")
    for line in iter(sys.stdin.readline, ""):
        pid = fork(json.loads(line))
        say(f"pid {pid}")
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        say("dead")
        sys.stdin.readline()  # not reaped before: until then nobody else gets this process id
        _, status = os.waitpid(pid, 0)
        say(f"end {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
