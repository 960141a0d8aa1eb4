"""The text of a message, read from its mailbox for a person who may: each time is recorded before."""

from __future__ import annotations

import asyncio

from clawback.console.parts.layout import facts, panel
from clawback.console.parts.tags import button, tag
from clawback.console.visiting import Visit
from clawback.core.showing import counted, plain
from clawback.services.context import Context
from clawback.services.message_text import MessageText, read_message_text
from models.explore import EmailEntity
from models.people import Permission, Principal

LINE_CHARACTERS = 100_000
"""Of one line: no more comes at all."""

_HEADER_CHARACTERS = 2_000


def message_text(visit: Visit, found: EmailEntity) -> None:
    """A button for each copy, for who may preview; nothing at all for others."""
    if not visit.may(Permission.PREVIEW):
        return
    with panel("Text preview"):
        tag("p", "The text is read from the mailbox as it is now and shown without its formatting. "
            "That you read it is written into the audit log; the text itself is kept nowhere.")  # fmt: skip
        with tag("div", cls="row") as bar:
            pass
        place = tag("div", role="region", aria_label="Text of the message")
        with bar:
            for number, copy in enumerate(found.copies, 1):
                label = (
                    "Preview text" if len(found.copies) == 1 else f"Preview text of copy {number}"
                )

                async def show(copy_id: int = copy.copy_id) -> None:
                    text = await visit.act(Permission.PREVIEW, _read, copy_id, visit)
                    place.clear()
                    with place:
                        _show(text)

                button(label, visit.doing(show))

            def hide() -> None:
                place.clear()

            button("Hide text", hide, cls="small")


def _read(ctx: Context, copy_id: int, visit: Visit) -> MessageText:
    who: Principal = visit.person
    return asyncio.run(read_message_text(ctx, copy_id, who))


def _show(found: MessageText) -> None:
    shown = found.shown
    tag("p", f"In {plain(found.mailbox)}, folder {plain(found.folder)}.", cls="quiet")
    facts({
        name.capitalize(): plain(value, _HEADER_CHARACTERS)
        for name, value in shown.headers.items()
    })  # fmt: skip
    tag("pre", shown_lines(shown.text), cls="mail-text", tabindex="0",
        aria_label="Text, without formatting")  # fmt: skip
    if shown.truncated:
        tag("p", "The message goes on: this is its beginning.", cls="notice warn")
    for file in shown.files:
        size = counted(file.size_bytes, "byte")
        tag("p", f"Attachment: {plain(file.name)} ({plain(file.content_type)}, {size})")


def shown_lines(text: str) -> str:
    """Each line made visible by itself: hidden characters are marked."""
    return "\n".join(plain(line, LINE_CHARACTERS) for line in text.split("\n"))
