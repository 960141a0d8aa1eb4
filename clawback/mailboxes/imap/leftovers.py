"""What a move that was interrupted left behind: the same message in both folders.

A store may copy first and expunge then, as Dovecot does with Maildirs; a server process that is
killed in between leaves both. Only a move whose intent was written down before is looked at, and
only a message that is the same by the server's own identity, by size and by date, and that is
nobody's copy as far as the index and the last look know. Such a move is ended as the server would
have ended it: the original is dropped, by UID EXPUNGE of exactly that UID. Somebody else who is in
the middle of the same move drops the same message: nothing that was moved is ever dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from clawback.mailboxes.imap.claims import Claims
from clawback.mailboxes.imap.handles import Handle
from clawback.mailboxes.imap.looking import read
from clawback.mailboxes.imap.parsing import Message, uid_sets
from clawback.mailboxes.imap.problems import MailboxFault
from clawback.mailboxes.imap.search import Candidate, candidates_in
from clawback.mailboxes.imap.session import Session
from models.copies import SourceFault
from models.outcomes import MoveIntent, MoveReply

_EXTRA = b"RFC822.SIZE INTERNALDATE"


class Order(NamedTuple):
    """One move: the intent and the handle that it names."""

    intent: MoveIntent
    handle: Handle


class Leftovers:
    """The leftovers of moves from one folder to another."""

    def __init__(self, session: Session, claims: Claims) -> None:
        self._session = session
        self._claims = claims

    async def clear(
        self, orders: Mapping[int, Order], folder: str, destination: str
    ) -> list[MoveReply]:
        """End moves that were interrupted; the replies of those that are done with that.

        Neither folder need be selected afterwards. Raises `MailboxFault`.
        """
        known = {uid: order for uid, order in orders.items() if order.handle.has_identity}
        if not known or not self._session.has("UIDPLUS"):
            return []  # without an identity nothing tells a leftover from a message of its own
        there = await self._there(known, destination)
        if not there:
            return []
        # Only now: a message that was seen there before the original was seen here is another one.
        # Read the other way round, it could be the original, moved meanwhile by somebody else.
        originals = dict(await read(self._session, folder, known, _EXTRA))
        pairs = [
            (order, two)
            for uid, order in known.items()
            for two in there
            if uid in originals and self._is_leftover(order, originals[uid], two)
        ]
        if not pairs:
            return []
        kept = _one_each(pairs)
        still = await self._still_there([two for _, two in kept.values()], destination)
        kept = {uid: pair for uid, pair in kept.items() if pair[1].handle.uid in still}
        await self._keep_flags(originals, kept)
        again = await read(self._session, folder, kept)
        same = {
            uid: pair
            for uid, pair in kept.items()
            if uid in again and again[uid].identity == pair[0].handle.identity
        }
        await self._expunge(same)
        return [MoveReply(order.intent.copy_id, two.place) for order, two in same.values()]

    async def _there(self, orders: Mapping[int, Order], destination: str) -> Sequence[Candidate]:
        """The messages at the destination that a move of one of these could have left there."""
        handles = [order.handle for order in orders.values()]
        try:
            return await candidates_in(self._session, destination, handles, _EXTRA)
        except MailboxFault as fault:
            if fault.fault is SourceFault.GONE and self._session.is_open:
                return ()
            raise

    async def _still_there(self, found: Sequence[Candidate], destination: str) -> set[int]:
        """The UIDs of those that are the same messages still, in their folder, which is selected."""
        handles = {two.handle.uid: two.handle for two in found}
        again = await read(self._session, destination, handles)
        selected = self._session.selected
        assert selected is not None
        return {
            uid
            for uid, handle in handles.items()
            if handle.uidvalidity == selected.uidvalidity
            and uid in again
            and again[uid].identity == handle.identity
        }

    def _is_leftover(self, order: Order, original: Message, two: Candidate) -> bool:
        message = two.message
        is_same = (
            message.identity == original.identity == order.handle.identity
            and message.size_bytes == original.size_bytes
            and message.date == original.date != b""
        )
        mailbox, copy_id = order.intent.mailbox, order.intent.copy_id
        claims = self._claims
        return is_same and claims.may_be_leftover(mailbox, copy_id, two.handle, two.place)

    async def _keep_flags(
        self, originals: Mapping[int, Message], pairs: Mapping[int, tuple[Order, Candidate]]
    ) -> None:
        """Give the messages that stay, in the selected folder, the flags of those that go."""
        commands = []
        for uid, (_, two) in pairs.items():
            flags = _kept(originals[uid].all_flags)
            if flags != _kept(two.message.all_flags):
                words = b" ".join(sorted(flags))
                commands.append(b"UID STORE %d FLAGS.SILENT (%s)" % (two.handle.uid, words))
        answers = await self._session.run(*commands)
        if not all(answer.is_ok for answer in answers):
            raise MailboxFault(SourceFault.UNAVAILABLE)

    async def _expunge(self, uids: Iterable[int]) -> None:
        """Expunge exactly these from the folder that is selected, whose UIDVALIDITY was seen."""
        for text, _ in uid_sets(uids):
            answers = await self._session.run(
                b"UID STORE " + text + b" +FLAGS.SILENT (\\Deleted)", b"UID EXPUNGE " + text
            )
            if not all(answer.is_ok for answer in answers):
                raise MailboxFault(SourceFault.UNAVAILABLE)


def _one_each(
    pairs: Sequence[tuple[Order, Candidate]],
) -> Mapping[int, tuple[Order, Candidate]]:
    """Pairs by the UID of the order, none of whose messages is in two."""
    found: dict[int, tuple[Order, Candidate]] = {}
    used: set[int] = set()
    for order, two in pairs:
        if order.handle.uid not in found and two.handle.uid not in used:
            found[order.handle.uid] = order, two
            used.add(two.handle.uid)
    return found


def _kept(words: bytes) -> frozenset[bytes]:
    """Flags and keywords that a client may set."""
    return frozenset(words.split()) - {b"\\Recent"}
