"""Two writers at once: one is first, and both see one truth."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from store_values import (
    ANALYST,
    FILE,
    NOW,
    TTL,
    alert,
    case,
    delta,
    mail,
    new_action,
    restore_points,
    running,
)
from writers import WRITERS, at_once

from clawback.errors import AlreadyDecided, Conflict, LeaseLost
from clawback.store.engine import SqlStore
from models.actions import ActionStatus, Choice
from models.copies import FolderRole, Place
from models.history import Event
from models.outcomes import CopyOutcome, Outcome
from models.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def test_of_many_deciders_one_is_first(address: str, store: SqlStore) -> None:
    cluster_id, members = case(store, "a@example.com")
    action = store.cases.create_action(new_action(cluster_id, members), NOW)
    choices = [Choice.APPROVE, Choice.REJECT, Choice.APPROVE, Choice.REJECT]
    answers = at_once(
        address,
        lambda each, n: each.cases.decide_action(action.id, choices[n], ANALYST, "", NOW),
    )
    winners = [answer for answer in answers if not isinstance(answer, Exception)]
    assert len(winners) == 1
    assert sum(isinstance(answer, AlreadyDecided) for answer in answers) == WRITERS - 1
    assert store.cases.action(action.id).status is winners[0].status
    told = [entry.event for entry in store.cases.history(action_id=action.id)]
    assert told.count(Event.ACTION_DECIDED) == 1
    is_suppressed = store.cases.suppression(FILE) != ""
    assert is_suppressed == (winners[0].status is ActionStatus.REJECTED)


def test_of_many_processes_one_decides(address: str, store: SqlStore) -> None:
    cluster_id, members = case(store, "a@example.com")
    action = store.cases.create_action(new_action(cluster_id, members), NOW)
    code = (
        "import sys; from datetime import UTC, datetime;"
        "from clawback.errors import AlreadyDecided;"
        "from clawback.store.engine import open_store;"
        "from models.actions import Actor, Choice, DecidedVia\n"
        "store = open_store(sys.argv[1], extractor_version=1)\n"
        "actor = Actor(sys.argv[3], DecidedVia.CLI, True)\n"
        "try:\n"
        "    store.cases.decide_action("
        "int(sys.argv[2]), Choice.APPROVE, actor, '', datetime.now(UTC))\n"
        "except AlreadyDecided:\n"
        "    sys.exit(3)\n"
    )
    command = [sys.executable, "-c", code, address, str(action.id)]
    started = [subprocess.Popen([*command, name], cwd=ROOT) for name in ("one", "two")]
    assert sorted(process.wait(timeout=120) for process in started) == [0, 3]
    assert store.cases.action(action.id).decided_by in ("one", "two")


def test_of_many_workers_one_holds_the_action(address: str, store: SqlStore) -> None:
    action, lease = running(store, "a@example.com")
    store.ledger.release(lease)
    answers = at_once(
        address, lambda each, n: each.ledger.acquire(action.id, f"worker-{n}", ttl=TTL, now=NOW)
    )
    assert sum(isinstance(answer, LeaseLost) for answer in answers) == WRITERS - 1
    assert store.cases.action(action.id).fence == lease.fence + 1


def test_the_same_alert_action_and_settings_are_made_once(address: str, store: SqlStore) -> None:
    cluster_id, members = case(store, "a@example.com")
    wanted = alert("the same")
    alerts = at_once(address, lambda each, n: each.cases.add_alert(wanted))
    assert sum(is_new for _, is_new in alerts) == 1
    assert len({investigation.id for investigation, _ in alerts}) == 1
    new = new_action(cluster_id, members)
    assert (
        len({made.id for made in at_once(address, lambda s, n: s.cases.create_action(new, NOW))})
        == 1
    )
    saved = at_once(
        address,
        lambda s, n: s.settings.save(Settings(cap=n), based_on=0, actor=ANALYST, now=NOW),
    )
    assert sum(isinstance(answer, Conflict) for answer in saved) == WRITERS - 1


def test_syncs_that_meet_the_same_mails_write_each_once(address: str, store: SqlStore) -> None:
    mails = [mail(f"m{number}") for number in range(30)]

    def sync(each: SqlStore, number: int) -> None:
        ordered = mails if number % 2 else list(reversed(mails))
        boxes = [f"u{number}@example.com", "shared@example.com"]
        each.index.apply([delta(box, *ordered) for box in boxes], NOW)

    assert at_once(address, sync) == [None] * WRITERS
    status = store.index.status()
    assert status.mails == 30
    assert status.mailboxes == WRITERS + 1
    # The writers number their handles from both ends: where places differ, so do the copies.
    assert len(store.index.find(FILE)) == status.copies


def test_a_sync_and_an_executor_over_the_same_mailbox_do_not_block_each_other_for_good(
    address: str, store: SqlStore
) -> None:
    action, lease = running(store, *[f"u{n}@example.com" for n in range(20)])
    store.ledger.write_intents(lease, restore_points(store, action.id), NOW)
    entries = store.ledger.entries(action.id)
    facts = mail("campaign")

    def work(each: SqlStore, number: int) -> None:
        if number == 0:
            outcomes = [
                CopyOutcome(
                    entry.copy.copy_id,
                    Outcome.MOVED,
                    "",
                    Place("Recoverable", entry.copy.place.handle),
                    FolderRole.RECOVERABLE,
                )
                for entry in reversed(entries)
            ]
            each.ledger.write_outcomes(lease, outcomes, None, NOW)
        else:
            for entry in entries:
                each.index.apply([delta(entry.copy.mailbox, facts, new=())], NOW)

    assert at_once(address, work) == [None] * WRITERS
    assert store.ledger.counts(action.id) == {"moved": 20}
    assert {member.ref.role for member in store.index.find(FILE)} == {FolderRole.RECOVERABLE}
