"""What changed since an action's messages were analysed: from the index, no mail system is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from clawback.core.clustering import excluded_mailboxes
from clawback.core.locations import bucket_of, delivery_location
from clawback.services.context import Context
from clawback.services.investigate import simulations
from models.copies import FolderRole
from models.locations import Bucket
from models.settings import Settings
from models.since import MemberGroup, SinceAnalysis


def since_analysis(ctx: Context, action_id: int) -> SinceAnalysis:
    """Then and now of the action's cluster, in three grouped queries. Raises `NotFound`."""
    cluster_id = ctx.store.cases.action(action_id).cluster_id
    figures = ctx.store.figures
    settings, _ = ctx.store.settings.current()
    groups = figures.member_groups(cluster_id)
    late = figures.arrivals(
        cluster_id, excluded=excluded_mailboxes(settings), simulations=simulations(settings)
    )
    moved = [group for group in groups if _is_moved(group)]
    return SinceAnalysis(
        analysed_at=figures.asked([cluster_id])[cluster_id].query_at,
        looked_at_at=figures.read_until(),
        members_then=_total(groups),
        in_mailbox_then=_in_mailbox_then(groups),
        in_mailbox_now=_total(
            group for group in groups if not group.is_gone and _is_inside(group.role, settings)
        ),
        late_arrivals=sum(late.values()),
        late_in_mailbox=_late_inside(late, settings),
        moved_by_clawback=_total(group for group in moved if group.is_ours),
        moved_by_others=_total(group for group in moved if not group.is_ours),
        gone=_total(group for group in groups if group.is_gone and _was_there(group)),
    )


def _in_mailbox_then(groups: Sequence[MemberGroup]) -> int | None:
    if groups and all(group.bucket is None for group in groups):
        return None
    return _total(group for group in groups if group.bucket is Bucket.MAILBOX)


def _late_inside(late: Mapping[FolderRole, int], settings: Settings) -> int:
    return sum(number for role, number in late.items() if _is_inside(role, settings))


def _is_moved(group: MemberGroup) -> bool:
    """In another folder than then, or found again; what then could not be told is not compared."""
    if group.is_gone or group.bucket in (None, Bucket.UNKNOWN, Bucket.EXTERNAL):
        return False
    return group.is_elsewhere or not group.was_somewhere


def _was_there(group: MemberGroup) -> bool:
    """Whether the copy may have been somewhere: not if the check looked and found nothing."""
    return group.was_somewhere or group.bucket in (None, Bucket.UNKNOWN)


def _is_inside(role: FolderRole, settings: Settings) -> bool:
    return bucket_of(delivery_location(role), settings) is Bucket.MAILBOX


def _total(groups: Iterable[MemberGroup]) -> int:
    return sum(group.members for group in groups)
