"""Replies that are kept, so that a request sent twice is carried out once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Asked:
    """One request under a key of the client's own choice: unique for each who asks.

    `request_sha256` is over all that makes it the same request: method, path, query, body.
    """

    principal: str
    key: str
    request_sha256: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered; `location` is empty where the answer named none."""

    status: int
    body: str
    location: str = ""


class Standing(StrEnum):
    """How a key stands."""

    FREE = "free"  # nobody used it: whoever asks goes on, and holds it
    IN_FLIGHT = "in flight"  # the same request is being carried out
    ANSWERED = "answered"
    OTHER_REQUEST = "other request"  # it was used for something else


@dataclass(frozen=True, slots=True)
class Claim:
    """How the key stood, with the reply where there is one."""

    standing: Standing
    reply: Reply | None = None
