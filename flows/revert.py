"""A reverting action from its plan to verified outcomes."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State

from flows.execution import ended, execute
from models.actions import ActionStatus
from tasks.approval import look_at_action


@flow(name="revert", flow_run_name="revert-{action_id}")
async def revert(action_id: int, attempt: int = 1) -> State[None]:
    """Put back what an action moved, message by message as its ledger has it.

    `clawback revert` makes the reverting action and starts this with its number.

    Args:
        action_id: The number of the reverting action, not of the one that it reverts.
        attempt: Which try this is. Leave it at 1; refresh counts on when it starts another.
    """
    action = await look_at_action(action_id)
    if action.status is ActionStatus.RUNNING:
        return ended(await execute(action_id))
    return ended(action)
