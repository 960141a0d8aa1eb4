"""How far clusters and messages are dealt with, in the original's words, and how long that waited."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from case_values import NOW, RUNNING, WAITING, action, case, cluster, counts, file, verdict

from clawback.core.case_types import TOLD_BY, investigation_type, severity
from clawback.core.case_words import is_going_on, places_text, subtitle
from clawback.core.evidence import counters, evidence_of, worst
from clawback.core.remediation import (
    cluster_status,
    email_status,
    moved,
    pending_time,
    status_details,
    waited,
)
from models.actions import ActionStatus, ActionType
from models.alerts import EntityClaim, InvestigationStatus
from models.cases import Dealing, InvestigationType, RemediationStatus
from models.copies import FolderRole
from models.decisions import Effect
from models.indicators import IndicatorKind, Verdict
from models.locations import Bucket
from models.outcomes import LedgerState, Outcome

_R = RemediationStatus
_A = ActionStatus
BAD = Verdict.MALICIOUS


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, _R.REMEDIATED),
        ({"outcomes": {"already in destination": 3}}, _R.REMEDIATED),
        ({"outcomes": {"moved": 2, "failed": 1}}, _R.PARTLY),
        ({"outcomes": {"not found": 3}}, _R.NOT_FOUND),
        ({"outcomes": {"failed": 3}, "status": _A.FAILED}, _R.UNREMEDIATED),
        ({"outcomes": {"moved": 1}, "status": _A.CANCELLED}, _R.PARTLY),
        ({"outcomes": {}, "status": _A.CANCELLED, "decided_by": "ada"}, _R.UNREMEDIATED),
        ({"outcomes": {}, "status": _A.CANCELLED, "decided_by": ""}, _R.REMEDIATED),
        ({"outcomes": {}, "status": _A.EXPIRED}, _R.UNREMEDIATED),
        ({"outcomes": {}, "status": _A.REJECTED}, _R.DECLINED),
        (WAITING, _R.PENDING),
        (RUNNING, _R.RUNNING),
    ],
)
def test_a_cluster_is_as_far_as_its_removal(changes: Any, status: RemediationStatus) -> None:
    assert cluster_status(BAD, cluster(), [action(**changes)]) is status


def test_a_cluster_without_an_action_is_told_by_where_its_messages_are() -> None:
    def told(**changes: Any) -> RemediationStatus | None:
        return cluster_status(BAD, cluster(**changes), [])

    assert told(counts=counts(3, 1)) is _R.ACTIVE
    assert told(counts=counts(0, 0, 0, 1)) is _R.ACTIVE
    assert told(counts=counts(0, 4)) is _R.PREVENTED
    assert told(counts=counts(), members=0) is _R.NOT_FOUND
    assert told(counts=None) is _R.RUNNING
    assert cluster_status(BAD, None, []) is _R.RUNNING
    assert cluster_status(Verdict.CLEAN, cluster(), []) is None


def test_what_a_revert_put_back_is_active_again_and_what_it_could_not_stays_removed() -> None:
    back = action(2, type=ActionType.RESTORE, reverts_action_id=1)
    assert cluster_status(BAD, cluster(), [action(), back]) is _R.ACTIVE
    in_vain = action(2, reverts_action_id=1, outcomes={"not found": 3})
    assert cluster_status(BAD, cluster(), [action(), in_vain]) is _R.REMEDIATED
    again = action(3, **WAITING)
    assert cluster_status(BAD, cluster(), [action(), back, again]) is _R.PENDING
    of_another = action(4, cluster_id=9, **RUNNING)
    assert cluster_status(BAD, cluster(), [action(), of_another]) is _R.REMEDIATED


def dealing(status: ActionStatus, outcome: Outcome | None = None, **changes: Any) -> Dealing:
    state = LedgerState.PLANNED if outcome is None else LedgerState.DONE
    return Dealing(1, status, state, outcome, "", **changes)


@pytest.mark.parametrize(
    ("found", "bucket", "status"),
    [
        (None, Bucket.MAILBOX, _R.ACTIVE),
        (None, Bucket.UNKNOWN, _R.ACTIVE),
        (None, Bucket.NOT_IN_MAILBOX, _R.PREVENTED),
        (None, Bucket.EXTERNAL, _R.UNREMEDIATED),
        (dealing(_A.PENDING), Bucket.MAILBOX, _R.PENDING),
        (dealing(_A.RUNNING), Bucket.MAILBOX, _R.RUNNING),
        (dealing(_A.RUNNING, Outcome.MOVED), Bucket.NOT_IN_MAILBOX, _R.REMEDIATED),
        (dealing(_A.COMPLETED, Outcome.ALREADY), Bucket.NOT_IN_MAILBOX, _R.REMEDIATED),
        (dealing(_A.COMPLETED, Outcome.NOT_FOUND), Bucket.NOT_IN_MAILBOX, _R.NOT_FOUND),
        (dealing(_A.COMPLETED, Outcome.PROTECTED), Bucket.MAILBOX, _R.UNREMEDIATED),
        (dealing(_A.COMPLETED, Outcome.MOVED, is_put_back=True), Bucket.MAILBOX, _R.ACTIVE),
        (dealing(_A.REJECTED), Bucket.MAILBOX, _R.DECLINED),
        (dealing(_A.EXPIRED), Bucket.MAILBOX, _R.UNREMEDIATED),
        (dealing(_A.CANCELLED), Bucket.NOT_IN_MAILBOX, _R.REMEDIATED),
    ],
)
def test_a_message_is_as_far_as_what_was_done_about_it(
    found: Dealing | None, bucket: Bucket, status: RemediationStatus
) -> None:
    assert email_status(found, bucket) is status


def test_details_say_who_ended_what_and_how() -> None:
    waiting = action(2, **WAITING)
    assert status_details(cluster(), [waiting, action()]) == (
        "Soft delete: Completed by Automation (3 moved); "
        "Soft delete: 3 messages waiting for approval"
    )
    assert status_details(cluster(reason="Too many."), []) == "Only recorded: Too many."
    quiet = cluster(effect=Effect.NO_ACTION, reason="Nothing is in a mailbox.")
    assert status_details(quiet, []) == "Nothing is in a mailbox."
    assert status_details(None, []) == ""


def test_waiting_counts_what_a_person_had_to_decide_and_no_time_twice() -> None:
    hour = timedelta(hours=1)
    decided = action(1, decided_by="ada", decided_at=NOW + hour)
    waits = action(2, **{**WAITING, "created_at": NOW + hour / 2})
    assert waited(decided, NOW + 9 * hour) == hour
    assert waited(waits, NOW + 2 * hour) == 1.5 * hour
    assert waited(action(), NOW + 2 * hour) == timedelta()
    assert pending_time([waits, decided], NOW + 2 * hour) == 2 * hour
    apart = action(3, created_at=NOW + 5 * hour, decided_by="ben", decided_at=NOW + 6 * hour)
    assert pending_time([apart, decided], NOW + 9 * hour) == 2 * hour
    assert pending_time([action()], NOW + hour) == timedelta()


def test_removals_and_reverts_are_counted_apart() -> None:
    back = action(2, reverts_action_id=1, outcomes={"moved": 2, "not found": 1})
    assert moved([action(), back]) == (3, 2)


def test_evidence_shows_threats_first_and_counts_each_word_once() -> None:
    clean, bad = file(7), file(1)
    found = evidence_of(case(action(), verdicts=(verdict(clean, Verdict.CLEAN), verdict(bad))))
    assert [(one.indicator, one.status) for one in found] == [(bad, _R.REMEDIATED), (clean, None)]
    assert counters(found) == {
        "Total": 2, "Remediated": 1, "Malicious": 1, "No threats found": 1
    }  # fmt: skip
    assert worst([]) is Verdict.UNKNOWN
    assert worst([Verdict.UNKNOWN, Verdict.CLEAN, Verdict.SUSPICIOUS]) is Verdict.SUSPICIOUS


def test_each_type_is_told_by_its_first_entity_and_has_a_severity() -> None:
    told = {
        investigation_type(claim, kind): (claim, kind)
        for claim in EntityClaim
        for kind in (IndicatorKind.FILE, IndicatorKind.URL)
    }
    assert set(told) == set(InvestigationType) == set(TOLD_BY)
    assert {severity(one) for one in InvestigationType} == {
        "High", "Medium", "Low", "Informational"
    }  # fmt: skip


def test_the_subtitle_has_the_form_of_the_original() -> None:
    assert subtitle(case(action())) == "Investigation #1 is complete - Remediated"
    running = case(status=InvestigationStatus.RUNNING)
    assert subtitle(running) == "Investigation #1 is running"
    pending = case(action(**WAITING), status=InvestigationStatus.PENDING_ACTION)
    assert subtitle(pending) == "Investigation #1 waits for approval - Pending Action"


def test_something_goes_on_while_the_investigation_or_one_action_runs() -> None:
    assert is_going_on(case(status=InvestigationStatus.RUNNING))
    assert is_going_on(case(action(), action(2, **RUNNING)))
    assert not is_going_on(case(action(), action(2, **WAITING)))


def test_places_are_told_in_the_words_of_locations_the_most_first() -> None:
    places = {FolderRole.USER: 2, FolderRole.INBOX: 1, None: 1, FolderRole.RECOVERABLE: 4}
    assert places_text(places) == ("4 Recoverable Items, 3 Inbox/folder, 1 Not found in mailbox")
