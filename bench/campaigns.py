"""One campaign that is taken out and put back, by the services and by a floor or peer in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bench.cases import soft_delete_all
from bench.measuring import Pair, expect, seconds_of
from clawback.services import batches, remediate, revert
from clawback.services.context import Context
from models.actions import ActionStatus, Actor, DecidedVia, RemediationAction
from models.outcomes import Outcome

PERSON = Actor("bench", DecidedVia.CLI, verified=True)


class Campaign:
    """All copies of a cluster. Both sides work on the same store."""

    def __init__(self, ctx: Context, cluster_id: int, copies: int) -> None:
        self._ctx = ctx
        self._cluster_id = cluster_id
        self._copies = copies
        self._action: RemediationAction | None = None

    def pair(
        self, other: Callable[[], tuple[float, float]], *, other_first: bool
    ) -> tuple[Pair, Pair]:
        """Soft delete and revert, each ours and the other's, in seconds."""
        if other_first:
            theirs = other()
            ours = self._ours()
        else:
            ours = self._ours()
            theirs = other()
        return Pair(ours[0], theirs[0]), Pair(ours[1], theirs[1])

    def take_out(self) -> None:
        """A soft delete from the action's row to its final status."""
        self._action = self._executed(soft_delete_all(self._ctx, self._cluster_id, PERSON))

    def put_back(self) -> None:
        """The revert of it, to the original folders, likewise."""
        expect(self._action is not None, "nothing was taken out")
        request = revert.request(
            self._ctx,
            self._action.id if self._action else 0,
            revert.RevertTo.ORIGINAL,
            actor=PERSON,
            reason="bench",
        )
        self._executed(request)

    def _ours(self) -> tuple[float, float]:
        return seconds_of(self.take_out), seconds_of(self.put_back)

    def _executed(self, action: RemediationAction) -> RemediationAction:
        done = asyncio.run(_execute(self._ctx, action.id))
        expect(done.status is ActionStatus.COMPLETED, f"the action is {done.status.value}")
        moved = done.outcomes.get(Outcome.MOVED.value, 0)
        expect(moved == self._copies, f"{moved} of {self._copies} copies were moved")
        return done


async def _execute(ctx: Context, action_id: int) -> RemediationAction:
    """What the flow does, without Prefect: take the lease, run the batches, close the action."""
    execution = remediate.open_execution(ctx, action_id)
    for batch in execution.batches:
        await batches.run_batch(ctx, execution.lease, batch.source, batch.size)
    return remediate.finish(ctx, execution.lease)
