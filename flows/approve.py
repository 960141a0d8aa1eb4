"""A pending action from the question to what was decided."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.execution import ended, execute
from flows.forms import ask_a_person
from models.actions import ActionStatus, Choice
from tasks.approval import describe_action, look_at_action, record_decision
from tasks.endings import Stopped


@flow(name="approve", flow_run_name="approve-{action_id}")
async def approve(action_id: int, attempt: int = 1) -> State[None]:
    """Wait until a person approves or rejects a pending action, then do what was decided.

    The database counts, not the form: an action that was decided elsewhere, that expired or was
    cancelled is taken as it is, whatever was typed here.

    Args:
        action_id: The number of the action, as `clawback actions` lists it.
        attempt: Which try this is. Leave it at 1; refresh counts on when it starts another.
    """
    action = await look_at_action(action_id)
    if action.status is ActionStatus.PENDING:
        form = await ask_a_person(await describe_action(action_id, attempt))
        decided = await record_decision(action_id, Choice(form.decision), form.analyst, form.reason)
        if isinstance(decided, Stopped):
            return Completed(name=decided.ending.value, message=decided.message)
        action = decided
    if action.status is ActionStatus.RUNNING:
        return ended(await execute(action_id))
    return ended(action)
