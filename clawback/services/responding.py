"""What a person does about messages that they chose and reviewed, carried out once for each request."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from clawback.core.showing import counted
from clawback.errors import BadInput, ClawbackError
from clawback.ports import RunControl
from clawback.services import dispatch
from clawback.services.choosing import choose, leave_out
from clawback.services.context import Context
from clawback.services.message_alerts import alert_of
from clawback.services.take_action import Wish
from models.actions import ActionSource, ActionType, Actor
from models.alerts import Investigation
from models.choosing import Origin
from models.selecting import Exclusions, MessageKey

log = logging.getLogger(__name__)

NAME_MIN = 3


@dataclass(frozen=True, slots=True)
class Response:
    """What is wanted: an action on the messages, or, with None, their investigation.

    `request` makes a repeated request of the same person one and the same, whatever else it says.
    `reviewed` is the digest of what the person looked at. `reason` is of actions alone.
    """

    actor: Actor
    origin: Origin
    source: ActionSource
    request: str
    name: str
    action: ActionType | None
    reason: str = ""
    propose: bool = False
    senders_copy: bool = False
    without: Exclusions = field(default_factory=Exclusions)
    reviewed: str = ""

    @property
    def external_id(self) -> str:
        """What makes it one alert, for ever: the request as this person's."""
        return f"console:{self.actor.name}:{self.request}"


@dataclass(frozen=True, slots=True)
class Responded:
    """The investigation that works on it; `is_new` is false where the same request was sent before."""

    investigation: Investigation
    is_new: bool


def checked_name(name: str) -> str:
    """The name without space at its ends. Raises `BadInput` for one that says nothing."""
    words = " ".join(name.split())
    if len(words) < NAME_MIN:
        raise BadInput(f"give it a name of at least {NAME_MIN} characters")
    return words


def respond(ctx: Context, runs: RunControl, wanted: Response) -> Responded:
    """What is wanted, recorded, with its run started as far as the server answers.

    Whoever calls has made sure that the actor may operate. Raises what `choosing.choose`,
    `take_action.take` and `message_alerts.alert_of` raise; nothing is recorded then.
    """
    known = ctx.store.cases.investigation_by(wanted.source.value, wanted.external_id)
    if known is not None:
        return Responded(known, is_new=False)
    name = checked_name(wanted.name)
    chosen = choose(ctx, wanted.origin, wanted.actor)
    kept = leave_out(ctx, chosen.messages, wanted.without)
    if kept.left_out and not kept.messages:
        raise BadInput(f"all of {counted(kept.left_out, 'message')} are left out: keep some")
    if wanted.action is None:
        return _investigate(ctx, runs, wanted, name, kept.messages)
    wish = Wish(
        actor=wanted.actor,
        reason=wanted.reason,
        source=wanted.source,
        name=name,
        propose=wanted.propose,
        senders_copy=wanted.senders_copy,
        external_id=wanted.external_id,
        unknown=len(chosen.unknown),
        reviewed=wanted.reviewed,
    )
    taken = dispatch.accept(ctx, runs, kept.messages, wanted.action, wish)
    return Responded(taken.investigation, taken.is_new)


def _investigate(
    ctx: Context,
    runs: RunControl,
    wanted: Response,
    name: str,
    messages: tuple[MessageKey, ...],
) -> Responded:
    alert = alert_of(
        ctx,
        messages,
        by=wanted.actor,
        source=wanted.source.value,
        name=name,
        key=wanted.external_id,
        reviewed=wanted.reviewed,
    )
    try:
        return Responded(*dispatch.investigate(ctx, runs, alert))
    except ClawbackError:
        found = ctx.store.cases.investigation_by(wanted.source.value, wanted.external_id)
        if found is None:
            raise
        # Recorded is recorded: refresh starts the run that it lacks.
        log.exception("run_not_started", extra={"investigation_id": found.id})
        return Responded(found, is_new=True)
