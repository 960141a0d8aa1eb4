"""Mails of an older extractor read again: once, whole, whatever happens in between."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import aged_index
import pytest
from aged_index import OLD, Inline, Said, age, context, fill, opened, said
from scene import BOXES, FILE, FILE_SHA256, URL, Scene, message

from clawback.core.indicators import parse_file_indicator, parse_url_indicator
from clawback.lab.maildir import create_lab
from clawback.lab.options import LabOptions
from clawback.mailboxes.memory_mailbox import Access
from clawback.services import action_center, approvals
from clawback.services import reindex as reindexing
from clawback.services.extraction import Extractor
from clawback.services.reindex import reindex
from clawback.services.report import action_details
from clawback.services.sync import sync
from models.actions import ActionStatus
from models.syncing import ReindexReport

pytestmark = pytest.mark.sqlite

WRONG = parse_url_indicator("https://wrong.test/")


def run(scene: Scene, **options: object) -> ReindexReport:
    return asyncio.run(reindex(scene.ctx, processes=1, **options))  # type: ignore[arg-type]


def synced(scene: Scene) -> Said:
    """What the mails say after a sync, before they are made old."""
    asyncio.run(sync(scene.ctx, processes=1))
    true = said(scene.store)
    age(scene.store)
    return true


def counted_reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    read: list[int] = []
    original = Extractor.extract

    async def counting(self, raws):  # type: ignore[no-untyped-def]
        read.append(len(raws))
        return await original(self, raws)

    monkeypatch.setattr(Extractor, "extract", counting)
    return read


def test_old_facts_give_way_to_new_ones_and_what_is_no_longer_true_disappears(scene: Scene) -> None:
    for number in range(5):
        scene.deliver(BOXES[number % 2], text=f"{URL} {number}", file=FILE)
    true = synced(scene)
    assert len(scene.store.index.find(WRONG)) == scene.store.index.outdated() == 5
    seen: list[tuple[int, int]] = []

    report = run(scene, progress=lambda done, total: seen.append((done, total)))

    assert (report.outdated, report.read, report.left) == (5, 5, 0)
    assert seen[-1] == (5, 5)
    assert said(scene.store) == true
    assert scene.store.index.find(WRONG) == ()
    assert len(scene.store.index.find(parse_file_indicator(FILE_SHA256))) == 5


def test_what_is_up_to_date_is_not_read(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.deliver(text=URL)
    synced(scene)
    run(scene)
    scene.deliver(text=URL)
    asyncio.run(sync(scene.ctx, processes=1))
    read = counted_reads(monkeypatch)
    assert run(scene).outdated == 0
    assert read == []


def test_one_mail_in_many_mailboxes_is_read_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = message(URL)
    for number in range(20):
        scene.source.add_mailbox(f"m{number:02}@example.com")
        scene.source.deliver(f"m{number:02}@example.com", raw)
    true = synced(scene)
    read = counted_reads(monkeypatch)
    assert run(scene).read == 1
    assert sum(read) == 1
    assert said(scene.store) == true


def test_one_copy_that_can_be_read_is_enough(scene: Scene) -> None:
    raw = message(URL)
    for box in BOXES:
        scene.source.deliver(box, raw)
    true = synced(scene)
    newest = scene.store.index.find(WRONG)[-1].ref
    scene.source.set_access(newest.mailbox, Access.DENIED)
    assert run(scene).left == 0
    assert said(scene.store) == true


def test_what_vanished_since_the_sync_is_left_and_the_next_sync_takes_it_off(scene: Scene) -> None:
    for _ in range(3):
        scene.deliver(text=URL)
    synced(scene)
    ((place, _), *_) = scene.source.contents(BOXES[0])
    scene.source.user_delete(BOXES[0], place)

    report = run(scene)
    assert (report.outdated, report.read, report.left) == (3, 2, 1)

    asyncio.run(sync(scene.ctx, processes=1))
    assert run(scene) == ReindexReport(0, 0, 0)


def test_a_message_that_was_moved_is_read_after_the_next_sync(scene: Scene) -> None:
    scene.deliver(text=URL)
    true = synced(scene)
    ((place, _),) = scene.source.contents(BOXES[0])
    scene.source.user_move(BOXES[0], place, "Projects")
    run(scene)
    asyncio.run(sync(scene.ctx, processes=1))
    run(scene)
    assert said(scene.store) == true


def test_a_source_that_is_away_loses_nothing(scene: Scene) -> None:
    scene.deliver(text=URL)
    true = synced(scene)
    scene.source.set_down(True)
    assert run(scene).left == 1
    scene.source.set_down(False)
    assert run(scene).left == 0
    assert said(scene.store) == true


def test_a_piece_is_bounded_and_newest_first(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindexing, "READ_AT_ONCE", 4)
    for _ in range(10):
        scene.deliver(text=URL)
    synced(scene)
    written: list[list[str]] = []
    original = type(scene.store.index).replace_facts

    def noting(self, facts: Sequence) -> None:  # type: ignore[no-untyped-def, type-arg]
        written.append([fact.mail_key for fact in facts])
        original(self, facts)

    order = scene.store.index.outdated_mails()
    monkeypatch.setattr(type(scene.store.index), "replace_facts", noting)
    run(scene)
    assert [len(piece) for piece in written] == [4, 4, 2]
    with scene.store.database.read() as connection:
        ids = (
            connection.exec_driver_sql("SELECT lower(hex(mail_key)), id FROM mails").tuples().all()
        )
    number = dict(ids)
    assert [number[key] for piece in written for key in piece] == list(order)


def test_a_pending_action_keeps_its_messages_and_the_report_names_it(scene: Scene) -> None:
    for box in BOXES:
        scene.deliver(box, text=URL)
    synced(scene)
    asyncio.run(scene.investigate(WRONG.value))
    (action,) = scene.store.cases.actions(statuses=[ActionStatus.PENDING])
    before = scene.store.ledger.entries(action.id)
    assert "no longer" not in approvals.describe(scene.ctx, action.id)
    members = scene.store.cases.cluster(action.cluster_id).members
    assert len(before) == len(members) == 2

    report = run(scene)

    assert report.unmatched == {action.id: 2}
    assert "2 of 2 messages no longer carry the indicator" in approvals.describe(
        scene.ctx, action.id
    )
    assert action_details(scene.ctx, action)["unmatched"] == 2
    assert action_center.case(scene.ctx, action.id).unmatched == 2
    assert scene.store.ledger.entries(action.id) == before
    assert scene.store.cases.cluster(action.cluster_id).members == members
    assert scene.store.cases.action(action.id).copies == 2


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Said, Said]:
    """A tree of mail, its index made old, and what the mails said before and say now."""
    home = tmp_path_factory.mktemp("aged")
    root, database = home / "mail", home / "aged.db"
    options = LabOptions(mailboxes=3, messages_per_mailbox=8, file_copies=6, url_copies=6)
    create_lab(root, options)
    fill(database, root)
    with opened(database) as store:
        true = said(store)
        age(store)
        old = said(store)
    return root, database, true, old


def killed(aged: tuple[Path, Path, Said, Said], to: Path, at: int, variant: str) -> Said:
    """What the mails say after a reindex died before its statement number `at`."""
    root, template, _, _ = aged
    for path in template.parent.glob(f"{template.name}*"):
        shutil.copy(path, to.with_name(path.name.replace(template.name, to.name)))
    command = [sys.executable, aged_index.__file__, str(to), str(root), str(at), variant]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    with opened(to) as store:
        return said(store)


def is_whole(now: Said, true: Said, old: Said) -> bool:
    """Whether every mail says all that it said before, or all that it says now."""
    return now.keys() == true.keys() and all(now[key] in (true[key], old[key]) for key in now)


def test_killed_at_any_statement_it_leaves_whole_facts_and_the_next_one_ends_the_work(
    aged: tuple[Path, Path, Said, Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _, true, old = aged
    assert is_whole(old, true, old)
    monkeypatch.setattr(reindexing, "Extractor", Inline)
    done = set()
    for number, at in enumerate(random.Random(7).sample(range(3, 45), 3)):
        database = tmp_path / f"{number}.db"
        now = killed(aged, database, at, "sound")
        assert is_whole(now, true, old)
        new = sum(now[key][0] != OLD for key in now)
        done.add(new)
        with opened(database) as store:
            report = asyncio.run(reindex(context(store, root), processes=1))
            assert (report.outdated, report.left) == (len(true) - new, 0)
            assert said(store) == true
    assert any(0 < number < len(true) for number in done), "it was never killed half way"


def test_a_reindex_that_writes_in_two_transactions_is_caught(
    aged: tuple[Path, Path, Said, Said], tmp_path: Path
) -> None:
    _, _, true, old = aged
    torn = [
        not is_whole(killed(aged, tmp_path / f"{at}.db", at, "broken"), true, old)
        for at in (30, 32)
    ]
    assert any(torn)
