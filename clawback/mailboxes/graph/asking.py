"""One request and its answer, as everybody above the dispatcher sees them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from clawback.mailboxes.graph import wire
from clawback.mailboxes.graph.errors import Meaning

PATIENCE_SECONDS = 40.0
"""How long one look or move waits for a mailbox that is throttled before it says "not now".

Two in a row stay within the executor's lease of two minutes.
"""

_ID = re.compile(r"[A-Za-z0-9_+/=-]{1,1024}")

SYNC_PATIENCE_SECONDS = 300.0
"""The same for listing and reading, which hold nothing up."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request about one mailbox; `path` begins behind `/users/{id}`.

    Without `mailbox` it is about the directory, and the path is all of it; so it is of a link that
    an answer gave. `body` makes it a POST. `page` is how many entries an answer should have.
    """

    mailbox: str | None
    path: str
    body: dict[str, Any] | None = None
    page: int = 0
    is_link: bool = False
    patience_seconds: float = PATIENCE_SECONDS

    @property
    def changes_something(self) -> bool:
        """Whether sending it twice could do something twice."""
        return self.body is not None


Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back in the end: `body` is read JSON, bytes, or None."""

    meaning: Meaning
    body: Any = None

    @property
    def is_done(self) -> bool:
        """Whether it was done."""
        return self.meaning is Meaning.DONE

    def read(self, shape: type[Shape]) -> Shape:
        """The body in a shape. Raises `wire.Unreadable`."""
        return wire.read(shape, self.body)


def message_path(handle: str) -> str:
    """The path of a message by its id, below its mailbox.

    Text that can be no id leads to an id that is nobody's: no path is ever made of it.
    """
    return f"/messages/{_segment(handle)}"


def folder_path(folder_id: str) -> str:
    """The path of a folder by its id, below its mailbox; as with messages, of an id alone."""
    return f"/mailFolders/{_segment(folder_id)}"


def _segment(given: str) -> str:
    """An id as one step of a path: of what it may hold, only these two mean something there."""
    return given.replace("/", "%2F").replace("+", "%2B") if _ID.fullmatch(given) else "0"
