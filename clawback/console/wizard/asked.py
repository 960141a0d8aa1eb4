"""What an address of the wizard asks for: which messages, what is to be done, and what is left out."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar, assert_never

from clawback.console.asked_mail import asked_mail
from clawback.console.here import Here
from clawback.core.moments import read_moment
from clawback.core.selecting import SENDERS_COPY
from clawback.errors import BadInput
from models.actions import ActionSource, ActionType
from models.choosing import ExplorerQuery, Handpicked, HuntingQuery, Origin
from models.selecting import Exclusions

_T = TypeVar("_T", bound=StrEnum)


class Step(StrEnum):
    """The pages of the wizard, in order; the values are those of `step` in an address."""

    ACTION = "action"
    MESSAGES = "messages"
    DETAILS = "details"
    REVIEW = "review"
    DONE = "done"


class Doing(StrEnum):
    """What may be done; the values are those of `action` in an address."""

    MOVE_TO_INBOX = "move_to_inbox"
    MOVE_TO_JUNK = "move_to_junk"
    MOVE_TO_DELETED_ITEMS = "move_to_deleted_items"
    SOFT_DELETE = "soft_delete"
    INVESTIGATE = "investigate"
    PROPOSE = "propose"


MOVES = {
    Doing.MOVE_TO_INBOX: ActionType.MOVE_TO_INBOX,
    Doing.MOVE_TO_JUNK: ActionType.MOVE_TO_JUNK,
    Doing.MOVE_TO_DELETED_ITEMS: ActionType.MOVE_TO_DELETED_ITEMS,
    Doing.SOFT_DELETE: ActionType.SOFT_DELETE,
}
"""Those that move messages, as action types."""

NAMES = frozenset(
    {"step", "action", "proposed", "senders_copy", "page", "name", "description", "draft"}
    | {"not_message", "not_mailbox", "not_sender", "investigation"}
)
"""What the wizard changes in its address; which messages are meant never changes on the way."""

ADDRESS_MAX = 12_000
"""Characters of an address that a person may make longer by leaving out more."""

_SOURCES = {"explorer": ActionSource.EXPLORER, "hunting": ActionSource.HUNTING}


@dataclass(frozen=True, slots=True)
class Asked:
    """All that an address says; `draft` makes a repeated submission one."""

    source: ActionSource
    origin: Origin
    step: Step
    doing: Doing | None
    move: ActionType | None
    senders_copy: bool
    without: Exclusions
    name: str
    description: str
    draft: str

    @property
    def is_proposal(self) -> bool:
        """Whether another person has to approve."""
        return self.doing is Doing.PROPOSE

    @property
    def may_take_senders_copy(self) -> bool:
        """Whether the sender's copy can go along."""
        return self.move in SENDERS_COPY

    @property
    def is_single(self) -> bool:
        """Whether the messages were picked one by one."""
        return isinstance(self.origin, Handpicked)


def asked_of(here: Here, now: datetime, fresh: str) -> Asked:
    """What the address asks for; `fresh` is the draft of one that names none yet.

    Raises `BadInput` where it names no messages, or not clearly.
    """
    source = _SOURCES.get(here.value("source"))
    if source is None:
        raise BadInput(
            "this address names no messages: choose some in the Explorer or in a hunting result, "
            "then Take action"
        )
    doing = _one_of(Doing, here.value("action"))
    move = _move(here, doing)
    return Asked(
        source=source,
        origin=_origin(here, source, now),
        step=_one_of(Step, here.value("step")) or Step.ACTION,
        doing=doing,
        move=move,
        senders_copy=here.value("senders_copy") == "1" and move in SENDERS_COPY,
        without=Exclusions(
            frozenset(here.value("not_message").lower().split(".")) - {""},
            _lowered(here, "not_mailbox"),
            _lowered(here, "not_sender"),
        ),
        name=here.value("name"),
        description=here.value("description"),
        draft=here.value("draft")[:64] or fresh,
    )


def new_draft() -> str:
    """What makes all that is submitted from one visit of the wizard one request."""
    return secrets.token_hex(8)


def _one_of(kind: type[_T], text: str) -> _T | None:
    return kind(text) if text in set(kind) else None


def _move(here: Here, doing: Doing | None) -> ActionType | None:
    match doing:
        case None | Doing.INVESTIGATE:
            return None
        case Doing.PROPOSE:
            proposed = _one_of(Doing, here.value("proposed"))
            return MOVES.get(proposed or Doing.SOFT_DELETE, ActionType.SOFT_DELETE)
        case _:
            return MOVES[doing]


def _origin(here: Here, source: ActionSource, now: datetime) -> Origin:
    match source:
        case ActionSource.EXPLORER if here.value("query"):
            mail = asked_mail(here, now)
            if mail.wanted is None:
                raise BadInput("; ".join(mail.wrong.values()))
            return ExplorerQuery(mail.wanted)
        case ActionSource.HUNTING if here.value("hunt"):
            return _hunting(here, now)
        case ActionSource.EXPLORER | ActionSource.HUNTING:
            return Handpicked(here.values("message"))
        case ActionSource.AUTOMATED | ActionSource.MANUAL:
            raise BadInput(f"{source.value} is no source of a selection")
        case _:
            assert_never(source)


def _hunting(here: Here, now: datetime) -> HuntingQuery:
    """A query in its time range: so long ago, or from and until a time."""
    since, until = here.value("since"), here.value("until")
    ago = here.value("range")
    if not since and not until and ago not in ("", "all", "own"):
        since = ago
    return HuntingQuery(
        here.value("hunt"),
        read_moment(since, now) if since else None,
        read_moment(until, now) if until else None,
    )


def _lowered(here: Here, name: str) -> frozenset[str]:
    return frozenset(one.strip().lower() for one in here.values(name) if one.strip())
