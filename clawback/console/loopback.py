"""The demo's way in: a browser on this very machine, and nobody who only looks like one."""

from __future__ import annotations

from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_PASSED_ON = ("forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "x-original-host")


def is_from_here(scope: Scope) -> bool:
    """Whether a person on this machine opened a page by its address, or by a link of ours.

    The connection comes from loopback and no proxy passed it on. The name in the address is one of
    this machine's own: a name of somebody's that leads here (DNS rebinding) is not. No page of another
    site opened it, which every browser says of each page that it asks for.
    """
    headers = Headers(scope=scope)
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and is_loopback((scope.get("client") or ("",))[0])
        and _names_this_machine(headers.get("host", ""), scope.get("server"))
        and not any(_was_passed_on(name) for name in headers)
        and headers.get("sec-fetch-site", "") in ("none", "same-origin")
        and headers.get("sec-fetch-dest", "") == "document"
    )


def is_loopback(host: str) -> bool:
    """Whether the address is one of this machine's, for itself alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _names_this_machine(host: str, server: tuple[str, int | None] | None) -> bool:
    return server is not None and host.lower() in {f"{name}:{server[1]}" for name in _HOSTS}


def _was_passed_on(name: str) -> bool:
    return name in _PASSED_ON or name.startswith("x-forwarded")
