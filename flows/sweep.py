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

    Copies that an action held before, such as those that a revert put back, never come up again.

    Args:
        limit_minutes: No further mailbox is begun after so many minutes of bringing the index up to
            date; what is not reached now is seen by the next sweep.
    """
    await bring_index_up_to_date(limit_minutes)
    reports = await look_for_new_hits()
    opened = [number for report in reports for number in report.investigations]
    for investigation_id in opened:
        await start_investigation(investigation_id)
    looked = sum(report.indicators for report in reports)
    return Completed(message=f"{looked:,} indicators, {len(opened):,} new investigations")
