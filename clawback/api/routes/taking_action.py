"""Take action on messages that a query found, or that a program lists."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter

from clawback.api import idempotency
from clawback.api.access import Operator
from clawback.api.document import failing
from clawback.api.options import PREFIX, Ctx, Exchanged, runs_of
from clawback.api.routing import GuardedRoute
from clawback.api.shapes.hunting import TakeActionIn, TakenOut
from clawback.core.selecting import keys_in
from clawback.errors import BadInput
from clawback.services import dispatch, hunt
from clawback.services.context import Context
from clawback.services.report import View, investigation_view
from clawback.services.take_action import Wish
from models.actions import ActionSource
from models.people import Principal
from models.selecting import MessageKey

router = APIRouter(prefix=f"{PREFIX}/hunt", route_class=GuardedRoute, tags=["hunting"])


@router.post("/take-action", status_code=202, response_model=TakenOut, responses=failing(404))
def take_action(ctx: Ctx, who: Operator, wanted: TakeActionIn, exchange: Exchanged) -> View:
    """Move messages by an action of one's own, through the same policy, caps and ledger as all else.

    It is recorded when the answer comes, and carried out by a run: follow the investigation. Give
    `messages`, or a `query` whose rows have NetworkMessageId and RecipientEmailAddress.
    """
    messages = _messages(ctx, who, wanted)
    key = exchange.request.headers.get(idempotency.HEADER, "").strip().strip('"')
    wish = Wish(
        actor=who.actor,
        reason=wanted.reason,
        source=ActionSource.HUNTING,
        name=wanted.name,
        propose=wanted.propose,
        senders_copy=wanted.senders_copy,
        external_id=_external_id(who, key, wanted) if key else "",
    )
    taken = dispatch.take(ctx, runs_of(ctx), messages, wanted.action.action_type, wish)
    exchange.say_location(f"/investigations/{taken.investigation.id}")
    return {
        "created": taken.is_new,
        "copies": taken.copies,
        "missing": len(taken.missing),
        "excluded": dict(taken.excluded),
        "investigation": investigation_view(ctx, taken.investigation),
    }


def _external_id(who: Principal, key: str, wanted: TakeActionIn) -> str:
    """What makes a repeated request one selection, for longer than replies are kept.

    The request is part of it: a key that is taken again for another one, days later, must not be told
    that what was done then is what it asks for.
    """
    asked = hashlib.sha256(wanted.model_dump_json().encode()).hexdigest()
    return f"{idempotency.owner(who)}:{key}:{asked}"


def _messages(ctx: Context, who: Principal, wanted: TakeActionIn) -> tuple[MessageKey, ...]:
    if (wanted.query is None) == (wanted.messages is None):
        raise BadInput("give messages or a query, one of the two")
    if wanted.query is not None:
        limits = ctx.hunt_limits
        return keys_in(hunt.run(ctx, wanted.query, limits=limits, by=who.actor))
    return tuple(
        MessageKey(one.network_message_id, one.recipient_email_address)
        for one in wanted.messages or ()
    )
