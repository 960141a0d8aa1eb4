"""The gate: every rule by its hits and misses, every boundary, and broken tables that are caught."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clawback.core import policy
from clawback.core.policy import RULES, Finding, decide
from models.decisions import Decision, Effect, PolicyInputs
from models.indicators import GuardFinding, GuardLevel, UrlMatch, Verdict
from models.settings import Mode, Settings
from tests.core.policy_cases import (
    BASE,
    CASES,
    NOW,
    Case,
    changed,
    faults,
    recent,
    without,
)


def hit(decision: Decision) -> list[str]:
    return [rule.rule for rule in decision.hits]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_gets_its_effect_reason_and_copies(case: Case) -> None:
    decision = decide(case.inputs, NOW)

    assert decision.effect is case.effect
    assert case.reason in decision.reason
    assert decision.copies == case.copies
    assert decision.deduplicated_by == case.deduplicated_by
    assert decision.decided_at == NOW
    assert "\n" not in decision.reason


def test_a_run_without_approval_shows_every_rule_as_a_miss_in_the_order_of_the_table() -> None:
    decision = decide(BASE, NOW)

    assert decision.hits == ()
    assert [rule.rule for rule in decision.misses] == [rule.name for rule in RULES]
    assert all(rule.reason.endswith(".") for rule in decision.rules)


def test_every_reason_for_approval_is_collected_in_order() -> None:
    doubt = GuardFinding(GuardLevel.APPROVE, "image", "The file is an image.")
    inputs = replace(
        BASE,
        verdict=Verdict.SUSPICIOUS,
        guards=(doubt,),
        suppressed="action 3 was reverted",
        settings=Settings(cap=1),
    )

    decision = decide(inputs, NOW)

    assert hit(decision) == ["verdict", "doubtful indicator", "suppression", "cap", "opt-in"]
    assert decision.reason.startswith("Waits for approval: The verdict is Suspicious")
    for rule in decision.hits:
        assert rule.reason.removesuffix(".") in decision.reason


def test_rules_below_an_end_were_not_reached_and_are_not_in_the_decision() -> None:
    decision = decide(replace(BASE, in_mailbox=frozenset()), NOW)

    assert decision.rules[-1].rule == "nothing in a mailbox"
    assert "cap" not in [rule.rule for rule in decision.rules]


def test_exclusions_partial_duplicates_and_observe_are_recorded_and_change_nothing() -> None:
    inputs = replace(
        BASE,
        excluded={"SecOps mailbox": 2, "none": 0},
        recent=recent(1),
        settings=BASE.settings.model_copy(update={"mode": Mode.OBSERVE}),
    )

    decision = decide(inputs, NOW)

    assert decision.effect is Effect.REMEDIATE
    assert hit(decision) == ["exclusions", "deduplication", "mode"]
    assert decision.hits[0].reason == "Excluded and left alone: 2 (SecOps mailbox)."
    assert decision.hits[1].reason == (
        "1 message left to actions of the last hour; this one is about 1 more."
    )


def test_a_path_match_is_said_once_though_its_guard_says_it_too() -> None:
    finding = GuardFinding(GuardLevel.APPROVE, policy.PATH_MATCH, "Matched by path alone.")
    inputs = replace(BASE, match=UrlMatch.PATH, guards=(finding,))

    assert hit(decide(inputs, NOW)) == ["URL match"]
    assert hit(decide(replace(inputs, match=UrlMatch.EXACT), NOW)) == ["doubtful indicator"]


def test_a_refused_indicator_is_named_by_the_rule_that_services_look_for() -> None:
    refused = GuardFinding(GuardLevel.REFUSE, "trivial-file", "The file is empty.")

    assert hit(decide(replace(BASE, guards=(refused,)), NOW)) == [policy.REFUSED_INDICATOR]


def test_the_same_inputs_give_the_same_decision() -> None:
    assert decide(BASE, NOW) == decide(BASE, NOW)


def cap_with_equal(inputs: PolicyInputs) -> Finding:
    is_more = len(inputs.members) >= inputs.settings.cap
    reason = f"{len(inputs.members):,} messages are more than the cap of {inputs.settings.cap:,}."
    return Finding(is_more, reason, Effect.AWAIT_APPROVAL if is_more else None)


def cap_on_mailboxes_alone(inputs: PolicyInputs) -> Finding:
    return policy.cap(replace(inputs, members=inputs.in_mailbox))


def cap_without_the_deduplicated(inputs: PolicyInputs) -> Finding:
    done = frozenset[int]().union(*(action.copies for action in inputs.recent))
    left = inputs.members - done
    return policy.cap(replace(inputs, members=left, in_mailbox=left))


def any_verdict(inputs: PolicyInputs) -> Finding:
    return policy.verdict(replace(inputs, verdict=Verdict.MALICIOUS))


def suspicious_as_malicious(inputs: PolicyInputs) -> Finding:
    if inputs.verdict is Verdict.SUSPICIOUS:
        return any_verdict(inputs)
    return policy.verdict(inputs)


def one_switch_for_both(inputs: PolicyInputs) -> Finding:
    either = inputs.settings.similar_files or inputs.settings.similar_urls
    settings = Settings(similar_files=either, similar_urls=either)
    return policy.opt_in(replace(inputs, settings=settings))


def nothing_though_unknown(inputs: PolicyInputs) -> Finding:
    known = replace(inputs, unknown=frozenset(), counts=BASE.counts)
    return policy.nothing_in_a_mailbox(known)


BROKEN = {
    **{
        f"without {rule.name}": without(RULES, rule.name)
        for rule in RULES
        if rule.name not in ("exclusions", "mode")  # only record: their own test above
    },
    "cap by >=": changed(RULES, "cap", cap_with_equal),
    "cap on mailboxes alone": changed(RULES, "cap", cap_on_mailboxes_alone),
    "cap without the deduplicated": changed(RULES, "cap", cap_without_the_deduplicated),
    "verdict ignored": changed(RULES, "verdict", any_verdict),
    "suspicious as malicious": changed(RULES, "verdict", suspicious_as_malicious),
    "one switch for both kinds": changed(RULES, "opt-in", one_switch_for_both),
    "unknown as gone": changed(RULES, "nothing in a mailbox", nothing_though_unknown),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_policy_table_fails_at_least_one_case(name: str) -> None:
    assert faults(RULES) == []
    assert faults(BROKEN[name]) != []


def test_an_hour_that_does_not_include_its_end_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    window = policy.DEDUPLICATION_WINDOW

    monkeypatch.setattr(policy, "DEDUPLICATION_WINDOW", window.resolution * 3_599_999_999)
    assert "done exactly an hour ago" in faults(RULES)

    monkeypatch.setattr(policy, "DEDUPLICATION_WINDOW", 2 * window)
    assert "done more than an hour ago" in faults(RULES)
