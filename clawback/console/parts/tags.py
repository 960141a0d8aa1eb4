"""Elements of a page. Texts and attributes are values, never parsed: whatever they say, they are inert."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self

from nicegui.elements.mixins.text_element import TextElement

Handler = Callable[[], Awaitable[None] | None]


class Way(str):
    """An address within one page that remembers which names it sets, parted by spaces.

    The browser takes all others from where the page is when the link is followed: a filter that was set
    since the link was made stays.
    """

    __slots__ = ("sets",)
    sets: str

    def __new__(cls, address: str, sets: str) -> Self:
        """The address, which is a text like any other."""
        made = super().__new__(cls, address)
        made.sets = sets
        return made


def sets_of(address: object) -> str:
    """The names that an address sets; empty for one that says where it leads as a whole."""
    return address.sets if isinstance(address, Way) else ""


class Tag(TextElement):
    """One HTML element with a text."""

    def say(self, text: str) -> None:
        """Show another text."""
        self.set_text(text)


def tag(
    name: str,
    text: object = "",
    /,
    *,
    cls: str = "",
    on_click: Handler | None = None,
    **attributes: Any,
) -> Tag:
    """One HTML element: `tag("a", "Open", cls="button", href="…", aria_label="…")`.

    An attribute that is None or False is left out, one that is True has no value. `for_` is `for`,
    `aria_label` is `aria-label`. Attributes are the caller's own names; values may be hostile, except
    that an address is the console's own.
    """
    made = Tag(tag=name, text=str(text))
    if cls:
        made.classes(add=cls)
    for key, value in attributes.items():
        if value is not None and value is not False:
            made.props[_prop(name, key, attributes)] = "" if value is True else value
    if sets := sets_of(attributes.get("href")):
        made.props["data-sets"] = sets
    if on_click is not None:
        made.on("click", on_click, args=[])
    return made


_TYPED = frozenset({"text", "search", "number", "password", "email", "url", "date", "time"})


def _prop(name: str, key: str, attributes: Mapping[str, Any]) -> str:
    """The attribute as Vue takes it.

    What a person may type over is a default only: Vue would set a `value` again whenever anything on
    the page changes, over what is typed and not sent yet.
    """
    is_typed = name == "textarea" or (name == "input" and attributes.get("type", "text") in _TYPED)
    if key == "value" and is_typed:
        return ".defaultValue"
    return key.rstrip("_").replace("_", "-")


def button(text: str, on_click: Handler | None = None, *, cls: str = "", **attributes: Any) -> Tag:
    """A button that does something on this page."""
    return tag(
        "button", text, cls=f"button {cls}".strip(), type="button", on_click=on_click, **attributes
    )


def link(text: object, href: str, *, cls: str = "", **attributes: Any) -> Tag:
    """A link to one of the console's own addresses; one that begins with `?` stays on this page."""
    return tag("a", text, cls=cls, href=href, **attributes)


def badge(text: str, tone: str = "") -> Tag:
    """A word about a state; tone is "", "good", "warn", "bad" or "busy"."""
    return tag("span", text, cls=f"badge {tone}".strip())
