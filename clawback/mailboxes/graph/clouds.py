"""Where Graph and its sign-in are, for each of Microsoft's clouds.

"National cloud deployments" (graph/deployments). GCC uses the global one.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from clawback.source_config import GraphConfig

_CLOUDS = {
    "global": ("https://graph.microsoft.com", "https://login.microsoftonline.com"),
    "us-government": ("https://graph.microsoft.us", "https://login.microsoftonline.us"),
    "us-government-dod": ("https://dod-graph.microsoft.us", "https://login.microsoftonline.us"),
    "china": ("https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn"),
}


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The base of every request, without a slash at its end; who gives tokens, and for what."""

    base_url: str
    authority: str
    scope: str


def endpoints_of(config: GraphConfig) -> Endpoints:
    """Those of the configured cloud, unless the configuration names its own."""
    graph, login = _CLOUDS[config.cloud]
    base = (config.base_url or f"{graph}/v1.0").rstrip("/")
    parts = urlsplit(base)
    return Endpoints(
        base, (config.authority or login).rstrip("/"), f"{parts.scheme}://{parts.netloc}/.default"
    )
