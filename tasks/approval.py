"""A person's say over one pending action."""

from __future__ import annotations

import asyncio

from prefect import task
from prefect.artifacts import acreate_link_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from clawback.errors import AlreadyDecided, BadInput, Refused, SetupError
from clawback.services import approvals
from models.actions import ActionStatus, Actor, Choice, DecidedVia, RemediationAction
from tasks.app import app
from tasks.endings import Ending, Stopped, is_retryable


@task(
    name="open approval",
    task_run_name="open approval for {label}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=3,
    retry_delay_seconds=[1, 3, 10],
    retry_condition_fn=is_retryable,
)
async def open_approval(action_id: int, label: str) -> str:
    """The id of the run that waits for a person, linked from this run's page."""
    ctx = app()
    if ctx.runs is None:
        raise SetupError("approvals need a Prefect server: start it with `clawback up`")
    action = approvals.action(ctx, action_id)
    attempt = max(action.attempt, 1)
    run_id = await asyncio.to_thread(
        ctx.runs.start_approval, action_id, action.investigation_id, attempt
    )
    approvals.bind_run(ctx, action_id, run_id, attempt)
    await acreate_link_artifact(
        link=ctx.runs.link(run_id),
        link_text=f"approve-{action_id}",
        key=f"approval-{action_id}",
        description=f"The run that waits for a decision on action {action_id}",
    )
    return run_id


@task(
    name="look at the action",
    task_run_name="look at action {action_id}",
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def look_at_action(action_id: int) -> RemediationAction:
    """The action as the database has it now."""
    return approvals.action(app(), action_id)


@task(
    name="describe what waits",
    task_run_name="describe action {action_id}",
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def describe_action(action_id: int, attempt: int) -> str:
    """What an analyst needs to decide, as Markdown; this run is recorded as the one that waits."""
    ctx = app()
    action = approvals.action(ctx, action_id)
    approvals.bind_run(ctx, action_id, str(flow_run.id or ""), max(action.attempt, attempt))
    return approvals.describe(ctx, action_id)


@task(
    name="record the decision",
    task_run_name="record the decision on action {action_id}",
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def record_decision(
    action_id: int, choice: Choice, analyst: str, reason: str
) -> RemediationAction | Stopped:
    """The action after a decision typed into Prefect's form; if it is decided already, as it is.

    Prefect records no identity: the analyst's name is what somebody typed, so it is unverified. A
    decision that does not count ends the run, and refresh opens a new one.
    """
    actor = Actor(analyst, DecidedVia.FORM, verified=False)
    try:
        return await asyncio.to_thread(
            approvals.decide, app(), action_id, choice, actor=actor, reason=reason
        )
    except AlreadyDecided as error:
        action = approvals.action(app(), action_id)
        if action.status is ActionStatus.PENDING:
            return Stopped(Ending.EXPIRED, str(error))
        return action
    except (Refused, BadInput) as error:
        return Stopped(Ending.NOT_COUNTED, f"{error}; refresh asks again")
