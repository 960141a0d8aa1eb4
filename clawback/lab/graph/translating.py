""" "user: translateExchangeIds" (graph/api/user-translateexchangeids): up to 1,000 ids at a time."""

from __future__ import annotations

from clawback.lab.graph.calls import Answer, Call
from clawback.lab.graph.mailbox import Mailbox
from clawback.lab.graph.refusals import bad_request

_MOST = 1_000


def translate(call: Call, mailbox: Mailbox) -> Answer:
    """Regular ids into immutable ones, or back; an id of nothing has no `targetId`."""
    ids = call.parameter("inputIds")
    kinds = (call.parameter("sourceIdType"), call.parameter("targetIdType"))
    if not isinstance(ids, list) or len(ids) > _MOST:
        raise bad_request(f"inputIds holds 1 to {_MOST:,} ids.")
    if kinds not in {
        ("restId", "restImmutableEntryId"),
        ("restImmutableEntryId", "restId"),
    }:
        raise bad_request("This tenant translates restId and restImmutableEntryId.")
    to_immutable = kinds[0] == "restId"
    known = mailbox.regular if to_immutable else mailbox.immutable
    value: list[dict[str, object]] = []
    for name in map(str, ids):
        entry: dict[str, object] = {"sourceId": name}
        if (found := known.get(name)) is not None:
            entry["targetId"] = found.id_for(to_immutable)
        value.append(entry)
    return Answer(200, {"value": value})
