"""Preview, observe mode, exclusions, sweeps and reverts through the use cases."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest
from scene import ANALYST, BOXES, FILE, FILE_SHA256, URL, Scene, message

from clawback.core.indicators import parse_url_indicator
from clawback.errors import AlreadyDecided, BadInput, Conflict, Paused, Refused
from clawback.services import approvals, investigate, remediate, revert
from clawback.services.preview import preview
from clawback.services.sweep import sweep
from clawback.services.sync import sync
from models.actions import ActionStatus, Actor, Choice, DecidedVia
from models.alerts import InvestigationStatus
from models.decisions import Effect

pytestmark = pytest.mark.sqlite


def investigate_now(scene: Scene, text: str):  # type: ignore[no-untyped-def]
    return asyncio.run(scene.investigate(text))


def remove(scene: Scene, text: str = FILE_SHA256) -> int:
    """An automated soft delete, run to its end."""
    scene.set(similar_files=True, similar_urls=True)
    action_id = investigate_now(scene, text).action_id
    assert action_id is not None
    asyncio.run(scene.execute(action_id))
    return int(action_id)


def digest(folder: Path) -> str:
    """The whole database's content, table by table."""
    import sqlite3

    with sqlite3.connect(folder / "clawback.db") as connection:
        return hashlib.sha256("\n".join(connection.iterdump()).encode()).hexdigest()


def test_a_preview_changes_nothing(scene: Scene, tmp_path: Path) -> None:
    scene.deliver(text=URL)
    asyncio.run(sync(scene.ctx, processes=1))
    before = digest(tmp_path)
    shown = asyncio.run(preview(scene.ctx, parse_url_indicator(URL)))

    assert shown.decision.effect is Effect.AWAIT_APPROVAL
    assert shown.counts.in_mailbox == 1
    assert digest(tmp_path) == before


def test_in_the_mode_observe_everything_is_recorded_and_nothing_moves(scene: Scene) -> None:
    scene.set(similar_files=True, mode="observe")
    scene.deliver(file=FILE)
    summary = investigate_now(scene, FILE_SHA256)

    assert (summary.effect, summary.action_id) == (Effect.REMEDIATE, None)
    (found,) = scene.store.cases.investigations()
    assert found.status is InvestigationStatus.PARTIALLY_INVESTIGATED
    assert scene.folders() == ["INBOX"]


def test_an_approved_action_does_not_run_in_the_mode_observe(scene: Scene) -> None:
    scene.deliver(text=URL)
    action_id = investigate_now(scene, URL).action_id
    approvals.decide(scene.ctx, action_id, Choice.APPROVE, actor=ANALYST, reason="seen it")
    scene.set(mode="observe")

    with pytest.raises(Paused, match="mode=enforce"):
        remediate.open_execution(scene.ctx, action_id)


def test_secops_mailboxes_are_neither_counted_nor_touched(scene: Scene) -> None:
    scene.set(secops_mailboxes=[BOXES[1]])
    for box in BOXES:
        scene.deliver(box, file=FILE)
    action_id = remove(scene)

    assert scene.store.cases.action(action_id).copies == 1
    assert scene.folders(BOXES[0]) == ["Recoverable Items"]
    assert scene.folders(BOXES[1]) == ["INBOX"]


@pytest.mark.parametrize("to", list(revert.RevertTo))
def test_a_mailbox_excluded_after_a_removal_gets_its_messages_back(
    scene: Scene, to: revert.RevertTo
) -> None:
    scene.deliver(file=FILE)
    action_id = remove(scene)
    scene.set(secops_mailboxes=[BOXES[0]])
    back = revert.request(scene.ctx, action_id, to, actor=ANALYST, reason="harmless")
    asyncio.run(scene.execute(back.id))

    assert scene.store.cases.action(back.id).outcomes == {"moved": 1}
    assert scene.folders() == ["Junk" if to is revert.RevertTo.JUNK else "INBOX"]


def test_what_its_user_moved_back_before_the_revert_is_not_taken_for_another_indicator(
    scene: Scene,
) -> None:
    scene.deliver(file=FILE, text=URL)
    action_id = remove(scene)
    ((place, _),) = scene.source.contents(BOXES[0])
    scene.source.user_move(BOXES[0], place, "INBOX")
    back = revert.request(
        scene.ctx, action_id, revert.RevertTo.ORIGINAL, actor=ANALYST, reason="harmless"
    )
    asyncio.run(scene.execute(back.id))
    assert scene.store.cases.action(back.id).outcomes == {"already in destination": 1}

    assert investigate_now(scene, URL).effect is Effect.AWAIT_APPROVAL


def test_mail_of_a_phishing_simulation_is_left_out_of_every_cluster(scene: Scene) -> None:
    drill = "https://training.drill.test/start?id=3"
    scene.set(simulation_urls=[drill])
    scene.deliver(file=FILE)
    scene.deliver(file=FILE, text=drill)
    action_id = remove(scene)

    assert scene.store.cases.action(action_id).copies == 1
    assert scene.folders() == ["INBOX", "Recoverable Items"]


def test_a_second_alert_within_the_hour_is_deduplicated(scene: Scene) -> None:
    scene.deliver(file=FILE)
    first = remove(scene)
    ((place, _),) = scene.source.contents(BOXES[0])
    scene.source.user_move(BOXES[0], place, "INBOX")
    scene.clock.forward(minutes=30)
    summary = investigate_now(scene, FILE_SHA256)

    assert summary.action_id is None
    assert f"Action {first} of the last hour" in summary.reason


def test_a_sweep_takes_late_arrivals_and_leaves_alone_what_was_put_back(scene: Scene) -> None:
    scene.deliver(file=FILE)
    action_id = remove(scene)
    assert sweep(scene.ctx, {}).investigations == ()

    scene.deliver(BOXES[1], file=FILE)
    asyncio.run(sync(scene.ctx, processes=1))
    opened = sweep(scene.ctx, {}).investigations
    assert len(opened) == 1
    assert sweep(scene.ctx, {}).investigations == ()

    made = revert.request(
        scene.ctx, action_id, revert.RevertTo.ORIGINAL, actor=ANALYST, reason="harmless"
    )
    asyncio.run(scene.execute(made.id))
    asyncio.run(sync(scene.ctx, processes=1))
    assert sweep(scene.ctx, {}).investigations == ()
    assert scene.folders(BOXES[0]) == ["INBOX"]


def test_after_a_revert_the_indicator_waits_for_a_person_until_lifted(scene: Scene) -> None:
    scene.deliver(file=FILE)
    action_id = remove(scene)
    made = revert.request(
        scene.ctx, action_id, revert.RevertTo.INBOX, actor=ANALYST, reason="harmless"
    )
    asyncio.run(scene.execute(made.id))
    scene.clock.forward(hours=2)
    scene.deliver(BOXES[1], file=FILE)
    assert investigate_now(scene, FILE_SHA256).effect is Effect.AWAIT_APPROVAL

    indicator = scene.store.cases.cluster(made.cluster_id).indicator
    scene.store.cases.lift(indicator, ANALYST, scene.clock.now())
    scene.clock.forward(hours=2)
    scene.deliver(BOXES[1], file=FILE)
    assert investigate_now(scene, FILE_SHA256).effect is Effect.REMEDIATE


def test_a_revert_puts_each_message_into_its_own_folder_with_its_flags(scene: Scene) -> None:
    scene.deliver(file=FILE, folder="Projects")
    scene.deliver(file=FILE, folder="Junk")
    for place, _ in scene.source.contents(BOXES[0]):
        scene.source.user_flag(BOXES[0], place, {"Seen", "Flagged"})
    action_id = remove(scene)
    assert scene.folders() == ["Recoverable Items"] * 2
    made = revert.request(
        scene.ctx, action_id, revert.RevertTo.ORIGINAL, actor=ANALYST, reason="harmless"
    )
    asyncio.run(scene.execute(made.id))

    assert scene.folders() == ["Junk", "Projects"]
    assert all(item.flags == {"Seen", "Flagged"} for _, item in scene.source.contents(BOXES[0]))


def test_what_cannot_be_reverted_says_why(scene: Scene) -> None:
    scene.deliver(file=FILE)
    action_id = remove(scene)
    made = revert.request(
        scene.ctx, action_id, revert.RevertTo.ORIGINAL, actor=ANALYST, reason="harmless"
    )
    with pytest.raises(Conflict, match="runs already"):
        revert.request(scene.ctx, action_id, revert.RevertTo.INBOX, actor=ANALYST, reason="again")
    asyncio.run(scene.execute(made.id))
    with pytest.raises(BadInput, match="nothing left"):
        revert.request(scene.ctx, action_id, revert.RevertTo.INBOX, actor=ANALYST, reason="again")
    with pytest.raises(BadInput, match="itself a revert"):
        revert.request(scene.ctx, made.id, revert.RevertTo.INBOX, actor=ANALYST, reason="again")


def test_a_decision_counts_once_and_needs_a_reason(scene: Scene) -> None:
    scene.deliver(text=URL)
    action_id = investigate_now(scene, URL).action_id
    with pytest.raises(BadInput, match="reason"):
        approvals.decide(scene.ctx, action_id, Choice.APPROVE, actor=ANALYST, reason="  ok ")
    approvals.decide(scene.ctx, action_id, Choice.REJECT, actor=ANALYST, reason="our newsletter")
    with pytest.raises(AlreadyDecided, match="Rejected"):
        approvals.decide(scene.ctx, action_id, Choice.APPROVE, actor=ANALYST, reason="but no")

    assert scene.store.cases.action(action_id).status is ActionStatus.REJECTED


def test_where_only_verified_decisions_count_a_typed_name_does_not(scene: Scene) -> None:
    scene.set(verified_approvals_only=True)
    scene.deliver(text=URL)
    action_id = investigate_now(scene, URL).action_id
    typed = Actor("somebody", DecidedVia.FORM, False)
    with pytest.raises(Refused, match="verified"):
        approvals.decide(scene.ctx, action_id, Choice.APPROVE, actor=typed, reason="seen it")

    assert scene.store.cases.action(action_id).status is ActionStatus.PENDING
    approvals.decide(scene.ctx, action_id, Choice.APPROVE, actor=ANALYST, reason="seen it")


def test_what_an_analyst_reads_has_counts_and_no_address(scene: Scene) -> None:
    scene.deliver(text=URL)
    action_id = investigate_now(scene, URL).action_id
    text = approvals.describe(scene.ctx, action_id)

    assert "Similar URLs hxxps://portal[.]parcel[.]test" in text
    assert "| memory | 1 | 0 | 0 |" in text
    assert "@" not in text
    assert URL not in text


def test_repeating_an_investigation_finds_its_own_action_again(scene: Scene) -> None:
    scene.set(similar_files=True)
    scene.deliver(file=FILE)
    first = investigate_now(scene, FILE_SHA256)
    (cluster_id,) = scene.store.cases.cluster_ids(1)
    from clawback.services.decide import apply_policy

    investigate.build_cluster(scene.ctx, 1, 0)
    again = apply_policy(scene.ctx, cluster_id)

    assert again.action_id == first.action_id
    assert len(scene.store.cases.actions()) == 1


@pytest.mark.parametrize(("domains", "effect"), [(4, Effect.REMEDIATE), (5, Effect.AWAIT_APPROVAL)])
def test_a_link_of_many_unrelated_senders_waits_and_says_that_it_may_be_a_campaign(
    scene: Scene, domains: int, effect: Effect
) -> None:
    scene.set(similar_urls=True)
    for number in range(domains):
        raw = message(URL, b"").replace(b"@", b"@s%d." % number, 1)
        scene.source.deliver(BOXES[0], raw, "INBOX")

    summary = investigate_now(scene, URL)

    assert summary.effect is effect
    says = "came from 5 unrelated sender domains: a logo, an unsubscribe or a privacy page does"
    assert (says in summary.reason) is (effect is Effect.AWAIT_APPROVAL)
    assert ("many compromised senders" in summary.reason) is (effect is Effect.AWAIT_APPROVAL)


def test_a_blank_file_is_found_nowhere_and_removes_nothing(scene: Scene) -> None:
    scene.set(similar_files=True)
    blank = b" \t" * 50
    scene.deliver(file=blank)

    summary = investigate_now(scene, hashlib.sha256(blank).hexdigest())

    assert summary.effect is Effect.NO_ACTION
    assert "The file is blank" in summary.reason
    assert scene.folders() == ["INBOX"]
