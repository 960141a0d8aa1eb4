"""What a page does that it must not: said by the browser itself, and by a look at its elements."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page

OURS = frozenset(
    {"a", "article", "aside", "b", "br", "button", "canvas", "caption", "code", "col", "colgroup"}
    | {"dd", "details", "dialog", "div", "dl", "dt", "em", "fieldset", "figcaption", "figure"}
    | {"footer", "form", "h1", "h2", "h3", "h4", "header", "hr", "i", "input", "label", "legend"}
    | {"li", "main", "meter", "nav", "ol", "optgroup", "option", "output", "p", "pre", "progress"}
    | {
        "section",
        "select",
        "small",
        "span",
        "strong",
        "summary",
        "table",
        "tbody",
        "td",
        "textarea",
    }
    | {"th", "thead", "time", "tr", "ul", "datalist"}
    | {
        "svg",
        "g",
        "path",
        "circle",
        "ellipse",
        "line",
        "rect",
        "polygon",
        "polyline",
        "text",
        "tspan",
    }
    | {"title", "desc", "marker", "defs", "use", "lineargradient", "stop", "clippath"}
)
"""The elements that pages are made of. No image, frame, object, script: nothing that loads or runs."""

_LOOK = """(ours) => {
  const found = [];
  const root = document.querySelector('#app');
  if (!root) return ['there is no page'];
  if (window.pwned !== undefined) found.push('a script ran: ' + String(window.pwned));
  for (const one of document.querySelectorAll('#app *, .q-dialog *, .q-notification *')) {
    const name = one.tagName.toLowerCase();
    if (!ours.includes(name)) found.push('element ' + name);
    if (one.id && String(one.id).includes('pwned')) found.push('id of a mail on ' + name);
    for (const attribute of one.attributes) {
      if (attribute.name.startsWith('on')) found.push('handler ' + attribute.name + ' on ' + name);
      if (['src', 'srcset', 'srcdoc', 'xlink:href', 'formaction', 'ping'].includes(attribute.name))
        found.push(attribute.name + ' on ' + name);
    }
    const href = one.getAttribute('href');
    if (href !== null && !/^(\\?|#|\\/console(\\/|\\?|$))/.test(href) && !one.matches('a[data-run]'))
      found.push('href ' + href.slice(0, 60));
    if (name === 'form' && one.getAttribute('action') && !one.getAttribute('action').startsWith('/console'))
      found.push('form to ' + one.getAttribute('action').slice(0, 60));
  }
  return found;
}"""


@dataclass
class Watch:
    """What one page did that nobody asked for."""

    base: str
    found: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] = ()
    """Parts of console messages that a test expects, such as of a refused request."""

    def look(self, page: Page) -> None:
        """Note what the browser says of this page from now on."""
        page.on("dialog", self._dialog)
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self.found.append(f"error on the page: {error}"))
        page.on("popup", lambda _: self.found.append("a window opened"))
        page.on("request", lambda request: self._request(request.url))

    def expect_refusal(self) -> None:
        """Console messages about a refused request are the browser's own from now on."""
        self.allowed = (*self.allowed, "Failed to load resource")

    def _dialog(self, dialog: Any) -> None:
        self.found.append(f"a dialog: {dialog.type}")
        dialog.dismiss()

    def _console(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not any(part in text for part in self.allowed):
            self.found.append(f"console {kind}: {text[:300]}")

    def _request(self, address: str) -> None:
        wanted, ours = urlsplit(address), urlsplit(self.base)
        if wanted.scheme in ("data", "blob", "about"):
            return
        if wanted.netloc != ours.netloc:
            self.found.append(f"a request to {wanted.netloc[:60]}")


def foreign(page: Page) -> list[str]:
    """Elements, attributes and addresses of the page that are not ours, each in words; empty if none."""
    found: list[str] = page.evaluate(_LOOK, sorted(OURS))
    return found


def settled(page: Page) -> None:
    """Wait until nothing on the page moves any more, but for what moves for ever."""
    page.wait_for_function(
        """() => document.getAnimations().every((one) => one.playState !== 'running'
            || one.effect.getComputedTiming().iterations === Infinity)"""
    )
