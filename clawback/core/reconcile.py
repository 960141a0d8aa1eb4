"""What a move came to, judged by what the store shows afterwards, never by what it said.

`None` means not finished: the entry stays at its intent, and the executor plans it again from a
fresh look. On the last try everything ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from clawback.core.planning import at_destination, ended
from models.copies import LiveCopy, Place, SourceFault
from models.outcomes import CopyOutcome, LedgerEntry, MoveIntent, MoveReply, Outcome


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The endings of a batch and the copies that are not finished."""

    outcomes: tuple[CopyOutcome, ...]
    unfinished: frozenset[int]


def reconcile_batch(
    entries: Sequence[LedgerEntry],
    intents: Sequence[MoveIntent],
    replies: Mapping[int, MoveReply],
    live: Mapping[int, LiveCopy],
    *,
    last_try: bool,
    puts_back: bool = False,
) -> Reconciled:
    """The outcome of each intent: `replies` and `live` by copy id, either may lack a copy.

    A message at the destination proves one move: where two copies were seen at the same place, the
    second is looked for again once the first is written.
    """
    by_copy = {entry.copy.copy_id: entry for entry in entries}
    outcomes: list[CopyOutcome] = []
    unfinished: set[int] = set()
    proofs: set[tuple[str, str, Place | None]] = set()
    for intent in intents:
        copy_id = intent.copy_id
        entry, found = by_copy[copy_id], live.get(copy_id)
        ending = reconcile_copy(
            entry, intent, replies.get(copy_id), found, last_try=last_try, puts_back=puts_back
        )
        if ending is not None and ending.outcome is Outcome.MOVED:
            proof = (entry.copy.source, entry.copy.mailbox, ending.place)
            if proof in proofs:
                ending = _unproved(entry) if last_try else None
            proofs.add(proof)
        if ending is None:
            unfinished.add(copy_id)
        else:
            outcomes.append(ending)
    return Reconciled(tuple(outcomes), frozenset(unfinished))


def reconcile_copy(
    entry: LedgerEntry,
    intent: MoveIntent,
    reply: MoveReply | None,
    live: LiveCopy | None,
    *,
    last_try: bool,
    puts_back: bool = False,
) -> CopyOutcome | None:
    """The verified ending of one move, or None to try again.

    Moved only if the store shows the expected content at the destination, whatever the reply says.
    """
    if live is None or live.fault is not None:
        why = "no answer" if live is None or live.fault is None else live.fault.value
        detail = f"could not be verified: {why}"
        return ended(entry, Outcome.FAILED, detail, live) if last_try else None
    if live.place is None:
        # Some stores show a moved message late: look twice before saying so.
        is_gone = last_try or (reply is not None and reply.fault is SourceFault.GONE)
        return ended(entry, Outcome.NOT_FOUND, "not in the mailbox", None) if is_gone else None
    if live.content_sha256 != entry.expected_sha256:
        return ended(entry, Outcome.CHANGED, "content is not what was decided on", live)
    if at_destination(entry, live, puts_back=puts_back):
        return ended(entry, Outcome.MOVED, "verified at the destination", live)
    if live.place != intent.place:
        detail = "moved elsewhere by someone else meanwhile"
        return ended(entry, Outcome.FAILED, detail, live) if last_try else None
    return _still_there(entry, reply, live, last_try=last_try)


def _unproved(entry: LedgerEntry) -> CopyOutcome:
    detail = "only another copy of the message is at the destination"
    return ended(entry, Outcome.NOT_FOUND, detail, None)


def _still_there(
    entry: LedgerEntry, reply: MoveReply | None, live: LiveCopy, *, last_try: bool
) -> CopyOutcome | None:
    """The ending of a copy that did not move; faults that may pass are tried again."""
    if reply is None or reply.fault is None:
        said = "gave no answer" if reply is None else "reported success"
        detail = f"still in its folder though the store {said}"
        return ended(entry, Outcome.FAILED, detail, live) if last_try else None
    match reply.fault:
        case SourceFault.DENIED:
            return ended(entry, Outcome.PROTECTED, "store denies the move", live)
        case SourceFault.CHANGED:
            return ended(entry, Outcome.CHANGED, "store refused: content differs", live)
        case SourceFault.UNAVAILABLE | SourceFault.GONE:
            detail = f"still in its folder: {reply.fault.value}"
            return ended(entry, Outcome.FAILED, detail, live) if last_try else None
        case (
            SourceFault.DISK_FULL | SourceFault.QUOTA | SourceFault.CORRUPT | SourceFault.NOT_HOSTED
        ):
            return ended(entry, Outcome.FAILED, f"still in its folder: {reply.fault.value}", live)
        case _:
            assert_never(reply.fault)
