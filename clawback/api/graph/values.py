"""What a property may be compared with, by the kind of the property."""

from __future__ import annotations

from clawback.api.graph.words import ENUMERATIONS, NUMBERS, meant_by
from clawback.core.timespans import read_moment
from clawback.errors import BadInput
from models.analyzed_emails import AnyOf, Comparison, Condition, EmailField, Negation, Operator

ENUMERATED = frozenset(ENUMERATIONS)
PLAIN = frozenset(EmailField) - ENUMERATED - NUMBERS - {EmailField.LOGGED_AT}
"""Fields that hold texts."""

_MOST = 2**63 - 1


def comparison(field: EmailField, operator: Operator, text: str, *, is_text: bool) -> Condition:
    """The condition that a value makes. Raises `BadInput` for a value of another kind."""
    if field in ENUMERATED:
        return _membership(field, operator, text)
    if field in NUMBERS:
        return Comparison(field, operator, _number(field, text))
    if field is EmailField.LOGGED_AT:
        return Comparison(field, operator, read_moment(text))
    if not is_text:
        raise BadInput(f"$filter: {field.value} is a text: write it in single quotes")
    return Comparison(field, operator, text)


def _membership(field: EmailField, operator: Operator, text: str) -> Condition:
    words = meant_by(field, text)
    if words is None:
        members = ", ".join(sorted(set(ENUMERATIONS[field].values())))
        raise BadInput(f"$filter: {field.value} is one of {members}")
    found = AnyOf(tuple(Comparison(field, Operator.EQUAL, word) for word in words))
    match operator:
        case Operator.EQUAL:
            return found
        case Operator.UNEQUAL:
            return Negation(found)
    raise BadInput(f"$filter: {field.value} can be compared with eq, ne and in")


def _number(field: EmailField, text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 19 or int(digits) > _MOST:
        raise BadInput(f"$filter: {field.value} is a whole number")
    return int(text)
