"""Questions before something is done."""

from __future__ import annotations

from nicegui import ui

from clawback.console.parts.tags import button, tag


async def ask_yes(title: str, explanation: str, confirm: str) -> bool:
    """Whether the person confirms; closing the dialog is no."""
    with ui.dialog() as dialog, tag("div", cls="dialog"):
        dialog.props["aria-label"] = title
        tag("h2", title)
        tag("p", explanation)
        with tag("div", cls="row"):
            button(confirm, lambda: dialog.submit(True), cls="primary")
            button("Cancel", lambda: dialog.submit(False))
    answer = await dialog
    dialog.delete()
    return bool(answer)
