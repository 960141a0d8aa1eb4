"""The scheduled flows: sync, sweep and refresh."""

from __future__ import annotations

from pathlib import Path

import pytest
from flow_stage import ADMIN, FILE_INDICATOR, URL_INDICATOR, Stage, raw_message, run

from clawback.services.revert import RevertTo, request
from flows.investigate import investigate
from flows.refresh import refresh
from flows.revert import revert
from flows.sweep import sweep
from flows.sync import sync

pytestmark = pytest.mark.prefect_server


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one list that a sweep looks for."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "bad.txt").write_text(f"{URL_INDICATOR.value}\n")
    (folder / "clawback.toml").write_text('[[lists]]\nname = "bad"\npath = "bad.txt"\n')
    monkeypatch.setenv("CLAWBACK_HOME", str(folder))
    return folder


def test_sync_says_what_it_did_in_counts(stage: Stage) -> None:
    stage.deliver(file=1, harmless=1)

    state = run(sync(return_state=True))

    assert state.is_completed()
    assert (state.message or "").startswith("3 mailboxes: 6 new, 0 moved, 0 gone")


def test_sweep_investigates_each_new_hit_once(stage: Stage) -> None:
    stage.deliver(url=1)

    first = run(sweep(return_state=True))
    second = run(sweep(return_state=True))

    assert first.message == "1 indicators, 1 new investigations"
    assert second.message == "1 indicators, 0 new investigations"
    [(kind, number, attempt)] = stage.runs.started
    assert (kind, attempt) == ("investigate", 1)
    assert stage.ctx.store.cases.investigation(number).status.value == "Starting"


def test_after_a_revert_a_sweep_starts_nothing_until_a_new_copy_comes(stage: Stage) -> None:
    stage.deliver(file=1)
    stage.opt_in(similar_files=True)
    run(investigate(stage.alert(FILE_INDICATOR), return_state=True))
    back = request(stage.ctx, 1, RevertTo.ORIGINAL, actor=ADMIN, reason="a false alarm")
    run(revert(back.id, return_state=True))

    quiet = run(sweep(return_state=True))
    late = stage.root / "a@example.com" / "new" / "2000.M9.host"
    late.write_bytes(raw_message(9, file=True, url=False))
    loud = run(sweep(return_state=True))

    assert quiet.message == "2 indicators, 0 new investigations"
    assert loud.message == "2 indicators, 1 new investigations"


def test_refresh_cancels_what_has_nothing_left_in_a_mailbox(stage: Stage) -> None:
    stage.deliver(url=1)
    run(investigate(stage.alert(URL_INDICATOR), return_state=True))
    for mailbox in stage.root.iterdir():
        for message in (mailbox / "new").iterdir():
            message.unlink()

    state = run(refresh(return_state=True))

    assert "1 cancelled" in (state.message or "")
    assert [action.status.value for action in stage.actions()] == ["Cancelled"]


def test_refresh_gives_an_interrupted_action_a_new_run_with_the_next_attempt(stage: Stage) -> None:
    stage.deliver(file=1)
    stage.opt_in(similar_files=True)
    number = stage.alert(FILE_INDICATOR)
    stage.pause()
    run(investigate(number, return_state=True))
    stage.resume()

    state = run(refresh(return_state=True))

    assert "1 picked up" in (state.message or "")
    [action] = stage.actions()
    assert stage.runs.started == [("approve", action.id, action.attempt)]
    assert action.attempt > 0
