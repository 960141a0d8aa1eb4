"""Every error as a problem of RFC 9457: the one place that maps Clawback's errors to HTTP.

The type is a stable name, `urn:clawback:problem:NAME`; programs compare it and never the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from clawback.errors import (
    AlreadyDecided,
    BadInput,
    BadQuery,
    ClawbackError,
    Conflict,
    Denial,
    Forbidden,
    NotFound,
    Paused,
    QueryStopped,
    Refused,
    SetupError,
    SourceError,
    Unauthenticated,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:clawback:problem:"

RETRY_SECONDS = 5
"""What Retry-After says where nothing better is known."""


class InvalidField(BaseModel):
    """One thing that is wrong with a request; never what was sent."""

    location: list[str | int] = Field(description="Where: body, query or path, then the keys")
    message: str


class Problem(BaseModel):
    """An error, as RFC 9457 has it; further members belong to some types only."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="A stable name: urn:clawback:problem:NAME")
    title: str
    status: int
    detail: str
    instance: str = Field(description="The path that was asked for")
    errors: list[InvalidField] | None = Field(default=None, description="invalid-request only")
    line: int | None = Field(default=None, description="bad-query only; counts from 1, 0: unknown")
    column: int | None = Field(default=None, description="bad-query only; likewise")
    length: int | None = Field(default=None, description="bad-query only: characters meant")
    operator: str | None = Field(default=None, description="bad-query only: what the engine lacks")
    reason: str | None = Field(
        default=None,
        description="query-stopped: time, memory, cancelled, crashed; "
        "unauthenticated: missing, unknown, expired, revoked, disabled",
    )


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of problem."""

    name: str
    status: int
    title: str


INVALID = Kind("invalid-request", 422, "The request does not fit its description")
MALFORMED = Kind("malformed", 400, "The request cannot be read")
TOO_LARGE = Kind("too-large", 413, "The body is too large")
TOO_SLOW = Kind("too-slow", 408, "The body did not arrive in time")
WRONG_MEDIA = Kind("wrong-media-type", 415, "The body is of another kind")
TOO_MANY = Kind("too-many-requests", 429, "Too many requests")
BAD_CURSOR = Kind("bad-cursor", 422, "This is no cursor of this list")
KEY_REUSED = Kind("key-reused", 422, "The idempotency key was used for another request")
KEY_IN_FLIGHT = Kind("key-in-flight", 409, "The request with this key is still being carried out")
KEY_UNKEPT = Kind("key-unsupported", 400, "This route keeps no replies")
NO_MATCH = Kind("version-mismatch", 412, "The resource is another version by now")
NO_CONDITION = Kind("version-required", 428, "Say which version the change is meant for")
UNFORESEEN = Kind("unforeseen", 500, "Something went wrong here")

_UNSURE = Kind("unavailable", 503, "Something does not answer now")

# The first that an error is an instance of counts: the special ones stand before the general.
KINDS: tuple[tuple[type[ClawbackError], Kind], ...] = (
    (BadQuery, Kind("bad-query", 400, "The query cannot be run")),
    (BadInput, Kind("bad-input", 422, "What was given cannot be used")),
    (NotFound, Kind("not-found", 404, "There is no such thing")),
    (AlreadyDecided, Kind("already-decided", 409, "Somebody decided this first")),
    (Conflict, Kind("conflict", 409, "It is not in that state any more")),
    (Unauthenticated, Kind("unauthenticated", 401, "Say who you are")),
    (Forbidden, Kind("forbidden", 403, "Your roles do not allow it")),
    (Paused, Kind("paused", 409, "Nothing moves now")),
    (Refused, Kind("refused", 409, "Policy or a setting forbids it")),
    (QueryStopped, Kind("query-stopped", 422, "The query went over its limits")),
    (Unavailable, _UNSURE),
    (SourceError, Kind("source-failed", 503, "A mailbox source does not answer")),
    (SetupError, Kind("not-set-up", 503, "The set-up is not sound")),
    (ClawbackError, UNFORESEEN),
)

_BY_STATUS = {
    400: MALFORMED,
    404: Kind("no-such-route", 404, "There is nothing at this address"),
    405: Kind("method-not-allowed", 405, "This address does not take that method"),
    408: TOO_SLOW,
    413: TOO_LARGE,
}


class Refusal(Exception):
    """A request that this edge turns away by itself, with the headers that go with it."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: list[InvalidField] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say of an error: its kind, in words, with members and headers of its own."""

    kind: Kind
    detail: str
    members: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def answer_to(error: ClawbackError) -> Answer:
    """What is said of one of Clawback's errors; of one that nobody foresaw no more than that."""
    kind = next(kind for base, kind in KINDS if isinstance(error, base))
    match error:
        case BadQuery():
            place = {name: getattr(error, name) for name in ("line", "column", "length")}
            return Answer(kind, error.text, {**place, "operator": error.operator})
        case QueryStopped():
            return Answer(kind, str(error), {"reason": error.reason.value})
        case Unauthenticated():
            return Answer(kind, str(error), {"reason": error.reason.value}, _challenge(error))
        case SetupError():
            return Answer(kind, "an administrator finds out more with `clawback check`")
        case Unavailable() | SourceError():
            return Answer(kind, str(error), headers={"Retry-After": str(RETRY_SECONDS)})
    if kind is UNFORESEEN:
        return Answer(kind, "look at the log for the cause")
    return Answer(kind, str(error))


def _challenge(error: Unauthenticated) -> dict[str, str]:
    """The headers of RFC 6750: an unknown token is called invalid, a missing one is asked for."""
    headers = {"WWW-Authenticate": 'Bearer realm="clawback"'}
    if error.reason is not Denial.MISSING:
        headers["WWW-Authenticate"] += ', error="invalid_token"'
    if error.retry_after_s:
        headers["Retry-After"] = str(error.retry_after_s)
    return headers


def answer_to_status(status: int, detail: str, headers: Mapping[str, str] | None) -> Answer:
    """What is said where the framework turned a request away."""
    kind = _BY_STATUS.get(status) or Kind("refused-request", status, "The request was refused")
    return Answer(kind, detail, headers=headers or {})


def problem_response(answer: Answer, instance: str) -> JSONResponse:
    """The answer as a problem document."""
    body = document_of(answer, instance)
    return JSONResponse(body, answer.kind.status, dict(answer.headers), media_type=MEDIA_TYPE)


def document_of(answer: Answer, instance: str) -> dict[str, Any]:
    """The members of the document."""
    return {
        "type": f"{PREFIX}{answer.kind.name}",
        "title": answer.kind.title,
        "status": answer.kind.status,
        "detail": printable(answer.detail),
        "instance": printable(instance),
        **answer.members,
    }


def printable(text: str) -> str:
    """The text as UTF-8 can hold it: halves of surrogate pairs become U+FFFD, all else stays."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
