"""Which messages were answered for as whose copies, so that none is taken for a leftover."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

from clawback.mailboxes.imap.handles import Handle, parse_handle
from models.copies import CopyRef, LiveCopy, Place

_MAILBOXES = 8_192  # far more than a batch has


class _Claim(NamedTuple):
    place: Place | None
    siblings: frozenset[str]


class Claims:
    """What the latest `locate` said of each copy, by mailbox."""

    def __init__(self) -> None:
        self._by_mailbox: OrderedDict[str, dict[int, _Claim]] = OrderedDict()

    def note(self, mailbox: str, copies: Iterable[CopyRef], answers: Iterable[LiveCopy]) -> None:
        """Remember the answers for copies of one mailbox."""
        siblings = {copy.copy_id: copy.siblings for copy in copies}
        claims = self._by_mailbox.setdefault(mailbox, {})
        self._by_mailbox.move_to_end(mailbox)
        for live in answers:
            claims[live.copy_id] = _Claim(live.place, siblings.get(live.copy_id, frozenset()))
        while len(self._by_mailbox) > _MAILBOXES:
            self._by_mailbox.popitem(last=False)

    def may_be_leftover(self, mailbox: str, copy_id: int, found: Handle, place: Place) -> bool:
        """Whether a message is nobody's copy, as far as is known; False if this copy is not known.

        False too where the index has another copy that is the same message to the server, as one
        that the user copied: another process may have moved that one there since.
        """
        claims = self._by_mailbox.get(mailbox, {})
        ours = claims.get(copy_id)
        if ours is None or any(_may_be(sibling, found) for sibling in ours.siblings):
            return False
        return all(claim.place != place for claim in claims.values())


def _may_be(sibling: str, found: Handle) -> bool:
    """Whether a copy in the index may be this message, wherever it is now."""
    handle = parse_handle(sibling)
    return handle is None or not handle.contradicts(found.identity)
