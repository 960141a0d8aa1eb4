"""What a guard doubts waits for a person with its reason, and what it refuses removes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from clawback.core.clustering import kind_of
from clawback.core.guards import Evidence, guard_findings
from clawback.core.indicators import parse_indicator
from clawback.core.policy import RULES, decide
from clawback.core.trivial import EMPTY_SHA256
from models.decisions import Decision, Effect, PolicyInputs
from models.indicators import GuardFinding, Indicator, IndicatorKind, UrlMatch
from models.settings import Settings
from tests.core.policy_cases import BASE, NOW, ON, without

HASH = "ab" * 32
WAIT, NOTHING = Effect.AWAIT_APPROVAL, Effect.NO_ACTION


@dataclass(frozen=True)
class Guarded:
    """An indicator that a guard stops: what is decided, and the words that a person reads."""

    code: str
    effect: Effect
    says: str
    indicator: Indicator
    evidence: Evidence = field(default_factory=Evidence)
    settings: Mapping[str, object] = field(default_factory=dict)

    def findings(self) -> tuple[GuardFinding, ...]:
        settings = Settings.model_validate({**ON.model_dump(), **self.settings})
        return guard_findings(self.indicator, settings, self.evidence)


def url(text: str, match: UrlMatch = UrlMatch.EXACT) -> Indicator:
    return parse_indicator(text, IndicatorKind.URL, match=match)


FILE = parse_indicator(HASH)
PATH = UrlMatch.PATH
GUARDED = (
    Guarded("trivial-file", NOTHING, "The file is empty or a few bytes",
            Indicator(IndicatorKind.FILE, EMPTY_SHA256, EMPTY_SHA256)),
    Guarded("trivial-file", NOTHING, "The file has 16 bytes", FILE, Evidence(sizes_bytes=(16,))),
    Guarded("trivial-file", NOTHING, "The file is blank", FILE, Evidence(types=("blank",))),
    Guarded("program-data", WAIT, "Outlook and Word attach such data", FILE, Evidence(types=("mso",))),
    Guarded("image", WAIT, "The file is an image (pcx)", FILE, Evidence(types=("pcx",))),
    Guarded("image", WAIT, "The file is an image (svg-image)", FILE, Evidence(types=("svg-image",))),
    Guarded("image", WAIT, "The file is an image (image/png)", FILE,
            Evidence(types=("image/png",), unrelated_senders=1)),
    Guarded("many-senders", WAIT, "The file came from 5 unrelated sender domains", FILE,
            Evidence(types=("application/pdf",), unrelated_senders=5)),
    Guarded("many-senders", WAIT, "The file came from 2 unrelated sender domains", FILE,
            Evidence(unrelated_senders=2), {"many_senders": 2}),
    Guarded("many-senders", WAIT, "The URL came from 5 unrelated sender domains: a logo, an unsubscribe",
            url("https://news.example/leave?id=1"), Evidence(unrelated_senders=5)),
    Guarded("many-senders", WAIT, "and so does a campaign from many compromised senders",
            url("https://news.example/leave?id=1"), Evidence(unrelated_senders=5)),
    Guarded("allowed", WAIT, "on the list of allowed indicators", FILE,
            settings={"allowed_indicators": (HASH,)}),
    Guarded("allowed", WAIT, "on the list of allowed indicators", url("https://a.example/x?id=1"),
            settings={"allowed_indicators": ("https://a.example/x",)}),
    Guarded("allowed", WAIT, "on the list of allowed indicators", url("https://b.a.example/x"),
            settings={"allowed_indicators": ("*.a.example",)}),
    Guarded("simulation", NOTHING, "belongs to a phishing simulation", url("https://drill.example/x"),
            settings={"simulation_urls": ("https://drill.example/x",)}),
    Guarded("shared-host", WAIT, "a bare host, and bit[.]ly is shared by many", url("https://bit.ly/")),
    Guarded("shared-host", WAIT, "files[.]corp[.]example is shared", url("https://files.corp.example/"),
            settings={"shared_hosts": ("corp.example",)}),
    Guarded("shared-host", NOTHING, "its host alone would match them all. Give the whole URL",
            url("https://docs.google.com/", PATH)),
    Guarded("shared-path", WAIT, "one path there may serve them all",
            url("https://drive.google.com/uc?id=1", PATH)),
    Guarded("brand-host", WAIT, "www[.]microsoft[.]com is a company's own host",
            url("https://www.microsoft.com/privacy")),
    Guarded("path-match", WAIT, "by host and path alone", url("https://evil.example/x?t=1", PATH)),
)  # fmt: skip


def decided(case: Guarded, *, rules: object = None, leave_out: str = "") -> Decision:
    guards = tuple(one for one in case.findings() if one.code != leave_out)
    match = UrlMatch.EXACT if leave_out == "path-match" else case.indicator.match
    inputs: PolicyInputs = replace(BASE, guards=guards, match=match, kind=kind_of(case.indicator))
    return decide(inputs, NOW, RULES if rules is None else rules)  # type: ignore[arg-type]


@pytest.mark.parametrize("case", GUARDED, ids=lambda case: f"{case.code}: {case.says[:40]}")
def test_what_a_guard_stops_never_runs_by_itself_and_says_why(case: Guarded) -> None:
    decision = decided(case)

    assert decision.effect is case.effect
    assert case.says in decision.reason
    assert case.code in [finding.code for finding in case.findings()]


@pytest.mark.parametrize("case", GUARDED, ids=lambda case: f"{case.code}: {case.says[:40]}")
def test_without_that_guard_the_decision_would_be_another(case: Guarded) -> None:
    without_it = decided(case, leave_out=case.code)

    assert case.says not in without_it.reason
    others = {finding.code for finding in case.findings()} - {case.code}
    if not others:
        assert without_it.effect is Effect.REMEDIATE


def test_a_policy_without_the_rules_of_the_guards_is_caught() -> None:
    for rule, effect in (("refused indicator", NOTHING), ("doubtful indicator", WAIT)):
        cut = without(RULES, rule)
        cases = [case for case in GUARDED if case.effect is effect and case.code != "path-match"]
        assert cases
        assert all(
            decided(case, rules=cut).effect is not case.effect
            or case.says not in decided(case, rules=cut).reason
            for case in cases
        )
