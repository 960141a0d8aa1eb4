"""The buttons of one open action: what may be done to it now, and where else to look."""

from __future__ import annotations

from functools import partial

from clawback.console.pages.action_center_deciding import UNDO_LABELS, Deciding
from clawback.console.parts.layout import when
from clawback.console.parts.tags import button, link, tag
from clawback.console.visiting import Visit
from clawback.core.indicator_queries import explorer_conditions, hunting_query
from clawback.core.showing import counted
from clawback.services.action_center import SAMPLE, ActionCase
from clawback.services.revert import RevertTo
from models.actions import ActionStatus, Choice
from models.indicators import IndicatorKind
from models.people import Permission

ADDRESS_MAX = 6_000
"""Characters of a link: every browser and proxy takes so many."""

_OPEN = (ActionStatus.PENDING, ActionStatus.RUNNING)
_READ_ONLY = "You may look, but not decide: that needs the role operator."


def show_buttons(visit: Visit, case: ActionCase, deciding: Deciding) -> None:
    """What the person may do, at the end of the flyout and always in sight."""
    with tag("div", cls="buttons"):
        if not visit.may(Permission.OPERATE):
            tag("p", _READ_ONLY, cls="quiet")
        elif case.action.status is ActionStatus.PENDING:
            _decisions(visit, case, deciding)
        elif case.action.status not in _OPEN:
            _undo(visit, case, deciding)
        _links(visit, case)
        if visit.may(Permission.OPERATE):
            _more(visit, case, deciding)


def _decisions(visit: Visit, case: ActionCase, deciding: Deciding) -> None:
    if case.why_closed:
        tag("p", sentence(case.why_closed), cls="quiet")
        return
    if is_own_proposal(visit, case):
        tag("p", "You proposed this: another person has to approve it.", cls="quiet")
    else:
        _decision(visit, case, deciding, Choice.APPROVE)
    _decision(visit, case, deciding, Choice.REJECT)


def is_own_proposal(visit: Visit, case: ActionCase) -> bool:
    """Whether this person proposed it, and so cannot approve it."""
    found = case.selection
    if found is None or not found.is_proposed:
        return False
    return found.actor.name.casefold() == visit.person.name.casefold()


def _decision(visit: Visit, case: ActionCase, deciding: Deciding, choice: Choice) -> None:
    look = "primary big" if choice is Choice.APPROVE else "danger big"
    handler = partial(deciding.decide, case.action, choice)
    button(choice.value.capitalize(), visit.doing(handler), cls=look)


def sentence(words: str) -> str:
    """An error's words as a sentence."""
    return f"{words[:1].upper()}{words[1:]}."


def _undo(visit: Visit, case: ActionCase, deciding: Deciding) -> None:
    if case.action.status in (ActionStatus.REJECTED, ActionStatus.EXPIRED):
        tag("p", "Nothing was moved: there is nothing to put back.", cls="quiet")
        return
    if case.undo.why_not:
        tag("p", sentence(case.undo.why_not), cls="quiet")
        return
    _undo_button(visit, case, deciding, RevertTo.INBOX, "primary")
    _undo_button(visit, case, deciding, RevertTo.ORIGINAL)


def _undo_button(
    visit: Visit, case: ActionCase, deciding: Deciding, to: RevertTo, look: str = ""
) -> None:
    handler = partial(deciding.undo, case.action, to, undo_words(case))
    button(UNDO_LABELS[to], visit.doing(handler), cls=look)


def undo_words(case: ActionCase) -> str:
    """How many messages come back, until when they can, and what that means for the indicator."""
    left = case.undo.left
    until = f"until {when(left.first_until)}" if left.first_until else "without a fixed end"
    return (
        f"{counted(left.messages, 'message')} can be put back, the first {until}. "
        "The indicator never remediates by itself again until a person lifts it."
    )


def _links(visit: Visit, case: ActionCase) -> None:
    number = case.action.investigation_id
    link("Open investigation", visit.address(f"/investigations/{number}"), cls="button")
    ids = _ids(case)
    indicator = case.cluster.indicator
    if indicator.kind is IndicatorKind.SELECTION and not ids:
        return
    query = hunting_query(indicator, ids)
    hunt = visit.address("/hunting", query=query)
    explorer = visit.address("/explorer", filter=explorer_conditions(indicator, ids), range="all")
    for text, address in (("Go hunt", hunt), ("Open in Explorer", explorer)):
        if len(address) <= ADDRESS_MAX:
            link(text, address, cls="button")


def _ids(case: ActionCase) -> list[str]:
    """The messages of a small selection: more than were read cannot be asked for."""
    if case.cluster.members > SAMPLE:
        return []
    return sorted({one.network_message_id for one in case.cluster.sample})


def _more(visit: Visit, case: ActionCase, deciding: Deciding) -> None:
    can_undo = case.action.status not in _OPEN and not case.undo.why_not
    if not can_undo and case.action.status not in _OPEN:
        return
    with tag("details", cls="more"):
        tag("summary", "More", cls="button")
        with tag("div", cls="menu"):
            if can_undo:
                _undo_button(visit, case, deciding, RevertTo.JUNK)
            if case.action.status in _OPEN:
                handler = partial(deciding.cancel, case.action)
                button("Cancel the action", visit.doing(handler), cls="danger")
