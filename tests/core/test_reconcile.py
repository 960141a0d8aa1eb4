"""Outcomes come from what the store shows after the move, never from what it said."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clawback.core.reconcile import reconcile_batch, reconcile_copy
from models.copies import FolderRole, LiveCopy, Place, SourceFault
from models.outcomes import CopyOutcome, LedgerEntry, MoveIntent, MoveReply, Outcome
from tests.core.ledger_rows import BIN, BINNED, INBOX, OTHER_SHA, SHA, entry, live

OK = MoveReply(1, BINNED)
INTENT = MoveIntent(1, "a@example.com", INBOX, SHA, BIN)
ARRIVED = live(place=BINNED, role=FolderRole.RECOVERABLE)
ELSEWHERE = live(place=Place("Projects", "h1"), role=FolderRole.USER)
GONE = live(place=None, role=None, sha="")
AWAY = live(place=None, role=None, fault=SourceFault.UNAVAILABLE)


def said(fault: SourceFault) -> MoveReply:
    return MoveReply(1, None, fault)


# reply, what the store shows, outcome on the first try, outcome on the last, words
CASES: list[tuple[MoveReply | None, LiveCopy | None, Outcome | None, Outcome, str]] = [
    (OK, ARRIVED, Outcome.MOVED, Outcome.MOVED, "verified at the destination"),
    (None, ARRIVED, Outcome.MOVED, Outcome.MOVED, "verified"),
    (said(SourceFault.UNAVAILABLE), ARRIVED, Outcome.MOVED, Outcome.MOVED, "verified"),
    (OK, live(), None, Outcome.FAILED, "though the store reported success"),
    (None, live(), None, Outcome.FAILED, "though the store gave no answer"),
    (OK, GONE, None, Outcome.NOT_FOUND, "not in the mailbox"),
    (said(SourceFault.GONE), GONE, Outcome.NOT_FOUND, Outcome.NOT_FOUND, "not in the mailbox"),
    (OK, ELSEWHERE, None, Outcome.FAILED, "moved elsewhere by someone else meanwhile"),
    (said(SourceFault.GONE), ELSEWHERE, None, Outcome.FAILED, "moved elsewhere by someone else"),
    (OK, AWAY, None, Outcome.FAILED, "could not be verified: unavailable"),
    (OK, None, None, Outcome.FAILED, "could not be verified: no answer"),
    (said(SourceFault.DENIED), live(), Outcome.PROTECTED, Outcome.PROTECTED, "denies the move"),
    (said(SourceFault.CHANGED), live(), Outcome.CHANGED, Outcome.CHANGED, "content differs"),
    (OK, live(sha=OTHER_SHA), Outcome.CHANGED, Outcome.CHANGED, "not what was decided on"),
    (
        OK,
        live(place=BINNED, role=FolderRole.RECOVERABLE, sha=OTHER_SHA),
        Outcome.CHANGED,
        Outcome.CHANGED,
        "not what was decided on",
    ),
    (said(SourceFault.UNAVAILABLE), live(), None, Outcome.FAILED, "still in its folder"),
    (said(SourceFault.GONE), live(), None, Outcome.FAILED, "still in its folder"),
    (said(SourceFault.DISK_FULL), live(), Outcome.FAILED, Outcome.FAILED, "disk-full"),
    (said(SourceFault.QUOTA), live(), Outcome.FAILED, Outcome.FAILED, "quota"),
    (said(SourceFault.CORRUPT), live(), Outcome.FAILED, Outcome.FAILED, "corrupt"),
]

Judge = Callable[[MoveReply | None, LiveCopy | None, bool], CopyOutcome | None]


def judge(reply: MoveReply | None, seen: LiveCopy | None, last: bool) -> CopyOutcome | None:
    return reconcile_copy(entry(), INTENT, reply, seen, last_try=last)


def faults(by: Judge) -> int:
    """How many of the cases a way of judging gets wrong."""
    wrong = 0
    for reply, seen, first, last, _ in CASES:
        got = [by(reply, seen, False), by(reply, seen, True)]
        wrong += [one.outcome if one else None for one in got] != [first, last]
    return wrong


@pytest.mark.parametrize(("reply", "seen", "first", "last", "words"), CASES)
def test_a_move_ends_by_what_the_store_shows(
    reply: MoveReply | None,
    seen: LiveCopy | None,
    first: Outcome | None,
    last: Outcome,
    words: str,
) -> None:
    one, two = judge(reply, seen, False), judge(reply, seen, True)

    assert (one.outcome if one else None) is first
    assert two is not None
    assert two.outcome is last
    assert words in two.detail
    if two.outcome is Outcome.MOVED:
        assert (two.place, two.role) == (BINNED, FolderRole.RECOVERABLE)


def test_believing_an_ok_is_caught() -> None:
    def believing(reply: MoveReply | None, seen: LiveCopy | None, last: bool) -> CopyOutcome | None:
        if reply is not None and reply.fault is None:
            return CopyOutcome(1, Outcome.MOVED, "", reply.place, FolderRole.RECOVERABLE)
        return judge(reply, seen, last)

    assert faults(judge) == 0
    assert faults(believing) > 0


def test_counting_not_found_as_moved_is_caught() -> None:
    def generous(reply: MoveReply | None, seen: LiveCopy | None, last: bool) -> CopyOutcome | None:
        if seen is not None and seen.place is None:
            return CopyOutcome(1, Outcome.MOVED, "", None, None)
        return judge(reply, seen, last)

    assert faults(generous) > 0


def batch(*copies: int) -> tuple[list[LedgerEntry], list[MoveIntent]]:
    rows = [entry(number, place=Place("INBOX", f"h{number}")) for number in copies]
    return rows, [MoveIntent(r.copy.copy_id, r.copy.mailbox, r.copy.place, SHA, BIN) for r in rows]


def test_a_batch_is_split_into_endings_and_unfinished_copies() -> None:
    rows, intents = batch(1, 2)
    seen = {1: ARRIVED, 2: live(2, place=Place("INBOX", "h2"))}

    found = reconcile_batch(rows, intents, {1: OK, 2: MoveReply(2, None)}, seen, last_try=False)

    assert [ending.copy_id for ending in found.outcomes] == [1]
    assert found.unfinished == frozenset({2})


def test_one_message_at_the_destination_proves_one_move() -> None:
    rows, intents = batch(1, 2)
    seen = {number: live(number, place=BINNED, role=FolderRole.RECOVERABLE) for number in (1, 2)}

    found = reconcile_batch(rows, intents, {}, seen, last_try=False)
    last = reconcile_batch(rows, intents, {}, seen, last_try=True)

    assert [ending.copy_id for ending in found.outcomes] == [1]
    assert found.unfinished == frozenset({2})
    assert [ending.outcome for ending in last.outcomes] == [Outcome.MOVED, Outcome.NOT_FOUND]
