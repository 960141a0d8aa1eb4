"""The life of actions and investigations: which moves are allowed, and what the parts add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from clawback.core.showing import counted
from models.actions import ActionStatus, RemediationAction
from models.alerts import InvestigationStatus
from models.decisions import Effect
from models.indicators import Verdict
from models.outcomes import Outcome

_A = ActionStatus
_I = InvestigationStatus

ACTION_MOVES: Mapping[ActionStatus, frozenset[ActionStatus]] = {
    _A.PENDING: frozenset({_A.RUNNING, _A.REJECTED, _A.EXPIRED, _A.CANCELLED}),
    _A.RUNNING: frozenset({_A.COMPLETED, _A.FAILED, _A.CANCELLED}),
    _A.COMPLETED: frozenset(),
    _A.FAILED: frozenset(),
    _A.REJECTED: frozenset(),
    _A.EXPIRED: frozenset(),
    _A.CANCELLED: frozenset(),
}
"""Allowed moves of an action. A killed run leaves its action Running, and another run goes on."""

_ENDINGS = frozenset(
    {
        _I.NO_THREATS_FOUND, _I.PARTIALLY_INVESTIGATED, _I.REMEDIATED, _I.FAILED,
        _I.TERMINATED_BY_THROTTLING, _I.TERMINATED_BY_SYSTEM, _I.TERMINATED_BY_USER,
    }
)  # fmt: skip
_SUCCESSES = frozenset({Outcome.MOVED, Outcome.ALREADY})
_STILL_THERE = frozenset({Outcome.FAILED, Outcome.PROTECTED, Outcome.CHANGED})


@dataclass(frozen=True, slots=True)
class Finding:
    """What an investigation found for one indicator.

    `members` and `in_mailbox` count messages of its cluster; `effect` is the decision's, None where
    a guard refused the indicator and no cluster was built. `is_decided` is false where nobody has
    come to a decision yet. With `is_selected` a person picked the messages.
    """

    verdict: Verdict
    members: int
    in_mailbox: int
    effect: Effect | None
    is_decided: bool = True
    is_selected: bool = False

    @property
    def is_threat(self) -> bool:
        """Malicious or suspicious, or selected by a person: what needs an answer."""
        return self.is_selected or self.verdict in (Verdict.MALICIOUS, Verdict.SUSPICIOUS)


def may_move(was: ActionStatus, to: ActionStatus) -> bool:
    """True if an action may go from one status to the other."""
    return to in ACTION_MOVES[was]


def is_ended(status: InvestigationStatus) -> bool:
    """True if nothing more happens in an investigation by itself."""
    return status in _ENDINGS


def final_status(outcomes: Mapping[str, int]) -> ActionStatus:
    """Completed, or Failed if nothing succeeded and something is still there.

    The original completes an action if all or some succeeded and fails it if none did. "not found"
    is no success and no failure: an action that found nothing any more has completed.
    """
    counts = {Outcome(name): number for name, number in outcomes.items() if number}
    if _SUCCESSES & counts.keys() or not _STILL_THERE & counts.keys():
        return ActionStatus.COMPLETED
    return ActionStatus.FAILED


def investigation_status(
    findings: Sequence[Finding], actions: Iterable[RemediationAction]
) -> tuple[InvestigationStatus, str]:
    """The status that the parts add up to, and one sentence with counts alone.

    As in the original, approving or rejecting all closes as Remediated, an expired action closes as
    Terminated By System, one that a person cancelled as Terminated By User, and threats with nothing
    left in a mailbox count as remediated. Unlike it, copies that a removal could not move keep the
    status at Partially Remediated. A threat that a guard refused, or that was only recorded, makes
    it Partially Investigated. Reverts do not count: they undo an action and find nothing.
    """
    removals = [action for action in actions if action.reverts_action_id is None]
    unanswered = any(_is_unanswered(found, bool(removals)) for found in findings)
    status = _of_actions(removals) if removals else _of_findings(findings)
    if unanswered and status in (_I.REMEDIATED, _I.NO_THREATS_FOUND):
        completed = any(action.status is ActionStatus.COMPLETED for action in removals)
        status = _I.PARTIALLY_REMEDIATED if completed else _I.PARTIALLY_INVESTIGATED
    return status, _summary(findings, removals)


def _of_actions(actions: Sequence[RemediationAction]) -> InvestigationStatus:
    have = Counter(action.status for action in actions)
    if have[ActionStatus.RUNNING]:
        return InvestigationStatus.RUNNING
    if have[ActionStatus.PENDING]:
        some_done = have[ActionStatus.COMPLETED] or have[ActionStatus.FAILED]
        return (
            InvestigationStatus.PARTIALLY_REMEDIATED
            if some_done
            else InvestigationStatus.PENDING_ACTION
        )
    if have[ActionStatus.EXPIRED]:
        return InvestigationStatus.TERMINATED_BY_SYSTEM
    # Refresh decides nothing: it cancels what has nothing left in a mailbox.
    if any(one.status is ActionStatus.CANCELLED and one.decided_by for one in actions):
        return InvestigationStatus.TERMINATED_BY_USER
    if have[ActionStatus.FAILED] or any(_leftovers(action) for action in actions):
        return InvestigationStatus.PARTIALLY_REMEDIATED
    return InvestigationStatus.REMEDIATED


def _of_findings(findings: Sequence[Finding]) -> InvestigationStatus:
    if any(found.members for found in findings if found.is_threat):
        return InvestigationStatus.REMEDIATED
    return InvestigationStatus.NO_THREATS_FOUND


def _is_unanswered(found: Finding, has_actions: bool) -> bool:
    """A threat that no action answers: refused by a guard, or only recorded (mode observe)."""
    if not found.is_threat:
        return False
    return found.effect is None or (found.effect is not Effect.NO_ACTION and not has_actions)


def _leftovers(action: RemediationAction) -> bool:
    return any(action.outcomes.get(outcome.value, 0) for outcome in _STILL_THERE)


def _summary(findings: Sequence[Finding], actions: Sequence[RemediationAction]) -> str:
    threats = sum(found.is_threat for found in findings)
    members = sum(found.members for found in findings if found.is_threat)
    inside = sum(found.in_mailbox for found in findings if found.is_threat)
    if threats and all(found.is_selected for found in findings if found.is_threat):
        parts = [f"{counted(members, 'selected message')}, {inside:,} in a mailbox"]
    else:
        found_in = f"{counted(threats, 'threat')} in {counted(members, 'message')}"
        parts = [f"{found_in}, {inside:,} in a mailbox"]
    if actions:
        by_status = Counter(action.status for action in actions)
        listed = ", ".join(
            f"{by_status[one]:,} {one.value}" for one in ActionStatus if by_status[one]
        )
        parts.append(f"{counted(len(actions), 'action')} ({listed})")
    if outcomes := outcome_line(_totals(actions)):
        parts.append(outcomes)
    return "; ".join(parts) + "."


def outcome_line(outcomes: Mapping[str, int]) -> str:
    """Counts of outcomes in words: "340 moved, 2 failed"; empty if there are none."""
    return ", ".join(
        f"{outcomes[one.value]:,} {one.value}" for one in Outcome if outcomes.get(one.value)
    )


def _totals(actions: Sequence[RemediationAction]) -> Mapping[str, int]:
    total: Counter[str] = Counter()
    for action in actions:
        total.update(action.outcomes)
    return total
