"""A link as some reader found it, before it is made canonical."""

from __future__ import annotations

from dataclasses import dataclass

from models.mails import LinkPlace, LinkRole


@dataclass(frozen=True, slots=True)
class FoundLink:
    """The characters of a link and its role; `place` only where the reader knows better.

    A reader of images says `QR_CODE`; for all else the place follows from the part.
    """

    raw: str
    role: LinkRole = LinkRole.LINK
    place: LinkPlace | None = None
