"""Where copies are: by immutable id, else by Message-ID, every hit looked at and its content confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from clawback.mailboxes.graph import wire
from clawback.mailboxes.graph.asking import PATIENCE_SECONDS, Answer, Ask, message_path
from clawback.mailboxes.graph.dispatch import Dispatcher
from clawback.mailboxes.graph.errors import Meaning, fault_of
from clawback.mailboxes.graph.fetching import Fetcher
from clawback.mailboxes.graph.folders import (
    FolderBook,
    FoldersFailed,
    alias_ask,
    ensure_paths,
    missing_aliases,
    note_alias,
)
from clawback.mailboxes.graph.naming import RECOVERABLE, FolderNames
from clawback.mailboxes.graph.paging import Trail
from clawback.mailboxes.graph.whereabouts import Whereabouts
from clawback.mailboxes.spreading import grouped
from models.copies import CopyRef, LiveCopy, Place, SourceFault
from models.mails import MessageHead

LOOK = "$select=id,parentFolderId,isRead,isDraft,flag"
_MOST_HITS = 500  # of one Message-ID in one mailbox; whoever sends more of them hides nothing by it
_PAGE = 50

# RFC 5322, 2.1.1: no line is longer. A sender may break that; no path is made of it, which would be
# too long for the server and spoil the batch that it is in.
_LONGEST_MESSAGE_ID = 998

MailKeyOf = Callable[[bytes | MessageHead], str]


@dataclass(frozen=True, slots=True)
class Seen:
    """What every look and move of one source shares: names, folders, where messages were last."""

    names: FolderNames
    book: FolderBook
    whereabouts: Whereabouts


class Locator:
    """Looks for copies in the live tenant."""

    def __init__(
        self, dispatcher: Dispatcher, fetcher: Fetcher, seen: Seen, mail_key_of: MailKeyOf
    ) -> None:
        self._dispatcher = dispatcher
        self._fetcher = fetcher
        self._seen = seen
        self._mail_key_of = mail_key_of

    async def locate(self, copies: Sequence[CopyRef]) -> AsyncIterator[LiveCopy]:
        """An answer for each copy. Raises `SourceError` where the whole source is away."""
        found = list(zip(copies, await self._by_id(copies), strict=True))
        await self._learn_folders(found)
        searches: list[tuple[str, list[CopyRef], set[str]]] = []
        for mailbox, group in grouped(found, lambda pair: pair[0].mailbox).items():
            there = [(copy, item) for copy, item in group if isinstance(item, wire.Item)]
            for live in await self._live(mailbox, there):
                yield live
            missing = [copy for copy, item in group if item is Meaning.NO_ITEM]
            if missing:
                searches.append((mailbox, missing, {item.id for _, item in there}))
            for copy, item in group:
                if isinstance(item, Meaning) and item is not Meaning.NO_ITEM:
                    yield nowhere(copy, item)
        async for live in self._search_all(searches):
            yield live

    async def _by_id(self, copies: Sequence[CopyRef]) -> list[wire.Item | Meaning]:
        """For each copy the message with its id, or why there is none."""
        asks = [Ask(copy.mailbox, f"{message_path(copy.place.handle)}?{LOOK}") for copy in copies]
        wanted = [
            (mailbox, alias)
            for mailbox in dict.fromkeys(copy.mailbox for copy in copies)
            for alias in missing_aliases(self._seen.book.of(mailbox))
        ]
        asks += [alias_ask(mailbox, alias) for mailbox, alias in wanted]
        found: list[wire.Item | Meaning] = [Meaning.TRANSIENT] * len(copies)
        async for number, answer in self._dispatcher.answers(asks):
            try:
                if number >= len(copies):
                    mailbox, alias = wanted[number - len(copies)]
                    note_alias(self._seen.book.of(mailbox), alias, answer)
                else:
                    is_there = answer.is_done
                    found[number] = answer.read(wire.Item) if is_there else answer.meaning
            except wire.Unreadable:
                if number < len(copies):
                    found[number] = Meaning.BUG
        return found

    async def _learn_folders(self, found: Sequence[tuple[CopyRef, wire.Item | Meaning]]) -> None:
        """Ask for the folders of all mailboxes where one is not known, side by side."""
        parents: dict[str, set[str]] = {}
        for copy, item in found:
            if isinstance(item, wire.Item):
                parents.setdefault(copy.mailbox, set()).add(item.parent or "")
        book = self._seen.book
        # One that fails is asked again, and answered for, with its mailbox.
        await asyncio.gather(
            *(
                ensure_paths(self._dispatcher, book, mailbox, wanted)
                for mailbox, wanted in parents.items()
                if book.of(mailbox).needs_listing(wanted)
            ),
            return_exceptions=True,
        )

    async def _live(
        self, mailbox: str, there: Sequence[tuple[CopyRef, wire.Item]]
    ) -> list[LiveCopy]:
        """The answers for messages that were found, with the paths of their folders."""
        if not there:
            return []
        parents = {item.parent or "" for _, item in there}
        try:
            known = await ensure_paths(self._dispatcher, self._seen.book, mailbox, parents)
        except FoldersFailed as error:
            return [nowhere(copy, error.meaning) for copy, _ in there]
        except wire.Unreadable:
            return [nowhere(copy, Meaning.BUG) for copy, _ in there]
        answers: list[LiveCopy] = []
        for copy, item in there:
            parent = item.parent or ""
            path = known.paths[parent]
            self._seen.whereabouts.note(mailbox, item.id, parent)
            answers.append(
                LiveCopy(
                    copy.copy_id,
                    Place(path, item.id),
                    self._seen.names.role_of(path),
                    copy.content_sha256,
                    item.flags(),
                    folder_id=parent,
                )
            )
        return answers

    async def _search_all(
        self, searches: Sequence[tuple[str, list[CopyRef], set[str]]]
    ) -> AsyncIterator[LiveCopy]:
        """Mailboxes side by side; within one, one Message-ID after the other."""
        pending = [
            asyncio.create_task(self._search(mailbox, missing, taken))
            for mailbox, missing, taken in searches
        ]
        try:
            for finished in asyncio.as_completed(pending):
                for live in await finished:
                    yield live
        finally:
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    async def _search(
        self, mailbox: str, missing: Sequence[CopyRef], taken: set[str]
    ) -> list[LiveCopy]:
        answers: list[LiveCopy] = []
        for message_id, group in grouped(missing, lambda copy: copy.internet_message_id).items():
            if not message_id:
                # Nothing else can be searched for; an immutable id that is gone has left the mailbox.
                answers += [nowhere(copy, Meaning.NO_ITEM) for copy in group]
                continue
            is_usable = len(message_id) <= _LONGEST_MESSAGE_ID
            hits = await self._hits(mailbox, message_id) if is_usable else Meaning.BUG
            if isinstance(hits, Meaning):
                answers += [nowhere(copy, hits) for copy in group]
                continue
            answers += await self._confirmed(mailbox, group, hits, taken)
        return answers

    async def _hits(self, mailbox: str, message_id: str) -> list[wire.Item] | Meaning:
        """Every message with this Message-ID: the list of all messages lacks the recoverable ones."""
        said = quote("'" + message_id.replace("'", "''") + "'", safe="'")
        query = f"?$filter=internetMessageId%20eq%20{said}&$top={_PAGE}&{LOOK}"
        asks = [
            Ask(mailbox, f"{where}/messages{query}", page=_PAGE)
            for where in ("", f"/mailFolders/{RECOVERABLE}")
        ]
        hits: dict[str, wire.Item] = {}
        trail = Trail()
        while asks:
            more: list[Ask] = []
            async for number, answer in self._dispatcher.answers(asks):
                if answer.meaning is Meaning.NO_ITEM:
                    continue  # a mailbox without that folder
                if not answer.is_done:
                    return answer.meaning
                try:
                    page = answer.read(wire.Items)
                    if page.next_link is not None and len(hits) < _MOST_HITS:
                        trail.step(page.next_link)
                        more.append(self._dispatcher.follow(asks[number], page.next_link))
                except wire.Unreadable:
                    return Meaning.BUG
                hits.update((item.id, item) for item in page.value)
            asks = more
        return [hits[key] for key in sorted(hits)]

    async def _confirmed(
        self,
        mailbox: str,
        copies: Sequence[CopyRef],
        hits: Sequence[wire.Item],
        taken: set[str],
    ) -> list[LiveCopy]:
        """Each copy with the first free hit that is the same mail; never a sibling, none twice."""
        left = list(copies)
        matched: list[tuple[CopyRef, wire.Item]] = []
        trouble: Meaning | None = None
        for item in hits:
            could_be = [copy for copy in left if item.id not in copy.siblings]
            if item.id in taken or not could_be:
                continue
            answer = await self._fetcher.read(mailbox, item.id, PATIENCE_SECONDS)
            if not answer.is_done:
                trouble = trouble if answer.meaning is Meaning.NO_ITEM else answer.meaning
                continue
            key = await self._key(answer)
            copy = next((copy for copy in could_be if copy.mail_key == key), None)
            if copy is not None:
                taken.add(item.id)
                left.remove(copy)
                matched.append((copy, item))
        # What could not be read may be the very copy: then nobody knows.
        answers = [nowhere(copy, trouble or Meaning.NO_ITEM) for copy in left]
        return answers + await self._live(mailbox, matched)

    async def _key(self, answer: Answer) -> str:
        return await asyncio.to_thread(self._mail_key_of, answer.body)


def nowhere(copy: CopyRef, meaning: Meaning) -> LiveCopy:
    """The answer for a copy that was not found: gone, or unknown where the tenant could not say."""
    fault = fault_of(meaning)
    return LiveCopy(
        copy.copy_id, None, None, "", fault=None if fault is SourceFault.GONE else fault
    )
