"""Made-up clusters whose messages are all known: what policy sees of one under any settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from hypothesis import strategies as st

from clawback.core.clustering import (
    PHISHING_SIMULATION,
    SECOPS_MAILBOX,
    excluded_mailboxes,
    kind_of,
    simulation_urls,
)
from clawback.core.guards import Evidence, guard_findings, refusal
from clawback.core.locations import bucket_of, copies_in, count_locations
from clawback.core.policy import decide
from clawback.core.what_if import key_of
from models.copies import LiveCopy
from models.decisions import PolicyInputs, RecentAction
from models.indicators import Indicator, IndicatorKind, UrlMatch, Verdict
from models.locations import Bucket, CopyLocation, DeliveryLocation
from models.settings import Mode, Settings
from models.what_if import Known, PastDecision

_K = TypeVar("_K")

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
BOXES = ("ann@corp.example", "bob@corp.example", "samples@corp.example")
TRAINING = "https://training.example/course?id=1"
URL = "https://files.example/a?b=1"
INDICATORS = (
    Indicator(IndicatorKind.FILE, "ab" * 32, "ab" * 32),
    Indicator(IndicatorKind.URL, URL, URL),
    Indicator(IndicatorKind.URL, "files.example/", URL, UrlMatch.PATH),
    Indicator(IndicatorKind.URL, "files.example/a", URL, UrlMatch.PATH),
    Indicator(IndicatorKind.URL, TRAINING, TRAINING),
)


@dataclass(frozen=True)
class Message:
    """One copy: where it is, and whether its mail is of an awareness training."""

    copy_id: int
    box: str
    location: DeliveryLocation
    is_training: bool


@dataclass(frozen=True)
class World:
    """All that there is to know of one cluster."""

    indicator: Indicator
    messages: tuple[Message, ...]
    verdict: Verdict
    senders: tuple[datetime, ...]
    recent: tuple[RecentAction, ...]
    put_back: frozenset[int]
    suppressed: str
    index_complete: bool

    def inputs(self, settings: Settings) -> PolicyInputs:
        """What policy sees under these settings."""
        evidence = Evidence(unrelated_senders=sum(at <= NOW for at in self.senders))
        guards = guard_findings(self.indicator, settings, evidence)
        found = () if refusal(guards) is not None else self.messages
        boxes, urls = excluded_mailboxes(settings), simulation_urls(settings)
        in_boxes = [each for each in found if each.box in boxes]
        others = [each for each in found if each.box not in boxes]
        simulated = [each for each in others if each.is_training and urls]
        kept = [each for each in others if each not in simulated]
        locations = [_located(each, settings) for each in kept]
        left_out = {SECOPS_MAILBOX: len(in_boxes), PHISHING_SIMULATION: len(simulated)}
        return PolicyInputs(
            kind=kind_of(self.indicator),
            verdict=self.verdict,
            verdict_source="list:feed",
            match=self.indicator.match,
            guards=guards,
            members=frozenset(each.copy_id for each in kept),
            in_mailbox=copies_in(locations, Bucket.MAILBOX),
            counts=count_locations(
                locations,
                {each.copy_id: "lab" for each in kept},
                external_recipients=0,
                checked_at=NOW,
            ),
            recent=self.recent,
            put_back=self.put_back,
            suppressed=self.suppressed,
            excluded={why: number for why, number in left_out.items() if number},
            settings=settings,
            settings_version=1,
            index_as_of=NOW,
            index_complete=self.index_complete,
            unknown=copies_in(locations, Bucket.UNKNOWN),
        )

    def past(self, settings: Settings) -> PastDecision:
        """The decision that was made under these settings."""
        inputs = self.inputs(settings)
        decision = decide(inputs, NOW)
        return PastDecision(
            id=1, cluster_id=1, investigation_id=1, indicator=self.indicator, name="cluster",
            gathered_at=NOW, decided_at=NOW, effect=decision.effect, copies=len(decision.copies),
            inputs=inputs,
        )  # fmt: skip

    def known(self, settings: Settings) -> Known:
        """What the store tells of a cluster that was found under these settings."""
        members = self.inputs(settings).members
        kept = [each for each in self.messages if each.copy_id in members]
        trained = frozenset(each.copy_id for each in kept if each.is_training)
        urls = simulation_urls(Settings(simulation_urls=(TRAINING,)))
        return Known(
            folders={1: _by([(each.location, each.copy_id) for each in kept])},
            mailboxes={1: _by([(each.box, each.copy_id) for each in kept])},
            simulations={1: {key_of(url): trained for url in urls}},
            senders={key_of(self.indicator): self.senders},
        )


def _located(message: Message, settings: Settings) -> CopyLocation:
    live = LiveCopy(message.copy_id, None, None, "")
    return CopyLocation(
        message.copy_id, live, message.location, bucket_of(message.location, settings)
    )


def _by(pairs: list[tuple[_K, int]]) -> dict[_K, frozenset[int]]:
    return {key: frozenset(n for other, n in pairs if other == key) for key, _ in pairs}


def _some(*texts: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(texts), unique=True, max_size=2).map(tuple)


SETTINGS = st.builds(
    Settings,
    similar_files=st.booleans(),
    similar_urls=st.booleans(),
    mode=st.sampled_from(Mode),
    cap=st.sampled_from([0, 2, 3, 10_000]),
    take_deleted_items=st.booleans(),
    take_sent_items=st.booleans(),
    pending_days=st.sampled_from([1, 7]),
    secops_mailboxes=_some(*BOXES),
    simulation_urls=_some(TRAINING),
    allowed_indicators=_some("ab" * 32, "files.example"),
    shared_hosts=_some("files.example"),
    many_senders=st.sampled_from([2, 3, 5]),
)
MESSAGES = st.lists(
    st.tuples(st.sampled_from(BOXES), st.sampled_from(DeliveryLocation), st.booleans()), max_size=6
).map(lambda found: tuple(Message(n, *each) for n, each in enumerate(found, start=1)))
COPIES = st.frozensets(st.integers(1, 6), max_size=3)
WORLDS = st.builds(
    World,
    indicator=st.sampled_from(INDICATORS),
    messages=MESSAGES,
    verdict=st.sampled_from([Verdict.MALICIOUS, Verdict.MALICIOUS, Verdict.SUSPICIOUS]),
    senders=st.lists(
        st.integers(-2, 3).map(lambda hours: NOW - timedelta(hours=hours)), max_size=5
    ).map(tuple),
    recent=st.one_of(
        st.just(()),
        COPIES.map(lambda copies: (RecentAction(7, timedelta(minutes=10), copies),)),
    ),
    put_back=st.one_of(st.just(frozenset[int]()), COPIES),
    suppressed=st.sampled_from(["", "", "action 1 was rejected by ben"]),
    index_complete=st.sampled_from([True, True, True, False]),
)
