"""Where each member of a cluster is now, read from the live stores."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from clawback.core.locations import copy_location, count_locations
from clawback.errors import SourceError
from clawback.ports import MailboxSource
from clawback.services.context import Context
from models.clusters import Cluster
from models.copies import CopyRef, LiveCopy, SourceFault
from models.locations import CopyLocation, LocationCounts

log = logging.getLogger(__name__)

RECORDED_AGAIN = timedelta(days=1)
"""How long counts that stay the same are not written again: our own choice."""


async def check_locations(ctx: Context, cluster_id: int) -> LocationCounts:
    """The counts of a fresh location check of the whole cluster, recorded."""
    cluster = ctx.store.cases.cluster(cluster_id)
    locations, counts = await locate_cluster(ctx, cluster)
    await asyncio.to_thread(ctx.store.cases.save_locations, cluster_id, locations, counts)
    return counts


async def recheck_locations(ctx: Context, cluster_id: int) -> LocationCounts:
    """The counts of a fresh location check, recorded if they changed or the latest are a day old.

    A cluster of ten thousand that waits for a week is looked at a thousand times: a row for each
    copy each time would be ten million.
    """
    cluster = ctx.store.cases.cluster(cluster_id)
    locations, counts = await locate_cluster(ctx, cluster)
    latest = ctx.store.cases.latest_counts(cluster_id)
    is_known = latest is not None and replace(counts, checked_at=latest.checked_at) == latest
    if latest is None or not is_known or counts.checked_at - latest.checked_at >= RECORDED_AGAIN:
        await asyncio.to_thread(ctx.store.cases.save_locations, cluster_id, locations, counts)
    return counts


async def locate_cluster(
    ctx: Context, cluster: Cluster
) -> tuple[tuple[CopyLocation, ...], LocationCounts]:
    """Every member's live location and their counts; nothing is recorded."""
    settings, _ = ctx.store.settings.current()
    refs = [member.ref for member in cluster.members]
    live = await read_live(ctx.sources, refs)
    locations = tuple(copy_location(live[ref.copy_id], settings) for ref in refs)
    source_of = {ref.copy_id: ref.source for ref in refs}
    counts = count_locations(
        locations,
        source_of,
        external_recipients=cluster.external_recipients,
        checked_at=ctx.clock.now(),
    )
    return locations, counts


async def read_live(
    sources: Mapping[str, MailboxSource], refs: Sequence[CopyRef]
) -> dict[int, LiveCopy]:
    """Where each copy is now, by copy id; a source that does not answer makes its copies unknown."""
    by_source: dict[str, list[CopyRef]] = {}
    for ref in refs:
        by_source.setdefault(ref.source, []).append(ref)
    found: dict[int, LiveCopy] = {}
    for name, copies in by_source.items():
        try:
            async for live in sources[name].locate(copies):
                found[live.copy_id] = live
        except KeyError:
            log.error("source_not_configured", extra={"source": name})
        except SourceError as error:
            log.error("source_unavailable", extra={"source": name, "code": error.code})
    return {ref.copy_id: found.get(ref.copy_id) or _unknown(ref) for ref in refs}


def _unknown(ref: CopyRef) -> LiveCopy:
    return LiveCopy(
        copy_id=ref.copy_id,
        place=None,
        role=None,
        content_sha256="",
        fault=SourceFault.UNAVAILABLE,
    )
