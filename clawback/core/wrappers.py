"""Links that carry another link: mail gateways' rewriters and open redirectors.

One table; to add a wrapper add one line to `WRAPPERS` and one form to `tests/extraction/wrapper_forms.py`.
A wrapper is opened by reading it, never by asking its server, so opaque shorteners stay as they are.

Forms are those that the makers document (Safe Links: learn.microsoft.com, "Safe Links in Microsoft
Defender for Office 365"; Google Translate: developers.google.com, "Enabling your ad network for
translation-related features"; AMP: developers.google.com, "AMP cache URL format"; Proofpoint's
published decoder) and, where none is documented, those that stand in public mail archives.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from clawback.core.openers import (
    Opener,
    WrappedLink,
    as_target,
    as_written,
    decoded,
    encoded,
    host_in_path,
    in_link,
    in_path,
    param,
    param_below,
    query_is_target,
    rest_of_query,
    value_of,
    whole,
    without,
)


def open_wrapper(link: WrappedLink) -> str | None:
    """What the link wraps, as it stands there; None if it is no known wrapper or can't be read."""
    for path, opener in _openers(link.host):
        if path.match(link.path) and (target := opener(link)):
            return target
    return None


def is_wrapper(host: str) -> bool:
    """Whether any link of this host may wrap another."""
    return bool(_openers(host))


@lru_cache(maxsize=8192)
def _openers(host: str) -> tuple[tuple[re.Pattern[str], Opener], ...]:
    """The lines of the table for a host; few hosts make up most links, so they are remembered."""
    return tuple((path, opener) for name, path, opener in _COMPILED if name.fullmatch(host))


_RUN_LENGTHS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_V3 = re.compile(r"v3/+__(.+?)__;([A-Za-z0-9_=-]*)!", re.DOTALL | re.IGNORECASE)
_V3_TOKEN = re.compile(r"\*(?:\*([A-Za-z0-9_-]))?")


def _urldefense_v1(link: WrappedLink) -> str | None:
    """Proofpoint's first form: percent escapes, around entities where they rewrote HTML source."""
    target = as_target(value_of(link, "u"))
    return target and target.replace("&amp;", "&")


def _urldefense_v2(link: WrappedLink) -> str | None:
    """Proofpoint's second form: "-XX" for an escape, "_" for a slash."""
    value = value_of(link, "u").replace("_", "/")
    target = as_target(re.sub(r"-(?=[0-9A-Fa-f]{2})", "%", value))
    return target and target.replace("&amp;", "&")


def _urldefense_v3(link: WrappedLink) -> str | None:
    """Proofpoint's third form: "*" stands for one replaced character, "**X" for a run of them.

    The replaced characters stand in base64 after the "__;"; X counts from "A" for two.
    """
    match = _V3.match(whole(link))
    replaced = decoded(match[2]) if match else None
    if match is None or replaced is None:
        return None
    taken = 0

    def put_back(token: re.Match[str]) -> str:
        nonlocal taken
        run = 1 if token[1] is None else _RUN_LENGTHS.index(token[1]) + 2
        taken += run
        return replaced[taken - run : taken]

    target = _V3_TOKEN.sub(put_back, unquote(match[1]))
    return as_written(target) if taken <= len(replaced) else None


def _translate_goog(link: WrappedLink) -> str | None:
    """Google Translate's proxy: dots became "-" and hyphens "--"; `_x_tr_` pairs are its own.

    `_x_tr_hp` holds the start of a long name; a mark 1 or 0 in `_x_tr_enc` says that the name was
    led in by "1-" (it held what looks like such a mark) or by "0-" in place of "xn--".
    """
    name = unquote(value_of(link, "_x_tr_hp")) + link.host.removesuffix(".translate.goog")
    marks = unquote(value_of(link, "_x_tr_enc")).split(",")
    if "1" in marks:
        name = name.removeprefix("1-")
    is_idn = "0" in marks and name.startswith("0-")
    name = name.removeprefix("0-") if is_idn else name
    host = ("xn--" if is_idn else "") + re.sub(r"\b-\b", ".", name).replace("--", "-")
    query = without(link.query, lambda key: key.startswith("_x_tr_"))
    scheme = "http" if value_of(link, "_x_tr_sch").lower() == "http" else "https"
    return f"{scheme}://{host}/{link.path}" + (f"?{query}" if query else "")


def _postmark(link: WrappedLink) -> str | None:
    """Postmark: a version and the escaped target, whose scheme is not carried: https is taken."""
    match = re.match(r"\d+[a-z]{0,2}/([^/]+)", link.path)
    target = as_target(match[1]) if match else None
    has_scheme = target is None or re.match(r"[a-z]+:/|[/\\]", target, re.IGNORECASE)
    return target if has_scheme else f"https://{target}"


# Top-level domains in which Google itself has its hosts: google.com, google.de, google.co.uk.
_GOOGLE_TLD = r"(?:com|cat|[a-z]{2}|com?\.[a-z]{2})"
_GOOGLE = rf"(?:[a-z0-9-]+\.)*google\.{_GOOGLE_TLD}"
_SAFE_LINKS = (
    r"(?:[a-z0-9-]+\.)*safelinks\.protection\."
    r"(?:outlook\.com|(?:partner\.)?outlook\.cn|office365\.us|apps\.mil)"
)
_URLDEFENSE = r"urldefense(?:\.proofpoint)?\.(?:com|us)"
_CHECKPOINT = r"(?:url\.avanan\.click|protect\.checkpoint\.com)"
_AMP_OWN = frozenset(("amp_js_v", "amp_gsa", "usqp"))
_AFTER_TOKEN = r"[^/]+/+((?:https?|ftp)(?:%|:).+)"

# (host, start of the path, opener). The path has no leading slash; both are regular expressions,
# the host's over the whole name, so that a look-alike is no wrapper.
WRAPPERS: tuple[tuple[str, str, Opener], ...] = (
    # Mail gateways.
    (_SAFE_LINKS, "", param("url")),
    (r"statics\.teams\.cdn\.office\.net", r"evergreen-assets/safelinks/", param("url")),
    (r"[a-z0-9-]+\.safelink\.emails\.azure\.net", r"redirect", param("destination")),
    (r"emails\.azure\.microsoft\.com", r"redirect", param("destination")),
    (_URLDEFENSE, r"v1/", _urldefense_v1),
    (_URLDEFENSE, r"v2/", _urldefense_v2),
    (_URLDEFENSE, r"v3/", _urldefense_v3),
    (r"clicktime\.symantec\.com", "", param("u")),
    (r"clicktime\.cloud\.postoffice\.net", r"clicktime", param("u")),
    (r"(?:[a-z0-9-]+\.)?linkprotect\.cudasvc\.com", r"(?:url)?/*$", param("a")),
    (r"secure-web\.cisco\.com", "", in_path(_AFTER_TOKEN)),
    (r"[a-z0-9-]+\.protection\.sophos\.com", "", encoded("u")),
    (r"(?:[a-z0-9-]+\.)*mimecast(?:protect)?\.com", "", param("url")),
    (r"(?:[a-z0-9-]+\.)+trendmicro\.com", r"(?:wis/)?clicktime/", param("url")),
    (r"protect[a-z0-9-]*\.fireeye\.com", r"(?:v\d+/)?url", param("u")),
    (_CHECKPOINT, r"v2/", in_link(r"v2/+(?:[^_/][^/]*/+)?_{3}(.+?)_{3}(?:\.|$)")),
    (r"scanmail\.trustwave\.com", "", param("u")),
    (r"link\.edgepilot\.com", r"[sx]/", param("u")),
    (r"urlsand\.esvalabs\.com", "", param("u")),
    # Google.
    (_GOOGLE, r"(?:url|local_url)/?$", param("q", "url")),
    (_GOOGLE, r"imgres", param("imgrefurl", "imgurl")),
    (_GOOGLE, r"amp/", host_in_path(r"amp/+(s/+)?(.+)", _AMP_OWN)),
    (
        r"(?:[a-z0-9-]+\.)?cdn\.ampproject\.org",
        r"(?:wp/)?[a-z]/",
        host_in_path(r"(?:wp/+)?[a-z]/+(s/+)?(.+)", _AMP_OWN),
    ),
    (
        rf"(?:{_GOOGLE}|googleads\.g\.doubleclick\.net)",
        r"(?:pagead/|pcs/)?aclk",
        rest_of_query("adurl"),
    ),
    (_GOOGLE, r"travel/clk", param("pcurl")),
    (r"meet\.google\.com", r"linkredirect", param("dest")),
    (r"notifications\.google\.com", "", param("url", "q", "u")),
    (r"(?:docs|drive)\.google\.com", r"(?:viewerng/)?(?:g?view|viewer)/?$", param("url")),
    (rf"translate\.google(?:usercontent)?\.{_GOOGLE_TLD}", "", param("u")),
    (r"[a-z0-9-]+\.translate\.goog", "", _translate_goog),
    (r"(?:www\.)?googleadservices\.com", "", rest_of_query("adurl")),
    (r"adclick\.g\.doubleclick\.net", "", rest_of_query("adurl")),
    (r"ad\.doubleclick\.net", r"ddm/", query_is_target),
    # Search, social and mail services.
    (r"(?:www\.)?bing\.com", r"ck/a", encoded("u", "a1")),
    (r"(?:l|lm|www|m)\.facebook\.com", r"(?:l\.php|flx/warn)", param("u")),
    (r"l\.(?:instagram\.com|messenger\.com|threads\.(?:com|net)|wl\.co)", "", param("u")),
    (r"(?:www\.|m\.)?youtube\.com", r"redirect", param("q")),
    (
        r"(?:www\.|m\.)?youtube\.com",
        r"attribution_link",
        param_below("u", "https://www.youtube.com"),
    ),
    (r"(?:www\.)?linkedin\.com", r"(?:redir/|safety/go|(?:csp/)?redirect)", param("url")),
    (r"(?:m\.|www\.)?(?:vk\.com|vk\.ru|vkontakte\.ru)", r"away(?:\.php)?/?$", param("to")),
    (r"click\.pstmrk\.it", r"\d+[a-z]{0,2}/", _postmark),
    (r"slack-redir\.net", r"link", param("url")),
    (r"(?:[a-z0-9-]+\.)+awstrack\.me", r"[a-z]+\d/", in_path(r"[a-z]+\d/+([^/]+)")),
    (r"view\.officeapps\.live\.com", r"op/", param("src")),
    (r"r\.search\.yahoo\.com", "", in_path(r".*?/RU=([^/]+)")),
    (r"(?:www\.)?duckduckgo\.com", r"l/", param("uddg")),
    (r"steamcommunity\.com", r"linkfilter", param("u", "url")),
    (r"t\.umblr\.com", r"redirect", param("z")),
    (r"(?:out\.reddit|click\.redditmail)\.com", "", param("url")),
    (r"href\.li", "", query_is_target),
)

_COMPILED = tuple(
    (re.compile(host), re.compile(path, re.IGNORECASE), opener) for host, path, opener in WRAPPERS
)
