"""The JSON that Graph answers, checked at the door: whatever has another shape is refused here.

Only what is used is read. A value of a wrong type makes the whole answer unusable; what is missing
stands for nothing. Ids and links are opaque, but bounded.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import product
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from clawback.mailboxes.graph.errors import DROPPED

Id = Annotated[str, Field(min_length=1, max_length=1_024)]
Link = Annotated[str, Field(max_length=16_384)]


class Unreadable(Exception):
    """An answer that is not what Graph's documentation says it is."""


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class _Part(_Wire):
    id: Annotated[str, Field(max_length=64)]
    status: Annotated[int, Field(ge=100, le=599)]
    headers: dict[str, Any] | None = None
    body: Any = None


class _Batch(_Wire):
    responses: list[_Part]


class _Error(_Wire):
    code: str = ""


class _Refusal(_Wire):
    error: _Error = _Error()


_NAMES = ("Seen", "Draft", "Flagged")


class Flag(_Wire):
    """Whether a message is flagged."""

    status: str = Field("notFlagged", alias="flagStatus")


class Removed(_Wire):
    """Why a message is no longer in a folder."""

    reason: str = ""


_FLAGS = {
    (seen, draft, flagged): frozenset(
        name for name, is_set in zip(_NAMES, (seen, draft, flagged), strict=True) if is_set
    )
    for seen, draft, flagged in product((False, True), repeat=3)
}


class Item(_Wire):
    """A message, as far as anything of it is asked for."""

    id: Id
    parent: Id | None = Field(None, alias="parentFolderId")
    is_read: bool | None = Field(None, alias="isRead")
    is_draft: bool | None = Field(None, alias="isDraft")
    flag: Flag | None = None
    has_files: bool | None = Field(None, alias="hasAttachments")
    received: str | None = Field(None, alias="receivedDateTime", max_length=64)
    removed: Removed | None = Field(None, alias="@removed")

    def flags(self) -> frozenset[str]:
        """As IMAP system flags without the backslash; Graph has no word for "answered"."""
        is_flagged = self.flag is not None and self.flag.status == "flagged"
        return _FLAGS[bool(self.is_read), bool(self.is_draft), is_flagged]

    def received_at(self) -> datetime | None:
        """When it was delivered; None where that is not told, or not as a time with a zone."""
        try:
            told = datetime.fromisoformat(self.received or "")
            return told.astimezone(UTC) if told.tzinfo else None
        except (ValueError, OverflowError):
            return None


class Items(_Wire):
    """A page of messages, with the link to the next page or, at the end of a delta, to the next run."""

    value: list[Item]
    next_link: Link | None = Field(None, alias="@odata.nextLink")
    delta_link: Link | None = Field(None, alias="@odata.deltaLink")


class FolderItem(_Wire):
    """A mail folder."""

    id: Id
    name: str = Field("", alias="displayName", max_length=4_096)
    parent: Id | None = Field(None, alias="parentFolderId")
    children: int = Field(0, alias="childFolderCount")
    kind: str = Field("", alias="@odata.type")


class FolderItems(_Wire):
    """A page of mail folders."""

    value: list[FolderItem]
    next_link: Link | None = Field(None, alias="@odata.nextLink")


class User(_Wire):
    """Somebody in the directory."""

    id: Id
    principal: str | None = Field(None, alias="userPrincipalName", max_length=1_024)
    mail: str | None = Field(None, max_length=1_024)
    kind: Literal["Member", "Guest"] | str | None = Field(None, alias="userType")


class Users(_Wire):
    """A page of the directory."""

    value: list[User]
    next_link: Link | None = Field(None, alias="@odata.nextLink")


class Group(_Wire):
    """A group that has an address."""

    id: Id
    kinds: list[str] = Field(default_factory=list, alias="groupTypes")


class Groups(_Wire):
    """A page of groups."""

    value: list[Group]


_BATCH = TypeAdapter(_Batch)
_REFUSAL = TypeAdapter(_Refusal)

Shape = TypeVar("Shape", bound=BaseModel)


def read_batch(raw: bytes) -> dict[str, tuple[int, str | None, Any]]:
    """Status, `Retry-After` and body of each part, by its id. Raises `Unreadable`."""
    try:
        parts = _BATCH.validate_json(raw).responses
    except ValidationError:
        raise Unreadable from None
    told = Counter(part.id for part in parts)
    return {
        part.id: (part.status, _retry_after(part.headers), part.body)
        for part in parts
        if told[part.id] == 1  # two answers to one question are none
    }


def read_code(body: Any) -> str:
    """The error's code in a body (bytes or read JSON), empty where there is none."""
    try:
        if isinstance(body, bytes):
            return _REFUSAL.validate_json(body).error.code
        return _REFUSAL.validate_python(body).error.code
    except ValidationError:
        return ""


def read(shape: type[Shape], body: Any) -> Shape:
    """A body, bytes or read JSON, in its shape. Raises `Unreadable`."""
    try:
        if isinstance(body, bytes):
            return shape.model_validate_json(body)
        return shape.model_validate(body)
    except ValidationError:
        raise Unreadable from None


def _retry_after(headers: dict[str, Any] | None) -> str | None:
    if not headers:
        return None
    for name, value in headers.items():
        if name.lower() == "retry-after":
            return str(value)
    return None


NO_ANSWER = (DROPPED, None, None)
"""What stands for a part that is missing in an answer."""
