"""The index in step with the stores."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from scene import BOXES, FILE, FILE_SHA256, URL, Scene, message

from clawback.core.indicators import parse_file_indicator
from clawback.mailboxes.memory_mailbox import Access
from clawback.services import extraction
from clawback.services import sync as syncing
from clawback.services.sync import sync
from models.copies import FetchedCopy, Place

pytestmark = pytest.mark.sqlite


def run(scene: Scene, **options: object) -> object:
    return asyncio.run(sync(scene.ctx, processes=1, **options))  # type: ignore[arg-type]


def find(scene: Scene) -> list[tuple[int, str]]:
    members = scene.store.index.find(parse_file_indicator(FILE_SHA256))
    return [(member.ref.copy_id, member.ref.place.folder) for member in members]


def test_arrivals_moves_and_disappearances_are_seen_under_one_copy_number(scene: Scene) -> None:
    scene.deliver(file=FILE)
    first = run(scene)
    ((number, folder),) = find(scene)
    assert (first.new, folder) == (1, "INBOX")  # type: ignore[attr-defined]

    ((place, _),) = scene.source.contents(BOXES[0])
    moved = scene.source.user_move(BOXES[0], place, "Projects")
    run(scene)
    assert find(scene) == [(number, "Projects")]

    scene.source.user_delete(BOXES[0], moved)
    assert run(scene).gone == 1  # type: ignore[attr-defined]
    assert find(scene) == []


def test_what_a_user_deletes_and_brings_back_keeps_its_number(scene: Scene) -> None:
    raw = scene.deliver(file=FILE)
    run(scene)
    ((number, _),) = find(scene)
    ((place, _),) = scene.source.contents(BOXES[0])
    scene.source.user_delete(BOXES[0], place)
    run(scene)

    scene.source.deliver(BOXES[0], raw, "Archive")
    run(scene)

    assert find(scene) == [(number, "Archive")]


def test_the_same_mail_twice_in_a_mailbox_is_two_copies(scene: Scene) -> None:
    raw = scene.deliver(file=FILE)
    scene.source.deliver(BOXES[0], raw)
    run(scene)

    assert len(find(scene)) == 2


def test_a_second_sync_without_changes_changes_nothing(scene: Scene) -> None:
    scene.deliver(file=FILE)
    run(scene)
    again = run(scene)

    assert (again.new, again.moved, again.gone) == (0, 0, 0)  # type: ignore[attr-defined]
    assert scene.store.index.status().as_of == scene.clock.now()


def test_a_mailbox_that_cannot_be_read_spoils_only_itself(scene: Scene) -> None:
    for box in BOXES:
        scene.deliver(box, file=FILE)
    scene.source.set_access(BOXES[0], Access.DENIED)
    report = run(scene)
    assert (report.new, report.failed_mailboxes) == (1, 1)  # type: ignore[attr-defined]

    scene.source.set_access(BOXES[0], Access.OPEN)
    run(scene)
    assert len(find(scene)) == 2


def test_a_source_that_is_away_loses_nothing(scene: Scene) -> None:
    scene.deliver(file=FILE)
    run(scene)
    scene.source.set_down(True)
    report = run(scene)

    assert report.failed_mailboxes == 1  # type: ignore[attr-defined]
    assert len(find(scene)) == 1


def test_a_message_that_could_not_be_fetched_is_tried_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cursor stays where it was, so that the next sync sees the message."""
    scene.deliver(file=FILE)

    async def unreadable(mailbox: str, places: list[Place]):  # type: ignore[no-untyped-def]
        for place in places:
            yield FetchedCopy(mailbox, place, None)

    with monkeypatch.context() as patch:
        patch.setattr(scene.source, "fetch", unreadable)
        assert run(scene).unreadable == 1  # type: ignore[attr-defined]
    assert find(scene) == []

    run(scene)
    assert len(find(scene)) == 1


def test_a_mailbox_counts_as_looked_at_once_its_last_piece_is_in(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sync that dies in the middle of a large mailbox leaves an index that says so."""
    monkeypatch.setattr(syncing, "FETCH_AT_ONCE", 2)
    for _ in range(5):
        scene.deliver(file=FILE)
    index, apply = scene.store.index, scene.store.index.apply
    states: list[bool] = []

    def watched(deltas: object, now: object) -> None:
        apply(deltas, now)  # type: ignore[arg-type]
        states.append(index.status().as_of is not None)

    monkeypatch.setattr(index, "apply", watched)
    run(scene)

    assert (states[0], states[-1]) == (False, True)
    assert len(find(scene)) == 5


def test_a_message_that_is_no_message_is_kept_counted_and_listed(scene: Scene) -> None:
    scene.source.deliver(BOXES[0], b"\xff\xfe\x00no header, no body\x00" * 5)
    report = run(scene)

    assert report.new == 1  # type: ignore[attr-defined]
    assert scene.store.index.status().copies == 1
    if report.problems:  # type: ignore[attr-defined]
        assert scene.store.index.problem_mails(10)


def test_after_the_limit_no_further_mailbox_is_begun_and_the_rest_comes_next_time(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for box in BOXES:
        scene.deliver(box, file=FILE)
    assert run(scene, limit=timedelta(0)).new == 0  # type: ignore[attr-defined]
    assert scene.store.index.status().as_of is None

    assert run(scene).new == 2  # type: ignore[attr-defined]


def test_one_content_in_many_mailboxes_is_extracted_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = message(URL, FILE)
    for number in range(40):
        scene.source.add_mailbox(f"m{number:02}@example.com")
        scene.source.deliver(f"m{number:02}@example.com", raw)
    extracted: list[int] = []
    original = extraction.Extractor.extract

    async def counting(self, raws):  # type: ignore[no-untyped-def]
        extracted.append(len(raws))
        return await original(self, raws)

    monkeypatch.setattr(extraction.Extractor, "extract", counting)
    run(scene)

    assert len(find(scene)) == 40
    # Mailboxes that are read side by side may each come first.
    assert sum(extracted) <= 8


def test_many_messages_go_through_a_pool_of_processes_and_come_out_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extraction, "INLINE_SECONDS", 100 * extraction.MESSAGE_SECONDS)
    for number in range(300):
        scene.deliver(file=FILE, text=f"{URL} {number}")
    seen: list[tuple[int, int]] = []
    report = asyncio.run(
        sync(scene.ctx, processes=2, progress=lambda done, total: seen.append((done, total)))
    )

    assert report.new == 300
    assert len(find(scene)) == report.new
    assert seen[-1] == (2, 2)


def test_a_sync_that_dies_half_way_is_finished_by_the_next(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for box in BOXES:
        for _ in range(3):
            scene.deliver(box, file=FILE)
    original = type(scene.store.index).apply
    calls: list[int] = []

    def dying(self, deltas, now):  # type: ignore[no-untyped-def]
        original(self, deltas, now)
        calls.append(1)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(scene.store.index), "apply", dying)
        with pytest.raises(KeyboardInterrupt):
            run(scene)
    assert calls

    run(scene)
    assert len(find(scene)) == 6
