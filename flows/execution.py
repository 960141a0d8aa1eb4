"""The one executor: investigate, approve and revert all run an action through here."""

from __future__ import annotations

import asyncio
from itertools import groupby

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from models.actions import ActionStatus, RemediationAction
from tasks.endings import Ending, Stopped
from tasks.execution import batch_stop, close_execution, open_execution, show_progress


async def execute(action_id: int) -> RemediationAction | Stopped:
    """The action after all its batches, or why it stops here: then it stays Running."""
    execution = await open_execution(action_id)
    if isinstance(execution, Stopped):
        return execution
    progress = await show_progress(action_id, len(execution.batches))

    async def run_source(batches: tuple[int, ...]) -> Stopped | None:
        for number in batches:
            batch = execution.batches[number - 1]
            if stop := await batch_stop(execution.lease, batch, execution.verb):
                return stop
            await progress.advance()
        return None

    by_source = groupby(execution.batches, key=lambda batch: batch.source)
    queues = [tuple(batch.number for batch in batches) for _, batches in by_source]
    stops = await asyncio.gather(*(run_source(queue) for queue in queues))
    return await close_execution(execution.lease, [stop for stop in stops if stop])


def ended(result: RemediationAction | Stopped) -> State[None]:
    """How a run over one action ends: as the action did, or saying why it stopped."""
    if isinstance(result, Stopped):
        if result.ending is Ending.SOURCE_AWAY:
            return Failed(message=result.message)
        return Completed(name=result.ending.value, message=result.message)
    message = f"{result.type.value} of {result.copies:,} messages: {outcome_words(result)}"
    if result.status is ActionStatus.FAILED:
        return Failed(message=message)
    return Completed(name=result.status.value, message=message)


def outcome_words(action: RemediationAction) -> str:
    """What became of an action in words."""
    counts = [f"{number:,} {outcome}" for outcome, number in action.outcomes.items() if number]
    if counts:
        return ", ".join(counts)
    return f"{action.status.value}, nothing moved"
