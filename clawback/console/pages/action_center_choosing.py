"""The bar above the list: what may be done to the chosen actions, all of one type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from clawback.console.asked_actions import Tab
from clawback.console.pages.action_center_deciding import UNDO_LABELS, Deciding, choice_fault
from clawback.console.parts.tags import button, tag
from clawback.console.visiting import Visit
from clawback.core.showing import counted
from clawback.services.revert import RevertTo
from models.action_list import ListedAction
from models.actions import Choice, RemediationAction


class Choosing:
    """The actions that are chosen in a list; `rows` are those that it shows now.

    `keys` is kept up to date, and outlives a list that is built anew: what is shown still stays chosen.
    """

    def __init__(
        self,
        visit: Visit,
        tab: Tab,
        deciding: Deciding,
        rows: Callable[[], Sequence[ListedAction]],
        keys: list[str],
    ) -> None:
        self._visit = visit
        self._tab = tab
        self._deciding = deciding
        self._rows = rows
        self._keys = keys

    def build(self) -> None:
        """The bar, which is empty while nothing is chosen."""
        self._bar = tag("div", cls="row bulk", role="status")
        self.choose([*self._keys])

    def choose(self, keys: list[str]) -> None:
        """Show what may be done to these."""
        known = {str(one.action.id): one.action for one in self._rows()}
        self._keys[:] = [key for key in keys if key in known]
        chosen = [known[key] for key in self._keys]
        self._bar.clear()
        with self._bar:
            self._offer(chosen)

    def _offer(self, chosen: Sequence[RemediationAction]) -> None:
        if not chosen:
            return
        tag("span", f"{counted(len(chosen), 'action')} chosen")
        if fault := choice_fault(chosen):
            tag("span", f"{fault[0].upper()}{fault[1:]}.", cls="fault")
        elif self._tab is Tab.PENDING:
            for choice, look in ((Choice.APPROVE, "primary"), (Choice.REJECT, "danger")):
                decide = partial(self._deciding.decide_chosen, chosen, choice)
                label = f"{choice.value.capitalize()} selected"
                button(label, self._visit.doing(decide), cls=f"{look} small")
        else:
            for to in (RevertTo.INBOX, RevertTo.ORIGINAL, RevertTo.JUNK):
                undo = partial(self._deciding.undo_chosen, chosen, to)
                button(UNDO_LABELS[to], self._visit.doing(undo), cls="small")
