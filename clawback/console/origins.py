"""Whether a request comes from a page of ours: what a browser says of it, which a page cannot change."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from clawback.config import ApiConfig

_PORTS = {"http": 80, "https": 443}
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_OURS = ("same-origin", "none")
"""Values of Sec-Fetch-Site: from a page of this origin, or by the person without any page."""


def changes_something(scope: Scope) -> bool:
    """Whether the request may change anything: then it must come from a page of ours.

    A socket counts: what is sent over it later carries no mark of where it came from.
    """
    return scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS


def is_own(scope: Scope, config: ApiConfig) -> bool:
    """Whether the browser says that a page of this very origin sent it.

    Browsers name the origin with each POST and each socket; who names none is no page of ours.
    """
    headers = Headers(scope=scope)
    if headers.get("sec-fetch-site", "none").lower() not in _OURS:
        return False
    said = _origin(headers.get("origin", ""))
    return said != "" and said in _own_origins(scope, headers, config)


def is_https(scope: Scope, config: ApiConfig) -> bool:
    """Whether people reach this by https; a proxy's word counts only if the proxy is trusted."""
    return config.public_url.startswith("https:") or scope["scheme"] in ("https", "wss")


def _own_origins(scope: Scope, headers: Headers, config: ApiConfig) -> set[str]:
    """Where the reverse proxy shows this, and the address that was asked for."""
    scheme = "https" if scope["scheme"] in ("https", "wss") else "http"
    return {_origin(config.public_url), _origin(f"{scheme}://{headers.get('host', '')}")} - {""}


def _origin(url: str) -> str:
    """Scheme, host and port in one spelling; empty for what is no address of http."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return ""
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        return ""
    return f"{parts.scheme}://{parts.hostname}:{port}"
