"""The same link as other people would write it: wrapped, decorated, defanged."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from clawback.lab.disguises import Disguise, disguise

_MASKED = re.compile(r"[*#\[\]{}|\\^`<>\"]")


def made_forms(url: str) -> Iterator[tuple[str, str]]:
    """Name and text of each form in which a canonical URL may come as an indicator."""
    parts = urlsplit(url)
    host, joint = parts.netloc, "&" if parts.query else "?"
    yield "canonical", url
    yield "fragment", f"{url}#part"
    yield "tracking", f"{url}{joint}utm_source=mail&fbclid=abc"
    yield (
        "upper-case",
        url.replace(f"{parts.scheme}://{host}", f"{parts.scheme.upper()}://{host.upper()}", 1),
    )
    yield "user-info", url.replace("://", "://user@", 1)
    yield "backslashes", url.replace("://", ":\\\\", 1)
    yield "defanged", url.replace("http", "hxxp", 1).replace(host, host.replace(".", "[.]"), 1)
    yield "safe-links", disguise(url, Disguise.SAFE_LINKS, "abc")
    yield "urldefense-v2", disguise(url, Disguise.URLDEFENSE_V2, "abc")
    if (masked := _urldefense_v3(url)) is not None:
        yield "urldefense-v3", masked
        yield "safe-links-over-v3", disguise(masked, Disguise.SAFE_LINKS, "abc")


def _urldefense_v3(url: str) -> str | None:
    """Proofpoint's third form; None where runs of replaced characters would need its longer code."""
    if "__;" in url or re.search(f"(?:{_MASKED.pattern}){{2}}", url):
        return None
    taken = "".join(_MASKED.findall(url)).encode()
    code = base64.urlsafe_b64encode(taken).decode().rstrip("=")
    return f"https://urldefense.com/v3/__{_MASKED.sub('*', url)}__;{code}!!abc!abc$"
