"""Plans: which copies, where to, and what a batch does with each copy as the store shows it."""

from __future__ import annotations

import pytest

from clawback.core.planning import plan_batch, plan_move, plan_revert
from models.actions import ActionType
from models.copies import FolderRole, LiveCopy, Place, SourceFault
from models.outcomes import LedgerEntry, LedgerState, MoveIntent, Outcome, RestorePoint
from models.planning import PlannedCopy
from tests.core.ledger_rows import BIN, BINNED, INBOX, OTHER_SHA, SEEN, SHA, entry, live, ref

INTENT, DONE = LedgerState.INTENT, LedgerState.DONE
NOBODY: frozenset[str] = frozenset()


def folder_for(source: str, role: FolderRole) -> str:
    return f"{source}/{role.value}"


def test_a_removal_takes_the_decided_copies_alone_with_the_content_they_were_found_by() -> None:
    planned = plan_move(
        [ref(2), ref(1), ref(3)], frozenset({1, 2}), ActionType.SOFT_DELETE, folder_for
    )

    assert planned == (
        PlannedCopy(1, SHA, FolderRole.RECOVERABLE, "lab/recoverable"),
        PlannedCopy(2, SHA, FolderRole.RECOVERABLE, "lab/recoverable"),
    )


@pytest.mark.parametrize(
    ("to", "role", "folder"),
    [
        (ActionType.MOVE_TO_INBOX, FolderRole.INBOX, "lab/inbox"),
        (ActionType.MOVE_TO_JUNK, FolderRole.JUNK, "lab/junk"),
        (ActionType.RESTORE, FolderRole.USER, "Projects"),
    ],
)
def test_a_revert_takes_verified_moves_alone_to_its_destination(
    to: ActionType, role: FolderRole, folder: str
) -> None:
    origin = RestorePoint(Place("Projects", "h1"), FolderRole.USER, SEEN)
    entries = [
        entry(number, state=DONE, outcome=outcome, origin=origin)
        for number, outcome in enumerate(Outcome, start=1)
    ]

    planned = plan_revert([*entries, entry(99, state=INTENT)], to, folder_for)

    moved = list(Outcome).index(Outcome.MOVED) + 1
    assert planned == (PlannedCopy(moved, SHA, role, folder),)


def test_a_soft_delete_is_no_way_back() -> None:
    with pytest.raises(ValueError, match="no way back"):
        plan_revert([entry(state=DONE, outcome=Outcome.MOVED)], ActionType.SOFT_DELETE, folder_for)


@pytest.mark.parametrize("state", [LedgerState.PLANNED, INTENT])
def test_a_copy_in_its_mailbox_moves_from_where_it_is_now(state: LedgerState) -> None:
    now_at = Place("Projects", "h9")

    plan = plan_batch(
        [entry(state=state)], {1: live(place=now_at, role=FolderRole.USER)}, excluded=NOBODY
    )

    assert plan.restore_points == {1: RestorePoint(now_at, FolderRole.USER, SEEN)}
    repeated = state is INTENT
    assert plan.intents == (MoveIntent(1, "a@example.com", now_at, SHA, BIN, repeated),)
    assert (plan.outcomes, plan.unanswered) == ((), frozenset())


BINNED_LIVE = live(place=BINNED, role=FolderRole.RECOVERABLE)
ELSEWHERE_IN_BIN = live(place=Place("Purges", "h1"), role=FolderRole.RECOVERABLE)


@pytest.mark.parametrize(
    ("row", "found", "outcome", "detail"),
    [
        (entry(), BINNED_LIVE, Outcome.ALREADY, "was there before"),
        (entry(), ELSEWHERE_IN_BIN, Outcome.ALREADY, "was there before"),
        (entry(state=INTENT), BINNED_LIVE, Outcome.MOVED, "moved by an earlier try"),
        (entry(), live(place=None, role=None, sha=""), Outcome.NOT_FOUND, "not in the mailbox"),
        (entry(state=INTENT), live(place=None, role=None), Outcome.NOT_FOUND, "not in the mailbox"),
        (entry(), live(sha=OTHER_SHA), Outcome.CHANGED, "not what was decided on"),
        (entry(), live(sha=""), Outcome.CHANGED, "not what was decided on"),
        (
            entry(state=INTENT),
            live(place=BINNED, role=FolderRole.RECOVERABLE, sha=OTHER_SHA),
            Outcome.CHANGED,
            "not what was decided on",
        ),
        (entry(), live(protected=True), Outcome.PROTECTED, "store protects this message"),
        (entry(), live(role=FolderRole.QUARANTINE), Outcome.PROTECTED, "in quarantine"),
        (entry(mailbox="SecOps@example.com"), live(), Outcome.PROTECTED, "mailbox is excluded"),
        (
            entry(mailbox="SecOps@example.com", state=INTENT),
            live(),
            Outcome.PROTECTED,
            "mailbox is excluded",
        ),
        (
            entry(mailbox="SecOps@example.com", state=INTENT),
            BINNED_LIVE,
            Outcome.MOVED,
            "moved by an earlier try",
        ),
        (entry(), live(fault=SourceFault.DENIED), Outcome.PROTECTED, "store denies access"),
        (entry(), live(fault=SourceFault.GONE), Outcome.NOT_FOUND, "not in the mailbox"),
        (entry(), live(fault=SourceFault.CHANGED), Outcome.CHANGED, "not what was decided on"),
    ],
)
def test_a_copy_that_is_not_to_move_ends_with_its_outcome(
    row: LedgerEntry, found: LiveCopy, outcome: Outcome, detail: str
) -> None:
    plan = plan_batch([row], {1: found}, excluded=frozenset({"secops@example.com"}))

    assert (plan.intents, plan.restore_points, plan.unanswered) == ((), {}, frozenset())
    (ending,) = plan.outcomes
    assert ending.outcome is outcome
    assert detail in ending.detail


@pytest.mark.parametrize("found", [None, live(fault=SourceFault.UNAVAILABLE, place=None)])
@pytest.mark.parametrize("state", [LedgerState.PLANNED, INTENT])
def test_a_copy_that_nobody_could_look_at_stays_as_it_is_until_the_last_try(
    state: LedgerState, found: LiveCopy | None
) -> None:
    rows, seen = [entry(state=state)], {} if found is None else {1: found}

    plan = plan_batch(rows, seen, excluded=NOBODY)
    assert (plan.unanswered, plan.outcomes, plan.intents) == (frozenset({1}), (), ())

    last = plan_batch(rows, seen, excluded=NOBODY, last_try=True)
    assert [ending.outcome for ending in last.outcomes] == [Outcome.FAILED]
    assert last.unanswered == frozenset()


def test_a_stale_intent_is_not_ended_by_a_fault_since_the_copy_may_have_moved() -> None:
    plan = plan_batch(
        [entry(state=INTENT)], {1: live(fault=SourceFault.DENIED, place=None)}, excluded=NOBODY
    )

    assert plan.unanswered == frozenset({1})


def test_entries_that_are_done_are_never_planned_again() -> None:
    plan = plan_batch(
        [entry(state=DONE, outcome=Outcome.MOVED)], {1: live()}, excluded=NOBODY, last_try=True
    )

    assert (plan.intents, plan.outcomes, plan.unanswered) == ((), (), frozenset())


def test_one_message_is_never_moved_for_two_copies() -> None:
    gone = entry(1, place=Place("INBOX", "h0"))
    there = entry(2)
    seen = {1: live(1), 2: live(2)}

    plan = plan_batch([gone, there], seen, excluded=NOBODY)
    last = plan_batch([gone, there], seen, excluded=NOBODY, last_try=True)

    assert [intent.copy_id for intent in plan.intents] == [2]
    assert plan.unanswered == frozenset({1})
    assert [(one.copy_id, one.outcome) for one in last.outcomes] == [(1, Outcome.NOT_FOUND)]


def test_the_same_place_in_two_mailboxes_is_two_messages() -> None:
    rows = [entry(1), entry(2, mailbox="b@example.com")]

    plan = plan_batch(rows, {1: live(1), 2: live(2)}, excluded=NOBODY)

    assert [intent.copy_id for intent in plan.intents] == [1, 2]


def test_a_revert_moves_a_copy_out_of_recoverable_items_and_knows_its_old_folder() -> None:
    row = entry(role=FolderRole.INBOX, folder="INBOX", place=BINNED)

    plan = plan_batch([row], {1: BINNED_LIVE}, excluded=NOBODY)
    assert plan.intents == (MoveIntent(1, "a@example.com", BINNED, SHA, "INBOX"),)

    home = plan_batch([row], {1: live(place=INBOX)}, excluded=NOBODY)
    assert [ending.outcome for ending in home.outcomes] == [Outcome.ALREADY]


@pytest.mark.parametrize("role", [FolderRole.INBOX, FolderRole.JUNK, FolderRole.USER])
def test_what_was_removed_before_comes_back_into_a_mailbox_that_is_excluded_now(
    role: FolderRole,
) -> None:
    row = entry(mailbox="secops@example.com", role=role, folder="Back", place=BINNED)
    found = live(place=BINNED, role=FolderRole.RECOVERABLE, protected=True)
    plan = plan_batch([row], {1: found}, excluded={"secops@example.com"}, puts_back=True)

    assert set(plan.restore_points) == {1}
    assert plan.outcomes == ()
    assert plan.intents[0].puts_back

    # The same move as an action of its own touches what nobody may touch.
    forward = plan_batch([row], {1: found}, excluded={"secops@example.com"})
    assert [ending.outcome for ending in forward.outcomes] == [Outcome.PROTECTED]


def test_a_way_back_that_ends_in_recoverable_items_takes_nothing_from_an_excluded_mailbox() -> None:
    row = entry(mailbox="secops@example.com", role=FolderRole.RECOVERABLE, folder="Bin")
    plan = plan_batch([row], {1: live()}, excluded={"secops@example.com"}, puts_back=True)
    assert [ending.outcome for ending in plan.outcomes] == [Outcome.PROTECTED]


def test_a_move_is_done_in_any_folder_for_the_purpose_and_a_revert_in_one_alone() -> None:
    row = entry(role=FolderRole.JUNK, folder="Junk", place=INBOX)
    spam = live(place=Place("Spam", "m1"), role=FolderRole.JUNK)

    forward = plan_batch([row], {1: spam}, excluded=NOBODY)
    assert [ending.outcome for ending in forward.outcomes] == [Outcome.ALREADY]
    back = plan_batch([row], {1: spam}, excluded=NOBODY, puts_back=True)
    assert [intent.destination for intent in back.intents] == ["Junk"]


def test_an_excluded_mailbox_needs_no_look_to_be_left_alone() -> None:
    rows = [entry(1, mailbox="secops@example.com"), entry(2, mailbox="secops@example.com")]

    plan = plan_batch(
        rows, {2: live(2, fault=SourceFault.UNAVAILABLE)}, excluded={"secops@example.com"}
    )

    assert [ending.outcome for ending in plan.outcomes] == [Outcome.PROTECTED] * 2
    assert plan.unanswered == frozenset()
