"""Analyzed emails: reading them from the mirror, and telling which messages their names mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from clawback.core.report_ids import report_id
from clawback.errors import BadInput, SetupError
from clawback.hunting_ports import EmailReader
from clawback.services.context import Context
from models.analyzed_emails import AnalyzedEmail, EmailMark, EmailPage, EmailQuestion
from models.hunting import HuntLimits
from models.selecting import MessageKey

SECONDS = 30.0
"""What one page may take; reading is our own, and quick."""

_NETWORK_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NETWORK_ID_CHARACTERS = 36


@dataclass(frozen=True, slots=True)
class EmailName:
    """What somebody calls an email: its id, else the mail's network message id and the mailbox."""

    id: str = ""
    network_message_id: str = ""
    recipient: str = ""

    def __str__(self) -> str:
        return self.id or f"{self.network_message_id} {self.recipient}"


def page(
    ctx: Context,
    question: EmailQuestion,
    *,
    limit: int,
    skip: int = 0,
    after: EmailMark | None = None,
) -> EmailPage:
    """Some emails, the latest first. Raises as `EmailReader.page`, `SetupError` without an engine."""
    if question.since >= question.until:
        raise BadInput("the time range ends before it begins: give startTime before endTime")
    return _reader(ctx).page(question, _limits(ctx), limit=limit, skip=skip, after=after)


def one(ctx: Context, name: str) -> AnalyzedEmail:
    """The email with this id. Raises `NotFound`."""
    return _reader(ctx).one(name, _limits(ctx))


def count(ctx: Context, question: EmailQuestion) -> int:
    """How many emails are meant."""
    return _reader(ctx).count(question, _limits(ctx))


def messages_called(
    ctx: Context, names: Sequence[EmailName]
) -> tuple[tuple[MessageKey, ...], tuple[EmailName, ...]]:
    """The messages that the names mean, each once in their order, and the names that mean none.

    Read from the database, not from the mirror: what was listed a moment ago is known.
    """
    mails = {one for one in map(_network_id, names) if _NETWORK_ID.fullmatch(one)}
    known = {_pair(key): key for key in ctx.store.index.recipients(mails)}
    by_id = {report_id(*pair): key for pair, key in known.items()}
    found: dict[MessageKey, None] = {}
    unknown: dict[EmailName, None] = {}
    for name in names:
        if name.id:
            key = by_id.get(name.id.strip().lower())
        else:
            key = known.get((_network_id(name), name.recipient.strip().lower()))
        if key is None:
            unknown[name] = None
        else:
            found[key] = None
    return tuple(found), tuple(unknown)


def _network_id(name: EmailName) -> str:
    text = name.id.strip()[:_NETWORK_ID_CHARACTERS] if name.id else name.network_message_id.strip()
    return text.lower()


def _pair(key: MessageKey) -> tuple[str, str]:
    return key.network_message_id.lower(), key.recipient.lower()


def _reader(ctx: Context) -> EmailReader:
    if ctx.emails is None:
        raise SetupError("Advanced hunting is not set up here: see docs/hunting.md")
    return ctx.emails


def _limits(ctx: Context) -> HuntLimits:
    return replace(ctx.hunt_limits, seconds=min(SECONDS, ctx.hunt_limits.seconds))
