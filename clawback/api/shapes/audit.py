"""The audit log, and the text of messages, in JSON."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from clawback.api.shapes.texts import Shape, Text


class AuditOut(Shape):
    """One entry, with the digest that covers it and that of the entry before."""

    number: int
    at: Text
    event: Text
    actor: Text
    via: Text
    verified: bool
    investigation_id: int | None
    action_id: int | None
    details: Any
    previous: Text
    digest: Text


class FaultOut(Shape):
    """One thing that is wrong: with which entry, null for the log as a whole."""

    entry: int | None
    what: Text


class AuditReportOut(Shape):
    """What is wrong with the log; keep `head` elsewhere, and give it next time."""

    ok: bool
    entries: int
    head: str = Field(description="NUMBER:DIGEST of the last entry")
    found: int
    faults: list[FaultOut] = Field(description="The first thousand of them")


class FileOut(Shape):
    """A file of a message: what it is called and claims to be."""

    name: Text
    content_type: Text
    size_bytes: int


class MessageTextOut(Shape):
    """A message as a person may read it. All of it is hostile text: never show it as HTML."""

    copy_id: int
    source: Text
    mailbox: Text
    folder: Text
    headers: dict[Text, Text] = Field(description="As the message claims them")
    text: Text
    files: list[FileOut]
    truncated: bool
