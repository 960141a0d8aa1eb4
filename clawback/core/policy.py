"""The gate: what may run by itself, what waits for a person, what is left alone.

The policy is the table `RULES`, read from top to bottom. A rule looks at the inputs and answers
with a `Finding`. NO_ACTION ends the table at once: the rules below it were not reached and are not
in the decision. AWAIT_APPROVAL is noted and the table goes on, so that a person sees every reason.
If nothing was noted by the end, the action runs.

Which copies a decision is about:
  run by itself   in a mailbox, less those of an action of the last hour, less those put back
  approval        in a mailbox or with unknown location, less those of an action of the last hour;
                  copies that a revert put back are included, since a person decides
  selected        what the selected action moves, and with unknown location, those put back included
  no action       none
The executor looks at every copy again before it moves it, so a location may be out of date here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from clawback.core.showing import counted, inert
from models.clusters import ClusterKind
from models.decisions import Decision, Effect, PolicyInputs, RecentAction, RuleResult
from models.indicators import GuardLevel, UrlMatch, Verdict
from models.settings import Mode

DEDUPLICATION_WINDOW = timedelta(hours=1)
"""The original does not run a cluster again that was approved in the previous hour; ours includes
the full hour itself."""

REFUSED_INDICATOR = "refused indicator"
"""Name of the rule that ends with no action because a guard refuses the indicator."""

PATH_MATCH = "path-match"
"""Code of the guard finding that says the same as the rule "URL match"."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says: whether it hit, why in one sentence, and what follows from a hit."""

    hit: bool
    reason: str
    effect: Effect | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the policy: a name for people and the function that looks."""

    name: str
    look: Callable[[PolicyInputs], Finding]


def decide(inputs: PolicyInputs, now: datetime, rules: tuple[Rule, ...] | None = None) -> Decision:
    """The decision about one cluster: same inputs, same decision. `rules` defaults to `RULES`."""
    results: list[RuleResult] = []
    waits: list[str] = []
    for rule in RULES if rules is None else rules:
        finding = rule.look(inputs)
        results.append(RuleResult(rule.name, finding.hit, finding.reason))
        if finding.effect is Effect.NO_ACTION:
            return Decision(
                Effect.NO_ACTION, finding.reason, tuple(results), frozenset(), now,
                _covering_action(inputs) if rule.look is deduplication else None,
            )  # fmt: skip
        if finding.effect is Effect.AWAIT_APPROVAL:
            waits.append(finding.reason.removesuffix("."))
    is_by_person = waits or inputs.kind is ClusterKind.SELECTED
    copies = _left(inputs) if is_by_person else _left(inputs) - inputs.put_back
    effect = Effect.AWAIT_APPROVAL if waits else Effect.REMEDIATE
    reason = f"Waits for approval: {'; '.join(waits)}." if waits else _runs(inputs, len(copies))
    return Decision(effect, reason, tuple(results), copies, now, _covering_action(inputs))


def verdict(inputs: PolicyInputs) -> Finding:
    """Only a malicious indicator may run by itself; clean and unknown ones end here."""
    said = f"The verdict is {inputs.verdict.value}, by {inputs.verdict_source or 'nobody'}"
    match inputs.verdict:
        case Verdict.MALICIOUS:
            return Finding(False, f"{said}.")
        case Verdict.SUSPICIOUS:
            reason = f"{said}: a suspicious indicator never runs by itself."
            return Finding(True, reason, Effect.AWAIT_APPROVAL)
        case Verdict.CLEAN | Verdict.UNKNOWN:
            return Finding(True, f"{said}: nothing is removed.", Effect.NO_ACTION)


def exclusions(inputs: PolicyInputs) -> Finding:
    """Records what was left out of the cluster before it came here; changes nothing."""
    left_out = {why: number for why, number in sorted(inputs.excluded.items()) if number}
    if not left_out:
        return Finding(False, "No message was excluded.")
    listed = ", ".join(f"{number:,} ({why})" for why, number in left_out.items())
    return Finding(True, f"Excluded and left alone: {listed}.")


def refused_indicator(inputs: PolicyInputs) -> Finding:
    """An indicator that a guard refuses never removes anything."""
    refused = [found.reason for found in inputs.guards if found.level is GuardLevel.REFUSE]
    if not refused:
        return Finding(False, "No guard refuses the indicator.")
    return Finding(True, _joined(refused), Effect.NO_ACTION)


def doubtful_indicator(inputs: PolicyInputs) -> Finding:
    """An indicator that a guard doubts waits for a person."""
    doubts = [
        found.reason
        for found in inputs.guards
        if found.level is GuardLevel.APPROVE
        and not (found.code == PATH_MATCH and inputs.match is UrlMatch.PATH)
    ]
    if not doubts:
        return Finding(False, "No guard doubts the indicator.")
    return Finding(True, _joined(doubts), Effect.AWAIT_APPROVAL)


def url_match(inputs: PolicyInputs) -> Finding:
    """A match by host and path alone (K2) always waits for a person."""
    if inputs.match is UrlMatch.EXACT:
        return Finding(False, "The match is exact.")
    reason = "The match is by host and path alone, so that links with any query are in."
    return Finding(True, reason, Effect.AWAIT_APPROVAL)


def index(inputs: PolicyInputs) -> Finding:
    """An index that is missing mailboxes may miss what would make a cluster look doubtful."""
    if inputs.index_as_of is None:
        reason = "The index was never brought up to date with every mailbox."
        return Finding(True, reason, Effect.AWAIT_APPROVAL)
    if inputs.silent_sources:
        names = ", ".join(inert(name, 40) for name in inputs.silent_sources)
        reason = f"The index is not complete: {names} did not answer the last sync."
        return Finding(True, reason, Effect.AWAIT_APPROVAL)
    as_of = f"{inputs.index_as_of:%Y-%m-%d %H:%M} UTC"
    if not inputs.index_complete:
        reason = f"The index as of {as_of} is not complete."
        return Finding(True, reason, Effect.AWAIT_APPROVAL)
    return Finding(False, f"The index has every mailbox as of {as_of}.")


def unknown_location(inputs: PolicyInputs) -> Finding:
    """Copies whose store could not say where they are wait for a person."""
    unknown = max(inputs.counts.unknown, len(inputs.unknown))
    if not unknown:
        return Finding(False, "Every message was located.")
    reason = f"The location of {counted(unknown, 'message')} is unknown."
    return Finding(True, reason, Effect.AWAIT_APPROVAL)


def nothing_in_a_mailbox(inputs: PolicyInputs) -> Finding:
    """With nothing in a mailbox there is nothing to remove; unknown copies may be in one."""
    if inputs.in_mailbox:
        verb = "is" if len(inputs.in_mailbox) == 1 else "are"
        return Finding(False, f"{counted(len(inputs.in_mailbox), 'message')} {verb} in a mailbox.")
    if inputs.unknown or inputs.counts.unknown:
        return Finding(False, "No message is known to be in a mailbox, but some may be.")
    reason = f"None of {counted(len(inputs.members), 'message')} is in a mailbox."
    return Finding(True, reason, Effect.NO_ACTION)


def deduplication(inputs: PolicyInputs) -> Finding:
    """An action of the last hour is not run again for its copies, save those put back since."""
    wanted = inputs.in_mailbox | inputs.unknown
    left, action = _left(inputs), _covering_action(inputs)
    if action is None:
        return Finding(False, "No action of the last hour covers these messages.")
    if wanted and not left:
        reason = f"Action {action} of the last hour already covers "
        whole = f"all {counted(len(wanted), 'message')}." if len(wanted) > 1 else "the message."
        return Finding(True, reason + whole, Effect.NO_ACTION)
    covered = counted(len(wanted) - len(left), "message")
    return Finding(
        True, f"{covered} left to actions of the last hour; this one is about {len(left):,} more."
    )


def put_back(inputs: PolicyInputs) -> Finding:
    """Copies that a revert put back are not taken again by themselves."""
    returned = _left(inputs) & inputs.put_back
    if not returned:
        return Finding(False, "No message here was put back by a revert.")
    number = counted(len(returned), "message")
    if returned == _left(inputs):
        reason = f"A revert put back all that is left: {number}."
        return Finding(True, reason, Effect.AWAIT_APPROVAL)
    return Finding(True, f"A revert put back {number}, not to be taken again without a person.")


def suppression(inputs: PolicyInputs) -> Finding:
    """An indicator whose action was reverted or rejected waits until a person lifts that."""
    if not inputs.suppressed:
        return Finding(False, "The indicator is not suppressed.")
    reason = f"The indicator is suppressed: {inputs.suppressed.strip().removesuffix('.')}."
    return Finding(True, reason, Effect.AWAIT_APPROVAL)


def cap(inputs: PolicyInputs) -> Finding:
    """More messages than the cap wait: all after exclusions count, wherever they are.

    The original's limit is "larger than 10,000": exactly 10,000 may run.
    """
    number, limit = len(_all(inputs)), inputs.settings.cap
    if number > limit:
        verb = "is" if number == 1 else "are"
        reason = f"{counted(number, 'message')} {verb} more than the cap of {limit:,}."
        return Finding(True, reason, Effect.AWAIT_APPROVAL)
    return Finding(False, f"{counted(number, 'message')} of at most {limit:,} by the cap.")


def opt_in(inputs: PolicyInputs) -> Finding:
    """A kind of cluster runs by itself only where an administrator switched it on."""
    match inputs.kind:
        case ClusterKind.SIMILAR_FILES:
            switched_on = inputs.settings.similar_files
        case ClusterKind.SIMILAR_URLS:
            switched_on = inputs.settings.similar_urls
        case ClusterKind.SELECTED:
            return Finding(False, "A person selected these messages: no setting is needed.")
    if switched_on:
        return Finding(False, f"{inputs.kind.value} may run without approval.")
    reason = f"{inputs.kind.value} may not run without approval: the setting is off."
    return Finding(True, reason, Effect.AWAIT_APPROVAL)


def mode(inputs: PolicyInputs) -> Finding:
    """Records that nothing will move; the decision is the same, the executor stops."""
    if inputs.settings.mode is Mode.OBSERVE:
        return Finding(True, "The mode is observe: this is recorded and nothing moves.")
    return Finding(False, "The mode is enforce.")


RULES: tuple[Rule, ...] = (
    # name                     looks            a hit leads to
    Rule("verdict", verdict),  #                clean, unknown: no action; suspicious: approval
    Rule("exclusions", exclusions),  #          recorded
    Rule(REFUSED_INDICATOR, refused_indicator),  # no action
    Rule("doubtful indicator", doubtful_indicator),  # approval
    Rule("URL match", url_match),  #            approval
    Rule("index", index),  #                    approval
    Rule("unknown location", unknown_location),  # approval
    Rule("nothing in a mailbox", nothing_in_a_mailbox),  # no action
    Rule("deduplication", deduplication),  #    all: no action; some: recorded
    Rule("put back", put_back),  #              all that is left: approval; some: recorded
    Rule("suppression", suppression),  #        approval
    Rule("cap", cap),  #                        approval
    Rule("opt-in", opt_in),  #                  approval
    Rule("mode", mode),  #                      recorded
)
"""The policy, in order."""


def _all(inputs: PolicyInputs) -> frozenset[int]:
    return inputs.members | inputs.in_mailbox | inputs.unknown


def _recent(inputs: PolicyInputs) -> tuple[RecentAction, ...]:
    return tuple(action for action in inputs.recent if action.age <= DEDUPLICATION_WINDOW)


def _left(inputs: PolicyInputs) -> frozenset[int]:
    """What an action could take and no action of the last hour covers.

    A copy that was put back is no longer covered by the action that took it.
    """
    covered = frozenset[int]().union(*(action.copies for action in _recent(inputs)))
    return (inputs.in_mailbox | inputs.unknown) - (covered - inputs.put_back)


def _covering_action(inputs: PolicyInputs) -> int | None:
    """The action of the last hour that covers most of the copies, the youngest among equals."""
    wanted = (inputs.in_mailbox | inputs.unknown) - inputs.put_back
    covering = [action for action in _recent(inputs) if action.copies & wanted]
    covering.sort(key=lambda action: (-len(action.copies & wanted), action.age, action.action_id))
    return covering[0].action_id if covering else None


def _runs(inputs: PolicyInputs, number: int) -> str:
    if inputs.selected_by:
        what = f"{inputs.action.value} of {counted(number, 'message')}"
        return f"Runs at once: {what}, selected by {inert(inputs.selected_by, 60)}."
    return (
        f"Runs without approval: {counted(number, 'message')}, {inputs.verdict.value} by "
        f"{inputs.verdict_source or 'nobody'}, and {inputs.kind.value} may run by the settings."
    )


def _joined(reasons: list[str]) -> str:
    return "; ".join(reason.strip().removesuffix(".") for reason in dict.fromkeys(reasons)) + "."
