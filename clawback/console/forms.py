"""The pages before the console, as plain HTML that works without a script.

Whatever is put into one is escaped here: texts and attributes come in as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from starlette.responses import HTMLResponse

from clawback.core.accounts import PASSWORD_MIN


@dataclass(frozen=True, slots=True)
class Frame:
    """What all of these pages have: where the console is, and the theme that was chosen, if any."""

    root: str
    theme: str = ""

    def page(
        self,
        title: str,
        parts: Sequence[str],
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> HTMLResponse:
        """The whole page; `parts` are HTML already."""
        root = escape(self.root)
        theme = f' data-theme="{escape(self.theme)}"' if self.theme in ("dark", "light") else ""
        html = (
            f'<!doctype html>\n<html lang="en"{theme}><head><meta charset="utf-8">'
            f"<title>{escape(title)} · Clawback</title>"
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<link rel="icon" href="{root}/static/icon.svg" type="image/svg+xml">'
            f'<link rel="stylesheet" href="{root}/static/sign-in.css"></head>'
            f'<body><main><header><img src="{root}/static/icon.svg" alt="" width="40" height="40">'
            f"<span>Clawback</span></header><h1>{escape(title)}</h1>{''.join(parts)}</main></body></html>\n"
        )
        return HTMLResponse(html, status, headers)


def sign_in_form(to: str, name: str = "") -> str:
    """Name and password; the cursor is where something is missing."""
    return form(
        [
            hidden("to", to),
            field("Name", "name", name, autocomplete="username", focus=not name),
            field("Password", "password", secret=True, autocomplete="current-password",
                  focus=bool(name)),
        ],
        "Sign in",
    )  # fmt: skip


def first_form(key: str, name: str = "") -> str:
    """Name and password of the first account, and what each must be."""
    rule = f"{PASSWORD_MIN} characters or more. A few words that belong together nowhere else are good."
    return form(
        [
            hidden("key", key),
            field("Name", "name", name, hint="Letters a to z, digits and . _ @ -; begins with a "
                  "letter or digit.", autocomplete="username", focus=not name),
            field("Password", "password", secret=True, hint=rule, autocomplete="new-password",
                  focus=bool(name)),
            field("Password again", "again", secret=True, autocomplete="new-password"),
        ],
        "Make the account",
    )  # fmt: skip


def form(parts: Sequence[str], button: str) -> str:
    """A form that is posted to the address of its own page."""
    return f'<form method="post">{"".join(parts)}<button>{escape(button)}</button></form>'


def hidden(name: str, value: str) -> str:
    """A field that nobody sees."""
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def field(
    label: str,
    name: str,
    value: str = "",
    *,
    autocomplete: str,
    hint: str = "",
    secret: bool = False,
    focus: bool = False,
) -> str:
    """A labelled field that must be filled in; a secret is never sent back."""
    told = f'<span id="{name}-hint">{escape(hint)}</span>' if hint else ""
    described = f' aria-describedby="{name}-hint"' if hint else ""
    given = "" if secret else f' value="{escape(value)}" autocapitalize="none" spellcheck="false"'
    return (
        f'<div class="field"><label for="{name}">{escape(label)}</label>'
        f'<input id="{name}" name="{name}" type="{"password" if secret else "text"}" required '
        f'autocomplete="{autocomplete}"{given}{described}{" autofocus" if focus else ""}>{told}</div>'
    )


def problem(text: str) -> str:
    """What went wrong, said at once by a screen reader."""
    return f'<p class="problem" role="alert">{_said(text)}</p>'


def note(text: str) -> str:
    """Something to know."""
    return f'<p class="note">{_said(text)}</p>'


def _said(text: str) -> str:
    """The text; what stands in backticks is to be typed."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def way(href: str, text: str) -> str:
    """A link of ours."""
    return f'<p><a class="way" href="{escape(href)}">{escape(text)}</a></p>'
