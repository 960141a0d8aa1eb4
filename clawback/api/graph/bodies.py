"""Bodies of requests: the names of members are compared without case, as the original does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from starlette.requests import Request

from clawback.errors import BadInput

_DEPTH = 2
_NAME = 400

Body = TypeVar("Body", bound=BaseModel)


def _text(value: object) -> object:
    return "" if value is None else value


def _lowered(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_text)]


class _Shape(BaseModel):
    """Members that are not known here are the original's other ones: clients send whole objects."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class HuntingIn(_Shape):
    """The body of runHuntingQuery."""

    query: str
    timespan: Text = ""


class Severity(StrEnum):
    """microsoft.graph.security.remediationSeverity."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class RemediationAction(StrEnum):
    """microsoft.graph.security.remediationAction, in lower case."""

    SOFT_DELETE = "softdelete"
    MOVE_TO_INBOX = "movetoinbox"
    MOVE_TO_JUNK = "movetojunk"
    MOVE_TO_DELETED_ITEMS = "movetodeleteditems"
    HARD_DELETE = "harddelete"
    MOVE_TO_QUARANTINE = "movetoquarantine"


class NameIn(_Shape):
    """An email: by its id, else by both its other names."""

    id: Annotated[Text, Field(max_length=_NAME)] = ""
    networkmessageid: Annotated[Text, Field(max_length=_NAME)] = ""
    recipientemailaddress: Annotated[Text, Field(max_length=_NAME)] = ""


class RemediationIn(_Shape):
    """The body of remediate."""

    displayname: Text = ""
    description: Text = ""
    severity: Annotated[Severity, BeforeValidator(_lowered)] | None = None
    action: Annotated[RemediationAction, BeforeValidator(_lowered)]
    remediatesenderscopy: bool | None = None
    approverupn: Annotated[Text, Field(max_length=_NAME)] = ""
    analyzedemails: Annotated[list[NameIn], Field(min_length=1)]


async def read_body(request: Request, kind: type[Body]) -> Body:
    """The body of a request. Raises `BadInput` for what is none; never repeats what was sent."""
    try:
        given = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise BadInput("the body is no JSON") from None
    if not isinstance(given, dict):
        raise BadInput("the body is no JSON object")
    try:
        return kind.model_validate(_folded(given, _DEPTH))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{place}: {first['msg']}") from None


def _folded(value: Any, depth: int) -> Any:
    """Objects with the names of their members in lower case, as deep as members are read."""
    if isinstance(value, Mapping) and depth:
        return {str(name).lower(): _folded(inner, depth - 1) for name, inner in value.items()}
    if isinstance(value, list) and depth:
        return [_folded(inner, depth) for inner in value]
    return value
