"""Whose word counts about an indicator of an alert."""

from __future__ import annotations

import pytest

from clawback.core.indicators import parse_indicator
from clawback.core.judging import judge_entities, judge_entity, to_look_up
from models.alerts import Entity, EntityClaim
from models.indicators import Judgement, Verdict

URL = parse_indicator("https://evil.example/x")


def said(verdict: Verdict, source: str = "list:feed") -> Judgement:
    return Judgement(URL, verdict, source)


@pytest.mark.parametrize(
    ("claim", "source", "answers", "verdict", "by"),
    [
        (EntityClaim.NAMED, "", [], Verdict.MALICIOUS, "operator"),
        (EntityClaim.NAMED, "", [said(Verdict.CLEAN)], Verdict.MALICIOUS, "operator"),
        (EntityClaim.LISTED, "feed", [], Verdict.MALICIOUS, "list:feed"),
        (EntityClaim.LISTED, "list:feed", [], Verdict.MALICIOUS, "list:feed"),
        (EntityClaim.PART, "", [], Verdict.UNKNOWN, "none"),
        (EntityClaim.PART, "", [said(Verdict.MALICIOUS)], Verdict.MALICIOUS, "list:feed"),
        (
            EntityClaim.PART,
            "",
            [said(Verdict.CLEAN, "a"), said(Verdict.SUSPICIOUS, "b"), said(Verdict.CLEAN, "c")],
            Verdict.SUSPICIOUS,
            "b",
        ),
    ],
)
def test_a_claim_is_believed_as_far_as_it_reaches(
    claim: EntityClaim, source: str, answers: list[Judgement], verdict: Verdict, by: str
) -> None:
    judgement = judge_entity(Entity(URL, claim, source), answers)

    assert (judgement.verdict, judgement.source) == (verdict, by)
    assert judgement.indicator == URL


def test_only_parts_of_a_reported_message_are_looked_up_and_each_once() -> None:
    other = parse_indicator("ab" * 32)
    entities = [
        Entity(URL, EntityClaim.PART),
        Entity(other, EntityClaim.NAMED),
        Entity(URL, EntityClaim.PART),
    ]

    assert to_look_up(entities) == (URL,)


def test_each_entity_is_judged_by_all_sources_in_order() -> None:
    entities = [Entity(URL, EntityClaim.PART), Entity(parse_indicator("ab" * 32), EntityClaim.PART)]

    judged = judge_entities(entities, [{}, {URL: said(Verdict.MALICIOUS)}])

    assert [judgement.verdict for _, judgement in judged] == [Verdict.MALICIOUS, Verdict.UNKNOWN]
    assert [entity for entity, _ in judged] == entities
