"""Pages that were sent and that no browser has connected to yet.

NiceGUI keeps each for a minute, with about a megabyte of elements: who fetched pages in a loop would
fill the memory with them. So each account has a few. A browser whose page was dropped meanwhile is told
so when it connects, and loads it anew.
"""

from __future__ import annotations

from nicegui import Client

PAGES_OF_ONE = 40
"""Pages of one account that wait for their browser: more than anybody opens at a time."""

_unopened: dict[str, dict[str, Client]] = {}


def await_browser(client: Client, name: str) -> None:
    """Count a page that is about to be sent to an account; its oldest go where these are too many."""
    mine = _unopened.setdefault(name, {})
    mine[client.id] = client

    def no_more() -> None:
        mine.pop(client.id, None)
        if not mine:
            _unopened.pop(name, None)

    client.on_connect(no_more)
    client.on_delete(no_more)
    while len(mine) > PAGES_OF_ONE:
        next(iter(mine.values())).delete()
