"""`clawback hunt … --take-action`: the messages that a result names become an action."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

import typer

from clawback.commands import screen
from clawback.commands.opening import operator, orchestrator
from clawback.core.selecting import check_action, keys_in
from clawback.core.showing import counted
from clawback.errors import BadInput
from models.actions import ActionSource, ActionType

if TYPE_CHECKING:
    from clawback.services.context import Context
    from clawback.services.take_action import Taken
    from models.hunting import HuntResult

MISSING_SHOWN = 10


class ActionName(StrEnum):
    """What may be done to the messages that a result names."""

    SOFT_DELETE = "soft_delete"
    MOVE_TO_INBOX = "move_to_inbox"
    MOVE_TO_JUNK = "move_to_junk"
    MOVE_TO_DELETED_ITEMS = "move_to_deleted_items"

    @property
    def type(self) -> ActionType:
        """The action type of that name."""
        return ActionType[self.name]


@dataclass(frozen=True, slots=True)
class Ask:
    """What the options ask for."""

    action: ActionName
    reason: str
    name: str
    propose: bool
    senders_copy: bool
    yes: bool

    @classmethod
    def of(
        cls,
        action: ActionName | None,
        reason: str,
        name: str,
        *,
        propose: bool,
        senders_copy: bool,
        yes: bool,
    ) -> Self | None:
        """The wish, or None where no action is asked for. Raises `BadInput` for options without one."""
        if action is not None:
            return cls(action, reason, name, propose, senders_copy, yes)
        if reason or name or propose or senders_copy or yes:
            raise BadInput(
                "--reason, --name, --propose, --senders-copy and --yes go with --take-action"
            )
        return None

    def check(self, *, quiet: bool) -> None:
        """Return if it can be done at all, before anything is asked. Raises `BadInput`."""
        from clawback.services.approvals import checked_reason

        checked_reason(self.reason)
        check_action(self.action.type, senders_copy=self.senders_copy)
        if quiet and not self.yes:
            raise BadInput("--take-action asks before it acts: add --yes where nobody can answer")


def take_action(ctx: Context, result: HuntResult, ask: Ask, *, as_json: bool) -> int:
    """Record the action and start its run, once a person said yes; the exit code."""
    keys = keys_in(result)
    if not keys:
        if as_json:
            screen.emit({**_VIEW, "messages": 0})
        else:
            screen.console().print("Nothing to take action on.")
        return 0
    runs = orchestrator(ctx)
    if not ask.yes and not _confirmed(ask, len(keys), len({key.recipient for key in keys})):
        screen.console().print("Nothing was done.")
        return 1
    from clawback.services import dispatch
    from clawback.services.take_action import Wish

    wish = Wish(
        operator(),
        ask.reason,
        ActionSource.HUNTING,
        name=ask.name,
        propose=ask.propose,
        senders_copy=ask.senders_copy,
    )
    taken = dispatch.take(ctx, runs, keys, ask.action.type, wish)
    if as_json:
        screen.emit(_view(ctx, taken, len(keys)))
    else:
        _say(ctx, taken, ask)
    return 0


def _confirmed(ask: Ask, messages: int, mailboxes: int) -> bool:
    from clawback.core.explain import counted_mailboxes

    what = f"{ask.action.type.value} of {counted(messages, 'message')}"
    words = "Propose: " if ask.propose else ""
    return typer.confirm(f"{words}{what} in {counted_mailboxes(mailboxes)}?", err=True)


_VIEW: dict[str, object] = {
    "investigation_id": None,
    "messages": 0,
    "copies": 0,
    "missing": [],
    "excluded": {},
    "run_url": None,
}


def _view(ctx: Context, taken: Taken, messages: int) -> dict[str, object]:
    found = taken.investigation
    return {
        **_VIEW,
        "investigation_id": found.id,
        "messages": messages,
        "copies": taken.copies,
        "missing": [
            {"network_message_id": key.network_message_id, "recipient": key.recipient}
            for key in taken.missing
        ],
        "excluded": dict(taken.excluded),
        "run_url": ctx.runs.link(found.run_id) if ctx.runs and found.run_id else None,
    }


def _say(ctx: Context, taken: Taken, ask: Ask) -> None:
    out, found = screen.console(), taken.investigation
    verb = "proposed" if ask.propose else "started"
    size = counted(taken.copies, "message")
    out.print(f"Investigation {found.id} {verb}: {ask.action.type.value} of {size}.")
    for reason, number in taken.excluded.items():
        out.print(f"  Left out: {counted(number, 'message')} ({reason})")
    if taken.missing:
        out.print(f"  Not in the index: {counted(len(taken.missing), 'message')}")
        for key in taken.missing[:MISSING_SHOWN]:
            out.print(
                f"    {screen.literal(key.network_message_id)}  {screen.literal(key.recipient)}"
            )
    screen.link("  Run", ctx.runs.link(found.run_id) if ctx.runs and found.run_id else "")
    out.print(f"  Follow it: clawback investigations {found.id}", style="dim")
