"""What differs between two versions of the settings, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clawback.core.showing import plain
from models.settings import Settings

_SHOWN = 200
"""Characters of one entry of a list, or of one value, in a difference."""


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One setting that differs: its key and title, and how; a list's entries in order, safe to show.

    Of a list `was` and `now` are empty, of all else `added` and `removed`.
    """

    key: str
    title: str
    was: str = ""
    now: str = ""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line: "Cap 10,000 → 500", "SecOps mailboxes: added a@b; removed c@d"."""
        if not (self.added or self.removed):
            return f"{self.title} {self.was} → {self.now}"
        parts = [
            f"{verb} {', '.join(entries)}"
            for verb, entries in (("added", self.added), ("removed", self.removed))
            if entries
        ]
        return f"{self.title}: {'; '.join(parts)}"


def changes_between(
    before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[SettingChange, ...]:
    """What differs, in the order of the settings; values as they are written in a version.

    Keys of another Clawback's settings are named too, after ours. A list in another order is no
    change, since no rule asks for the order.
    """
    ours = list(Settings.model_fields)
    keys = [*ours, *sorted((before.keys() | after.keys()) - set(ours))]
    found = (_change(key, before.get(key), after.get(key)) for key in keys)
    return tuple(change for change in found if change is not None)


def title_of(key: str) -> str:
    """What people call a setting."""
    field = Settings.model_fields.get(key)
    return plain(key, 60) if field is None or field.title is None else field.title


def value_words(value: object) -> str:
    """A value in words, safe to show: "on", "10,000", "none"."""
    match value:
        case None:
            return "not set"
        case bool():
            return "on" if value else "off"
        case int():
            return f"{value:,}"
        case list() | tuple():
            return ", ".join(plain(str(item), _SHOWN) for item in value) or "none"
    return plain(str(value), _SHOWN)


def _change(key: str, was: object, now: object) -> SettingChange | None:
    if isinstance(was, list | tuple) or isinstance(now, list | tuple):
        old, new = _entries(was), _entries(now)
        added = tuple(item for item in new if item not in old)
        removed = tuple(item for item in old if item not in new)
        return (
            SettingChange(key, title_of(key), "", "", added, removed) if added or removed else None
        )
    if was == now:
        return None
    return SettingChange(key, title_of(key), value_words(was), value_words(now))


def _entries(value: object) -> dict[str, None]:
    given = value if isinstance(value, list | tuple) else ()
    return dict.fromkeys(plain(str(item), _SHOWN) for item in given)
