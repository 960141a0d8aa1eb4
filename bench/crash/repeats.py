"""What executors did more than once: read from the journal, against what the store had shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bench.crash.journal import Event
from bench.crash.mail import Reading
from bench.crash.truth import rows_by_message
from models.outcomes import LedgerEntry


def sent_though_applied(
    before: Reading, then: Reading, entries: Iterable[LedgerEntry], events: Iterable[Event]
) -> Iterator[str]:
    """Moves that were sent after the store (`then`, after the kill) showed them as applied.

    Copies with the same bytes are counted together: no more of them may be sent than were still
    missing at their destination.
    """
    sent = {copy for event in events if event.what == "sent" for copy in event.details["copies"]}
    was, had = before.folders(), then.folders()
    for message, rows in rows_by_message(entries).items():
        going = Counter(row.destination_folder for row in rows if row.copy.copy_id in sent)
        total = Counter(row.destination_folder for row in rows)
        for folder, number in going.items():
            arrived = had[message][folder] - was[message][folder]
            if number > total[folder] - max(arrived, 0):
                yield "a move was sent again that the store showed as applied"


def two_at_work(events: Iterable[Event], *, takeover: bool) -> Iterator[str]:
    """Executors that moved or recorded while another held the action.

    In a takeover one piece may be on its way when the lease is lost, and its line may be written
    after that of the new holder; no other.
    """
    if not takeover:
        movers = {event.executor for event in events if event.what in ("sent", "outcomes")}
        if len(movers) > 1:
            yield "two executors worked on one action under one lease"
        return
    fences: dict[int, int] = {}
    late: Counter[tuple[int, str]] = Counter()
    for event in events:
        if event.what == "acquired":
            fences[event.executor] = event.details["fence"]
            continue
        is_late = fences.get(event.executor, 0) < max(fences.values(), default=0)
        if is_late and event.what in ("sent", "intents", "outcomes"):
            late[event.executor, event.what] += 1
    if any(number > 1 for number in late.values()):
        yield "an executor worked on after another had taken its action over"


def claimed_twice(events: Mapping[int, Sequence[Event]]) -> Iterator[str]:
    """Moves of one action (by its id) that a source claimed to have made more than once."""
    for some in events.values():
        claims = Counter(
            copy for event in some if event.what == "claimed" for copy in event.details["copies"]
        )
        if any(number > 1 for number in claims.values()):
            yield "a source claims to have made one move twice"


def unanswered(events: Iterable[Event]) -> Counter[int]:
    """How often a move of each copy was sent and not claimed: its answer was lost, or a fault."""
    sent: Counter[int] = Counter()
    for event in events:
        if event.what in ("sent", "claimed"):
            step = 1 if event.what == "sent" else -1
            for copy in event.details["copies"]:
                sent[copy] += step
    return +sent
