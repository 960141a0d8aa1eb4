"""The email entity page: all that is known of one message in one mailbox."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial

from clawback.console.pages.email import tables
from clawback.console.pages.email.facts import (
    authentication_facts,
    delivery_facts,
    message_facts,
    read_email,
    sender_facts,
    shown_subject,
)
from clawback.console.pages.email.text import message_text
from clawback.console.paging import page
from clawback.console.parts.layout import facts, panel
from clawback.console.parts.tags import badge, link, tag
from clawback.console.visiting import Visit
from clawback.core.showing import plain
from clawback.services.context import Context
from clawback.services.explore import explorer, read_filter
from models.actions import RemediationAction
from models.alerts import Investigation
from models.explore import EmailEntity, ExploredEmail
from models.people import Permission

OTHERS = 50
"""Other recipients that are listed; the Explorer has them all."""

CASES = 50
"""Investigations and actions that are listed, the newest."""


@page("/email/{report_id}", title="Email entity", nav="explorer")
async def email_entity(visit: Visit, report_id: str) -> None:
    """One message in one mailbox."""
    found = await visit.read(read_email, report_id)
    with tag("div", cls="email-entity"):
        _head(visit, found)
        _facts(found)
        _section("Timeline")
        tables.timeline(found)
        message_text(visit, found)
        _section("Attachments")
        tables.attachments(visit, found.files)
        _section("Links")
        tables.links(visit, found.links)
        await visit.here.part((), partial(_show_cases, visit, found), later=nullcontext)
        await visit.here.part((), partial(_show_others, visit, found), later=nullcontext)


def _facts(found: EmailEntity) -> None:
    with tag("div", cls="panels entity"):
        for title, values in (
            ("Delivery details", delivery_facts(found)),
            ("Sender and recipient", sender_facts(found)),
            ("Authentication", authentication_facts(found)),
            ("Message", message_facts(found)),
        ):
            with panel(title):
                facts(values)


async def _show_cases(visit: Visit, found: EmailEntity) -> None:
    investigations, actions = await visit.read(_cases, found)
    _section("Investigations and actions")
    tables.investigations(visit, investigations)
    tables.actions(visit, actions)


async def _show_others(visit: Visit, found: EmailEntity) -> None:
    emails = await visit.read(_others, found)
    _section("Other recipients of this message")
    tables.others(visit, emails)


def _section(title: str) -> None:
    tag("h2", title)


def _head(visit: Visit, found: EmailEntity) -> None:
    email = found.copies[0]
    tag("h2", shown_subject(email), cls="subject")
    with tag("div", cls="row"):
        for threat in email.threats:
            badge(plain(threat), "bad")
        badge(plain(email.latest_location))
    mail = f"network_message_id={email.network_message_id}"
    with tag("div", cls="row links"):
        if visit.may(Permission.OPERATE):
            act = {"source": "explorer", "message": email.id}
            link("Take action", visit.address("/take-action", **act), cls="button primary")
            link("Initiate automated investigation",
                 visit.address("/take-action", **act, action="investigate"), cls="button")  # fmt: skip
        link("All recipients in Explorer", visit.address("/explorer", filter=mail, range="all"),
             cls="button")  # fmt: skip
        if email.cluster_id:
            similar = visit.address(
                "/explorer", filter=f"cluster_id={email.cluster_id}", range="all"
            )
            link("Similar emails", similar, cls="button")
        link("Go hunt", visit.address("/hunting", query=_hunt(email)), cls="button")


def _hunt(email: ExploredEmail) -> str:
    """A query about this message; its identity is one that Clawback made."""
    return f'EmailEvents\n| where NetworkMessageId == "{email.network_message_id}"'


def _others(ctx: Context, found: EmailEntity) -> tuple[ExploredEmail, ...]:
    wanted = read_filter([f"network_message_id={found.copies[0].network_message_id}"])
    emails = explorer(ctx).emails(wanted, limit=OTHERS + len(found.copies)).emails
    return tuple(email for email in emails if email.id != found.copies[0].id)[:OTHERS]


def _cases(
    ctx: Context, found: EmailEntity
) -> tuple[tuple[Investigation, ...], tuple[RemediationAction, ...]]:
    copies = [copy.copy_id for copy in found.copies]
    lists = ctx.store.lists
    return lists.investigations_of(copies, limit=CASES), lists.actions_of(copies, limit=CASES)
