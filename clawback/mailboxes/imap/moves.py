"""Moves within one mailbox: identity read before, one MOVE for each pair of folders, COPYUID after.

An OK proves nothing: a MOVE of UIDs that are gone is answered with one. What counts as moved was
named in COPYUID and reported as expunged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from clawback.mailboxes.imap.claims import Claims
from clawback.mailboxes.imap.folders import RoleBook
from clawback.mailboxes.imap.handles import parse_handle
from clawback.mailboxes.imap.leftovers import Leftovers, Order
from clawback.mailboxes.imap.looking import read
from clawback.mailboxes.imap.names import quoted
from clawback.mailboxes.imap.parsing import copied, uid_sets, uids_of
from clawback.mailboxes.imap.problems import EXPUNGE_ISSUED, MailboxFault, fault_in
from clawback.mailboxes.imap.session import Answer, Selected, Session
from clawback.mailboxes.imap.wire import BadAnswer
from clawback.mailboxes.spreading import grouped
from models.copies import FolderRole, Place, SourceFault
from models.outcomes import MoveIntent, MoveReply

_TRIES = 4  # other clients expunge meanwhile; so often in a row is no accident
_MISSING = {b"", b"TRYCREATE", b"NONEXISTENT"}  # codes of a NO for a folder that is not there


async def move_in(
    session: Session, intents: Sequence[MoveIntent], roles: RoleBook, claims: Claims
) -> list[MoveReply]:
    """One reply for each intent; a pair of folders that fails spoils only its own."""
    session.has_moved, session.is_finished = True, False
    replies: list[MoveReply] = []
    pairs = grouped(intents, lambda intent: (intent.place.folder, intent.destination))
    for (folder, destination), group in pairs.items():
        try:
            moves = _Moves(session, folder, destination, roles)
            replies += await moves.run(group, claims)
        except MailboxFault as fault:
            replies += [refused(intent, fault.fault) for intent in group]
            if not session.is_open:
                answered = {reply.copy_id for reply in replies}
                left = (intent for intent in intents if intent.copy_id not in answered)
                return [*replies, *(refused(intent, SourceFault.UNAVAILABLE) for intent in left)]
    return replies


def refused(intent: MoveIntent, fault: SourceFault) -> MoveReply:
    """The reply for a copy that was not moved, or may not have been."""
    return MoveReply(intent.copy_id, None, fault)


class _Moves:
    """The moves from one folder to another."""

    def __init__(self, session: Session, folder: str, destination: str, roles: RoleBook) -> None:
        self._session = session
        self._folder = folder
        self._destination = destination
        self._roles = roles

    async def run(self, intents: Sequence[MoveIntent], claims: Claims) -> list[MoveReply]:
        """The replies. Raises `MailboxFault` where none of them can be given."""
        replies: list[MoveReply] = []
        orders: dict[int, Order] = {}
        for intent in intents:
            handle = parse_handle(intent.place.handle)
            if handle is None or handle.uid in orders:
                replies.append(refused(intent, SourceFault.GONE))
            else:
                orders[handle.uid] = Order(intent, handle)
        if not orders:
            return replies
        orders = await self._checked(orders, replies)
        if self._folder == self._destination:
            return [
                *replies,
                *(MoveReply(o.intent.copy_id, o.intent.place) for o in orders.values()),
            ]
        repeated = {uid: order for uid, order in orders.items() if order.intent.repeated}
        if repeated:
            leftovers = Leftovers(self._session, claims)
            replies += await leftovers.clear(repeated, self._folder, self._destination)
            done = {reply.copy_id for reply in replies}
            orders = {u: order for u, order in orders.items() if order.intent.copy_id not in done}
            orders = await self._checked(orders, replies)
        if orders:
            replies += await self._move(orders)
        return replies

    async def _checked(
        self, orders: Mapping[int, Order], replies: list[MoveReply]
    ) -> dict[int, Order]:
        """The orders whose messages are in the folder, which is selected then, as they were read.

        Messages that were read since the folder was selected are not read again: within one
        selection UIDVALIDITY stays, and with it what a UID means (RFC 9051 section 2.3.1.1).
        """
        if not orders:
            return {}
        selected = self._session.selected
        if selected is None or not _is_ready(selected, self._folder, orders):
            await read(self._session, self._folder, orders)
            selected = self._session.selected
        assert selected is not None
        if selected.is_read_only:
            raise MailboxFault(SourceFault.DENIED)
        sound: dict[int, Order] = {}
        for uid, order in orders.items():
            message = selected.seen.get(uid)
            if message is None or order.handle.uidvalidity != selected.uidvalidity:
                replies.append(refused(order.intent, SourceFault.GONE))
            elif order.handle.contradicts(message.identity):
                replies.append(refused(order.intent, SourceFault.CHANGED))
            else:
                sound[uid] = order
        return sound

    async def _move(self, orders: Mapping[int, Order]) -> list[MoveReply]:
        try:
            target = quoted(self._session.names.raw(self._destination))
        except ValueError:
            raise MailboxFault(SourceFault.DENIED) from None
        replies: list[MoveReply] = []
        waiting, is_made = dict(orders), False
        for _ in range(_TRIES):
            missing: dict[int, Order] = {}
            changed: dict[int, Order] = {}
            for some, answer in await self._ask(waiting, target):
                if _is_no(answer, _MISSING) and not is_made:
                    missing.update(some)
                elif _is_no(answer, {EXPUNGE_ISSUED}):
                    changed.update(some)
                else:
                    replies += await self._replies(some, answer)
            if missing:
                await self._make(target)
                is_made = True
            if changed:  # somebody took one of them: those that are left are asked for alone
                self._session.selected = None
                changed = await self._checked(changed, replies)
            waiting = {**missing, **changed}
            if not waiting:
                return replies
        return [
            *replies,
            *(refused(order.intent, SourceFault.UNAVAILABLE) for order in waiting.values()),
        ]

    async def _ask(
        self, orders: Mapping[int, Order], target: bytes
    ) -> list[tuple[Mapping[int, Order], Answer]]:
        """The answers to the commands that move, each with the orders that it is for."""
        has_move = self._session.has("MOVE")
        word = b"UID MOVE " if has_move else b"UID COPY "
        if not has_move:
            await self._unmark(orders)
        sets = list(uid_sets(orders))
        answers = await self._session.run(*(word + text + b" " + target for text, _ in sets))
        portions = ({uid: orders[uid] for uid in uids} for _, uids in sets)
        return list(zip(portions, answers, strict=True))

    async def _unmark(self, orders: Mapping[int, Order]) -> None:
        """Take from messages the mark that an interrupted try put on: a copy would have it too."""
        seen = self._session.selected.seen if self._session.selected is not None else {}
        marked = [
            uid
            for uid, order in orders.items()
            if order.intent.repeated and uid in seen and "Deleted" in seen[uid].flags
        ]
        sets = [text for text, _ in uid_sets(marked)]
        if sets:
            await self._session.run(
                *(b"UID STORE " + text + b" -FLAGS.SILENT (\\Deleted)" for text in sets)
            )

    async def _make(self, target: bytes) -> None:
        """Make the destination. Raises `MailboxFault` if it is not there after that."""
        role = self._roles.by_name.role_of(self._destination)
        (made,) = await self._session.run(b"CREATE " + target)
        if not made.is_ok and made.status.code != b"ALREADYEXISTS":
            raise MailboxFault(fault_in(made.status))
        if made.is_ok and role is not FolderRole.RECOVERABLE:  # that one is not for users to see
            await self._session.run(b"SUBSCRIBE " + target)

    async def _replies(self, orders: Mapping[int, Order], answer: Answer) -> list[MoveReply]:
        if not answer.is_ok:
            fault = fault_in(answer.status)
            return [refused(order.intent, fault) for order in orders.values()]
        new, places = _new_places(answer, self._destination, orders)
        if self._session.has("MOVE"):
            left = _left(answer, orders)
        else:
            left = await self._expunge(new) if new else set(orders)
        if self._session.selected is not None:
            for uid in orders:
                self._session.selected.seen.pop(uid, None)
        return [
            _reply(order.intent, places.get(uid), is_gone=uid not in left, is_named=uid in new)
            for uid, order in orders.items()
        ]

    async def _expunge(self, uids: Iterable[int]) -> set[int]:
        """Expunge exactly these, which were copied; the UIDs of those that may have stayed."""
        stayed: set[int] = set()
        for text, some in uid_sets(uids):
            store, expunge = await self._session.run(
                b"UID STORE " + text + b" +FLAGS.SILENT (\\Deleted)", b"UID EXPUNGE " + text
            )
            if not (store.is_ok and expunge.is_ok):
                stayed.update(some)
        return stayed


def _is_no(answer: Answer, codes: Collection[bytes]) -> bool:
    return answer.status.word == b"NO" and answer.status.code in codes


def _is_ready(selected: Selected, folder: str, uids: Iterable[int]) -> bool:
    is_same = selected.folder == folder and not selected.is_examined
    return is_same and all(uid in selected.seen for uid in uids)


def _new_places(
    answer: Answer, destination: str, orders: Mapping[int, Order]
) -> tuple[Mapping[int, int], Mapping[int, Place]]:
    """The new UIDs, and the new places, by the old UIDs. Raises `MailboxFault`."""
    new: dict[int, int] = {}
    places: dict[int, Place] = {}
    try:
        for status in answer.statuses():
            said = copied(status, at_most=len(orders))
            for uid, new_uid in said[1].items() if said else ():
                if uid in orders and said is not None:
                    new[uid] = new_uid
                    handle = orders[uid].handle.in_folder(destination, said[0], new_uid)
                    places[uid] = Place(destination, handle)
    except BadAnswer:
        raise MailboxFault(SourceFault.CORRUPT) from None
    return new, places


def _left(answer: Answer, orders: Mapping[int, Order]) -> set[int]:
    """The UIDs that the server did not report as expunged; by number alone it must be all of them."""
    vanished: set[int] = set()
    expunged = 0
    for response in answer.responses:
        words = response[0].upper().split()
        if words[1:2] == [b"VANISHED"]:
            vanished.update(_vanished(words[-1]))
        elif words[2:] == [b"EXPUNGE"]:
            expunged += 1
    left = set(orders) - vanished
    return set() if len(left) <= expunged else left


def _vanished(text: bytes) -> Sequence[int]:
    try:
        return uids_of(text, at_most=1_000_000) or ()
    except BadAnswer:
        raise MailboxFault(SourceFault.CORRUPT) from None


def _reply(intent: MoveIntent, place: Place | None, *, is_gone: bool, is_named: bool) -> MoveReply:
    """The reply for one copy. With an unproved move the caller looks at the old place first."""
    if is_gone:
        return MoveReply(intent.copy_id, place)
    return refused(intent, SourceFault.UNAVAILABLE if is_named else SourceFault.GONE)
