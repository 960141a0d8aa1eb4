"""The third step: what it is called, and why it is done."""

from __future__ import annotations

from clawback.console.here import Here
from clawback.console.parts.layout import filters, panel
from clawback.console.parts.tags import link, tag
from clawback.console.wizard.asked import Asked, Doing, Step
from clawback.services.approvals import REASON_MAX, REASON_MIN
from clawback.services.responding import NAME_MIN
from clawback.services.take_action import NAME_CHARACTERS


def name_it(here: Here, asked: Asked) -> None:
    """A form whose button leads to the review with what was written."""
    with panel(), filters("Details"), tag("div", cls="wizard-details"):
        with tag("label", cls="field"):
            tag("span", "Name")
            tag(
                "input",
                type="text",
                name="name",
                value=asked.name,
                required=True,
                minlength=NAME_MIN,
                maxlength=NAME_CHARACTERS,
                autocomplete="off",
            )
        tag("p", "The title of the investigation that works on it.", cls="quiet")
        if asked.doing is not Doing.INVESTIGATE:
            _description(asked)
        tag("input", type="hidden", name="step", value=Step.REVIEW.value)
        tag("input", type="hidden", name="draft", value=asked.draft)
        with tag("div", cls="row wizard-onward"):
            link("Back", here.link(step=Step.MESSAGES), cls="button")
            tag("button", "Continue", cls="button primary", type="submit")


def _description(asked: Asked) -> None:
    with tag("label", cls="field"):
        tag("span", "Description")
        tag(
            "textarea",
            asked.description,
            name="description",
            rows=4,
            required=True,
            minlength=REASON_MIN,
            maxlength=REASON_MAX,
        )
    tag("p", "Why it is done: who approves it reads it, and the audit log keeps it.", cls="quiet")
