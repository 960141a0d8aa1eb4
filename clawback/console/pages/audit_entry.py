"""One entry of the audit log, whole, with the entries beside it."""

from __future__ import annotations

import json

from clawback.console.parts.layout import facts, flyout
from clawback.console.parts.tags import link, tag
from clawback.console.visiting import Visit
from clawback.core.showing import plain
from clawback.services.context import Context
from models.audit import AuditEntry
from models.people import Permission

LINE_MAX = 2_000


async def show_entry(visit: Visit, number: int) -> None:
    """The entry in a flyout: all its columns as text."""
    entry = await visit.act(Permission.ADMINISTER, _entry, number)
    with flyout(f"Entry {number:,}", visit.here.link(open=None)):
        facts(
            {
                "When": plain(str(entry.at)),
                "Event": plain(str(entry.event)),
                "Actor": plain(str(entry.actor)),
                "Via": plain(str(entry.via)),
                "Identity": "verified" if entry.verified is True else "not verified",
                "Investigation": _linked(visit, "/investigations/{}", entry.investigation_id),
                "Action": _linked(visit, "/action-center/history?open={}", entry.action_id),
            }
        )
        tag("h3", "Details")
        with tag("pre", cls="details", tabindex="0"):
            for line in _lines(entry.details):
                tag("code", line)
        tag("h3", "Chain")
        facts(
            {"Digest": plain(str(entry.digest)), "Of the entry before": plain(str(entry.previous))}
        )
        with tag("div", cls="row"):
            if number > 1:
                link("Entry before", visit.here.link(open=number - 1), cls="button small")
            link("Entry after", visit.here.link(open=number + 1), cls="button small")


def about(entry: AuditEntry) -> str:
    """What the entry is about, in a few words."""
    parts = (("investigation", entry.investigation_id), ("action", entry.action_id))
    named = [f"{noun} {plain(str(number), 20)}" for noun, number in parts if number is not None]
    return ", ".join(named).capitalize()


def _entry(ctx: Context, number: int) -> AuditEntry:
    return ctx.store.audit.entry(number)


def _linked(visit: Visit, path: str, number: int | None) -> object:
    """A link to what has this number, and the text where somebody made something else of it."""
    if not isinstance(number, int):
        return "" if number is None else plain(str(number))
    address = visit.address(path.format(number))
    return lambda: link(f"{number:,}", address)


def _lines(details: str | None) -> list[str]:
    """The details, one value a line where they are the JSON that was written."""
    if details is None:
        return ["–"]
    try:
        text = json.dumps(json.loads(details), indent=2, ensure_ascii=False)
    except (ValueError, TypeError):
        text = str(details)
    return [_indented(line) for line in text.splitlines()]


def _indented(line: str) -> str:
    inside = line.lstrip(" ")
    return " " * (len(line) - len(inside)) + plain(inside, LINE_MAX)
