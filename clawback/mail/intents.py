"""Links that Android hands to an app: they name a page for the app, and one for a browser without it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import unquote

# Chrome for Developers, "Android Intents with Chrome": intent:HOST/PATH#Intent;key=value;…;end
_SIGN = "#Intent;"
_START = "intent:"
_MOST_CHARS = 8_000
_END = re.compile(r"[\s\"'<>`]")
_WEB = ("http", "https")


def links_of_intents(text: str) -> Iterator[str]:
    """The pages that each `intent:` link of the text leads to."""
    if _SIGN not in text:
        return
    for before, behind in pairwise(text.split(_SIGN)):
        page = before[-_MOST_CHARS:]
        start = page.lower().rfind(_START)
        page = page[start + len(_START) :]
        if start < 0 or _END.search(page):
            continue
        values = _END.split(behind[:_MOST_CHARS], maxsplit=1)[0].split(";")
        named = dict(each.partition("=")[::2] for each in values)
        if page.startswith("//") and named.get("scheme", "").lower() in _WEB:
            yield f"{named['scheme']}:{page}"
        if fallback := named.get("S.browser_fallback_url"):
            yield unquote(fallback)
