"""Late arrivals of what is known to be malicious."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.index import bring_index_up_to_date
from tasks.upkeep import look_for_new_hits, start_investigation


@flow(name="sweep", flow_run_name="sweep")
async def sweep(limit_minutes: int = 10) -> State[None]:
    """Look for new hits of the configured lists and of the last days' actions; investigate each.

    Copies that a revert put back, and those of an action that was rejected, never come up again;
    those of one that expired, was cancelled or failed do.

    Args:
        limit_minutes: No further mailbox is begun after so many minutes of bringing the index up to
            date; what is not reached now is seen by the next sweep.
    """
    await bring_index_up_to_date(limit_minutes)
    report = await look_for_new_hits()
    for investigation_id in report.investigations:
        await start_investigation(investigation_id)
    opened = len(report.investigations)
    return Completed(message=f"{report.indicators:,} indicators, {opened:,} new investigations")
