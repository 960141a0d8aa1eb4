"""The second step: which messages are meant, and which of them are left out again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui import ui

from clawback.console.parts.layout import pager, panel, when
from clawback.console.parts.table import Cell, Column, Row, Table
from clawback.console.parts.tags import badge, button, link, tag
from clawback.console.visiting import Visit, say
from clawback.console.wizard.asked import ADDRESS_MAX, Asked, Doing, Step
from clawback.console.wizard.framing import onward
from clawback.core.explain import counted_mailboxes
from clawback.core.locations import delivery_location
from clawback.core.showing import counted, plain
from clawback.services import choosing
from clawback.services.choosing import Kept, ListedMessage
from clawback.services.context import Context
from models.choosing import HANDPICKED_MAX, Chosen
from models.selecting import Exclusions

SIZES = (25, 50, 100)
UNKNOWN_SHOWN = 5
TOO_MANY = "No more can be left out one by one: narrow the query, or leave out mailboxes or senders"

_COLUMNS = (
    Column("meant", "Meant"),
    Column("received", "Received"),
    Column("subject", "Subject", wide=True),
    Column("sender", "Sender", wide=True),
    Column("recipient", "Mailbox", wide=True),
    Column("location", "Location"),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is meant, what is left of it, and the messages of the page that is looked at."""

    chosen: Chosen
    kept: Kept
    page: int
    size: int
    shown: tuple[ListedMessage, ...]


def look(ctx: Context, chosen: Chosen, without: Exclusions, page: int, size: int) -> Choice:
    """One page of what was chosen; a page beyond the last one is the last one."""
    last = max(1, -(-len(chosen.messages) // size))
    page = min(page, last)
    some = chosen.messages[(page - 1) * size : page * size]
    kept = choosing.leave_out(ctx, chosen.messages, without)
    return Choice(chosen, kept, page, size, choosing.look_at(ctx, some))


async def show_messages(
    visit: Visit, asked: Asked, choice: Choice, again: Callable[[], Awaitable[None]]
) -> None:
    """Totals, what is left out, the messages with a box for each, and the way on.

    `again` shows the step anew, where a box was ticked in vain.
    """
    _totals(asked, choice)
    _unknown(choice.chosen)
    _left_out(visit, asked.without)
    _by_address(visit, asked.without, choice)
    with panel("Messages"):
        _table(visit, asked, choice, again)
        pager(
            visit.here,
            page=choice.page,
            size=choice.size,
            total=len(choice.chosen.messages),
            sizes=SIZES,
        )
    onward(
        visit.here,
        asked.draft,
        back=Step.ACTION,
        to=Step.DETAILS,
        why_not=_why_not(asked, choice),
    )


def _why_not(asked: Asked, choice: Choice) -> str:
    left = len(choice.kept.messages)
    if not left:
        return "Nothing is left: take some messages back in."
    if asked.doing is Doing.INVESTIGATE and left > HANDPICKED_MAX:
        return (
            f"{left:,} messages are more than one investigation takes ({HANDPICKED_MAX}): leave some "
            "out, or pick single messages."
        )
    return ""


def _totals(asked: Asked, choice: Choice) -> None:
    messages, kept = choice.chosen.messages, choice.kept.messages
    with tag("p", cls="wizard-totals", role="status"):
        tag("strong", counted(len(kept), "message"))
        boxes = len({key.recipient for key in kept})
        mails = len({key.network_message_id for key in kept})
        tag("span", f"of {counted(mails, 'mail')} in {counted_mailboxes(boxes)}.")
        if choice.kept.left_out:
            tag("span", f"{choice.kept.left_out:,} of {len(messages):,} left out.")
        if not asked.is_single:
            tag("span", "The query is asked again before anything is done.", cls="quiet")


def _unknown(chosen: Chosen) -> None:
    if not chosen.unknown:
        return
    named = ", ".join(plain(one, 80) for one in chosen.unknown[:UNKNOWN_SHOWN])
    more = len(chosen.unknown) - UNKNOWN_SHOWN
    with tag("div", cls="notice warn"):
        tag("strong", f"{counted(len(chosen.unknown), 'message')} not known here")
        tag("p", named + (f" and {more:,} more" if more > 0 else ""))


def _left_out(visit: Visit, without: Exclusions) -> None:
    """What is left out, each with a link that takes it back in."""
    mailboxes, senders = sorted(without.mailboxes), sorted(without.senders)
    if not without:
        return
    with tag("ul", cls="wizard-left-out", aria_label="Left out"):
        for name, word, values in (
            ("not_mailbox", "Mailbox", mailboxes),
            ("not_sender", "Sender", senders),
        ):
            for value in values:
                rest = [one for one in values if one != value]
                with tag("li"):
                    badge(f"{word} {plain(value, 80)} left out", "warn")
                    link("Take back in", visit.here.link(**{name: rest or None, "page": None}))
        if without.messages:
            with tag("li"):
                badge(f"{counted(len(without.messages), 'single message')} left out", "warn")
                link("Take back in", visit.here.link(not_message=None))


def _by_address(visit: Visit, without: Exclusions, choice: Choice) -> None:
    """Leave out a mailbox or a sender by its address; those of the page are offered."""
    offered = {one.key.recipient for one in choice.shown}
    offered |= {copy.sender for one in choice.shown for copy in one.copies}
    with tag("div", cls="row wizard-leave-out"):
        field = ui.input(label="Address to leave out").props("outlined dense maxlength=320")
        field.props["list"] = "addresses"
        with tag("datalist", id="addresses"):
            for address in sorted(offered - {""}):
                tag("option", value=address)

        async def leave(name: str, known: frozenset[str]) -> None:
            address = (field.value or "").strip().lower()
            if "@" not in address:
                say("Give a whole address, such as name@example.com", good=False)
                return
            await _change(visit, **{name: sorted(known | {address}), "page": None})

        button("Leave out mailbox", lambda: leave("not_mailbox", without.mailboxes))
        button("Leave out sender", lambda: leave("not_sender", without.senders))


async def _change(visit: Visit, **changes: object) -> bool:
    """Leave out other things, as far as an address has room for them; whether it had."""
    if len(visit.here.link(**changes)) > ADDRESS_MAX:
        say(TOO_MANY, good=False)
        return False
    await visit.here.go(**changes)
    return True


def _table(
    visit: Visit, asked: Asked, choice: Choice, again: Callable[[], Awaitable[None]]
) -> None:
    without = asked.without
    here = {one.mark for one in choice.shown}
    anyway = {one.mark for one in choice.shown if _out_with(one, without)}

    async def on_choose(marks: list[str]) -> None:
        out = (without.messages - here) | (here - set(marks) - anyway)
        if not await _change(visit, not_message=".".join(sorted(out))):
            await again()

    Table(
        "Messages that were chosen; a ticked one is meant",
        _COLUMNS,
        [_row(visit, one, without) for one in choice.shown],
        empty="The query finds nothing now.",
        on_choose=on_choose,
        chosen=sorted(here - without.messages - anyway),
    )


def _out_with(message: ListedMessage, without: Exclusions) -> str:
    if message.key.recipient in without.mailboxes:
        return "mailbox left out"
    if any(copy.sender in without.senders for copy in message.copies):
        return "sender left out"
    return ""


def _row(visit: Visit, message: ListedMessage, without: Exclusions) -> Row:
    box = plain(message.key.recipient, 80)
    if not message.copies:
        gone: list[object] = [Cell("not known", tone="warn"), "", "", "", box, "not in the index"]
        return Row(message.mark, gone, label=f"a message to {box}")
    first = message.copies[0]
    subject, sender = plain(first.subject, 160) or "(no subject)", plain(first.sender, 80)
    places = dict.fromkeys(delivery_location(copy.role).value for copy in message.copies)
    out = _out_with(message, without)
    if not out and message.mark in without.messages:
        out = "left out"
    cells = [
        Cell(out, tone="warn") if out else "yes",
        when(first.received_at),
        Cell(subject, visit.address(f"/email/{message.id}"), title=subject),
        sender,
        box,
        ", ".join(places),
    ]
    return Row(message.mark, cells, label=f"{subject} to {box}")
