"""Investigate email: an alert from the files and links of messages that a person chose."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from clawback.core.showing import counted, inert
from clawback.errors import BadInput, Conflict, NotFound
from clawback.services.context import Context
from clawback.services.intake import TITLE_MAX
from clawback.services.selected import OTHER_MESSAGES
from models.actions import Actor
from models.alerts import Entity, EntityClaim, NewAlert
from models.choosing import HANDPICKED_MAX
from models.indicators import Indicator, IndicatorKind
from models.selecting import MessageKey

PARTS_MAX = 1_000
"""Files and links of one investigation: our own choice; each may become a cluster."""


@dataclass(frozen=True, slots=True)
class MessageParts:
    """One message with the files and links that it is looked up by; `known` where the index has it."""

    key: MessageKey
    parts: tuple[Indicator, ...]
    known: bool

    @property
    def files(self) -> int:
        """How many of them are files."""
        return sum(one.kind is IndicatorKind.FILE for one in self.parts)

    @property
    def links(self) -> int:
        """How many of them are links."""
        return len(self.parts) - self.files


def parts_of(ctx: Context, messages: Sequence[MessageKey]) -> tuple[MessageParts, ...]:
    """What each message would be looked up by, in order. Raises `BadInput` for none or too many."""
    if not messages:
        raise BadInput("no message is selected: nothing to investigate")
    if len(messages) > HANDPICKED_MAX:
        raise BadInput(
            f"{counted(len(messages), 'message')} are more than one investigation takes "
            f"({HANDPICKED_MAX}): pick some of them"
        )
    keys = [MessageKey(mail.lower(), box.lower()) for mail, box in messages]
    mails = {
        key: copies[0].mail_id for key, copies in ctx.store.index.pick(frozenset(keys)).items()
    }
    parts = ctx.store.index.parts(set(mails.values()))
    return tuple(
        MessageParts(key, parts.get(mails.get(key, 0), ()), known=key in mails) for key in keys
    )


def digest_of(found: Sequence[MessageParts]) -> str:
    """What stands for these messages with their files and links: the same, the same digest."""
    listed = sorted((*one.key, *(part.value for part in one.parts)) for one in found)
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def alert_of(
    ctx: Context,
    messages: Sequence[MessageKey],
    *,
    by: Actor,
    source: str,
    name: str,
    key: str,
    reviewed: str = "",
) -> NewAlert:
    """The alert about all files and links of these messages; nothing is written.

    What no list calls malicious is never acted on. Raises `NotFound` where the index has none of the
    messages, `BadInput` where there is no file and no link in any, or more than `PARTS_MAX`, and
    `Conflict` where they are others than were `reviewed`.
    """
    found = parts_of(ctx, messages)
    if reviewed and reviewed != digest_of(found):
        raise Conflict(OTHER_MESSAGES)
    if not any(one.known for one in found):
        raise NotFound(f"the index holds none of {counted(len(found), 'message')}")
    parts = tuple(dict.fromkeys(part for one in found for part in one.parts))
    if not parts:
        raise BadInput("there is no file and no link in these messages: nothing to investigate")
    if len(parts) > PARTS_MAX:
        raise BadInput(
            f"these messages carry {len(parts):,} files and links, more than one investigation "
            f"takes ({PARTS_MAX:,}): choose fewer messages"
        )
    return NewAlert(
        source=source,
        external_id=key,
        title=inert(name, TITLE_MAX),
        entities=tuple(Entity(part, EntityClaim.CHOSEN) for part in parts),
        reported_by=by.name,
        received_at=ctx.clock.now(),
        via=by.via,
        verified=by.verified,
        token_id=by.token_id,
    )
