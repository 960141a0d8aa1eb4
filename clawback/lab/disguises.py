"""One link in many clothes: what mail gateways and trackers do to a link between sender and reader."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never
from urllib.parse import quote, urlsplit


class Disguise(StrEnum):
    """The forms that the URL campaign's link comes in."""

    PLAIN = "plain"
    FRAGMENT = "fragment"
    TRACKING = "tracking"
    SAFE_LINKS = "safe-links"
    URLDEFENSE_V2 = "urldefense-v2"
    URLDEFENSE_V3 = "urldefense-v3"
    URLDEFENSE_V3_MASKED = "urldefense-v3-masked"
    UPPER_CASE = "upper-case"
    DEFAULT_PORT = "default-port"
    SAFE_LINKS_OVER_V3 = "safe-links-over-v3"


def _safe_links(url: str, token: str) -> str:
    # Microsoft's form: the link percent-encoded in `url`, opaque data behind it.
    data = f"05%7C02%7C{token}%7C0%7C0%7C638000000000000000%7CUnknown%7C%7C%7C"
    return (
        "https://eur02.safelinks.protection.outlook.com/"
        f"?url={quote(url, safe='')}&data={data}&sdata=bGFi{token}%3D&reserved=0"
    )


def _urldefense_v2(url: str, token: str) -> str:
    # Proofpoint's form: percent escapes written with "-", and "/" written as "_".
    escaped = quote(url, safe="/").replace("-", "%2D").replace("_", "%5F")
    hidden = escaped.replace("%", "-").replace("/", "_")
    return (
        f"https://urldefense.proofpoint.com/v2/url?u={hidden}"
        f"&d=DwMFaQ&c=bGFi&r={token}&m=bGFi&s=bGFi&e="
    )


def _urldefense_v3(url: str, token: str) -> str:
    # Proofpoint's form: characters such as "#" become "*", and stand in base64 behind "__;".
    masked = url.replace("#", "*")
    taken = "Iw" if "#" in url else ""
    return f"https://urldefense.com/v3/__{masked}__;{taken}!!bGFi!{token}$"


def disguise(url: str, form: Disguise, token: str) -> str:
    """`url` (https, with a query) in one of its forms; `token` is the per-recipient part."""
    parts = urlsplit(url)
    host = parts.netloc
    match form:
        case Disguise.PLAIN:
            return url
        case Disguise.FRAGMENT:
            return f"{url}#{token}"
        case Disguise.TRACKING:
            return f"{url}&utm_source=mail&utm_campaign={token}&fbclid=lab{token}"
        case Disguise.SAFE_LINKS:
            return _safe_links(url, token)
        case Disguise.URLDEFENSE_V2:
            return _urldefense_v2(url, token)
        case Disguise.URLDEFENSE_V3:
            return _urldefense_v3(url, token)
        case Disguise.URLDEFENSE_V3_MASKED:
            return _urldefense_v3(f"{url}#{token}", token)
        case Disguise.UPPER_CASE:
            return url.replace(f"https://{host}", f"HTTPS://{host.upper()}")
        case Disguise.DEFAULT_PORT:
            return url.replace(host, f"{host}:443", 1)
        case Disguise.SAFE_LINKS_OVER_V3:
            return _safe_links(_urldefense_v3(url, token), token)
        case _:
            assert_never(form)
