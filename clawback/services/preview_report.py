"""A preview as plain values: what `find` prints for one indicator."""

from __future__ import annotations

from clawback.services.preview import Preview
from clawback.services.report import View, decision_view, explanation_view, locations_view
from models.clusters import Match, Member
from models.copies import LiveCopy


def preview_view(found: Preview) -> View:
    """One indicator with its messages where they are now; `refused` is None or the reason."""
    live = {location.copy_id: location.live for location in found.locations}
    first: dict[int, int] = {}
    for member in found.cluster.members:
        first.setdefault(member.mail_id, member.ref.copy_id)
    return {
        "indicator": found.cluster.indicator.given.strip(),
        "kind": found.cluster.indicator.kind.value,
        "refused": found.refused or None,
        "messages": [
            _message(member, live[member.ref.copy_id], found, first=first[member.mail_id])
            for member in found.cluster.members
        ],
        "explanation": explanation_view(found.cluster.facts),
        "locations": locations_view(found.counts),
        "decision": decision_view(found.decision),
    }


def _message(member: Member, live: LiveCopy, found: Preview, *, first: int) -> View:
    """One message; `first` is the first copy of the same mail in the cluster."""
    internet_id, network_id = found.message_ids.get(member.ref.copy_id, ("", ""))
    return {
        "source": member.ref.source,
        "mailbox": member.ref.mailbox,
        "copy_id": member.ref.copy_id,
        "folder": None if live.place is None else live.place.folder,
        "content_sha256": live.content_sha256 or member.ref.content_sha256,
        "internet_message_id": internet_id,
        "network_message_id": network_id,
        "why": member.why,
        "match": _match(found.matches.get(member.mail_id)),
        "duplicate_of": None if first == member.ref.copy_id else first,
    }


def _match(match: Match | None) -> View | None:
    """Where the mail carries the indicator, in its own characters."""
    if match is None:
        return None
    return {
        "part": match.part,
        "location": match.location or None,
        "raw": match.raw,
        "opened_from": match.opened_from or None,
        "places": match.places,
        "size_bytes": match.size_bytes or None,
        "file_type": match.file_type or None,
    }
