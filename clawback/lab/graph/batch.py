"""`$batch`: "Combine multiple HTTP requests using JSON batching" (graph/json-batching).

- at most 20 parts, ids unique without case, urls relative: else the whole batch is answered 400
- a body needs a Content-Type header in its part
- each part has its own status, headers and body; MIME content is base64 text
- parts come back in any order
- `dependsOn` makes a part wait; where the one before failed it is answered 424
- each part counts against the limits for itself ("Batch size limitations")
- "Outlook service limits for JSON batching" (graph/throttling-limits): "the service executes up to 4
  requests in parallel at any point, irrespective of the target mailbox". Where the limit is counted
  for each mailbox (`concurrency_scope`), so is this. Some have seen the fifth part refused with 429
  instead of being run later: the switch `batch_queues`.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from clawback.lab.graph.calls import Answer, Call, lower_keys, split_target
from clawback.lab.graph.refusals import Refusal, bad_request
from clawback.lab.graph.routes import mailbox_name
from clawback.lab.graph.switches import Scope, Switches

MOST_PARTS = 20
AT_ONCE = 4
_METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})


@dataclass(slots=True, eq=False)
class Part:
    """One request of a batch; `refusal` where it cannot even be understood."""

    id: str
    call: Call | None
    refusal: Refusal | None
    waits_for: tuple[str, ...]
    mailbox: str = ""


def read_parts(body: object, base: str, application: str) -> list[Part]:
    """The parts in order. Raises `Refusal` where the batch as a whole is malformed."""
    requests = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(requests, list) or not requests:
        raise bad_request("Invalid batch payload format.")
    if len(requests) > MOST_PARTS:
        raise bad_request(
            f"Number of batch request steps exceeds the maximum value of {MOST_PARTS}."
        )
    parts = [_part(request, base, application) for request in requests]
    ids = {part.id.lower() for part in parts}
    if len(ids) < len(parts):
        raise bad_request("The id of each request in a batch must be unique.")
    for part in parts:
        if any(name.lower() not in ids for name in part.waits_for):
            raise bad_request("dependsOn names a request that is not in the batch.")
    _refuse_circles(parts)
    return parts


def next_wave(waiting: Sequence[Part], done: dict[str, int], switches: Switches) -> list[Part]:
    """The parts that may run now: those before them are done, and few enough at once."""
    by_mailbox = switches.concurrency_scope is Scope.MAILBOX
    running: Counter[str] = Counter()
    wave = []
    for part in waiting:
        if any(name not in done for name in part.waits_for):
            continue
        key = part.mailbox if by_mailbox else ""
        if switches.batch_queues and part.mailbox and running[key] >= AT_ONCE:
            continue
        running[key] += bool(part.mailbox)
        wave.append(part)
    return wave


def failed_before(part: Part, done: dict[str, int]) -> bool:
    """Whether one that it depends on failed."""
    return any(done[name] >= 400 for name in part.waits_for)


def failed_dependency() -> Refusal:
    """424."""
    return Refusal(424, "FailedDependency", "A request that this one depends on failed.")


def part_answer(part_id: str, answer: Answer) -> dict[str, object]:
    """One entry of `responses`."""
    headers = {"Cache-Control": "private", **answer.headers}
    view: dict[str, object] = {"id": part_id, "status": answer.status, "headers": headers}
    if answer.body is not None:
        headers["Content-Type"] = answer.content_type
        raw = isinstance(answer.body, bytes)
        view["body"] = b64encode(answer.body).decode() if raw else answer.body  # type: ignore[arg-type]
    return view


def _part(request: object, base: str, application: str) -> Part:
    if not isinstance(request, dict):
        raise bad_request("Invalid batch payload format.")
    name, method, url = request.get("id"), request.get("method"), request.get("url")
    if not isinstance(name, str) or not name:
        raise bad_request("Each request in a batch needs an id, which is text.")
    if not isinstance(method, str) or method.upper() not in _METHODS:
        raise bad_request(f"Request '{name}' in the batch has no method that is known.")
    if not isinstance(url, str) or not url or "://" in url.partition("?")[0]:
        raise bad_request(f"The url of request '{name}' in the batch must be relative.")
    waits_for = request.get("dependsOn") or []
    if not isinstance(waits_for, list):
        raise bad_request("dependsOn is a list of ids.")
    headers = lower_keys(request.get("headers") or {})
    if request.get("body") is not None and "content-type" not in headers:
        raise bad_request(f"Request '{name}' in the batch has a body and no Content-Type header.")
    part = Part(name, None, None, tuple(str(before).lower() for before in waits_for))
    try:
        segments, query = split_target(url)
    except Refusal as refusal:
        part.refusal = refusal
        return part
    if segments and segments[0].lower() in {"v1.0", "beta"}:
        # The url is relative to the version: with one, it names a resource that does not exist.
        part.refusal = bad_request(f"Resource not found for the segment '{segments[0]}'.")
        return part
    part.call = Call(
        method.upper(),
        segments,
        query,
        headers.get("prefer", ""),
        request.get("body"),
        base,
        application,
        headers.get("consistencylevel", "").lower() == "eventual",
    )
    part.mailbox = (mailbox_name(part.call) or "").lower()
    return part


def _refuse_circles(parts: Sequence[Part]) -> None:
    done: set[str] = set()
    left = list(parts)
    while left:
        ready = [part for part in left if done.issuperset(part.waits_for)]
        if not ready:
            raise bad_request("The requests of the batch depend on each other in a circle.")
        done.update(part.id.lower() for part in ready)
        left = [part for part in left if part not in ready]
