"""What began an investigation, told by the first entity of its alert, and how grave that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from models.alerts import EntityClaim
from models.cases import InvestigationType
from models.indicators import IndicatorKind

_T = InvestigationType
_C = EntityClaim

TOLD_BY: Mapping[InvestigationType, tuple[frozenset[EntityClaim], frozenset[IndicatorKind]]] = {
    _T.MANUAL: (frozenset({_C.NAMED, _C.CHOSEN}), frozenset(IndicatorKind)),
    _T.REPORTED: (frozenset({_C.PART}), frozenset(IndicatorKind)),
    _T.URL_VERDICT: (frozenset({_C.LISTED}), frozenset({IndicatorKind.URL})),
    _T.FILE_VERDICT: (frozenset({_C.LISTED}), frozenset({IndicatorKind.FILE})),
    _T.ADMINISTRATIVE: (frozenset({_C.TAKEN, _C.CLEARED}), frozenset(IndicatorKind)),
}
"""Each type with the claims and kinds of a first entity by which it is told; none is told by two."""

CATEGORY = "Threat management"
"""The category of every alert policy of the original that starts an investigation of mail."""


def investigation_type(claim: EntityClaim, kind: IndicatorKind) -> InvestigationType:
    """The type of an investigation whose alert begins with such an entity."""
    for found, (claims, kinds) in TOLD_BY.items():
        if claim in claims and kind in kinds:
            return found
    return InvestigationType.ADMINISTRATIVE  # a list that names a selection: there is none


def severity(type_: InvestigationType) -> str:
    """The severity that the original's alert policy of this kind has."""
    match type_:
        case InvestigationType.URL_VERDICT:  # A potentially malicious URL click was detected
            return "High"
        case InvestigationType.FILE_VERDICT:  # Messages containing malicious entity not removed …
            return "Medium"
        case InvestigationType.REPORTED:  # Email reported by user as malware or phish
            return "Low"
        case InvestigationType.MANUAL | InvestigationType.ADMINISTRATIVE:
            return "Informational"
        case _:
            assert_never(type_)
