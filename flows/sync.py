"""The index in step with the stores."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.index import bring_index_up_to_date


@flow(name="sync", flow_run_name="sync")
async def sync(limit_minutes: int = 30) -> State[None]:
    """Bring the index up to date with every mailbox of every source.

    Args:
        limit_minutes: No further mailbox is begun after so many minutes; the next sync goes on there.
    """
    report = await bring_index_up_to_date(limit_minutes)
    message = (
        f"{report.mailboxes:,} mailboxes: {report.new:,} new, {report.moved:,} moved, "
        f"{report.gone:,} gone, {report.unreadable:,} unreadable; "
        f"{report.failed_mailboxes:,} mailboxes or sources failed"
    )
    return Completed(message=message)
