"""What a person does to actions from the Action center: decide, cancel, put back, one or many."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui
from nicegui.element import Element

from clawback.console.parts.layout import ask_reason, when
from clawback.console.parts.table import Column, Row, Table
from clawback.console.parts.tags import button, tag
from clawback.console.visiting import Visit, say
from clawback.core.showing import counted, plain
from clawback.errors import AlreadyDecided, BadInput
from clawback.services import approvals, bulk, dispatch, report
from clawback.services.bulk import BulkResult
from clawback.services.context import Context
from clawback.services.revert import RevertTo
from models.actions import ActionStatus, Choice, RemediationAction
from models.indicators import IndicatorKind
from models.people import Permission

Refresh = Callable[[], Awaitable[None]]

DONE = {Choice.APPROVE: "approved", Choice.REJECT: "rejected"}
UNDO_LABELS = {
    RevertTo.INBOX: "Move to Inbox",
    RevertTo.JUNK: "Move to Junk",
    RevertTo.ORIGINAL: "Restore to original folder",
}
"""The original's buttons, and ours."""

_REJECTED = "Nothing moves, and its indicator waits for a person from now on."


class Deciding:
    """The handlers of buttons; each asks for a reason, acts, says what came of it, and refreshes.

    Questions are asked in `place`, which outlives what a button stands in.
    """

    def __init__(self, visit: Visit, place: Element, refresh: Refresh) -> None:
        self._visit = visit
        self._place = place
        self._refresh = refresh

    async def decide(self, action: RemediationAction, choice: Choice) -> None:
        """Approve or reject one action."""
        what = f"{action.type.value} of {counted(action.copies, 'message')}"
        ends = "They are moved now."
        if action.indicator_kind != IndicatorKind.SELECTION:
            ends += f" {report.asset(action)}"
        with self._place:
            reason = await ask_reason(
                f"{choice.value.capitalize()} action {action.id}",
                f"{what}. {ends if choice is Choice.APPROVE else _REJECTED}",
                choice.value.capitalize(),
                danger=choice is Choice.REJECT,
            )
        if reason is None:
            return
        try:
            await self._visit.act(Permission.OPERATE, self._answer, action.id, choice, reason)
            self._say(f"Action {action.id} is {DONE[choice]}.")
        except AlreadyDecided:
            first = await self._visit.read(approvals.action, action.id)
            self._say(decided_before(first), good=False)
        await self._refresh()

    def _answer(self, ctx: Context, action_id: int, choice: Choice, reason: str) -> None:
        actor = self._visit.person.actor
        dispatch.answer(ctx, self._visit.runs(), action_id, choice, actor=actor, reason=reason)

    async def cancel(self, action: RemediationAction) -> None:
        """End an action that waits or runs."""
        with self._place:
            reason = await ask_reason(
                f"Cancel action {action.id}",
                "Messages that it moved already stay moved; no other one is.",
                "Cancel the action",
                danger=True,
            )
        if reason is None:
            return
        await self._visit.act(Permission.OPERATE, self._cancel, action.id, reason)
        self._say(f"Action {action.id} is cancelled.")
        await self._refresh()

    def _cancel(self, ctx: Context, action_id: int, reason: str) -> None:
        dispatch.cancel(ctx, action_id, actor=self._visit.person.actor, reason=reason)

    async def undo(self, action: RemediationAction, to: RevertTo, explanation: str) -> None:
        """Put the messages of one action back."""
        with self._place:
            reason = await ask_reason(
                f"{UNDO_LABELS[to]}: action {action.id}", explanation, UNDO_LABELS[to]
            )
        if reason is None:
            return
        made = await self._visit.act(Permission.OPERATE, self._undo, action.id, to, reason)
        self._say(f"Action {made.id} puts the messages back.")
        await self._refresh()

    def _undo(self, ctx: Context, action_id: int, to: RevertTo, reason: str) -> RemediationAction:
        actor, words = self._visit.person.actor, approvals.checked_reason(reason)
        runs = self._visit.runs()
        return dispatch.undo(ctx, runs, action_id, to, actor=actor, reason=words).action

    def _undo_many(
        self, ctx: Context, action_ids: Sequence[int], to: RevertTo, reason: str
    ) -> tuple[BulkResult, ...]:
        actor = self._visit.person.actor
        runs = self._visit.runs()
        return bulk.undo_many(ctx, runs, action_ids, to, actor=actor, reason=reason)

    async def decide_chosen(self, actions: Sequence[RemediationAction], choice: Choice) -> None:
        """Approve or reject the chosen actions, which are of one type."""
        kind = bulk.one_type(actions)
        messages = sum(one.copies for one in actions)
        what = f"{kind.value} of {counted(messages, 'message')} in all."
        reason = await self._ask_many(actions, choice.value.capitalize(), what)
        if reason is None:
            return
        results = await self._visit.act(
            Permission.OPERATE, self._decide_many, [one.id for one in actions], choice, reason
        )
        await self._tell(results, DONE[choice])

    def _decide_many(
        self, ctx: Context, action_ids: Sequence[int], choice: Choice, reason: str
    ) -> tuple[BulkResult, ...]:
        actor, runs = self._visit.person.actor, self._visit.runs()
        return bulk.decide_many(ctx, runs, action_ids, choice, actor=actor, reason=reason)

    async def undo_chosen(self, actions: Sequence[RemediationAction], to: RevertTo) -> None:
        """Put the messages of the chosen actions back, which are of one type."""
        bulk.one_type(actions)
        what = "Each action's messages that it moved and nobody put back."
        reason = await self._ask_many(actions, UNDO_LABELS[to], what)
        if reason is None:
            return
        results = await self._visit.act(
            Permission.OPERATE, self._undo_many, [one.id for one in actions], to, reason
        )
        await self._tell(results, "being put back")

    async def _ask_many(
        self, actions: Sequence[RemediationAction], doing: str, what: str
    ) -> str | None:
        with self._place:
            return await ask_reason(
                f"{doing}: {counted(len(actions), 'action')}",
                f"{what} One reason for all of them; each is decided by itself.",
                doing,
                danger=doing == "Reject",
            )

    async def _tell(self, results: Sequence[BulkResult], done: str) -> None:
        """How many were done, and which not and why: until the person has read it."""
        good = [one for one in results if one.error is None]
        if len(good) == len(results):
            self._say(f"{counted(len(good), 'action')} {done}.")
        await self._refresh()
        if len(good) < len(results):
            with self._place:
                await show_results(results, f"{len(good):,} of {len(results):,} {done}")

    def _say(self, text: str, *, good: bool = True) -> None:
        with self._place:
            say(text, good=good)


def decided_before(action: RemediationAction) -> str:
    """Who was first, when, and with what decision."""
    match action.status:
        case ActionStatus.PENDING | ActionStatus.EXPIRED:
            return f"Action {action.id} expired: nothing changed."
        case ActionStatus.CANCELLED:
            how = "was cancelled"
        case ActionStatus.REJECTED:
            how = f"was rejected by {plain(action.decided_by)}"
        case _:
            how = f"was approved by {plain(action.decided_by)}"
    at = action.decided_at or action.ended_at
    return (
        f"Action {action.id} {how} at {when(at, 'an unknown time')}, before you. Nothing changed."
    )


def choice_fault(actions: Sequence[RemediationAction]) -> str:
    """Why these cannot be decided together; empty if they can."""
    try:
        bulk.one_type(actions)
    except BadInput as error:
        return str(error)
    return ""


async def show_results(results: Sequence[BulkResult], title: str) -> None:
    """A dialog with one line for each action, those that failed first."""
    rows = [
        Row(str(one.action_id), [str(one.action_id), "Not done", plain(str(one.error), 400)])
        for one in results
        if one.error is not None
    ]
    with ui.dialog() as dialog, tag("div", cls="dialog wide"):
        dialog.props["aria-label"] = title
        tag("h2", title)
        columns = [
            Column("id", "Approval ID", "number"),
            Column("done", "Result"),
            Column("why", "Why", wide=True),
        ]
        Table("Actions that were not done", columns, rows)
        button("Close", lambda: dialog.submit(None), cls="primary")
    await dialog
    dialog.delete()
