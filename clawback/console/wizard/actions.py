"""The first step: what is to be done."""

from __future__ import annotations

from clawback.console.here import Here
from clawback.console.parts.layout import filters, panel, select_field
from clawback.console.parts.tags import tag
from clawback.console.wizard.asked import MOVES, Asked, Doing, Step
from clawback.console.wizard.framing import onward
from models.choosing import HANDPICKED_MAX

_MOVES = {
    Doing.MOVE_TO_INBOX: ("Inbox", "Back to where the recipient reads it."),
    Doing.MOVE_TO_JUNK: ("Junk", "Out of the way; the recipient can still open it."),
    Doing.MOVE_TO_DELETED_ITEMS: ("Deleted items", "The recipient can move it back themselves."),
    Doing.SOFT_DELETE: (
        "Soft deleted items",
        "Into Recoverable Items, from where it can be put back until retention ends.",
    ),
}

_PROPOSED = (Doing.SOFT_DELETE, *(one for one in MOVES if one is not Doing.SOFT_DELETE))
"""The original's only proposal first."""


def choose_action(here: Here, asked: Asked) -> None:
    """The actions, the options of the chosen one, and the way on."""
    with panel(), filters("Response actions", resets="page"), tag("div", cls="wizard-choices"):
        _moves(asked)
        _investigate(asked)
        _propose(here, asked)
    onward(
        here,
        asked.draft,
        back=None,
        to=Step.MESSAGES,
        why_not="" if asked.doing else "Choose what is to be done.",
    )


def _moves(asked: Asked) -> None:
    with tag("fieldset"):
        tag("legend", "Move or delete")
        for doing, (label, about) in _MOVES.items():
            _radio(asked, doing, label, about)
        if asked.doing in MOVES:
            _senders_copy(asked)


def _investigate(asked: Asked) -> None:
    with tag("fieldset"):
        tag("legend", "Initiate automated investigation")
        _radio(
            asked,
            Doing.INVESTIGATE,
            "Investigate email",
            "Looks the messages' own files and links up on the indicator lists, finds every copy of "
            f"what is malicious, and lets policy decide. Up to {HANDPICKED_MAX} messages.",
        )


def _propose(here: Here, asked: Asked) -> None:
    with tag("fieldset"):
        tag("legend", "Propose remediation")
        _radio(
            asked,
            Doing.PROPOSE,
            "Create new",
            "A pending action that another person approves. Who proposes it may reject it, and may "
            "not approve it.",
        )
        if asked.is_proposal:
            with tag("div", cls="option"):
                select_field(
                    here,
                    "proposed",
                    "Proposed action",
                    [(doing.value, MOVES[doing].value) for doing in _PROPOSED],
                    empty="",
                )
            _senders_copy(asked)


def _senders_copy(asked: Asked) -> None:
    if not asked.may_take_senders_copy:
        return
    with tag("label", cls="check option"):
        tag(
            "input",
            type="checkbox",
            name="senders_copy",
            value="1",
            checked=asked.senders_copy,
        )
        tag(
            "span",
            "Take the sender's copy too: the same mail in Sent Items of a sender of this "
            "organisation.",
        )


def _radio(asked: Asked, doing: Doing, label: str, about: str) -> None:
    with tag("label", cls="wizard-choice-line"):
        tag(
            "input",
            type="radio",
            name="action",
            value=doing.value,
            checked=asked.doing is doing,
        )
        with tag("span"):
            tag("strong", label)
            tag("span", about, cls="quiet")
