"""A past decision under other settings: the same policy over what it saw, with what the settings change.

Most of what policy saw is recorded as values. Some of it came of the settings, and is made anew where
they differ: which folders count, which mailboxes and simulations are left out, and what guards say.
Where the store no longer holds what that takes, the answer is that it cannot be told.

Earlier actions, suppressions and what was put back are replayed as they were recorded, though under
other settings other actions might have come before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from clawback.core.clustering import (
    PHISHING_SIMULATION,
    SECOPS_MAILBOX,
    excluded_mailboxes,
    simulation_urls,
)
from clawback.core.guard_notes import BY_SETTINGS, GUARDS
from clawback.core.guards import Evidence, guard_findings, refusal
from clawback.core.indicators import BadIndicator
from clawback.core.policy import decide
from models.decisions import Decision, Effect, PolicyInputs
from models.indicators import GuardFinding, GuardLevel, Indicator, Verdict
from models.locations import Bucket, DeliveryLocation, LocationCounts
from models.settings import Mode, Settings
from models.what_if import Course, IndicatorKey, Known, Lookups, PastDecision, Replayed

FOLDERS = {
    DeliveryLocation.DELETED_ITEMS: "take_deleted_items",
    DeliveryLocation.SENT_ITEMS: "take_sent_items",
}
"""Locations that count as a mailbox by a setting each."""

WITHOUT_EFFECT = ("verified_approvals_only", "pending_days", "sweep_hours")
"""Settings that say nothing about what a decision comes to, but about what follows it."""

MANY_SENDERS = "many-senders"
_BY_GUARDS = frozenset(key for note in GUARDS for key in note.settings)

OTHER_VERSION = "Another version of Clawback wrote down what policy saw."
REFUSED = "The indicator was refused, so that its messages were never looked for."
LEFT_OUT = "Messages were left out that would count now; where they were is not known."
FOLDERS_GONE = "The location check before the decision is not complete."
SENDERS_DIFFER = "The index no longer tells the same of its senders."

# With more messages than were looked at, these would still make a cluster wait.
_LASTING = frozenset(
    ("verdict", "doubtful indicator", "URL match", "index", "unknown location", "suppression")
) | frozenset(("cap", "opt-in"))


class _CannotBeTold(Exception):
    """Why a replay has no answer."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What other settings change of what policy sees."""

    folders: tuple[DeliveryLocation, ...]
    boxes_added: frozenset[str]
    boxes_removed: frozenset[str]
    urls_added: frozenset[Indicator]
    urls_removed: frozenset[Indicator]
    guards: bool


@lru_cache(maxsize=256)
def difference(before: Settings, after: Settings) -> Difference:
    """What these settings change against those; policies are asked thousands of times for a few pairs."""
    old_boxes, new_boxes = excluded_mailboxes(before), excluded_mailboxes(after)
    old_urls, new_urls = _urls(before), _urls(after)

    def differs(key: str) -> bool:
        return bool(getattr(before, key) != getattr(after, key))

    return Difference(
        tuple(location for location, key in FOLDERS.items() if differs(key)),
        new_boxes - old_boxes,
        old_boxes - new_boxes,
        new_urls - old_urls,
        old_urls - new_urls,
        any(map(differs, _BY_GUARDS)),
    )


def _urls(settings: Settings) -> frozenset[Indicator]:
    try:
        return simulation_urls(settings)
    except BadIndicator:
        return frozenset()  # an investigation under such settings ends before a decision


def key_of(indicator: Indicator) -> IndicatorKey:
    """What makes two indicators one."""
    return indicator.value, indicator.match


def course_of(effect: Effect, mode: Mode) -> Course:
    """What a decision leads to in a mode."""
    match effect:
        case Effect.REMEDIATE:
            return Course.RAN if mode is Mode.ENFORCE else Course.RECORDED
        case Effect.AWAIT_APPROVAL:
            return Course.WAITED
        case Effect.NO_ACTION:
            return Course.NO_ACTION


def happened(past: PastDecision) -> Course:
    """What a decision led to."""
    if past.inputs is not None:
        return course_of(past.effect, past.inputs.settings.mode)
    did_nothing = past.effect is Effect.REMEDIATE and past.aftermath is None
    return course_of(past.effect, Mode.OBSERVE if did_nothing else Mode.ENFORCE)


def lookups(decisions: Sequence[PastDecision], candidates: Iterable[Settings]) -> Lookups:
    """What has to be looked up before these decisions are replayed under any of these settings."""
    wanted = tuple(candidates)
    folders, clusters, senders = {}, set(), set()
    mailboxes: frozenset[str] = frozenset()
    urls: frozenset[Indicator] = frozenset()
    for past in decisions:
        if past.inputs is None:
            continue
        for settings in wanted:
            differs = difference(past.inputs.settings, settings)
            if differs.folders:
                folders[past.cluster_id] = past.decided_at
            if differs.boxes_added or differs.urls_added:
                clusters.add(past.cluster_id)
                mailboxes, urls = mailboxes | differs.boxes_added, urls | differs.urls_added
            if _is_doubtful_about_senders(past.inputs, settings):
                senders.add(past.indicator)
    return Lookups(folders, frozenset(clusters), mailboxes, urls, frozenset(senders))


def replay(past: PastDecision, settings: Settings, known: Known) -> Replayed:
    """What the decision comes to under these settings."""
    if past.inputs is None:
        return Replayed(Course.UNTOLD, 0, OTHER_VERSION)
    try:
        inputs, may_be_more = _inputs(past, past.inputs, settings, known)
        decision = decide(inputs, past.decided_at)
        if may_be_more and not _holds_anyway(decision):
            raise _CannotBeTold(LEFT_OUT)
    except _CannotBeTold as error:
        return Replayed(Course.UNTOLD, 0, str(error))
    course = course_of(decision.effect, settings.mode)
    return Replayed(course, len(decision.copies), decision.reason)


def _inputs(
    past: PastDecision, seen: PolicyInputs, settings: Settings, known: Known
) -> tuple[PolicyInputs, bool]:
    """What policy would have seen, and whether there may have been more messages than those."""
    differs = difference(seen.settings, settings)
    inputs = replace(seen, settings=settings)
    if seen.verdict in (Verdict.CLEAN, Verdict.UNKNOWN):
        return inputs, False  # nothing below that rule is asked
    if differs.guards:
        inputs = replace(inputs, guards=_guards(past, seen, settings, known))
    if refusal(inputs.guards) is not None:
        return inputs, False
    if refusal(seen.guards) is not None:
        raise _CannotBeTold(REFUSED)
    for location in differs.folders:
        inputs = _with_folder(inputs, location, past.cluster_id, known)
    may_be_more = bool(
        (differs.boxes_removed and seen.excluded.get(SECOPS_MAILBOX))
        or (differs.urls_removed and seen.excluded.get(PHISHING_SIMULATION))
    )
    return _without_excluded(past, inputs, differs, known), may_be_more


def _with_folder(
    inputs: PolicyInputs, location: DeliveryLocation, cluster_id: int, known: Known
) -> PolicyInputs:
    """The same, with the copies in one folder counted as in a mailbox, or no longer."""
    here = known.folders.get(cluster_id, {}).get(location, frozenset())
    if len(here) != inputs.counts.by_location.get(location, 0):
        raise _CannotBeTold(FOLDERS_GONE)
    counts = bool(getattr(inputs.settings, FOLDERS[location]))
    taken = inputs.in_mailbox | here if counts else inputs.in_mailbox - here
    return replace(inputs, in_mailbox=taken & inputs.members)


def _without_excluded(
    past: PastDecision, inputs: PolicyInputs, differs: Difference, known: Known
) -> PolicyInputs:
    """The same without the copies that these settings exclude and those did not."""
    if not (differs.boxes_added or differs.urls_added):
        return inputs
    in_boxes = known.mailboxes.get(past.cluster_id, {})
    with_urls = known.simulations.get(past.cluster_id, {})
    none: frozenset[int] = frozenset()
    secops = none.union(*(in_boxes.get(box, none) for box in differs.boxes_added)) & inputs.members
    simulated = (
        none.union(*(with_urls.get(key_of(url), none) for url in differs.urls_added))
        & inputs.members
    )
    gone = secops | simulated
    if not gone:
        return inputs
    number = {SECOPS_MAILBOX: len(secops), PHISHING_SIMULATION: len(simulated - secops)}
    return replace(
        inputs,
        members=inputs.members - gone,
        in_mailbox=inputs.in_mailbox - gone,
        unknown=inputs.unknown - gone,
        counts=_with_fewer_unknown(inputs.counts, len(inputs.unknown & gone)),
        excluded=dict(Counter(inputs.excluded) + Counter(number)),
    )


def _with_fewer_unknown(counts: LocationCounts, number: int) -> LocationCounts:
    left = {**counts.by_bucket, Bucket.UNKNOWN: max(0, counts.unknown - number)}
    return replace(counts, by_bucket=left)


def _guards(
    past: PastDecision, seen: PolicyInputs, settings: Settings, known: Known
) -> tuple[GuardFinding, ...]:
    """What guards would have said: those that read settings anew, the others as they were recorded."""
    found = [each for each in seen.guards if each.code not in BY_SETTINGS]
    evidence = Evidence(unrelated_senders=_senders(past, seen, settings, known))
    found += [
        each
        for each in guard_findings(past.indicator, settings, evidence)
        if each.code in BY_SETTINGS
    ]
    return tuple(sorted(found, key=lambda each: each.level is not GuardLevel.REFUSE))


def _is_doubtful_about_senders(seen: PolicyInputs, settings: Settings) -> bool:
    """Whether it takes the number of sender domains to tell what that guard would have said."""
    if _had_many_senders(seen):
        return settings.many_senders > seen.settings.many_senders
    return settings.many_senders < seen.settings.many_senders


def _had_many_senders(seen: PolicyInputs) -> bool:
    return any(each.code == MANY_SENDERS for each in seen.guards)


def _senders(past: PastDecision, seen: PolicyInputs, settings: Settings, known: Known) -> int:
    """From how many sender domains it had come, or as good a number: one on the same side of the limit."""
    before, had_many = seen.settings.many_senders, _had_many_senders(seen)
    if not _is_doubtful_about_senders(seen, settings):
        return before if had_many else 0
    when = min(past.gathered_at, past.decided_at)
    first_seen = known.senders.get(key_of(past.indicator), ())
    number = sum(at <= when for at in first_seen)
    if (number >= before) != had_many:
        raise _CannotBeTold(SENDERS_DIFFER)
    return number


def _holds_anyway(decision: Decision) -> bool:
    """Whether it would be the same decision with more messages."""
    reasons = {rule.rule for rule in decision.hits}
    return decision.effect is Effect.AWAIT_APPROVAL and bool(reasons & _LASTING)
