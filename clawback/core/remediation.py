"""How far clusters and messages are dealt with, in the original's words, and how long that waited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import assert_never

from clawback.core.lifecycle import outcome_line
from clawback.core.showing import counted
from models.actions import AUTOMATION, ActionStatus, RemediationAction
from models.cases import CaseCluster, Dealing, RemediationStatus
from models.decisions import Effect
from models.indicators import Verdict
from models.locations import Bucket
from models.outcomes import LedgerState, Outcome

_R = RemediationStatus
_DONE = (Outcome.MOVED, Outcome.ALREADY)
_LEFT = (Outcome.FAILED, Outcome.PROTECTED, Outcome.CHANGED)


def cluster_status(
    verdict: Verdict, cluster: CaseCluster | None, actions: Sequence[RemediationAction]
) -> RemediationStatus | None:
    """How far a cluster is dealt with; None where it is no threat and nobody acted on it.

    `actions` are the investigation's. What a revert put back is Active again.
    """
    ours = [one for one in actions if cluster is not None and one.cluster_id == cluster.id]
    removals = [one for one in ours if one.reverts_action_id is None]
    if removals:
        return removal_status(max(removals, key=lambda one: one.id), ours)
    if verdict not in (Verdict.MALICIOUS, Verdict.SUSPICIOUS):
        return None
    if cluster is None or cluster.counts is None:
        return _R.RUNNING if cluster is None or cluster.members else _R.NOT_FOUND
    if cluster.counts.in_mailbox or cluster.counts.unknown:
        return _R.ACTIVE
    return _R.PREVENTED if cluster.members else _R.NOT_FOUND


def removal_status(
    removal: RemediationAction, actions: Iterable[RemediationAction]
) -> RemediationStatus:
    """How far the copies of one removal are dealt with; `actions` hold its reverts, if any.

    What a revert put back is Active again.
    """
    is_undone = any(
        one.reverts_action_id == removal.id and _has(one.outcomes, _DONE) for one in actions
    )
    return _R.ACTIVE if is_undone else action_status(removal)


def action_status(action: RemediationAction) -> RemediationStatus:
    """How far the copies of one removal are dealt with.

    One that refresh cancelled had nothing left in a mailbox: as in the original, that is Remediated.
    """
    match action.status:
        case ActionStatus.PENDING:
            return _R.PENDING
        case ActionStatus.RUNNING:
            return _R.RUNNING
        case ActionStatus.REJECTED:
            return _R.DECLINED
        case ActionStatus.EXPIRED:
            return _R.UNREMEDIATED
        case ActionStatus.CANCELLED if not action.decided_by:
            return _R.REMEDIATED
        case ActionStatus.COMPLETED | ActionStatus.FAILED | ActionStatus.CANCELLED:
            return _of_outcomes(action.outcomes, is_whole=finished(action) >= action.copies)
        case _:
            assert_never(action.status)


def _of_outcomes(outcomes: Mapping[str, int], *, is_whole: bool) -> RemediationStatus:
    if _has(outcomes, _DONE):
        return _R.REMEDIATED if is_whole and not _has(outcomes, _LEFT) else _R.PARTLY
    return _R.NOT_FOUND if outcomes.get(Outcome.NOT_FOUND) else _R.UNREMEDIATED


def _has(outcomes: Mapping[str, int], wanted: Iterable[Outcome]) -> bool:
    return any(outcomes.get(one.value, 0) for one in wanted)


def email_status(dealing: Dealing | None, bucket: Bucket) -> RemediationStatus:
    """How far one message of a threat is dealt with, which is in this bucket now."""
    if dealing is None:
        match bucket:
            case Bucket.MAILBOX | Bucket.UNKNOWN:
                return _R.ACTIVE
            case Bucket.NOT_IN_MAILBOX:
                return _R.PREVENTED
            case Bucket.EXTERNAL:
                return _R.UNREMEDIATED
            case _:
                assert_never(bucket)
    if dealing.is_put_back:
        return _R.ACTIVE
    match dealing.outcome:
        case Outcome.MOVED | Outcome.ALREADY:
            return _R.REMEDIATED
        case Outcome.NOT_FOUND:
            return _R.NOT_FOUND
        case Outcome.FAILED | Outcome.PROTECTED | Outcome.CHANGED:
            return _R.UNREMEDIATED
        case None:
            return _unfinished(dealing, bucket)
        case _:
            assert_never(dealing.outcome)


def _unfinished(dealing: Dealing, bucket: Bucket) -> RemediationStatus:
    match dealing.action:
        case ActionStatus.PENDING:
            return _R.PENDING
        case ActionStatus.RUNNING:
            return _R.RUNNING
        case ActionStatus.REJECTED:
            return _R.DECLINED
        case _:
            is_gone = dealing.state is LedgerState.PLANNED and bucket is Bucket.NOT_IN_MAILBOX
            return _R.REMEDIATED if is_gone else _R.UNREMEDIATED


def status_details(cluster: CaseCluster | None, actions: Sequence[RemediationAction]) -> str:
    """Why a cluster's status is what it is, in words that are safe to show."""
    if cluster is None:
        return ""
    ours = sorted((one for one in actions if one.cluster_id == cluster.id), key=lambda one: one.id)
    if ours:
        parts = [f"{one.type.value}: {_ending(one)}" for one in ours]
        return "; ".join(parts)
    if cluster.effect is Effect.REMEDIATE:
        return f"Only recorded: {cluster.reason}"
    return cluster.reason


def _ending(action: RemediationAction) -> str:
    by = f" by {action.decided_by}" if action.decided_by else ""
    done = outcome_line(action.outcomes)
    if action.status is ActionStatus.PENDING:
        return f"{counted(action.copies, 'message')} waiting for approval"
    return f"{action.status.value}{by}" + (f" ({done})" if done else "")


def finished(action: RemediationAction) -> int:
    """How many of an action's copies are finished, whatever became of them."""
    return sum(action.outcomes.values())


def moved(actions: Iterable[RemediationAction]) -> tuple[int, int]:
    """Copies that removals moved, and copies that reverts put back."""
    away = back = 0
    for action in actions:
        number = action.outcomes.get(Outcome.MOVED.value, 0)
        if action.reverts_action_id is None:
            away += number
        else:
            back += number
    return away, back


def waited(action: RemediationAction, now: datetime) -> timedelta:
    """How long an action waited for a decision, until now where it still does; zero for automation."""
    if action.decided_by == AUTOMATION or action.reverts_action_id is not None:
        return timedelta()
    until = action.decided_at or action.ended_at or now
    return max(until - action.created_at, timedelta())


def pending_time(actions: Iterable[RemediationAction], now: datetime) -> timedelta:
    """For how long anything of an investigation waited for a decision; two at once count once."""
    total, reached = timedelta(), None
    for action in sorted(actions, key=lambda one: one.created_at):
        end = action.created_at + waited(action, now)
        start = action.created_at if reached is None else max(action.created_at, reached)
        if end > start:
            total += end - start
            reached = end
    return total
