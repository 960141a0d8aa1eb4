"""The host of a URL in the one form that everything else compares.

Follows the WHATWG host parser where a browser would resolve the name, and is milder where only a
mail client does: an invalid punycode label is kept as the ASCII that stands there, because such
names are valid in the DNS and live phishing uses them.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote_to_bytes

# UTS #46 maps these full stops to the ASCII one.
_DOTS = str.maketrans({"。": ".", "．": ".", "｡": "."})
# UTS #46 non-transitional processing keeps them; str.casefold() would not.
_DEVIATIONS = frozenset("ßς")
# Forbidden host code points of the WHATWG URL standard, with all controls.
_FORBIDDEN = re.compile(r"[\x00-\x20#/<>?@\[\\\]^|%\x7f\ufffd:\"`{}]")
_SIMPLE = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")
_MAX_HOST_CHARS = 1024


@lru_cache(maxsize=8192)
def canonical_host(raw: str) -> str | None:
    """The host lower-case, in punycode or as a compressed address; None if it can't be one."""
    if len(raw) > _MAX_HOST_CHARS:
        return None
    if raw.startswith("["):
        return _ipv6(raw)
    host = raw.lower()
    if not _SIMPLE.fullmatch(host):
        host = _to_ascii(raw)
    host = host.strip(".")
    if not host or len(host) > _MAX_HOST_CHARS or _FORBIDDEN.search(host):
        return None
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        return _ipv4(host)
    return host


def _ipv6(raw: str) -> str | None:
    """The compressed form in brackets; a zone is no part of an address."""
    if not raw.endswith("]"):
        return None
    try:
        return f"[{ipaddress.IPv6Address(raw[1:-1].partition('%')[0]).compressed}]"
    except ValueError:
        return None


def _to_ascii(raw: str) -> str:
    """The name percent-decoded, mapped as UTS #46 does, each label in ASCII."""
    # A lone surrogate is no text: it becomes a question mark, which no host may hold.
    plain = raw.encode("utf-8", "replace")
    decoded = (unquote_to_bytes(plain) if b"%" in plain else plain).decode("utf-8", "replace")
    folded = "".join(c if c in _DEVIATIONS else c.casefold() for c in decoded)
    mapped = unicodedata.normalize("NFKC", folded).translate(_DOTS).lower()
    return ".".join(_label(label) for label in mapped.split("."))


def _label(label: str) -> str:
    if label.isascii():
        return label
    if "\ufffd" in label:
        return "\ufffd"
    try:
        return "xn--" + label.encode("punycode").decode("ascii")
    except UnicodeError:
        return "\ufffd"


def _ipv4(host: str) -> str | None:
    """The dotted quad of an IPv4 address in any of the shapes that inet_aton reads."""
    parts = host.split(".")
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    numbers = [_number(part) for part in parts]
    if any(number is None for number in numbers):
        return None
    *heads, last = [number for number in numbers if number is not None]
    if any(head > 255 for head in heads) or last >= 256 ** (4 - len(heads)):
        return None
    value = last + sum(head << (8 * (3 - place)) for place, head in enumerate(heads))
    return str(ipaddress.IPv4Address(value))


def _number(text: str) -> int | None:
    """The value of a decimal, octal (leading 0) or hexadecimal (0x) number."""
    if len(text) > 40:
        return None
    try:
        if text.startswith("0x"):
            return int(text[2:] or "0", 16)
        return int(text, 8) if len(text) > 1 and text[0] == "0" else int(text)
    except ValueError:
        return None
