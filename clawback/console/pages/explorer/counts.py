"""How much mail the Explorer found, and of what: each value narrows the filter by it."""

from __future__ import annotations

from clawback.console.asked_mail import AskedMail
from clawback.console.here import Here
from clawback.console.pages.explorer.filtering import ADDRESS_CHARACTERS
from clawback.console.pages.explorer.words import LABELS, shown_value
from clawback.console.parts.tags import link, tag
from clawback.console.visiting import Visit
from clawback.core.exploring import CHOICES
from clawback.errors import BadInput
from clawback.services.context import Context
from clawback.services.explore import explorer, read_filter
from models.explore import EmailCounts, ExploreField, ExploreFilter, Match

_SHOWN = (
    ExploreField.DELIVERY_ACTION,
    ExploreField.LATEST_LOCATION,
    ExploreField.ORIGINAL_LOCATION,
    ExploreField.THREAT,
    ExploreField.ADDITIONAL_ACTION,
    ExploreField.DIRECTIONALITY,
)


async def show_counts(visit: Visit, asked: AskedMail) -> None:
    """Copies, mails and mailboxes; below them copies by value."""
    if asked.wanted is None:
        tag("p", "Nothing is counted until the filter is right.", cls="quiet")
        return
    counts = await visit.read(_count, asked.wanted)
    with tag("ul", cls="totals", aria_label="Found"):
        for number, noun in (
            (counts.emails, "emails"),
            (counts.mails, "different messages"),
            (counts.recipients, "recipients"),
        ):
            with tag("li"):
                tag("strong", f"{number:,}")
                tag("span", noun)
    with tag("div", cls="facets"):
        for field in _SHOWN:
            _facet(visit.here, asked, counts, field)


def _count(ctx: Context, wanted: ExploreFilter) -> EmailCounts:
    return explorer(ctx).count(wanted)


def _facet(here: Here, asked: AskedMail, counts: EmailCounts, field: ExploreField) -> None:
    found = counts.by.get(field.value, {})
    if not found:
        return
    with tag("section", cls="facet"):
        tag("h2", LABELS[field])
        with tag("ul"):
            for value, number in sorted(found.items(), key=lambda one: (-one[1], one[0])):
                with tag("li"):
                    value_link(here, asked, field, value)
                    tag("span", f"{number:,}", cls="number")


def value_link(here: Here, asked: AskedMail, field: ExploreField, value: str) -> None:
    """A value that leads to the mail that has it as well; its text alone where no filter says that."""
    shown = shown_value(field, value)
    written = f"{field.value}={value}"
    narrowed = here.link(filter=[*asked.written, written], page=None, open=None)
    if _narrows(asked, field, value, written) and len(narrowed) <= ADDRESS_CHARACTERS:
        link(shown, narrowed)
    else:
        tag("span", shown)


def _narrows(asked: AskedMail, field: ExploreField, value: str, written: str) -> bool:
    if written in asked.written or (asked.match is Match.ANY and asked.written):
        return False
    if value not in CHOICES.get(field, {value: ""}):
        return False
    try:
        read_filter([written])
    except BadInput:
        return False
    return True
