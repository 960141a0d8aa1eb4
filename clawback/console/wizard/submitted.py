"""After the last step: what became of it, and where to follow it."""

from __future__ import annotations

from dataclasses import dataclass

from clawback.console.parts.layout import facts, panel
from clawback.console.parts.tags import link, tag
from clawback.console.visiting import Visit
from clawback.core.lifecycle import is_ended
from clawback.core.showing import plain
from clawback.services.context import Context
from models.actions import ActionStatus, RemediationAction
from models.alerts import Investigation, InvestigationStatus


@dataclass(frozen=True, slots=True)
class Standing:
    """The investigation as it is now, and its actions."""

    investigation: Investigation
    actions: tuple[RemediationAction, ...]

    @property
    def rests(self) -> bool:
        """Whether nothing more happens by itself."""
        return is_ended(self.investigation.status) or (
            self.investigation.status is InvestigationStatus.PENDING_ACTION
        )


def standing(ctx: Context, investigation_id: int) -> Standing:
    """What became of it so far. Raises `NotFound`."""
    cases = ctx.store.cases
    return Standing(
        cases.investigation(investigation_id),
        cases.actions(investigation_id=investigation_id),
    )


def show_submitted(visit: Visit, found: Standing) -> None:
    """The investigation and its actions, with links."""
    one = found.investigation
    with tag("div", cls="notice good", role="status"):
        tag("strong", f"Submitted as investigation {one.id}.")
        tag("span", "A run works on it; you can leave this page.")
    with panel(plain(one.title, 200)):
        facts(
            {
                "Investigation": lambda: link(
                    str(one.id), visit.address(f"/investigations/{one.id}")
                ),
                "Status": one.status.value,
                "Summary": plain(one.summary, 600),
                "Run": "started" if one.run_id else "starts within minutes, once a server answers",
            }
        )
        for action in found.actions:
            _action(visit, action)
    with tag("div", cls="row wizard-onward"):
        link("Open investigation", visit.address(f"/investigations/{one.id}"), cls="button primary")
        link("Action center", visit.address("/action-center/pending"), cls="button")
        link("Explorer", visit.address("/explorer"), cls="button")


def _action(visit: Visit, action: RemediationAction) -> None:
    tab = "pending" if action.status is ActionStatus.PENDING else "history"
    with tag("p"):
        link(f"Action {action.id}", visit.address(f"/action-center/{tab}", open=action.id))
        done = ", ".join(f"{number:,} {what}" for what, number in action.outcomes.items())
        said = f": {action.type.value} of {action.copies:,} messages, {action.status.value}"
        tag("span", said + (f" ({done})" if done else ""))
