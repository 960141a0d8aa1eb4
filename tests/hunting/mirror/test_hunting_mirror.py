"""The mirror: what a reader sees, whatever came before and whenever a writer was killed."""

from __future__ import annotations

import random
import resource
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest
from made_feed import START, MadeFeed, made_row
from reading import ask, contents, open_readable

from clawback.core.hunting_tables import (
    EMAIL_ATTACHMENT_INFO,
    EMAIL_EVENTS,
    EMAIL_URL_INFO,
    TABLES,
)
from clawback.errors import Unavailable
from clawback.hunting.mirror import mirror as module
from clawback.hunting.mirror.manifest import read_manifest
from clawback.hunting.mirror.mirror import Mirror

PRECISE = datetime(2026, 11, 24, 9, 30, 15, 123456, tzinfo=UTC)


def filled(page: int = 3) -> MadeFeed:
    feed = MadeFeed(page=page)
    for table in TABLES:
        for key in range(1, 8):
            feed.put(table, key, made_row(table, key))
    return feed


def rebuilt(feed: MadeFeed, directory: Path) -> dict[str, list[tuple[object, ...]]]:
    fresh = Mirror(directory, feed)
    fresh.refresh()
    return contents(fresh.readable())


def test_a_mirror_that_was_never_filled_is_not_readable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        Mirror(tmp_path / "hunting", filled()).readable()


def test_a_reader_sees_every_row_with_all_columns_in_the_order_of_the_schema(
    tmp_path: Path,
) -> None:
    feed = filled()
    mirror = Mirror(tmp_path / "hunting", feed)
    assert mirror.refresh() == timedelta(0)
    with open_readable(mirror.readable()) as connection:
        for table in TABLES:
            found = connection.execute(f'FROM "{table.name}"')
            assert [each[0] for each in found.description] == [c.name for c in table.columns]
            assert len(found.fetchall()) == 7


def test_values_come_back_as_they_were_given(tmp_path: Path) -> None:
    feed = MadeFeed()
    feed.put(EMAIL_EVENTS, 5, made_row(EMAIL_EVENTS, 5, LastEventExecutionTime=None))
    east = timezone(timedelta(hours=5, minutes=30))
    feed.put(EMAIL_EVENTS, 6, made_row(EMAIL_EVENTS, 6, Timestamp=PRECISE.astimezone(east)))
    mirror = Mirror(tmp_path / "hunting", feed)
    mirror.refresh()
    ((at, again, subject, size, to, last, nothing, number),) = ask(
        mirror.readable(),
        'SELECT "Timestamp", "TimeGenerated", "Subject", "EmailSize", "To"->>1, '
        '"LastEventExecutionTime", "Context", "BulkComplaintLevel" FROM "EmailEvents" '
        'WHERE "EmailSize" = 5',
    )
    assert at == again == (START + timedelta(minutes=5)).replace(tzinfo=None)
    assert subject == "Subject 5 with 'quotes', \"more\",\r\nlines\t{}\\ and \U0001f600"
    assert (size, to, last, nothing, number) == (5, "ümläut \u2028 \U0001f600", None, "", 0)
    times = ask(mirror.readable(), 'SELECT "Timestamp" FROM "EmailEvents" WHERE "EmailSize" = 6')
    assert times == [(PRECISE.replace(tzinfo=None),)]


def test_changes_show_after_a_refresh_and_the_base_is_not_written_again(tmp_path: Path) -> None:
    feed = filled()
    mirror = Mirror(tmp_path / "hunting", feed)
    mirror.refresh()
    base = mirror.readable().files[0]
    two = [made_row(EMAIL_ATTACHMENT_INFO, 3, FileName=name) for name in ("a", "b")]
    feed.put(EMAIL_ATTACHMENT_INFO, 3, *two)
    feed.put(EMAIL_URL_INFO, 99, made_row(EMAIL_URL_INFO, 99))
    feed.drop(EMAIL_EVENTS, 1)
    assert mirror.lag() == timedelta(seconds=3)
    assert mirror.refresh() == timedelta(0)
    assert mirror.readable().files[0] == base
    names = 'SELECT "FileName" FROM "EmailAttachmentInfo" WHERE length("FileName") = 1 ORDER BY ALL'
    assert ask(mirror.readable(), names) == [("a",), ("b",)]
    counts = 'SELECT (SELECT count(*) FROM "EmailUrlInfo"), (SELECT count(*) FROM "EmailEvents")'
    assert ask(mirror.readable(), counts) == [(8, 6)]


def test_without_a_change_nothing_is_written(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "hunting", filled())
    mirror.refresh()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "hunting").iterdir()}
    mirror.refresh()
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "hunting").iterdir()}


@pytest.mark.parametrize("seed", range(4))
def test_after_any_changes_the_mirror_is_what_one_made_anew_would_be(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DELTA_KEYS", 12)
    assert _differs(tmp_path, seed) == ""


def test_a_delta_that_forgets_keys_is_told_from_a_sound_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "load_changes", None, raising=False)
    from clawback.hunting.mirror import generations, loading

    monkeypatch.setattr(generations, "load_changes", loading.load_page)
    assert any(_differs(tmp_path / str(seed), seed) for seed in range(3))


def test_first_contacts_that_are_not_renewed_are_told_from_sound_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clawback.hunting.mirror import generations

    monkeypatch.setattr(generations, "renew_first_contacts", lambda *_, **__: None)
    assert any("EmailEvents" in _differs(tmp_path / str(seed), seed) for seed in range(3))


def _differs(directory: Path, seed: int) -> str:
    """Where the mirror differs from one made anew after random changes, or nothing."""
    dice = random.Random(seed)
    feed = filled(page=dice.randint(1, 9))
    mirror = Mirror(directory / "hunting", feed)
    for turn in range(5):
        for _ in range(dice.randint(0, 8)):
            _change(feed, dice)
        mirror.refresh()
        wanted, found = rebuilt(feed, directory / f"anew-{turn}"), contents(mirror.readable())
        for name in wanted:
            if wanted[name] != found[name]:
                return f"seed {seed}, turn {turn}: {name}"
    return ""


def _change(feed: MadeFeed, dice: random.Random) -> None:
    table, key = dice.choice(TABLES), dice.randint(1, 12)
    if key in feed.rows[table.name] and dice.random() < 0.3:
        feed.drop(table, key)
        return
    values: dict[str, object] = {}
    if table is EMAIL_EVENTS:
        values = {
            "Timestamp": START + timedelta(minutes=dice.randint(0, 5)),
            "SenderFromAddress": dice.choice(("a@example.org", "b@example.org")),
            "RecipientEmailAddress": dice.choice(("x@example.com", "y@example.com")),
        }
    feed.put(table, key, *(made_row(table, key, **values) for _ in range(dice.randint(1, 2))))


def test_the_oldest_copy_of_a_sender_in_a_mailbox_is_the_first_contact(tmp_path: Path) -> None:
    feed = MadeFeed()

    def copy(key: int, minute: int, sender: str = "a@example.org") -> None:
        values = {"SenderFromAddress": sender, "RecipientEmailAddress": "x@example.com"}
        at = START + timedelta(minutes=minute)
        feed.put(
            EMAIL_EVENTS, key, made_row(EMAIL_EVENTS, key, Timestamp=at, EmailSize=key, **values)
        )

    mirror = Mirror(tmp_path / "hunting", feed)
    firsts = 'SELECT "EmailSize" FROM "EmailEvents" WHERE "IsFirstContact" ORDER BY ALL'
    copy(1, 10)
    copy(2, 20)
    copy(3, 30, "b@example.org")
    mirror.refresh()
    assert ask(mirror.readable(), firsts) == [(1,), (3,)]
    copy(4, 5)
    mirror.refresh()
    assert ask(mirror.readable(), firsts) == [(3,), (4,)]
    copy(4, 5, "c@example.org")
    mirror.refresh()
    assert ask(mirror.readable(), firsts) == [(1,), (3,), (4,)]


def test_a_cursor_that_is_too_old_fills_the_mirror_anew(tmp_path: Path) -> None:
    feed = filled()
    mirror = Mirror(tmp_path / "hunting", feed)
    mirror.refresh()
    base = mirror.readable().files[0]
    feed.drop(EMAIL_EVENTS, 1)
    feed.prune()
    mirror.refresh()
    assert mirror.readable().files[0] != base
    assert ask(mirror.readable(), 'SELECT count(*) FROM "EmailEvents"') == [(6,)]


def test_the_mirror_of_another_database_is_not_readable_and_is_replaced(tmp_path: Path) -> None:
    Mirror(tmp_path, filled()).refresh()
    other = MadeFeed("other")
    mirror = Mirror(tmp_path, other)
    with pytest.raises(Unavailable):
        mirror.readable()
    mirror.refresh()
    assert ask(mirror.readable(), 'SELECT count(*) FROM "EmailEvents"') == [(0,)]


@pytest.mark.parametrize("file", ["base", "delta"])
@pytest.mark.parametrize("how", ["gone", "short", "garbled"])
def test_a_mirror_whose_files_are_broken_is_made_anew(tmp_path: Path, file: str, how: str) -> None:
    feed = filled()
    for key in range(100, 4000):
        feed.put(EMAIL_URL_INFO, key, made_row(EMAIL_URL_INFO, key))
    feed.page = 2000
    mirror = Mirror(tmp_path / "hunting", feed)
    mirror.refresh()
    feed.put(EMAIL_EVENTS, 50, made_row(EMAIL_EVENTS, 50))
    mirror.refresh()
    (path,) = (each for each in mirror.readable().files if each.name.startswith(file))
    match how:
        case "gone":
            path.unlink()
        case "short":
            path.write_bytes(path.read_bytes()[:5000])
        case _:
            whole = path.read_bytes()
            path.write_bytes(whole[:12_288] + b"\xa5" * (len(whole) - 12_288))
    feed.put(EMAIL_EVENTS, 51, made_row(EMAIL_EVENTS, 51))
    mirror.refresh()
    assert contents(mirror.readable()) == rebuilt(feed, tmp_path / "anew")


def test_a_reader_that_has_a_generation_open_keeps_it(tmp_path: Path) -> None:
    feed = filled()
    mirror = Mirror(tmp_path / "hunting", feed)
    mirror.refresh()
    with open_readable(mirror.readable()) as connection:
        feed.drop(EMAIL_EVENTS, 1)
        mirror.refresh()
        for path in (tmp_path / "hunting").glob("*.duckdb"):
            path.unlink()
        assert connection.execute('SELECT count(*) FROM "EmailEvents"').fetchall() == [(7,)]


def test_files_are_kept_for_readers_that_are_about_to_open_them_and_removed_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DELTA_KEYS", 0)
    feed = filled()
    mirror = Mirror(tmp_path / "hunting", feed)
    mirror.refresh()
    first = mirror.readable()
    for key in range(60, 63):
        feed.put(EMAIL_EVENTS, key, made_row(EMAIL_EVENTS, key))
        mirror.refresh()
    assert ask(first, 'SELECT count(*) FROM "EmailEvents"') == [(7,)]
    monkeypatch.setattr(module, "GRACE", timedelta(0))
    for key in range(63, 65):
        feed.put(EMAIL_EVENTS, key, made_row(EMAIL_EVENTS, key))
        mirror.refresh()
    assert not first.files[0].exists()
    manifest = read_manifest(tmp_path / "hunting")
    assert manifest is not None
    left = {path.name for path in (tmp_path / "hunting").glob("*.duckdb")}
    assert left <= {*manifest.files, *(each.name for each in manifest.retired)}


def test_a_writer_beside_another_waits_no_longer_than_its_patience(tmp_path: Path) -> None:
    feed = filled()
    mirror, other = Mirror(tmp_path, feed), Mirror(tmp_path, feed)
    with mirror._locked(timedelta(0)) as is_ours:
        assert is_ours
        assert other.refresh() == timedelta(seconds=len(feed.log))
    assert other.refresh() == timedelta(0)


def test_a_disk_that_takes_nothing_leaves_the_published_generation_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = filled()
    mirror = Mirror(tmp_path / "hunting", feed)
    mirror.refresh()
    before = contents(mirror.readable())

    def full(*_: object, **__: object) -> None:
        raise duckdb.IOException("no space left on device")

    from clawback.hunting.mirror import generations

    feed.drop(EMAIL_EVENTS, 1)
    monkeypatch.setattr(generations, "load_changes", full)
    with pytest.raises(Unavailable, match="room"):
        mirror.refresh()
    assert contents(mirror.readable()) == before
    monkeypatch.undo()
    assert mirror.refresh() == timedelta(0)
    assert len(contents(mirror.readable())["EmailEvents"]) == 6


def test_where_files_may_not_grow_the_error_says_so_and_the_next_refresh_goes_on(
    tmp_path: Path,
) -> None:
    """As with a full disk, by a limit on the size of files."""
    feed = filled()
    mirror = Mirror(tmp_path / "hunting", feed)
    mirror.refresh()
    before = contents(mirror.readable())
    for key in range(100, 900):
        feed.put(EMAIL_EVENTS, key, made_row(EMAIL_EVENTS, key))
    feed.page = 500
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(Unavailable, match="room"):
            mirror.refresh()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert contents(mirror.readable()) == before
    assert mirror.refresh() == timedelta(0)
    assert len(contents(mirror.readable())["EmailEvents"]) == 807
