"""Pages without a browser: sent and not opened yet, or left.

NiceGUI keeps the one for a minute and the other for ten seconds, each with about a megabyte of elements:
who fetched pages in a loop would fill the memory with them. So each account has a few. A browser whose
page was dropped meanwhile is told so when it connects, and loads it anew.
"""

from __future__ import annotations

from nicegui import Client
from starlette.types import Scope

PAGES_OF_ONE = 40
"""Pages of one account without a browser: more than anybody opens at a time."""


def limit_unopened(scope: Scope) -> None:
    """Drop the oldest pages of an account beyond those that it may have; `scope` is of the request that
    was just answered, whatever page that was."""
    state = scope["state"]
    state["answered"] = True
    name = state["login"].person.name
    unopened = [one for one in Client.instances.values() if _is_unopened(one, name)]
    for one in unopened[:-PAGES_OF_ONE]:
        one.delete()


def _is_unopened(client: Client, name: str) -> bool:
    """Whether this page of the account has no browser; one that is still built is not meant."""
    state = client.request.state
    login = getattr(state, "login", None)
    return (
        login is not None
        and login.person.name == name
        and getattr(state, "answered", False)
        and not client.has_socket_connection
    )
