"""What may be believed of each indicator of an alert, and who said so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

from models.alerts import Entity, EntityClaim
from models.indicators import Indicator, Judgement, Verdict

OPERATOR = "operator"
NOBODY = "none"

LOOKED_UP = frozenset({EntityClaim.PART, EntityClaim.CHOSEN})
"""Claims that say nothing themselves: whoever has a message looked into does not know yet."""

_SEVERITY = {Verdict.UNKNOWN: 0, Verdict.CLEAN: 1, Verdict.SUSPICIOUS: 2, Verdict.MALICIOUS: 3}


def to_look_up(entities: Iterable[Entity]) -> tuple[Indicator, ...]:
    """The indicators that only a verdict source can judge, each once, in order.

    A user who reports a message says nothing about its parts: most links of a phish are harmless.
    """
    parts = (entity.indicator for entity in entities if entity.claim in LOOKED_UP)
    return tuple(dict.fromkeys(parts))


def judge_entity(entity: Entity, said: Sequence[Judgement] = ()) -> Judgement:
    """The judgement that counts: the operator's or the list's word, else the worst that was said."""
    match entity.claim:
        case EntityClaim.NAMED:
            return Judgement(entity.indicator, Verdict.MALICIOUS, OPERATOR)
        case EntityClaim.LISTED:
            return Judgement(entity.indicator, Verdict.MALICIOUS, list_source(entity.source))
        case EntityClaim.TAKEN:
            return Judgement(entity.indicator, Verdict.MALICIOUS, person_source(entity.source))
        case EntityClaim.CLEARED:
            return Judgement(entity.indicator, Verdict.CLEAN, person_source(entity.source))
        case EntityClaim.PART | EntityClaim.CHOSEN:
            nothing = Judgement(entity.indicator, Verdict.UNKNOWN, NOBODY)
            return max(said, key=lambda one: _SEVERITY[one.verdict], default=nothing)
        case _:
            assert_never(entity.claim)


def judge_entities(
    entities: Sequence[Entity], answers: Sequence[Mapping[Indicator, Judgement]] = ()
) -> tuple[tuple[Entity, Judgement], ...]:
    """Each entity with its judgement; `answers` are those of the verdict sources, in their order."""
    return tuple(
        (
            entity,
            judge_entity(
                entity, [one[entity.indicator] for one in answers if entity.indicator in one]
            ),
        )
        for entity in entities
    )


def list_source(name: str) -> str:
    """How an indicator list is named as the source of a verdict: "list:NAME"."""
    return name if name.startswith("list:") else f"list:{name}"


def person_source(name: str) -> str:
    """How a person who selected messages is named as the source of a verdict: "operator NAME"."""
    return f"{OPERATOR} {name}"
