"""Where to go after a sign-in: only ever to the console's own pages."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlencode, urlsplit

START = "/"
LONGEST = 4_000

_DOORS = ("/login", "/logout", "/first")
_AS_THEY_ARE = "/?&=#%:@!$'()*+,;~-._[]"


def own_path(text: str) -> str:
    """The path and query below the console's root, or its start page for whatever leads elsewhere.

    A browser reads a backslash as a slash, drops line ends and resolves dots, spelled out or not:
    nothing with any of them is a page of ours.
    """
    if not text.startswith("/") or len(text) > LONGEST or not text.isprintable():
        return START
    try:
        parts = urlsplit(text)
    except ValueError:
        return START
    path = unquote(unquote(parts.path))
    if parts.scheme or parts.netloc or "\\" in path or "//" in path or not path.isprintable():
        return START
    if {".", ".."} & set(path.split("/")) or path.startswith(_DOORS):
        return START
    return quote(text, safe=_AS_THEY_ARE)


def door(root: str, path: str, query: str, *, over: bool) -> str:
    """The address of the sign-in page that leads back to this one; `over`: a session was there."""
    to = own_path(path + (f"?{query}" if query else ""))
    asked = ({} if to == START else {"to": to}) | ({"over": "1"} if over else {})
    return f"{root}/login" + (f"?{urlencode(asked)}" if asked else "")
