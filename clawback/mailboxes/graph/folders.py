"""The folders of mailboxes: what is known of them, and asked only where it is not.

A folder's id never changes; its name does, and it can be made anew under the old name.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from clawback.mailboxes.graph import wire
from clawback.mailboxes.graph.asking import PATIENCE_SECONDS, Answer, Ask, folder_path
from clawback.mailboxes.graph.dispatch import Dispatcher
from clawback.mailboxes.graph.errors import Meaning
from clawback.mailboxes.graph.naming import (
    INBOX,
    NAMES,
    RECOVERABLE,
    SEPARATOR,
    alias_of,
    escaped,
    names_in,
)
from clawback.mailboxes.graph.paging import Trail

log = logging.getLogger(__name__)

FRESH_SECONDS = 600.0
"""How long a listing of a mailbox's folders is believed where a name only matters to people."""

_MAILBOXES_KEPT = 20_000
_MOST_FOLDERS = 20_000
_DEEPEST = 300  # "Exchange Online limits", maximum folder hierarchy depth
_PAGE = 250
_SELECT = "$select=id,displayName,parentFolderId,childFolderCount"


class FoldersFailed(Exception):
    """A mailbox's folders could not be read; `meaning` says why."""

    def __init__(self, meaning: Meaning) -> None:
        super().__init__(meaning.value)
        self.meaning = meaning


@dataclass(slots=True)
class KnownFolders:
    """What is known of one mailbox: paths by folder id, and ids by Exchange's own names."""

    paths: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    root: str = ""
    listed_at: float = float("-inf")

    def note(self, alias: str, folder_id: str) -> None:
        """Keep the id of one of the folders that every mailbox has."""
        self.aliases[alias] = folder_id
        self.paths[folder_id] = NAMES[alias]

    def needs_listing(self, folder_ids: Collection[str]) -> bool:
        """Whether a path is missing, or may be an old one: a user's folder can be renamed."""
        if all(folder_id in self.aliases.values() for folder_id in folder_ids):
            return False
        is_old = time.monotonic() - self.listed_at > FRESH_SECONDS
        return is_old or any(folder_id not in self.paths for folder_id in folder_ids)

    def id_at(self, path: str) -> str | None:
        """The id of the folder at a path."""
        return next((key for key, known in self.paths.items() if known == path), None)


class FolderBook:
    """The folders of all mailboxes, as far as they were asked for. No loop's own: values only."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, KnownFolders] = OrderedDict()

    def of(self, mailbox: str) -> KnownFolders:
        """What is known of a mailbox; it may be nothing."""
        known = self._known.get(mailbox)
        if known is None:
            known = self._known[mailbox] = KnownFolders()
            if len(self._known) > _MAILBOXES_KEPT:
                self._known.popitem(last=False)
        return known

    def forget(self, mailbox: str) -> None:
        """Read the mailbox's folders anew next time."""
        self._known.pop(mailbox, None)


def alias_ask(mailbox: str, alias: str, patience_seconds: float = PATIENCE_SECONDS) -> Ask:
    """The request for one of the folders that every mailbox has."""
    path = f"/mailFolders/{alias}?$select=id,displayName,parentFolderId"
    return Ask(mailbox, path, patience_seconds=patience_seconds)


def note_alias(known: KnownFolders, alias: str, answer: Answer) -> None:
    """Keep what an answer says of one of these folders; a mailbox may lack some. Raises `Unreadable`."""
    if answer.is_done:
        known.note(alias, answer.read(wire.FolderItem).id)


def missing_aliases(known: KnownFolders, wanted: Iterable[str] = (INBOX, RECOVERABLE)) -> list[str]:
    """Those of the `wanted` names whose ids are not known."""
    return [alias for alias in wanted if alias not in known.aliases]


async def ensure_paths(
    dispatcher: Dispatcher, book: FolderBook, mailbox: str, folder_ids: Collection[str]
) -> KnownFolders:
    """The mailbox's folders, with paths for these ids. Raises `FoldersFailed`, `Unreadable`."""
    known = book.of(mailbox)
    if known.needs_listing(folder_ids):
        known = await list_folders(dispatcher, book, mailbox)
        for folder_id in folder_ids:
            if folder_id not in known.paths:
                await _climb(dispatcher, known, mailbox, folder_id)
    return known


async def list_folders(
    dispatcher: Dispatcher,
    book: FolderBook,
    mailbox: str,
    *,
    patience_seconds: float = PATIENCE_SECONDS,
) -> KnownFolders:
    """All folders that are not hidden, read now. Raises `FoldersFailed`, `Unreadable`."""
    known = book.of(mailbox)
    top = Ask(mailbox, f"/mailFolders?$top={_PAGE}&{_SELECT}", patience_seconds=patience_seconds)
    aliases = missing_aliases(known, NAMES)
    asks = [alias_ask(mailbox, alias, patience_seconds) for alias in aliases]
    pages: list[Answer] = []
    async for number, answer in dispatcher.answers([*asks, top]):
        if number < len(aliases):
            _check(answer, may_be_missing=True)
            note_alias(known, aliases[number], answer)
        else:
            pages.append(answer)
    items = await _all_pages(dispatcher, [top], pages)
    level, seen = items, {item.id for item in items}
    for _ in range(_DEEPEST):
        asks = [_children(top, item) for item in level if item.children > 0]
        if not asks:
            break
        below = await _all_pages(dispatcher, asks)
        level = [item for item in below if item.id not in seen]  # a folder in itself has no end
        items += level
        seen.update(item.id for item in level)
        if len(items) > _MOST_FOLDERS:
            raise wire.Unreadable
    named = {folder_id: NAMES[alias] for alias, folder_id in known.aliases.items()}
    known.paths = {**_paths(items, named), **named}
    known.listed_at = time.monotonic()
    return known


async def make_folder(
    dispatcher: Dispatcher, book: FolderBook, mailbox: str, path: str
) -> str | None:
    """The id of the folder at a path, made where it is missing; None where it cannot be made.

    Raises `FoldersFailed`, `Unreadable`.
    """
    known = await list_folders(dispatcher, book, mailbox)
    levels = path.split(SEPARATOR)
    parent: str | None = None
    for depth, name in enumerate(names_in(path), start=1):
        here = SEPARATOR.join(levels[:depth])
        found = known.aliases.get(alias_of(here) or "") or known.id_at(here)
        if found is None:
            below = f"{folder_path(parent)}/childFolders" if parent else "/mailFolders"
            answer = await dispatcher.ask(Ask(mailbox, below, {"displayName": name}))
            if not answer.is_done:
                # Somebody else made it, or ours was made though the answer got lost: look again.
                known = await list_folders(dispatcher, book, mailbox)
                found = known.id_at(here)
                if found is None:
                    log.warning("graph_folder_not_made", extra={"meaning": answer.meaning.value})
                    return None
            else:
                found = answer.read(wire.FolderItem).id
                known.paths[found] = here
        parent = found
    return parent


def _children(top: Ask, item: wire.FolderItem) -> Ask:
    path = f"{folder_path(item.id)}/childFolders?$top={_PAGE}&{_SELECT}"
    return Ask(top.mailbox, path, patience_seconds=top.patience_seconds)


async def _all_pages(
    dispatcher: Dispatcher, asks: Sequence[Ask], first: Sequence[Answer] = ()
) -> list[wire.FolderItem]:
    items: list[wire.FolderItem] = []
    trail = Trail()
    answers = list(enumerate(first)) or [pair async for pair in dispatcher.answers(asks)]
    while answers:
        more: list[Ask] = []
        for number, answer in answers:
            _check(answer)
            page = answer.read(wire.FolderItems)
            # A search folder holds nothing: its messages are in others.
            items += [item for item in page.value if "mailSearchFolder" not in item.kind]
            if page.next_link is not None:
                trail.step(page.next_link)
                more.append(dispatcher.follow(asks[number], page.next_link))
            if len(items) > _MOST_FOLDERS:
                raise wire.Unreadable  # a part of them, taken for all, would make the others gone
        asks = more
        answers = [pair async for pair in dispatcher.answers(more)] if more else []
    return items


def _check(answer: Answer, *, may_be_missing: bool = False) -> None:
    if answer.is_done or (may_be_missing and answer.meaning is Meaning.NO_ITEM):
        return
    raise FoldersFailed(answer.meaning)


def _paths(items: Sequence[wire.FolderItem], named: Mapping[str, str]) -> dict[str, str]:
    """The path of each folder by its id; those that every mailbox has have our names."""
    by_id = {item.id: item for item in items}
    paths = dict(named)

    def path_of(item: wire.FolderItem) -> str:
        chain: list[wire.FolderItem] = []
        level: wire.FolderItem | None = item
        while level is not None and level.id not in paths and len(chain) < _DEEPEST:
            chain.append(level)
            level = by_id.get(level.parent or "")
        path = paths.get(level.id, "") if level is not None else ""
        for step in reversed(chain):
            name = escaped(step.name, is_top=not path)
            path = f"{path}{SEPARATOR}{name}" if path else name
            paths[step.id] = path
        return path

    for item in items:
        path_of(item)
    return paths


async def _climb(dispatcher: Dispatcher, known: KnownFolders, mailbox: str, folder_id: str) -> None:
    """Find the path of a folder that no listing shows, such as a hidden one, parent by parent."""
    if not known.root:
        answer = await dispatcher.ask(Ask(mailbox, "/mailFolders/msgfolderroot?$select=id"))
        _check(answer)
        known.root = answer.read(wire.FolderItem).id
    chain: list[wire.FolderItem] = []
    wanted: str | None = folder_id
    while wanted not in (None, known.root, *known.paths) and len(chain) < _DEEPEST:
        answer = await dispatcher.ask(Ask(mailbox, f"{folder_path(wanted or '')}?{_SELECT}"))
        if not answer.is_done:
            _check(answer, may_be_missing=True)
            break
        item = answer.read(wire.FolderItem)
        chain.append(item)
        wanted = item.parent
    path = known.paths.get(wanted or "", "")
    # The last step without a parent that we know is below the root, which has no name in a path.
    for step in reversed(chain):
        name = escaped(step.name, is_top=not path)
        path = f"{path}{SEPARATOR}{name}" if path else name
        known.paths[step.id] = path
    known.paths.setdefault(folder_id, escaped(folder_id, is_top=True))
