"""What was last seen of single messages: so that a move knows, without asking, that nothing changed."""

from __future__ import annotations

from collections import OrderedDict

_KEPT = 100_000


class Whereabouts:
    """The folder id in which a message was when it was last looked at or moved by us.

    A look is used once: a second move of the same message looks again first.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], str] = OrderedDict()

    def note(self, mailbox: str, handle: str, folder_id: str) -> None:
        """Keep where a message was just seen."""
        self._seen[mailbox, handle] = folder_id
        if len(self._seen) > _KEPT:
            self._seen.popitem(last=False)

    def take(self, mailbox: str, handle: str) -> str | None:
        """Where it was last seen, if that was not taken before."""
        return self._seen.pop((mailbox, handle), None)
