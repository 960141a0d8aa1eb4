"""What the readers of parts and documents find."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from models.mails import LinkPlace, LinkRole


class FoundLink(NamedTuple):
    """The characters of a link and its role; `place` only where the reader knows better.

    A reader of images says `QR_CODE`; for all else the place follows from the part. `opened_from` is
    the mark of `UrlFact` for what only a one-way trick reveals, such as "script:atob".
    """

    raw: str
    role: LinkRole = LinkRole.LINK
    place: LinkPlace | None = None
    opened_from: str | None = None


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """One file inside another; `name` is what the archive claims (hostile text).

    Not `whole`: it is cut by a limit, or broken. It is searched for links and has no hash. `counts` is
    False for what unrelated files share, such as the parts of a document: searched too, never hashed.
    `number` is its place among the files of its container, from 1; 0 for "the next". `opened_from`
    marks what only a password revealed; the links in it have the mark too. `content_type` is what the
    container declares, if it does. `wrapped`: it stands in the one file of its container, which is
    itself too large to be given: the tar in a gzip.
    """

    name: str
    content: bytes
    whole: bool = True
    counts: bool = True
    number: int = 0
    opened_from: str | None = None
    content_type: str = ""
    wrapped: bool = False

    def numbered(self, number: int, *, mark: str | None = None) -> EmbeddedFile:
        """The same file at its place, with the mark of what opened it."""
        return replace(self, number=number, opened_from=mark)

    def broken(self) -> EmbeddedFile:
        """The same bytes as what is left of a file: its hash would be nobody's."""
        return replace(self, whole=False)


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that could not be read, as the code of a `Problem`.

    `of_part`: it is named once for the whole part, as the message's limits are.
    """

    code: str
    of_part: bool = False


Found = FoundLink | EmbeddedFile | Unread
