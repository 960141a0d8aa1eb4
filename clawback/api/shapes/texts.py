"""Texts in answers: as they are, hostile or not, but for what UTF-8 cannot hold. Never HTML."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from clawback.api.problems import printable


class Shape(BaseModel):
    """What is answered or asked: closed, so that the description names all of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def clean(value: Any) -> Any:
    """The value with every text in it as UTF-8 can hold it."""
    match value:
        case str():
            return printable(value)
        case dict():
            return {printable(str(key)): clean(item) for key, item in value.items()}
        case list() | tuple():
            return [clean(item) for item in value]
    return value


def _number(value: Any) -> Any:
    """The value, unless it is something else that could pass for a whole number."""
    if isinstance(value, bool | str):
        raise ValueError("give a whole number")
    return value


WHOLE = BeforeValidator(_number)
"""Behind the bounds of a whole number in a request: 5 and 5.0, as JSON has them, but not "5"."""

Text = Annotated[str, BeforeValidator(clean)]
"""Text from anywhere, mail included."""

Document = Annotated[dict[str, Any], BeforeValidator(clean)]
"""A JSON object whose keys depend on what it tells of."""

Count = Annotated[dict[str, int], BeforeValidator(clean)]
"""Numbers by name."""
