"""One request to the mail API and its answer, free of any web framework.

A part of a batch and a request of its own are the same here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from clawback.lab.graph.refusals import Refusal, bad_request

JSON_TYPE = (
    "application/json;odata.metadata=minimal;odata.streaming=true;"
    "IEEE754Compatible=false;charset=utf-8"
)

# users('x')/mailFolders('y') is the same as users/x/mailFolders/y: graph/delta-query-messages.
_KEYS = re.compile(r"\('([^'/]*)'\)")
_IMMUTABLE = re.compile(r'idtype\s*=\s*"?immutableid"?', re.IGNORECASE)
_PAGE_SIZE = re.compile(r"odata\.maxpagesize\s*=\s*(\d+)", re.IGNORECASE)


@dataclass(slots=True)
class Call:
    """One request. `segments` are decoded, `base` is the address that links start with."""

    method: str
    segments: list[str]
    query: dict[str, str]
    prefer: str
    body: object
    base: str
    application: str = ""
    advanced: bool = False  # ConsistencyLevel: eventual
    immutable: bool = field(init=False)
    counted: str | None = None  # the mailbox whose limits it counts against, once it is let in

    def __post_init__(self) -> None:
        self.immutable = bool(self.prefer) and _IMMUTABLE.search(self.prefer) is not None

    @property
    def page_size(self) -> int | None:
        """`Prefer: odata.maxpagesize`, "message: delta" (graph/api/message-delta)."""
        found = _PAGE_SIZE.search(self.prefer) if self.prefer else None
        return int(found[1]) if found else None

    @property
    def changes_mail(self) -> bool:
        """Whether it is a move, a deletion or another change."""
        return self.method != "GET"

    def parameter(self, name: str) -> object:
        """What the body gives for a parameter of an action; None where it does not.

        Without case: the pages write `destinationId`, Microsoft's own SDK sends `DestinationId`.
        """
        if not isinstance(self.body, dict):
            return None
        if name in self.body:
            return self.body[name]
        found = (value for key, value in self.body.items() if key.lower() == name.lower())
        return next(found, None)


@dataclass(slots=True)
class Answer:
    """What goes back: `body` is JSON, bytes of MIME, or nothing."""

    status: int
    body: dict[str, object] | bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """The body as it goes over the wire."""
        match self.body:
            case None:
                return b""
            case bytes():
                return self.body
            case _:
                return json.dumps(self.body, separators=(",", ":")).encode()

    @property
    def content_type(self) -> str:
        """MIME content is text/plain: "Get MIME content" (graph/outlook-get-mime-message)."""
        return "text/plain" if isinstance(self.body, bytes) else JSON_TYPE


def split_target(target: str) -> tuple[list[str], dict[str, str]]:
    """Path segments and query options of a relative address. Raises `Refusal`."""
    path, _, query = target.partition("?")
    if "(" in path:
        path = _KEYS.sub(r"/\1", path.replace("%27", "'"))
    segments = [segment for segment in path.split("/") if segment]
    if "%" in path:
        segments = [unquote(segment) for segment in segments]
    options: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True) if query else ():
        key = name.lower() if name.startswith("$") else name
        if key in options:
            raise bad_request(f"Query option '{name}' was specified more than once.")
        options[key] = value
    return segments, options


def refusal_answer(refusal: Refusal, request_id: str, date: str) -> Answer:
    """The error body of graph/errors."""
    body: dict[str, object] = {
        "error": {
            "code": refusal.code,
            "message": refusal.message,
            "innerError": {
                "date": date,
                "request-id": request_id,
                "client-request-id": request_id,
            },
        }
    }
    return Answer(refusal.status, body, dict(refusal.headers))


def lower_keys(headers: Mapping[str, object]) -> dict[str, str]:
    """Header names without case: RFC 9110, 5.1."""
    return {name.lower(): str(value) for name, value in headers.items()}
