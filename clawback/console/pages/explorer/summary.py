"""One message beside the list: the email summary panel."""

from __future__ import annotations

from clawback.console.pages.email.facts import (
    delivery_facts,
    read_email,
    sender_facts,
    shown_subject,
)
from clawback.console.parts.layout import facts, flyout
from clawback.console.parts.tags import link, tag
from clawback.console.visiting import Visit
from models.people import Permission


async def summary(visit: Visit, email_id: str) -> None:
    """What an analyst needs to know at once, and where to go from here."""
    found = await visit.read(read_email, email_id)
    email = found.copies[0]
    with flyout(shown_subject(email), visit.here.link(open=None)):
        with tag("div", cls="row"):
            link("Open email entity", visit.address(f"/email/{email.id}"), cls="button primary")
            if visit.may(Permission.OPERATE):
                act = visit.address("/take-action", source="explorer", message=email.id)
                link("Take action", act, cls="button")
        tag("h3", "Delivery details")
        facts(delivery_facts(found))
        tag("h3", "Sender and recipient")
        facts(sender_facts(found))
        tag("h3", "Contents")
        facts({"Attachments": f"{len(found.files):,}", "Links": f"{len(found.links):,}"})
