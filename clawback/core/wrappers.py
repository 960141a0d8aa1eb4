"""Links that carry another link: mail gateways' rewriters and open redirectors.

One table; to add a wrapper add one line to `WRAPPERS` and one test. A wrapper is opened by reading
it, never by asking its server, so opaque shorteners stay as they are.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote


class WrappedLink(NamedTuple):
    """The parts of a URL that a wrapper is read from; path (no leading slash) and query as written."""

    host: str
    path: str
    query: str


Opener = Callable[[WrappedLink], str | None]


def open_wrapper(link: WrappedLink) -> str | None:
    """What the link wraps, as it stands there; None if it is no known wrapper or can't be read."""
    if not _ANY_HOST.fullmatch(link.host):
        return None
    for host, path, opener in _COMPILED:
        if host.fullmatch(link.host) and path.match(link.path) and (target := opener(link)):
            return target
    return None


def _param(*names: str) -> Opener:
    """Opens a link whose target stands, escaped, in the first of these query parameters."""

    def opener(link: WrappedLink) -> str | None:
        return next(filter(None, (unquote(_raw_param(link, name)) for name in names)), None)

    return opener


def _rest(name: str) -> Opener:
    """Opens a link whose target is the rest of the query after `name=`, if it stands unescaped."""

    def opener(link: WrappedLink) -> str | None:
        _, found, rest = f"&{link.query}".partition(f"&{name}=")
        if not found:
            return None
        return rest if re.match(r"https?:", rest, re.I) else unquote(rest.partition("&")[0])

    return opener


def _encoded(name: str, prefix: str = "") -> Opener:
    """Opens a link whose target stands in base64 in a query parameter, after a fixed prefix."""

    def opener(link: WrappedLink) -> str | None:
        value = unquote(_raw_param(link, name))
        return _base64(value.removeprefix(prefix)) if value.startswith(prefix) else None

    return opener


def _in_path(pattern: str, scheme: str = "") -> Opener:
    """Opens a link whose target is the first group of `pattern` in the path."""
    compiled = re.compile(pattern, re.IGNORECASE | re.DOTALL)

    def opener(link: WrappedLink) -> str | None:
        match = compiled.match(link.path)
        if match is None or not match[1]:
            return None
        rest = f"?{link.query}" if link.query and match.end() == len(link.path) else ""
        if _is_escaped(match[1]):
            return scheme + unquote(match[1])
        return scheme + match[1] + rest

    return opener


def _is_escaped(target: str) -> bool:
    return re.search(r"%(?:25)*[23]f|^https?%", target, re.IGNORECASE) is not None


def _raw_param(link: WrappedLink, name: str) -> str:
    for pair in re.split(r"[&]|;(?=[a-z_]+=)", link.query.replace("&amp;", "&")):
        key, found, value = pair.partition("=")
        if found and unquote(key).lower() == name:
            return value
    return ""


def _base64(text: str) -> str | None:
    try:
        data = base64.b64decode(text.replace("-", "+").replace("_", "/") + "===", validate=False)
        return data.decode("utf-8")
    except (binascii.Error, ValueError):
        return None


def _urldefense_v2(link: WrappedLink) -> str | None:
    """Proofpoint's second form: "-XX" for an escape, "_" for a slash."""
    value = _raw_param(link, "u").replace("_", "/")
    return unquote(re.sub(r"-(?=[0-9A-Fa-f]{2})", "%", value)) or None


_RUN_LENGTHS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_V3 = re.compile(r"/*v3/+__(.+?)__;([A-Za-z0-9_=-]*)!", re.DOTALL)


def _urldefense_v3(link: WrappedLink) -> str | None:
    """Proofpoint's third form: "*" stands for one replaced character, "**X" for a run of them.

    The replaced characters stand in base64 after the "__;"; X counts from "A" for two.
    """
    match = _V3.match(link.path + (f"?{link.query}" if link.query else ""))
    if match is None:
        return None
    replaced = _base64(match[2]) or ""
    taken = 0

    def put_back(token: re.Match[str]) -> str:
        nonlocal taken
        run = 1 if token[1] is None else _RUN_LENGTHS.index(token[1]) + 2
        taken += run
        return replaced[taken - run : taken]

    return re.sub(r"\*(?:\*([A-Za-z0-9_-]))?", put_back, unquote(match[1]))


def _google_amp(link: WrappedLink) -> str | None:
    match = re.match(r"/*amp/+(s/+)?(.+)", link.path, re.DOTALL)
    if match is None:
        return None
    query = f"?{link.query}" if link.query else ""
    return f"http{'s' if match[1] else ''}://{unquote(match[2])}{query}"


def _translate_goog(link: WrappedLink) -> str | None:
    """Google Translate's proxy: dots became "-" and hyphens "--"; `_x_tr_` pairs are its own."""
    name = link.host.removesuffix(".translate.goog")
    host = name.replace("--", "\0").replace("-", ".").replace("\0", "-")
    pairs = [pair for pair in link.query.split("&") if not pair.startswith("_x_tr_")]
    query = "&".join(filter(None, pairs))
    scheme = "http" if "_x_tr_sch=http" in link.query.split("&") else "https"
    return f"{scheme}://{host}/{link.path}" + (f"?{query}" if query else "")


def _postmark(link: WrappedLink) -> str | None:
    """Postmark: a version and the escaped target, whose scheme is not carried: https is taken."""
    match = re.match(r"\d+s?/([^/]+)", link.path)
    return f"https://{unquote(match[1])}" if match else None


def _query_is_target(link: WrappedLink) -> str | None:
    target = unquote(link.query) if re.match(r"https?%", link.query, re.I) else link.query
    return target if re.match(r"https?:", target, re.I) else None


_GOOGLE = r"(?:www\.|m\.)?google\.(?:[a-z]{2,3}\.)?[a-z]{2,4}"
_URLDEFENSE = r"urldefense(?:\.proofpoint)?\.(?:com|us)"
_ESCAPED = r"/*[^/]+/+(https?(?:%|:).+)"

# (host, start of the path, opener). The path has no leading slash; both are regular expressions.
WRAPPERS: tuple[tuple[str, str, Opener], ...] = (
    (r"(?:.+\.)?safelinks\.protection\.(?:partner\.)?(?:outlook|office365)\..+", "", _param("url")),
    (r"statics\.teams\.cdn\.office\.net", r"evergreen-assets/safelinks/", _param("url")),
    (r".+\.safelink\.emails\.azure\.net", r"redirect", _param("destination")),
    (_URLDEFENSE, r"v1/", _param("u")),
    (_URLDEFENSE, r"v2/", _urldefense_v2),
    (_URLDEFENSE, r"v3/", _urldefense_v3),
    (r"clicktime\.symantec\.com", "", _param("u")),
    (r"linkprotect\.cudasvc\.com", r"url", _param("a")),
    (r"secure-web\.cisco\.com", "", _in_path(_ESCAPED)),
    (r".+\.protection\.sophos\.com", "", _encoded("u")),
    (r"(?:.+\.)?mimecast(?:protect)?\.com", "", _param("url")),
    (r".+\.trendmicro\.com", r"(?:wis/)?clicktime/", _param("url")),
    (r"protect2?\.fireeye\.com", r"(?:v1/)?url", _param("u")),
    (r"protect\.checkpoint\.com", r"v2/", _in_path(r"v2/_{3}(.+?)_{3}(?:\.|$)")),
    (_GOOGLE, r"(?:url|local_url)/?$", _param("q", "url")),
    (_GOOGLE, r"amp/", _google_amp),
    (rf"(?:{_GOOGLE}|googleads\.g\.doubleclick\.net)", r"(?:pagead/|pcs/)?aclk", _rest("adurl")),
    (r"(?:www\.)?googleadservices\.com", "", _rest("adurl")),
    (r"adclick\.g\.doubleclick\.net", "", _rest("adurl")),
    (r"ad\.doubleclick\.net", r"ddm/", _query_is_target),
    (r"notifications\.google\.com", "", _param("url", "q", "u")),
    (r"translate\.google(?:usercontent)?\.(?:[a-z]{2,3}\.)?[a-z]{2,4}", "", _param("u")),
    (r".+\.translate\.goog", "", _translate_goog),
    (r"(?:www\.)?bing\.com", r"ck/a", _encoded("u", "a1")),
    (r"(?:l|lm|www|m)\.facebook\.com", r"(?:l\.php|flx/warn)", _param("u")),
    (r"l\.(?:instagram|messenger|threads)\.(?:com|net)", "", _param("u")),
    (r"(?:www\.|m\.)?youtube\.com", r"redirect", _param("q")),
    (r"(?:www\.)?linkedin\.com", r"(?:redir/|safety/go)", _param("url")),
    (r"(?:m\.)?vk\.(?:com|ru)", r"away(?:\.php)?$", _param("to")),
    (r"click\.pstmrk\.it", r"\d+s?/", _postmark),
    (r"slack-redir\.net", r"link", _param("url")),
    (r".+\.awstrack\.me", r"L\d/", _in_path(r"L\d/([^/]+)")),
    (r"r\.search\.yahoo\.com", "", _in_path(r".*?/RU=([^/]+)")),
    (r"(?:www\.)?duckduckgo\.com", r"l/", _param("uddg")),
    (r"steamcommunity\.com", r"linkfilter", _param("u", "url")),
)

_COMPILED = tuple(
    (re.compile(host), re.compile(path, re.IGNORECASE), opener) for host, path, opener in WRAPPERS
)
_ANY_HOST = re.compile("|".join(f"(?:{host})" for host, _, _ in WRAPPERS))
