"""Moves: each made once. What may have been made is looked at before it is asked for again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass

from clawback.mailboxes.graph import wire
from clawback.mailboxes.graph.asking import Answer, Ask, message_path
from clawback.mailboxes.graph.dispatch import Dispatcher
from clawback.mailboxes.graph.errors import Meaning, fault_of, may_be_applied
from clawback.mailboxes.graph.folders import (
    FoldersFailed,
    alias_ask,
    list_folders,
    make_folder,
    note_alias,
)
from clawback.mailboxes.graph.locating import Seen
from clawback.mailboxes.graph.naming import alias_of
from clawback.mailboxes.spreading import side_by_side
from models.copies import FolderRole, Place, SourceFault
from models.outcomes import MoveIntent, MoveReply

log = logging.getLogger(__name__)

_TRIES = 6
_MOST_SECONDS = 60.0  # then no move is begun again: half of the executor's lease
_THROWN_AWAY = (FolderRole.DELETED, FolderRole.RECOVERABLE)
_WHERE = "$select=id,parentFolderId"


@dataclass(slots=True)
class _Move:
    """One move on its way: from which folder, to what; `target_id` once it is known."""

    intent: MoveIntent
    target: str
    target_id: str | None
    source_id: str = ""
    has_no_target: bool = False

    @property
    def mailbox(self) -> str:
        return self.intent.mailbox

    @property
    def path(self) -> str:
        return message_path(self.intent.place.handle)


class Mover:
    """Moves messages, each to the folder that its intent names, by id where it has one."""

    def __init__(self, dispatcher: Dispatcher, seen: Seen) -> None:
        self._dispatcher = dispatcher
        self._seen = seen

    async def move(self, intents: Sequence[MoveIntent]) -> AsyncGenerator[MoveReply, None]:
        """A reply to each. Raises `SourceError` where the whole source is away."""
        began = asyncio.get_running_loop().time()
        moves: list[_Move] = []
        targets = await self._targets(intents)
        for intent in intents:
            target = targets[intent.mailbox, intent.destination, intent.destination_id]
            if isinstance(target, SourceFault):
                yield MoveReply(intent.copy_id, None, target)
            else:
                moves.append(_Move(intent, *target))
        ready: list[_Move] = []
        async for move, reply in self._begin(moves):
            if reply is None:
                ready.append(move)
            else:
                yield reply
        for tries in range(1, _TRIES + 1):
            uncertain: list[_Move] = []
            async for move, reply in self._post(ready):
                if reply is None:
                    uncertain.append(move)
                else:
                    yield reply
            is_late = asyncio.get_running_loop().time() - began > _MOST_SECONDS
            ready = []
            async for move, reply in self._look(uncertain):
                if reply is None and tries < _TRIES and not is_late:
                    ready.append(move)
                else:
                    yield reply or MoveReply(move.intent.copy_id, None, SourceFault.UNAVAILABLE)
            if not ready:
                return
            await self._target_again([move for move in ready if move.has_no_target])
            await asyncio.sleep(self._dispatcher.backoff(tries))

    async def _begin(self, moves: Sequence[_Move]) -> AsyncIterator[tuple[_Move, MoveReply | None]]:
        """Those that may go, by what was seen a moment ago; one that nobody looked at is looked at."""
        unseen: list[_Move] = []
        for move in moves:
            intent, known = move.intent, self._seen.book.of(move.mailbox)
            folder_id = self._seen.whereabouts.take(move.mailbox, intent.place.handle)
            is_at_place = folder_id and known.paths.get(folder_id) == intent.place.folder
            if not folder_id or not is_at_place or folder_id == move.target_id:
                unseen.append(move)
            else:
                move.source_id = folder_id
                yield move, None
        answers = self._dispatcher.answers([Ask(m.mailbox, f"{m.path}?{_WHERE}") for m in unseen])
        async for number, answer in answers:
            yield unseen[number], await self._first_look(unseen[number], answer)

    async def _first_look(self, move: _Move, answer: Answer) -> MoveReply | None:
        intent = move.intent
        item = _item(answer)
        if isinstance(item, Meaning):
            return MoveReply(intent.copy_id, None, fault_of(item))
        known = self._seen.book.of(move.mailbox)
        parent = item.parent or ""
        if parent not in known.paths:
            try:
                known = await list_folders(self._dispatcher, self._seen.book, move.mailbox)
            except (FoldersFailed, wire.Unreadable):
                return MoveReply(intent.copy_id, None, SourceFault.UNAVAILABLE)
        if known.paths.get(parent) != intent.place.folder:
            return MoveReply(intent.copy_id, None, SourceFault.GONE)
        if parent == move.target_id or intent.place.folder == intent.destination:
            return self._moved(move, item)
        move.source_id = parent
        return None

    async def _post(self, moves: Sequence[_Move]) -> AsyncIterator[tuple[_Move, MoveReply | None]]:
        asks = [
            Ask(move.mailbox, f"{move.path}/move?{_WHERE}", {"destinationId": move.target})
            for move in moves
        ]
        async for number, answer in self._dispatcher.answers(asks):
            move = moves[number]
            item = _item(answer)
            if isinstance(item, wire.Item):
                yield move, self._moved(move, item)
            elif may_be_applied(item) or answer.is_done:
                yield move, None
            elif item is Meaning.NO_ITEM and move.target == move.target_id:
                # Either the message or the folder: a look at the message tells which.
                move.has_no_target = True
                yield move, None
            else:
                yield move, MoveReply(move.intent.copy_id, None, fault_of(item))

    async def _look(self, moves: Sequence[_Move]) -> AsyncIterator[tuple[_Move, MoveReply | None]]:
        """What became of moves that may have been made; None for one that was not."""
        await self._learn_targets(moves)
        answers = self._dispatcher.answers([Ask(m.mailbox, f"{m.path}?{_WHERE}") for m in moves])
        async for number, answer in answers:
            move, item = moves[number], _item(answer)
            copy_id = move.intent.copy_id
            if isinstance(item, Meaning):
                yield move, MoveReply(copy_id, None, fault_of(item))
            elif item.parent == move.source_id:
                yield move, None
            elif item.parent == move.target_id:
                yield move, self._moved(move, item)
            else:
                yield move, MoveReply(copy_id, None, SourceFault.GONE)

    async def _learn_targets(self, moves: Sequence[_Move]) -> None:
        """The ids of folders that are named by Exchange's own names, to know them in an answer."""
        unknown = {(m.mailbox, m.target): m.target for m in moves if m.target_id is None}
        keys = list(unknown)
        asks = [alias_ask(mailbox, alias) for mailbox, alias in keys]
        async for number, answer in self._dispatcher.answers(asks):
            mailbox, alias = keys[number]
            try:
                note_alias(self._seen.book.of(mailbox), alias, answer)
            except wire.Unreadable:
                log.warning("graph_answer_unreadable", extra={"what": "folder"})
        for move in moves:
            if move.target_id is None:
                move.target_id = self._seen.book.of(move.mailbox).aliases.get(move.target)

    async def _target_again(self, moves: Sequence[_Move]) -> None:
        """Find or make the folders that went away between our look at them and the move."""
        for mailbox in {move.mailbox for move in moves}:
            self._seen.book.forget(mailbox)
        targets = await self._targets([move.intent for move in moves])
        for move in moves:
            intent = move.intent
            target = targets[intent.mailbox, intent.destination, intent.destination_id]
            if not isinstance(target, SourceFault):
                move.target, move.target_id = target
                move.has_no_target = False

    def _moved(self, move: _Move, item: wire.Item) -> MoveReply:
        intent = move.intent
        if item.parent is not None:
            self._seen.whereabouts.note(move.mailbox, item.id, item.parent)
        known = self._seen.book.of(move.mailbox)
        folder = known.paths.get(move.target_id or "", intent.destination)
        return MoveReply(intent.copy_id, Place(folder, item.id))

    async def _targets(
        self, intents: Sequence[MoveIntent]
    ) -> dict[tuple[str, str, str], tuple[str, str | None] | SourceFault]:
        """What to send as the destination of each kind of move, and its folder's id where known."""
        found: dict[tuple[str, str, str], tuple[str, str | None] | SourceFault] = {}
        asked: list[tuple[str, str, str]] = []
        for kind in dict.fromkeys((i.mailbox, i.destination, i.destination_id) for i in intents):
            alias = alias_of(kind[1])
            if alias is None:
                asked.append(kind)
            else:
                found[kind] = alias, self._seen.book.of(kind[0]).aliases.get(alias)
        answers = await side_by_side(self._target(*kind) for kind in asked)
        return found | dict(zip(asked, answers, strict=True))

    async def _target(
        self, mailbox: str, path: str, folder_id: str
    ) -> tuple[str, str | None] | SourceFault:
        known = self._seen.book.of(mailbox)
        try:
            if folder_id and folder_id not in known.paths:
                known = await list_folders(self._dispatcher, self._seen.book, mailbox)
            # The folder that it came from, whatever it is called now, unless it was thrown away.
            is_kept = self._seen.names.role_of(known.paths.get(folder_id, path)) not in _THROWN_AWAY
            made = folder_id if folder_id in known.paths and is_kept else known.id_at(path)
            if made is None:
                made = await make_folder(self._dispatcher, self._seen.book, mailbox, path)
        except FoldersFailed as error:
            return fault_of(error.meaning) or SourceFault.UNAVAILABLE
        except wire.Unreadable:
            return SourceFault.CORRUPT
        return SourceFault.UNAVAILABLE if made is None else (made, made)


def _item(answer: Answer) -> wire.Item | Meaning:
    """The message in an answer, or why there is none; an unreadable one may be anything."""
    if not answer.is_done:
        return answer.meaning
    try:
        return answer.read(wire.Item)
    except wire.Unreadable:
        return Meaning.TRANSIENT
