"""How a mailbox's change feed becomes changes of the index.

A handle that vanishes and one that appears in the same mailbox with the same content are the same
copy, moved. Two identical messages in one mailbox stay two copies: each vanished copy is used once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from models.copies import FolderChanges, FolderRole, MailboxChanges, Place
from models.syncing import KnownCopy, MovedCopy, NewCopy


@dataclass(frozen=True, slots=True)
class Appeared:
    """A message that the index does not know at this place; size and time as the store lists them."""

    place: Place
    role: FolderRole
    size_bytes: int = 0
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MailboxDiff:
    """What a listing shows that the index does not: appeared places and vanished copies."""

    appeared: tuple[Appeared, ...]
    vanished: tuple[KnownCopy, ...]


def diff_mailbox(known: Iterable[KnownCopy], changes: MailboxChanges) -> MailboxDiff:
    """The places that appeared and the copies that vanished; unchanged folders take no part."""
    by_folder: dict[str, dict[str, KnownCopy]] = defaultdict(dict)
    for copy in known:
        by_folder[copy.place.folder][copy.place.handle] = copy
    appeared: list[Appeared] = []
    vanished: list[KnownCopy] = []
    for folder in changes.folders:
        here = by_folder.get(folder.folder, {})
        appeared.extend(
            Appeared(
                Place(folder.folder, entry.handle),
                folder.role,
                entry.size_bytes,
                entry.received_at,
            )
            for entry in folder.present
            if entry.handle not in here
        )
        vanished.extend(_vanished(here, folder))
    for name in _folders_gone(set(by_folder), changes):
        vanished.extend(by_folder.get(name, {}).values())
    return MailboxDiff(tuple(appeared), tuple(vanished))


def _folders_gone(known: set[str], changes: MailboxChanges) -> set[str]:
    if changes.complete:
        return known - {folder.folder for folder in changes.folders}
    return set(changes.folders_gone)


def _vanished(here: dict[str, KnownCopy], folder: FolderChanges) -> list[KnownCopy]:
    present = {entry.handle for entry in folder.present}
    if folder.complete:
        return [copy for handle, copy in here.items() if handle not in present]
    vanished = [here[handle] for handle in folder.vanished if handle in here]
    if folder.vanished_stems:
        stems = set(folder.vanished_stems)
        vanished += [
            copy
            for handle, copy in here.items()
            if handle.partition(":")[0] in stems and handle not in present
        ]
    return vanished


class CopyMatcher:
    """Pairs what appeared with what vanished, one vanished copy for one appearance.

    A pair with the same handle wins over one with the same content only; copies that were gone
    before this listing are the last resort.
    """

    def __init__(self, diff: MailboxDiff) -> None:
        self._left = {copy.copy_id: copy for copy in diff.vanished}
        self._handles = {copy.place.handle: copy for copy in diff.vanished}
        self._contents: dict[str, list[KnownCopy]] = defaultdict(list)
        reserved = {item.place.handle for item in diff.appeared}
        for copy in diff.vanished:
            if copy.place.handle not in reserved:
                self._contents[copy.content_sha256].append(copy)
        self._revived: set[int] = set()

    def match(
        self, item: Appeared, content_sha256: str, gone_before: Sequence[KnownCopy]
    ) -> MovedCopy | NewCopy:
        """The copy that this appearance is, or a new one."""
        copy = self._take(item, content_sha256)
        if copy is None:
            copy = next((c for c in gone_before if c.copy_id not in self._revived), None)
            if copy is not None:
                self._revived.add(copy.copy_id)
        if copy is None:
            return NewCopy(item.place, item.role, content_sha256, item.received_at)
        return MovedCopy(copy.copy_id, item.place, item.role)

    def _take(self, item: Appeared, content_sha256: str) -> KnownCopy | None:
        same = self._handles.get(item.place.handle)
        if same is not None and same.content_sha256 == content_sha256:
            return self._left.pop(same.copy_id, None)
        twins = self._contents.get(content_sha256, [])
        return self._left.pop(twins.pop().copy_id, None) if twins else None

    def gone(self) -> tuple[int, ...]:
        """The vanished copies that nothing appeared for."""
        return tuple(sorted(self._left))
