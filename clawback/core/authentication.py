"""What a receiving server found of SPF, DKIM and DMARC, read out of its Authentication-Results."""

from __future__ import annotations

import json
import re
from functools import lru_cache

METHODS = {"spf": "SPF", "dkim": "DKIM", "dmarc": "DMARC", "compauth": "CompAuth"}
"""The methods by their names in the header, and as the original's AuthenticationDetails calls them."""

NONE = "none"

# RFC 8601, section 2.2: resinfo = ";" method [ "/" version ] "=" result. A comment or a quoted string
# may hold anything, also what looks like a result.
_ASIDE = re.compile(r'"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\)')
_RESULT = re.compile(r"\s*(\w+)(?:\s*/\s*\d+)?\s*=\s*([A-Za-z]+)")


def authentication_details(header: str) -> str:
    """JSON as AuthenticationDetails has it, such as `{"SPF":"pass","DKIM":"none",…}`.

    Empty for an empty header. Of several signatures one that passes is enough (RFC 6376, section 6.1);
    of several results of another method the first counts.
    """
    return _details(header) if header else ""


@lru_cache(maxsize=4096)
def _details(header: str) -> str:
    found: dict[str, str] = {}
    for part in _without_asides(header).split(";")[1:]:
        match = _RESULT.match(part)
        name = METHODS.get(match[1].lower()) if match else None
        if match is None or name is None:
            continue
        result = match[2].lower()
        if name not in found or (name == "DKIM" and result == "pass"):
            found[name] = result
    return json.dumps(
        {name: found.get(name, NONE) for name in METHODS.values()}, separators=(",", ":")
    )


def _without_asides(text: str) -> str:
    """The text without comments, which may be nested, and quoted strings."""
    for _ in range(8):
        shorter = _ASIDE.sub(" ", text)
        if shorter == text:
            break
        text = shorter
    return text
