"""The question by which a query gets a name."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import ui

from clawback.console.parts.tags import button, tag


@dataclass(frozen=True, slots=True)
class Named:
    """A name for a query, and whether everybody is shown it."""

    name: str
    shared: bool


async def ask_name(name: str, *, shared: bool) -> Named | None:
    """The name that a person gives, or None where they cancel; `name` is offered."""
    with ui.dialog() as dialog, tag("div", cls="dialog"):
        dialog.props["aria-label"] = "Save the query"
        tag("h2", "Save the query")
        tag("p", "Another query of yours of the same name is replaced.")
        written = ui.input(label="Name", value=name).props("outlined autofocus maxlength=100")
        is_shared = ui.checkbox("Share with everybody who may read", value=shared)

        def submit() -> None:
            if (written.value or "").strip():
                dialog.submit(Named(written.value.strip(), bool(is_shared.value)))

        written.on("keydown.enter", submit, args=[])
        with tag("div", cls="row"):
            button("Save", submit, cls="primary")
            button("Cancel", lambda: dialog.submit(None))
    answer = await dialog
    dialog.delete()
    return answer if isinstance(answer, Named) else None
