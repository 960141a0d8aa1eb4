"""Explanations: counts and rules, no addresses, and nothing active out of a message."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from clawback.core import explain
from clawback.core.clustering import build_cluster
from clawback.core.indicators import parse_indicator
from clawback.core.policy import decide
from models.actions import ActionSource, ActionStatus, ActionType, RemediationAction
from models.clusters import Cluster, ClusterFacts, Member
from models.copies import Retention
from models.indicators import GuardFinding, GuardLevel
from models.locations import Bucket, DeliveryLocation, LocationCounts
from models.settings import Settings
from tests.core.hostile_texts import HOSTILE, dangers
from tests.core.ledger_rows import ref
from tests.core.policy_cases import BASE

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
COUNTS = LocationCounts(
    NOW,
    {Bucket.MAILBOX: 1200, Bucket.NOT_IN_MAILBOX: 3, Bucket.EXTERNAL: 2},
    {DeliveryLocation.INBOX: 1200, DeliveryLocation.GONE: 3, DeliveryLocation.EXTERNAL: 2},
    {"north": {Bucket.MAILBOX: 1200}, "south": {Bucket.NOT_IN_MAILBOX: 3}},
)
DECISION = decide(replace(BASE, settings=Settings(cap=2)), NOW)
ACTION = RemediationAction(
    1, 1, 1, "Similar URLs", "url", "x", ActionType.SOFT_DELETE, ActionStatus.PENDING,
    ActionSource.MANUAL, "", "", False, "", 1200, {}, None, 0, "", "", 0, NOW, None, None,
    NOW + timedelta(days=7), NOW,
)  # fmt: skip


def cluster(names: dict[str, int] | None = None) -> Cluster:
    return build_cluster(
        parse_indicator("https://evil.example/login?id=1"),
        [Member(ref(1), 1, "body")],
        ClusterFacts(1, 2, 3, 1, NOW, None, names or {}, {"pdf": 1}, 0.125, 8),
        guards=(GuardFinding(GuardLevel.APPROVE, "allowed", "On the list [x](http://y)."),),
        external_recipients=2,
        excluded={"SecOps mailbox": 4},
        query_at=NOW,
    )


def test_a_cluster_shows_its_locations_per_source_and_bucket_and_its_facts() -> None:
    text = explain.cluster_markdown(cluster(), COUNTS)

    assert "## Similar URLs hxxps://evil[.]example/login?…" in text
    assert "Indicator: hxxps://evil[.]example/login?id=1" in text
    assert "| Source | Mailbox | Not in mailbox | On-prem/External |" in text
    assert "| north | 1,200 | 0 | 0 |" in text
    assert "| all | 1,200 | 3 | 2 |" in text
    assert "| Inbox/folder | 1,200 |" in text
    assert "1 message of 1 mail in 1 mailbox of the 8 known (12.5%)" in text
    assert "Why: 1 message: body" in text
    assert "2 senders, 3 subjects" in text
    assert "First seen 2026-03-04 12:00 UTC, last seen unknown" in text
    assert "Left out: 4 messages (SecOps mailbox)" in text
    assert "2 recipients without a mailbox here (On-prem/External)" in text


def test_unknown_locations_get_a_column_only_where_there_are_some() -> None:
    unknown = LocationCounts(NOW, {Bucket.UNKNOWN: 1}, {}, {"north": {Bucket.UNKNOWN: 1}})

    assert "Unknown" not in explain.locations_markdown(COUNTS)
    assert "| north | 0 | 0 | 0 | 1 |" in explain.locations_markdown(unknown)
    assert explain.counts_line(unknown).endswith("Unknown 1")
    assert explain.counts_line(COUNTS) == "Mailbox 1,200, Not in mailbox 3, On-prem/External 2"


def test_a_decision_shows_the_rules_that_hit_and_those_that_did_not() -> None:
    text = explain.decision_markdown(cluster(), COUNTS, DECISION)

    hits, _, misses = text.partition("Rules that did not hit:")
    assert "- cap: 3 messages are more than the cap of 2." in hits
    assert "- opt-in: Similar files may not run without approval: the setting is off." in hits
    assert "- verdict: The verdict is Malicious, by list:feed." in misses
    assert "- cap:" not in misses


def approval(link: str = "http://127.0.0.1:4200/runs/flow-run/abc") -> str:
    kept = {"north": Retention(30, "as the server says"), "south": Retention(None, "")}
    return explain.approval_markdown(
        ACTION, cluster(), COUNTS, DECISION, investigation_link=link, retentions=kept
    )


def test_an_approval_says_what_would_happen_until_when_and_how_long_it_can_be_undone() -> None:
    text = approval()

    assert text.startswith("**Soft delete** of 1,200 messages: Similar URLs hxxps://evil")
    assert "Expires 2026-03-11 12:00 UTC; then nothing moves." in text
    assert "- north: for 30 days (as the server says)" in text
    assert "- south: no fixed end" in text
    assert "Every rule and location: <http://127.0.0.1:4200/runs/flow-run/abc>" in text


def test_a_link_that_is_no_plain_address_is_left_out() -> None:
    for link in ("javascript:alert(1)", "http://h/> <b>", "http://h/](x", ""):
        assert "Every rule and location:" not in approval(link)


def test_no_address_and_nothing_active_of_a_message_is_in_any_explanation() -> None:
    for name in HOSTILE:
        text = explain.approval_markdown(ACTION, cluster({name: 2}), COUNTS, DECISION)
        (line,) = re.findall(r"^- File names: (.*)$", text, flags=re.MULTILINE)

        assert dangers(line) == []
        assert "@" not in text
        assert "](" not in text
