"""The canonical form of a URL: the key that a cluster matches on.

Steps, in the order of this module: clean the text, read the scheme, split, host, path, query,
fragment. Two URLs that a browser would open as the same page have the same key; nothing that could
lead elsewhere is dropped, save tracking parameters and the fragment.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from clawback.core.hosts import canonical_host
from clawback.core.openers import WrappedLink
from clawback.core.wrappers import is_wrapper, open_wrapper

MAX_WRAPPERS = 6  # nested rewriters are opened this deep
_MAX_URL_CHARS = 65_536
# As long as one of them may become: a character of four bytes is twelve when it is escaped.
_MAX_ESCAPED_CHARS = 12 * _MAX_URL_CHARS
_ESCAPED = re.compile(r"(?:https?|ftp)://(?:\[[0-9a-f:.]+\])?(?:[!#$&-;=?-Z_a-z~]|%[0-9A-F]{2})*")

_DEFAULT_PORTS = {"http": 80, "https": 443, "ftp": 21}
# Zero-width, bidi control, soft hyphen and other default-ignorable characters: invisible to the
# reader, ignored by the resolver.
_INVISIBLE = re.compile(
    "[\t\r\n\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
_EDGES = "".join(map(chr, range(0x21))) + "\x7f\x85\xa0\u2028\u2029\u3000"
_SCHEME = re.compile(r"(https?|ftp):[/\\]*", re.IGNORECASE)
_NO_SCHEME = re.compile(r"[/\\]{2,}")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_PLAIN = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/?-]*")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_UNSAFE = re.compile(r"[^!#-;=?-Z_a-z~]")
_SLASHES = re.compile(r"/{2,}")
_BARE = re.compile(r"[^\s/?#@:.]+(?:\.[^\s/?#@:.]+)+(?::\d+)?(?:[/?#].*)?", re.DOTALL)
# A URL as most are written: nothing to decode, to map or to clean, and no address for a host.
_USUAL = re.compile(
    r"(https?)://((?:[a-z0-9_-]+\.)+[a-z][a-z0-9_-]*)(/[A-Za-z0-9._~!$&'()*+,;=:@/-]*)?"
    r"(?:\?([A-Za-z0-9._~!$&'()*+,;=:@/?-]*))?(?:#([!-~]*))?"
)
_MAX_USUAL_CHARS = 1_000  # whatever is longer takes the long way, with its limits
_ESCAPED_SCHEME = re.compile(r"(?:https?|ftp)%(?:25)*3a", re.IGNORECASE)

# Parameters that only count clicks: none chooses the page that is shown.
_TRACKING_PREFIX = "utm_"
_TRACKING = frozenset(
    {"gclid", "gclsrc", "dclid", "gbraid", "wbraid", "fbclid", "msclkid", "mc_cid", "mc_eid"}
    | {"yclid", "igshid", "_hsenc", "_hsmi", "mkt_tok", "vero_id", "vero_conv", "_ga", "_gl"}
    | {"ref_src", "s_cid", "ttclid", "twclid", "li_fat_id", "oly_enc_id", "oly_anon_id"}
    | {"wickedid", "rb_clickid", "icid"}
)


class CanonicalUrl(NamedTuple):
    """One URL in canonical form.

    `url` is K1 (scheme, host, port, path, query); `path_key` is K2 (host, port, path, without a
    scheme). `userinfo` and `fragment` are as written, "" where there is none; no key holds them.
    """

    url: str
    path_key: str
    host: str
    userinfo: str
    fragment: str


class _Parts(NamedTuple):
    scheme: str
    host: str
    port: str
    path: str
    query: str
    fragment: str
    userinfo: str


def canonical_url(raw: str) -> CanonicalUrl | None:
    """The canonical form of an http, https or ftp URL with a host; None for anything else."""
    if usual := _usual(raw):
        return usual
    parts = _split(raw)
    return None if parts is None else _canonical(parts)


def key_chain(raw: str) -> tuple[CanonicalUrl, ...]:
    """The canonical URL and then what each known wrapper opens to, outermost first.

    Empty if `raw` is no URL. At most `MAX_WRAPPERS` wrappers are opened; a wrapper whose target
    can't be read is the last of its chain. Nothing is fetched.
    """
    usual = _usual(raw)
    if usual is not None and not is_wrapper(usual.host):
        return (usual,)
    chain: list[CanonicalUrl] = []
    parts = _split(raw)
    while parts is not None:
        current = _canonical(parts)
        if any(current.url == earlier.url for earlier in chain):
            break
        chain.append(current)
        if len(chain) > MAX_WRAPPERS or not is_wrapper(parts.host):
            break
        path = _escapes(parts.path).lstrip("/")
        target = open_wrapper(WrappedLink(parts.host, path, parts.query))
        parts = None if target is None else _split_target(target)
    return tuple(chain)


def refang(text: str) -> str:
    """An indicator as it was before someone made it safe to paste; never used on mail."""
    plain = text.strip().strip("<>\"'` ")
    plain = re.sub(r"^\s*h(?:xx|\*\*|tt)p(s?)", r"http\1", plain, flags=re.IGNORECASE)
    plain = re.sub(r"^\s*f[xt]p(?=:|\[)", "ftp", plain, flags=re.IGNORECASE)
    plain = re.sub(r"\[(:|://|:/)\]", r"\1", plain)
    plain = re.sub(r"\s*[\[({](?:\.|dot)[\])}]\s*", ".", plain, flags=re.IGNORECASE)
    return re.sub(r"[\[({](?:@|at)[\])}]", "@", plain, flags=re.IGNORECASE)


def _usual(raw: str) -> CanonicalUrl | None:
    """The canonical form of a URL that is nearly in it already: the long way gives the same."""
    match = _USUAL.fullmatch(raw) if len(raw) <= _MAX_USUAL_CHARS else None
    if match is None:
        return None
    scheme, host, path, query, fragment = match.groups("")
    path = path or "/"
    if "//" in path or "/." in path:
        return None
    query = _without_tracking(query) if query else ""
    path_key = host + path
    url = f"{scheme}://{path_key}?{query}" if query else f"{scheme}://{path_key}"
    return CanonicalUrl(url, path_key, host, "", fragment)


def _split(raw: str) -> _Parts | None:
    if len(raw) > _MAX_URL_CHARS and not _is_escaped(raw):
        return None
    text = _INVISIBLE.sub("", raw).strip(_EDGES)
    if match := _SCHEME.match(text):
        scheme = match[1].lower()
    elif match := _NO_SCHEME.match(text):
        scheme = "https"
    else:
        return None
    rest, _, fragment = text[match.end() :].partition("#")
    rest, _, query = rest.partition("?")
    authority, _, path = rest.replace("\\", "/").partition("/")
    userinfo, _, hostport = authority.rpartition("@")
    found = _host_and_port(hostport, _DEFAULT_PORTS[scheme])
    return None if found is None else _Parts(scheme, *found, path, query, fragment, userinfo)


def _is_escaped(raw: str) -> bool:
    """True for what grows no more: a canonical URL may be longer than what it was made of."""
    return len(raw) <= _MAX_ESCAPED_CHARS and _ESCAPED.fullmatch(raw) is not None


def _host_and_port(hostport: str, default_port: int) -> tuple[str, str] | None:
    """The host, and the port with its colon or "" for the default one; None if it is no host."""
    name, colon, digits = hostport.rpartition(":")
    if not colon or "]" in digits:
        name, digits = hostport, ""
    if digits and not (digits.isascii() and digits.isdigit() and int(digits[:9]) <= 65_535):
        return None
    host = canonical_host(name)
    if host is None:
        return None
    number = int(digits[:9]) if digits else default_port
    return host, "" if number == default_port else f":{number}"


def _split_target(target: str) -> _Parts | None:
    """The parts of what a wrapper holds: still escaped, or a name without a scheme, at times."""
    for _ in range(3):
        if not _ESCAPED_SCHEME.match(target):
            break
        target = unquote(target)
    if parts := _split(target):
        return parts
    return _split("http://" + target) if _BARE.fullmatch(target.strip()) else None


def _canonical(parts: _Parts) -> CanonicalUrl:
    path_key = parts.host + parts.port + _path(parts.path)
    query = _query(parts.query)
    return CanonicalUrl(
        url=f"{parts.scheme}://{path_key}" + (f"?{query}" if query else ""),
        path_key=path_key,
        host=parts.host,
        userinfo=parts.userinfo,
        fragment=parts.fragment,
    )


def _path(raw: str) -> str:
    """The path with a leading slash: escapes normal, dot segments resolved, slashes single."""
    path = "/" + _escapes(raw)
    if "/." not in path:
        return _SLASHES.sub("/", path)
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return _SLASHES.sub("/", "/" + "/".join(kept))


def _query(raw: str) -> str:
    """The pairs in their order, without empty pairs and tracking parameters.

    An apostrophe is the same escaped or not: a browser escapes it in a query (not in a path).
    """
    return _without_tracking(_escapes(raw).replace("%27", "'")) if raw else ""


def _without_tracking(query: str) -> str:
    return "&".join([pair for pair in query.split("&") if pair and not _is_tracking(pair)])


def _is_tracking(pair: str) -> bool:
    name = pair.partition("=")[0].lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIX)


def _escapes(text: str) -> str:
    """Text with only the escapes that it needs, upper-case; a stray percent sign becomes %25."""
    if _PLAIN.fullmatch(text):
        return text
    text = _ESCAPE.sub(_escape, text) if "%" in text else text
    return _UNSAFE.sub(_encode, text)


def _escape(match: re.Match[str]) -> str:
    digits = match[1]
    if digits is None:
        return "%25"
    character = chr(int(digits, 16))
    return character if character in _UNRESERVED else f"%{digits.upper()}"


def _encode(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace"))
