"""Open actions and interrupted work looked at again."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.upkeep import refresh_actions


@flow(name="refresh", flow_run_name="refresh")
async def refresh() -> State[None]:
    """Count pending actions anew, end what is over, and take up what was interrupted.

    A pending action with nothing left in a mailbox is cancelled, one that nobody decided expires,
    and one without a run that waits gets one. Approved work whose run died gets a new run.
    """
    report = await refresh_actions()
    return Completed(message=report.summary())
