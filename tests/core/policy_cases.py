"""The table of policy cases: inputs, the effect, the words of the reason, the copies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from clawback.core.policy import Finding, Rule, decide
from models.clusters import ClusterKind
from models.decisions import Decision, Effect, PolicyInputs, RecentAction
from models.indicators import GuardFinding, GuardLevel, UrlMatch, Verdict
from models.locations import Bucket, LocationCounts
from models.settings import Mode, Settings

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ON = Settings(similar_files=True, similar_urls=True)
REMEDIATE, WAIT, NOTHING = Effect.REMEDIATE, Effect.AWAIT_APPROVAL, Effect.NO_ACTION


def numbers(*, up_to: int) -> frozenset[int]:
    return frozenset(range(1, up_to + 1))


BASE = PolicyInputs(
    kind=ClusterKind.SIMILAR_FILES,
    verdict=Verdict.MALICIOUS,
    verdict_source="list:feed",
    match=UrlMatch.EXACT,
    guards=(),
    members=numbers(up_to=3),
    in_mailbox=frozenset({1, 2}),
    counts=LocationCounts(NOW, {Bucket.MAILBOX: 2, Bucket.NOT_IN_MAILBOX: 1}),
    recent=(),
    put_back=frozenset(),
    suppressed="",
    excluded={},
    settings=ON,
    settings_version=1,
    index_as_of=NOW,
)


def recent(*copies: int, minutes: float = 10, action_id: int = 7) -> tuple[RecentAction, ...]:
    return (RecentAction(action_id, timedelta(minutes=minutes), frozenset(copies)),)


def guard(level: GuardLevel, code: str, reason: str) -> tuple[GuardFinding, ...]:
    return (GuardFinding(level, code, reason),)


@dataclass(frozen=True)
class Case:
    name: str
    inputs: PolicyInputs
    effect: Effect
    reason: str
    copies: frozenset[int] = frozenset()
    deduplicated_by: int | None = None


def case(
    name: str,
    effect: Effect,
    reason: str,
    *,
    copies: Iterable[int] = (),
    by: int | None = None,
    **changes: object,
) -> Case:
    inputs = replace(BASE, **changes)  # type: ignore[arg-type]
    return Case(name, inputs, effect, reason, frozenset(copies), by)


UNKNOWN_COUNTS = LocationCounts(NOW, {Bucket.UNKNOWN: 1})
REFUSE, DOUBT = GuardLevel.REFUSE, GuardLevel.APPROVE

CASES = (
    case("all is well", REMEDIATE, "Runs without approval: 2 messages", copies={1, 2}),
    case("files are off", WAIT, "Similar files may not run without approval: the setting is off",
         copies={1, 2}, settings=Settings(similar_urls=True)),
    case("URLs are off", WAIT, "Similar URLs may not run without approval: the setting is off",
         copies={1, 2}, kind=ClusterKind.SIMILAR_URLS, settings=Settings(similar_files=True)),
    case("URLs alone are on", REMEDIATE, "Similar URLs may run by the settings", copies={1, 2},
         kind=ClusterKind.SIMILAR_URLS, settings=Settings(similar_urls=True)),
    case("a fresh install", WAIT, "the setting is off", copies={1, 2}, settings=Settings()),
    case("suspicious", WAIT, "The verdict is Suspicious, by list:feed: a suspicious indicator never",
         copies={1, 2}, verdict=Verdict.SUSPICIOUS),
    case("clean", NOTHING, "The verdict is No threats found, by list:feed: nothing is removed.",
         verdict=Verdict.CLEAN),
    case("unknown", NOTHING, "The verdict is Unknown, by list:feed: nothing is removed.",
         verdict=Verdict.UNKNOWN),
    case("suspicious and gone", NOTHING, "None of 3 messages is in a mailbox.",
         verdict=Verdict.SUSPICIOUS, in_mailbox=frozenset()),
    case("refused", NOTHING, "The file is empty.",
         guards=guard(REFUSE, "trivial-file", "The file is empty.")),
    case("doubted", WAIT, "The file is an image", copies={1, 2},
         guards=guard(DOUBT, "image", "The file is an image.")),
    case("path match", WAIT, "The match is by host and path alone", copies={1, 2},
         match=UrlMatch.PATH),
    case("no index", WAIT, "The index was never brought up to date", copies={1, 2},
         index_as_of=None),
    case("index in part", WAIT, "The index as of 2026-03-04 12:00 UTC is not complete",
         copies={1, 2}, index_complete=False),
    case("a source away", WAIT, "The index is not complete: imap did not answer the last sync",
         copies={1, 2}, silent_sources=("imap",)),
    case("unknown location", WAIT, "The location of 1 message is unknown", copies={1, 2, 3},
         counts=UNKNOWN_COUNTS, unknown=frozenset({3})),
    case("only unknown locations", WAIT, "The location of 2 messages is unknown", copies={1, 2},
         in_mailbox=frozenset(), counts=UNKNOWN_COUNTS, unknown=frozenset({1, 2})),
    case("unknown by count alone", WAIT, "The location of 1 message is unknown", copies={1, 2},
         counts=UNKNOWN_COUNTS),
    case("nothing in a mailbox", NOTHING, "None of 3 messages is in a mailbox.",
         in_mailbox=frozenset()),
    case("no messages at all", NOTHING, "None of 0 messages is in a mailbox.",
         in_mailbox=frozenset(), members=frozenset()),
    case("all done within the hour", NOTHING,
         "Action 7 of the last hour already covers all 2 messages.", by=7, recent=recent(1, 2)),
    case("done exactly an hour ago", NOTHING, "Action 7 of the last hour", by=7,
         recent=recent(1, 2, minutes=60)),
    case("done more than an hour ago", REMEDIATE, "2 messages", copies={1, 2},
         recent=(RecentAction(7, timedelta(hours=1, microseconds=1), frozenset({1, 2})),)),
    case("one done within the hour", REMEDIATE, "1 message,", copies={2}, by=7, recent=recent(1)),
    case("two actions cover all", NOTHING, "Action 8 of the last hour", by=8,
         recent=recent(1) + recent(2, action_id=8, minutes=5)),
    case("the recent one took other copies", REMEDIATE, "2 messages", copies={1, 2},
         recent=recent(9)),
    case("done for approval too", WAIT, "the setting is off", copies={2}, by=7, recent=recent(1),
         settings=Settings()),
    case("some put back", REMEDIATE, "1 message,", copies={2}, put_back=frozenset({1})),
    case("all put back", WAIT, "A revert put back all that is left: 2 messages", copies={1, 2},
         put_back=frozenset({1, 2})),
    case("taken and put back within the hour", WAIT, "A revert put back all that is left",
         copies={1, 2}, recent=recent(1, 2), put_back=frozenset({1, 2})),
    case("put back, asked for approval", WAIT, "suppressed", copies={1, 2},
         put_back=frozenset({1}), suppressed="action 3 was reverted"),
    case("suppressed", WAIT, "The indicator is suppressed: action 3 was rejected.", copies={1, 2},
         suppressed="action 3 was rejected"),
    case("at the cap", REMEDIATE, "10,000 messages", copies=numbers(up_to=10_000),
         members=numbers(up_to=10_000), in_mailbox=numbers(up_to=10_000)),
    case("over the cap", WAIT, "10,001 messages are more than the cap of 10,000.",
         copies=numbers(up_to=10_001), members=numbers(up_to=10_001),
         in_mailbox=numbers(up_to=10_001)),
    case("over the cap with one in a mailbox", WAIT,
         "10,001 messages are more than the cap of 10,000.", copies={1},
         members=numbers(up_to=10_001), in_mailbox=frozenset({1})),
    case("over the cap though most were taken", WAIT,
         "10,001 messages are more than the cap of 10,000.", copies={10_001}, by=7,
         members=numbers(up_to=10_001), in_mailbox=numbers(up_to=10_001),
         recent=(RecentAction(7, timedelta(minutes=1), numbers(up_to=10_000)),)),
    case("at a lower cap", REMEDIATE, "2 messages", copies={1, 2},
         settings=ON.model_copy(update={"cap": 3})),
    case("over a lower cap", WAIT, "3 messages are more than the cap of 2.", copies={1, 2},
         settings=ON.model_copy(update={"cap": 2})),
    case("a cap of nothing", WAIT, "1 message is more than the cap of 0.", copies={1},
         members=frozenset({1}), in_mailbox=frozenset({1}),
         settings=ON.model_copy(update={"cap": 0})),
    case("observe", REMEDIATE, "2 messages", copies={1, 2},
         settings=ON.model_copy(update={"mode": Mode.OBSERVE})),
)  # fmt: skip


def faults(rules: tuple[Rule, ...]) -> list[str]:
    """The names of the cases that a policy table gets wrong: effect, reason or copies."""
    return [case.name for case in CASES if not is_right(case, decide(case.inputs, NOW, rules))]


def is_right(case: Case, decision: Decision) -> bool:
    return (
        decision.effect is case.effect
        and case.reason in decision.reason
        and decision.copies == case.copies
        and decision.deduplicated_by == case.deduplicated_by
    )


def without(rules: tuple[Rule, ...], name: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if rule.name != name)


def changed(
    rules: tuple[Rule, ...], name: str, look: Callable[[PolicyInputs], Finding]
) -> tuple[Rule, ...]:
    return tuple(Rule(name, look) if rule.name == name else rule for rule in rules)
