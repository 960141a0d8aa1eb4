"""Settings as somebody edits them: what was typed, on which version it is based, and what it changes."""

from __future__ import annotations

from collections.abc import Mapping

from clawback.core.setting_diffs import SettingChange, changes_between
from clawback.core.setting_forms import faults_in, typed, values_of
from models.settings import Settings

TYPED_MAX = 2_000_000
"""Characters of one field: ten thousand entries are far below it."""


class Draft:
    """One person's edits, kept until they are saved or given up."""

    def __init__(self, settings: Settings, version: int) -> None:
        self.base = settings
        self.version = version
        self.given = typed(settings)

    def type(self, key: str, text: str) -> None:
        """What a field holds now."""
        if key in self.given and len(text) <= TYPED_MAX:
            self.given[key] = text

    def load(self, values: Mapping[str, object]) -> tuple[str, ...]:
        """Edit towards other values, as of an old version; returns the keys that are none of ours."""
        ours = {key: value for key, value in values.items() if key in self.given}
        self.given = typed(Settings().with_changes(ours))
        return tuple(sorted(values.keys() - ours.keys()))

    def rebase(
        self, settings: Settings, version: int, *, sent: Mapping[str, str] | None = None
    ) -> dict[str, tuple[str, str]]:
        """Go on from another version: what this person changed stays, all else is that version's.

        After a save, `sent` are the texts that were saved: what was changed is what was typed since.
        A text that says what the version says stays as it was typed. Returns the texts that are
        others now, each with the one before.
        """
        if sent is None:
            changed = self.edits.keys() | self.faults.keys()
        else:
            changed = {key for key, text in self.given.items() if text != sent[key]}
        left = {key: text for key, text in self.given.items() if key not in changed}
        theirs = typed(settings)
        replaced = {
            key: (self.given[key], theirs[key])
            for key, value in values_of(left).items()
            if value != getattr(settings, key)
        }
        self.base, self.version = settings, version
        self.given.update((key, new) for key, (_, new) in replaced.items())
        return replaced

    def give_up(self) -> None:
        """Back to what the version says."""
        self.given = typed(self.base)

    @property
    def faults(self) -> dict[str, tuple[str, ...]]:
        """What is wrong, by field."""
        return faults_in(self.given)

    @property
    def edits(self) -> dict[str, object]:
        """The values that differ from the version's; fields with a fault are not among them."""
        faulty = self.faults
        sound = {key: text for key, text in self.given.items() if key not in faulty}
        return {
            key: value
            for key, value in values_of(sound).items()
            if value != getattr(self.base, key)
        }

    @property
    def changes(self) -> tuple[SettingChange, ...]:
        """The same in words."""
        before = self.base.model_dump(mode="json")
        return changes_between(before, {**before, **self.edits})

    @property
    def is_edited(self) -> bool:
        """Whether anything was typed that the version does not say."""
        return bool(self.edits or self.faults)
