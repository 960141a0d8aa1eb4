"""The columnar mirror of the hunting tables: one writer keeps it in step, any number read it.

Its files never change. The writer, who alone holds the lock, writes a new delta (or base) aside and
then replaces the manifest: a reader sees one generation or the next one, whole. What a reader has
open stays readable when its file is removed; what it is about to open is kept for a while.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

from clawback.errors import SetupError, Unavailable
from clawback.hunting.mirror.generations import (
    SPILL,
    Broken,
    build_base,
    build_delta,
    compact,
    is_sound,
    quoted,
)
from clawback.hunting.mirror.layout import BASE, DELTA, fingerprint, view_statements
from clawback.hunting.mirror.manifest import FILE, Manifest, Retired, publish, read_manifest
from clawback.hunting_ports import MirrorFeed, MirrorPage

log = logging.getLogger(__name__)

GRACE = timedelta(seconds=60)
"""How long a retired file is kept for readers that have read the manifest and not opened it yet."""

DELTA_KEYS = 10_000
"""Replaced keys that a delta may hold: it is written anew with each change."""

DELTA_SHARE = 20
"""Or one such part of the base's rows, whichever is more: a compaction writes the whole base."""

STILL = timedelta(minutes=1)
"""How old the published time may get while nothing changes."""

_LOCK = "lock"
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class ReadableMirror:
    """What a reader has to do to see the hunting tables.

    It runs the statements of `setup_sql` in order in a database of its own: they attach `files`
    read-only and make a view for each table. All that was committed by `as_of` is in; `cursor` says
    the same to the feed.
    """

    files: tuple[Path, ...]
    setup_sql: tuple[str, ...]
    as_of: datetime
    cursor: str


class Mirror:
    """The mirror in one directory of one database; safe to share among threads and processes."""

    def __init__(self, directory: Path, feed: MirrorFeed) -> None:
        self._directory = directory
        self._feed = feed
        self._layout = fingerprint()

    def readable(self) -> ReadableMirror:
        """The generation that is published. Raises `Unavailable` where there is none of this database.

        Its files can be opened for a minute at least.
        """
        manifest = self._current()
        if manifest is None:
            raise Unavailable("the mirror of Advanced hunting is not filled yet: ask again soon")
        files = tuple(self._directory / name for name in manifest.files)
        attached = (
            f"ATTACH {quoted(file)} AS {alias} (READ_ONLY)"
            for alias, file in zip((BASE, DELTA), files, strict=False)
        )
        views = view_statements(has_delta=bool(manifest.delta))
        return ReadableMirror(files, (*attached, *views), manifest.as_of, manifest.cursor)

    def lag(self) -> timedelta:
        """How far the published generation is behind the database now; zero where it lacks nothing."""
        manifest = self._current()
        return self._feed.behind(manifest.cursor if manifest else "")

    def refresh(self, patience: timedelta = timedelta(0)) -> timedelta:
        """Bring the mirror up to date with the database now; returns the lag that is left.

        Where another writer is at work, waits for it as long as `patience` says. Raises `Unavailable`
        where the disk does not take it; the published generation stays as it is.
        """
        with self._locked(patience) as is_ours:
            if is_ours:
                self._catch_up()
        return self.lag()

    def _current(self) -> Manifest | None:
        """The published manifest, if it is of this database and of this layout."""
        manifest = read_manifest(self._directory)
        if manifest is None or manifest.layout != self._layout:
            return None
        return manifest if manifest.identity == self._feed.identity else None

    def _catch_up(self) -> None:
        manifest = self._current()
        if manifest is None or self._feed.restarts(manifest.cursor):
            self._rebuild()
            return
        try:
            self._go_on(manifest)
        except Broken:
            self._make_anew(manifest)
        except Unavailable:
            if is_sound(self._directory, manifest.files):
                raise  # it is the disk, or the database that feeds it
            self._make_anew(manifest)

    def _make_anew(self, broken: Manifest) -> None:
        log.warning("mirror_broken", extra={"generation": broken.generation})
        self._rebuild()

    def _rebuild(self) -> None:
        old = read_manifest(self._directory)
        number = old.generation + 1 if old else 1
        self._clean(old)
        reached = build_base(self._directory, _base(number), self._feed.changes(""))
        self._publish(
            Manifest(
                layout=self._layout,
                identity=self._feed.identity,
                generation=number,
                base=_base(number),
                delta="",
                cursor=reached.cursor,
                as_of=reached.as_of,
                base_keys=reached.keys,
                delta_keys=0,
            ),
            old,
        )

    def _go_on(self, manifest: Manifest) -> None:
        """Publish a delta with what changed; without a change, only the time now and then."""
        pages = iter(self._feed.changes(manifest.cursor))
        for page in pages:
            if any(page.replaced.values()):
                self._add(manifest, chain((page,), pages))
                return
            if page.as_of - manifest.as_of >= STILL:
                now = {"cursor": page.cursor, "as_of": page.as_of}
                self._publish(manifest.model_copy(update=now), manifest)
                return

    def _add(self, manifest: Manifest, pages: Iterator[MirrorPage]) -> None:
        number = manifest.generation + 1
        self._clean(manifest)
        reached = build_delta(
            self._directory, _delta(number), pages, base=manifest.base, old=manifest.delta
        )
        grown = {
            "generation": number,
            "delta": _delta(number),
            "cursor": reached.cursor,
            "as_of": reached.as_of,
            "delta_keys": reached.keys,
        }
        newer = manifest.model_copy(update=grown)
        self._publish(newer, manifest)
        if newer.delta_keys > max(DELTA_KEYS, newer.base_keys // DELTA_SHARE):
            self._compact(newer.model_copy(update={"retired": _retired(newer, manifest)}))

    def _compact(self, manifest: Manifest) -> None:
        number = manifest.generation + 1
        rows = compact(self._directory, _base(number), base=manifest.base, delta=manifest.delta)
        whole = {"generation": number, "base": _base(number), "delta": "", "base_keys": rows}
        self._publish(manifest.model_copy(update={**whole, "delta_keys": 0}), manifest)

    def _publish(self, manifest: Manifest, before: Manifest | None) -> None:
        try:
            publish(
                self._directory,
                manifest.model_copy(update={"retired": _retired(manifest, before)}),
            )
        except OSError as error:
            raise _unwritable(self._directory) from error

    def _clean(self, manifest: Manifest | None) -> None:
        """Remove files that nobody needs: those of writers that died, and those retired long ago."""
        young = datetime.now(UTC) - GRACE
        needed = {FILE, _LOCK, SPILL}
        if manifest is not None:
            needed |= {
                *manifest.files,
                *(each.name for each in manifest.retired if each.at > young),
            }
        for path in self._directory.iterdir():
            if path.name not in needed:
                with suppress(OSError):
                    path.unlink()

    @contextmanager
    def _locked(self, patience: timedelta) -> Iterator[bool]:
        """Whether this is the one writer now; the lock ends with the process, however it ends."""
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unwritable(self._directory) from error
        try:
            yield _take(handle, time.monotonic() + patience.total_seconds())
        finally:
            os.close(handle)


def _take(handle: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)


def _retired(manifest: Manifest, before: Manifest | None) -> tuple[Retired, ...]:
    """The files that were part of the mirror a short while ago."""
    if before is None:
        return ()
    now = datetime.now(UTC)
    fresh = (Retired(name=name, at=now) for name in before.files if name not in manifest.files)
    return (*(each for each in before.retired if each.at > now - GRACE), *fresh)


def _base(number: int) -> str:
    return f"base-{number:08}.duckdb"


def _delta(number: int) -> str:
    return f"delta-{number:08}.duckdb"


def _unwritable(directory: Path) -> SetupError:
    return SetupError(
        f"the mirror of Advanced hunting cannot be kept in {directory}: look for room and permissions"
    )
