"""An executor in a process of its own: the services themselves, with small batches."""

from __future__ import annotations

import asyncio
import os
import traceback
from dataclasses import replace
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from bench.crash.jobs import Job
from bench.crash.journal import JournalWriter
from bench.crash.speaking import Steps, spoken
from clawback.clock import SystemClock
from clawback.config import load_config
from clawback.errors import Conflict, LeaseLost, SourceError
from clawback.services import batches, remediate
from clawback.services.context import Context
from clawback.wiring import open_app

BATCH_SIZE = 24
PIECE_SIZE = 8
"""Small, so that one action has many pieces to be killed in."""

TRIES = 4
DONE, BROKEN, TAKEN, AWAY = 0, 70, 75, 76
"""How an executor ends: all done, a bug, another one has the action, the source stayed away."""

READY = b"ready"


class LaterClock:
    """The system's clock, so much ahead."""

    def __init__(self, later: timedelta) -> None:
        self._later = later

    def now(self) -> datetime:
        """The time now, so much later."""
        return SystemClock().now() + self._later


def work(job: Job, parent: Connection) -> None:
    """Run the action of a job to its end. Ends the process with one of the codes above."""
    code = BROKEN
    try:
        code = _work(job, parent)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)  # nothing is left to be tidied up: a kill would not do it either


def _work(job: Job, parent: Connection) -> int:
    os.environ.update(job.environment)
    batches.BATCH_SIZE, batches.PIECE_SIZE = BATCH_SIZE, PIECE_SIZE
    ctx = open_app(load_config({"CLAWBACK_HOME": job.home}))
    ctx = replace(ctx, clock=LaterClock(timedelta(seconds=job.later_seconds)))
    if job.spoil is not None:
        ctx = job.spoil(ctx)
    steps = Steps(JournalWriter(Path(job.home), job.number), job.doom, parent)
    ctx = spoken(ctx, steps)
    parent.send_bytes(READY)
    parent.recv_bytes()
    try:
        asyncio.run(_execute(ctx, job.action_id))
    except (LeaseLost, Conflict):
        return TAKEN
    except SourceError:
        return AWAY
    return DONE


async def _execute(ctx: Context, action_id: int) -> None:
    """What the flows do with an action that runs, without their pauses between two tries."""
    execution = remediate.open_execution(ctx, action_id)
    try:
        for batch in execution.batches:
            await _batch(ctx, execution, batch)
    except SourceError:
        remediate.release(ctx, execution.lease)
        raise
    remediate.finish(ctx, execution.lease)


async def _batch(ctx: Context, execution: remediate.Execution, batch: batches.Batch) -> None:
    for attempt in range(1, TRIES + 1):
        try:
            await batches.run_batch(
                ctx, execution.lease, batch.source, batch.size, last_try=attempt == TRIES
            )
            return
        except SourceError as error:
            if not error.retryable or attempt == TRIES:
                raise
