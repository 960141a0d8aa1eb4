"""Hostile strings, and what no text for people may hold."""

from __future__ import annotations

import re
import unicodedata

HOSTILE = (
    "[click](http://evil.example/x)",
    "![track](https://evil.example/p.png)",
    "[click][1]\n\n[1]: http://evil.example",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt; &#x202e; &#60;i&#62;",
    "`code` ``` fence\n```\nrm -rf\n```",
    "a | b | c\n|---|---|\n| d | e |",
    "# heading\n## another",
    "> quote\n- item\n+ item\n1. one\n2) two",
    "*bold* **strong** _em_ __strong__ ~~gone~~",
    "\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link\x1b]8;;\x07 \x9b2J",
    "invoice\u202efdp.exe \u2066left\u2069 \u200e\u200f\u061c",
    "zero\u200bwidth\u200djoin\ufeff\u00ad",
    "[bold red]shout[/bold red] [link=http://evil.example]x[/link] [@click=quit]y[/]",
    "\\[escaped\\] \\`x\\` \\\\[x]",
    "line\u2028separator\u2029and\u0085next\r\nlast\x00\x07\x08",
    "http://evil.example ftp://evil.example HTTPS://EVIL.example www.evil.example",
    "mailto:someone@evil.example someone@evil.example <someone@evil.example>",
    "javascript:alert(1) data:text/html;base64,AAAA",
    "{{ 7*7 }} ${7*7} #{7*7} $$x$$",
    "Z" + "\u0336\u0337\u0338\u0339\u033a" * 30,
    "tag\U000e0041\U000e0042 sel\U000e0101\ufe0f",
    "\ud800lone \udfffsurrogates",
    "-----\n=====\n***",
    "    indented code",
    "x" * 5_000 + "[a](http://b)",
    "\u3164\u2800\u115f",
    ":skull: [link",
    "",
)

# Anything a Markdown, HTML, rich or template renderer, or a terminal, could act on.
ACTIVE = re.compile(r"[\[\]<>&`|\\*~#{}$@\x00-\x1f\x7f-\x9f]|\w://|www\.|^[-+=]|^\d+[.)]")
_FORBIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def dangers(text: str) -> list[str]:
    """What is active or hidden in a text that should be inert on one line."""
    found = [match[0] for match in ACTIVE.finditer(text)]
    return found + [char for char in text if unicodedata.category(char) in _FORBIDDEN_CATEGORIES]
