"""What changed in one mailbox: a delta query for each folder, listed whole where that begins anew.

"Get incremental changes to messages in a folder" (graph/delta-query-messages): pages in any order,
the last word about a message counts; 410 means that the tenant has forgotten where we were.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from clawback.mailboxes.graph import wire
from clawback.mailboxes.graph.asking import SYNC_PATIENCE_SECONDS, Ask, folder_path
from clawback.mailboxes.graph.cursors import Cursor, query_of, read_cursor
from clawback.mailboxes.graph.dispatch import Dispatcher
from clawback.mailboxes.graph.errors import Meaning
from clawback.mailboxes.graph.folders import FolderBook, FoldersFailed, list_folders
from clawback.mailboxes.graph.naming import RECOVERABLE, FolderNames
from clawback.mailboxes.graph.paging import Trail
from models.copies import Entry, FolderChanges, MailboxChanges

log = logging.getLogger(__name__)

_PAGE = 500
_SELECT = "$select=isRead,isDraft,flag,hasAttachments,receivedDateTime"
_MOST_RESYNCS = 10

# Graph does not tell a message's size. It serves to take as many as fit into memory at a time; what
# is read of one message is bounded anyway.
_SIZE_WITHOUT_FILES = 64_000
_SIZE_WITH_FILES = 2_000_000


@dataclass(slots=True)
class _Listing:
    """One folder's answer: with `complete`, all that is there."""

    complete: bool
    present: dict[str, Entry] = field(default_factory=dict)
    vanished: set[str] = field(default_factory=set)
    query: str = ""

    def take(self, item: wire.Item) -> None:
        if item.removed is not None:
            self.present.pop(item.id, None)
            self.vanished.add(item.id)
            return
        size = _SIZE_WITH_FILES if item.has_files else _SIZE_WITHOUT_FILES
        self.present[item.id] = Entry(item.id, item.flags(), size, item.received_at())
        self.vanished.discard(item.id)


class Failed(Exception):
    """A mailbox cannot be listed; `meaning` says why."""

    def __init__(self, meaning: Meaning) -> None:
        super().__init__(meaning.value)
        self.meaning = meaning


async def changes_in(
    dispatcher: Dispatcher, book: FolderBook, names: FolderNames, mailbox: str, cursor: str
) -> MailboxChanges:
    """What changed since the cursor. Raises `Failed`, `Unreadable`, `SourceError`."""
    before = read_cursor(cursor)
    try:
        known = await list_folders(
            dispatcher, book, mailbox, patience_seconds=SYNC_PATIENCE_SECONDS
        )
    except FoldersFailed as error:
        raise Failed(error.meaning) from None
    folders = dict(known.paths)
    recoverable = known.aliases.get(RECOVERABLE)
    reading = [
        _listing(dispatcher, mailbox, folder_id, _since(before, folder_id, path))
        for folder_id, path in folders.items()
    ]
    read = await asyncio.gather(*reading, return_exceptions=True)  # none goes on by itself
    listings = dict(zip(folders, map(_unless_raised, read), strict=True))
    after: dict[str, tuple[str, str]] = {}
    changed: list[FolderChanges] = []
    for folder_id, listing in listings.items():
        if isinstance(listing, Meaning):
            _may_be_left_out(listing, is_recoverable=folder_id == recoverable)
            continue
        path = folders[folder_id]
        after[folder_id] = path, listing.query
        if listing.complete or listing.present or listing.vanished:
            entries, vanished = tuple(listing.present.values()), tuple(sorted(listing.vanished))
            if listing.complete:
                vanished = ()
            role = names.role_of(path)
            changed.append(FolderChanges(path, role, listing.complete, entries, vanished))
    is_first = not before.folders
    paths = {path for path, _ in after.values()}
    gone = sorted({path for path, _ in before.folders.values()} - paths)
    return MailboxChanges(
        mailbox, tuple(changed), tuple(gone), Cursor(after).text(), complete=is_first
    )


def _unless_raised(listing: _Listing | Meaning | BaseException) -> _Listing | Meaning:
    if isinstance(listing, BaseException):
        raise listing
    return listing


def _since(before: Cursor, folder_id: str, path: str) -> str:
    """The query to go on with; a folder under a new name is listed anew, as another one."""
    known = before.folders.get(folder_id)
    return known[1] if known is not None and known[0] == path else ""


def _may_be_left_out(meaning: Meaning, *, is_recoverable: bool) -> None:
    """Return for a folder that went away meanwhile, or one that no page promises a delta of."""
    if meaning is Meaning.NO_ITEM:
        return
    if is_recoverable and meaning in (Meaning.BUG, Meaning.DENIED):
        log.info("graph_recoverable_items_not_listed", extra={"meaning": meaning.value})
        return
    raise Failed(meaning)


async def _listing(
    dispatcher: Dispatcher, mailbox: str, folder_id: str, query: str
) -> _Listing | Meaning:
    base = f"{folder_path(folder_id)}/messages/delta"
    listing = _Listing(complete=not query)
    ask = _ask(mailbox, f"{base}?{query or _SELECT}")
    resyncs = 0
    trail = Trail()
    while True:
        answer = await dispatcher.ask(ask)
        if answer.meaning is Meaning.RESYNC and resyncs < _MOST_RESYNCS:
            listing, ask = _Listing(complete=True), _ask(mailbox, f"{base}?{_SELECT}")
            resyncs += 1
            trail = Trail()
            log.info("graph_delta_begins_anew")
            continue
        if not answer.is_done:
            return answer.meaning
        page = answer.read(wire.Items)
        for item in page.value:
            listing.take(item)
        if page.delta_link is not None:
            listing.query = query_of(page.delta_link)  # asked of our own server, whoever it names
            return listing
        if page.next_link is None:
            raise wire.Unreadable
        trail.step(page.next_link)
        ask = dispatcher.follow(ask, page.next_link)


def _ask(mailbox: str, path: str) -> Ask:
    return Ask(mailbox, path, page=_PAGE, patience_seconds=SYNC_PATIENCE_SECONDS)
