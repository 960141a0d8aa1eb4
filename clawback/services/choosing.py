"""What a person chose to take action on: the messages, those they leave out again, and a look at some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from clawback.core.report_ids import message_mark, report_id
from clawback.core.selecting import LIMIT, keys_in
from clawback.errors import BadInput
from clawback.services import hunt
from clawback.services.analyzed_emails import EmailName, messages_called
from clawback.services.context import Context
from clawback.services.explore import explorer
from models.actions import Actor
from models.choosing import (
    HANDPICKED_MAX,
    Chosen,
    ExplorerQuery,
    Handpicked,
    HuntingQuery,
    Origin,
)
from models.selecting import Exclusions, ListedCopy, MessageKey


@dataclass(frozen=True, slots=True)
class Kept:
    """The messages that are left, and how many a person left out, by what they were left out for."""

    messages: tuple[MessageKey, ...]
    by_message: int = 0
    by_mailbox: int = 0
    by_sender: int = 0

    @property
    def left_out(self) -> int:
        """All that were left out."""
        return self.by_message + self.by_mailbox + self.by_sender


@dataclass(frozen=True, slots=True)
class ListedMessage:
    """One chosen message with its copies, none where the index holds none any more.

    `id` is its ReportId, `mark` what it is left out by.
    """

    id: str
    mark: str
    key: MessageKey
    copies: tuple[ListedCopy, ...]


def choose(ctx: Context, origin: Origin, by: Actor) -> Chosen:
    """The messages that are meant now.

    Blocks as long as a query may take. Raises `BadInput` where nothing was chosen, where it is more
    than one action takes, and for a result that names no messages or was cut off; and what the query
    raises.
    """
    match origin:
        case Handpicked(ids):
            return _picked(ctx, ids)
        case ExplorerQuery(wanted):
            return Chosen(_bounded(explorer(ctx).messages(wanted, LIMIT + 1)))
        case HuntingQuery(text, since, until):
            result = hunt.run(ctx, text, since=since, until=until, limits=ctx.hunt_limits, by=by)
            return Chosen(_bounded(keys_in(result)))
        case _:
            assert_never(origin)


def _picked(ctx: Context, ids: Sequence[str]) -> Chosen:
    named = tuple(dict.fromkeys(one.strip().lower() for one in ids if one.strip()))
    if not named:
        raise BadInput("no message is selected: choose some in the Explorer or in a hunting result")
    if len(named) > HANDPICKED_MAX:
        raise BadInput(
            f"{len(named):,} single messages are more than one may pick ({HANDPICKED_MAX}): "
            "take the whole query, and leave out what is not meant"
        )
    found, unknown = messages_called(ctx, [EmailName(one) for one in named])
    return Chosen(found, tuple(name.id for name in unknown))


def _bounded(messages: tuple[MessageKey, ...]) -> tuple[MessageKey, ...]:
    if len(messages) > LIMIT:
        raise BadInput(
            f"the query finds more than the {LIMIT:,} messages that one action takes: narrow it"
        )
    return messages


def leave_out(ctx: Context, messages: Sequence[MessageKey], without: Exclusions) -> Kept:
    """What is left once a person's exclusions are taken out; each message counts for one of them."""
    if not without:
        return Kept(tuple(messages))
    senders = _senders(ctx, messages, without)
    kept: list[MessageKey] = []
    by_message = by_mailbox = by_sender = 0
    for key in messages:
        if key.recipient.lower() in without.mailboxes:
            by_mailbox += 1
        elif senders.get(key.network_message_id.lower()) in without.senders:
            by_sender += 1
        elif without.messages and message_mark(*key) in without.messages:
            by_message += 1
        else:
            kept.append(key)
    return Kept(tuple(kept), by_message, by_mailbox, by_sender)


def _senders(
    ctx: Context, messages: Sequence[MessageKey], without: Exclusions
) -> dict[str, str | None]:
    if not without.senders:
        return {}
    mails = {key.network_message_id.lower() for key in messages}
    return dict(ctx.store.index.senders_of(mails))


def look_at(ctx: Context, messages: Sequence[MessageKey]) -> tuple[ListedMessage, ...]:
    """A few messages with their copies, in the same order."""
    copies: dict[MessageKey, list[ListedCopy]] = {}
    lowered = [MessageKey(mail.lower(), box.lower()) for mail, box in messages]
    for one in ctx.store.index.listed(lowered):
        copies.setdefault(one.key, []).append(one)
    return tuple(
        ListedMessage(report_id(*key), message_mark(*key), key, tuple(copies.get(key, ())))
        for key in lowered
    )
