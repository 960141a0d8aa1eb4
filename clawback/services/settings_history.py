"""The versions of the settings: who changed what, and what an old one would bring back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from clawback.core.setting_diffs import SettingChange, changes_between
from clawback.errors import NotFound
from clawback.services.context import Context
from models.listing import SettingsVersion, Suppression
from models.settings import Settings

DEFAULTS = "the defaults of a fresh install"


@dataclass(frozen=True, slots=True)
class ToldVersion:
    """One version and what differs from the one before it; version 0, the defaults, has no author."""

    version: int
    settings: Mapping[str, object]
    changes: tuple[SettingChange, ...] = ()
    author: str = ""
    via: str = ""
    verified: bool = False
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """The settings as they stand, how long each source keeps what was soft-deleted, and what is suppressed.

    `retention` maps a source to its days (None: no fixed end) and a note. The newest suppressions
    come first; `more_suppressions` says that there are others.
    """

    settings: Settings
    version: int
    retention: Mapping[str, tuple[int | None, str]]
    suppressions: tuple[Suppression, ...]
    more_suppressions: bool


def overview(ctx: Context, *, suppressions: int = 100) -> Overview:
    """All that a page about the settings begins with."""
    settings, version = ctx.store.settings.current()
    held = ctx.store.lists.suppressions(before=None, limit=suppressions + 1)
    kept = {
        name: (source.retention.days, source.retention.note) for name, source in ctx.sources.items()
    }
    return Overview(
        settings, version, kept, held[:suppressions], more_suppressions=len(held) > suppressions
    )


def history(ctx: Context, *, before: int | None = None, limit: int = 20) -> tuple[ToldVersion, ...]:
    """Versions with what differs from the one before each, the newest first, down to version 0.

    `before` is the version to go on from.
    """
    rows = ctx.store.lists.settings_versions(before=before, limit=limit + 1)
    told = [_told(row, earlier.settings) for row, earlier in pairwise(rows)]
    if len(rows) <= limit:
        told += [_told(row, _defaults()) for row in rows[-1:]]
        told += [ToldVersion(0, _defaults())] if before is None or before > 0 else []
    return tuple(told)


def version(ctx: Context, number: int) -> ToldVersion:
    """One version with what differs from the one before it. Raises `NotFound`."""
    if number == 0:
        return ToldVersion(0, _defaults())
    rows = ctx.store.lists.settings_versions(before=number + 1, limit=2)
    if not rows or rows[0].version != number:
        raise NotFound(f"there is no version {number} of the settings")
    return _told(rows[0], rows[1].settings if len(rows) > 1 else _defaults())


def since(ctx: Context, number: int, *, limit: int = 20) -> tuple[ToldVersion, ...]:
    """The versions after one, the newest first."""
    return tuple(each for each in history(ctx, limit=limit) if each.version > number)


def _defaults() -> dict[str, object]:
    return Settings().model_dump(mode="json")


def _told(row: SettingsVersion, before: Mapping[str, object]) -> ToldVersion:
    return ToldVersion(
        row.version,
        row.settings,
        changes_between(before, row.settings),
        row.author,
        row.via,
        row.verified,
        row.at,
    )
