"""Made URLs for the properties of the canonical form, and an independent reference of what is equal.

The reference reads only what `written` writes, in another way than the code does: by tokens, each
either a character as it stands or a byte behind an escape.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from hypothesis import strategies as st

TRACKING = ("utm_source", "gclid", "fbclid", "mc_eid", "_ga", "UTM_X")
_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_DEFAULT = {"http": "80", "https": "443", "ftp": "21"}


@dataclass(frozen=True)
class Made:
    """A URL in its parts, as they are written; `port` is "" or digits, `query` pairs as texts."""

    scheme: str
    host: str
    port: str
    path: tuple[str, ...]
    query: tuple[str, ...]

    def written(self, *, userinfo: str = "", fragment: str = "") -> str:
        port = f":{self.port}" if self.port else ""
        query = "?" + "&".join(self.query) if self.query else ""
        return f"{self.scheme}://{userinfo}{self.host}{port}/{'/'.join(self.path)}{query}{fragment}"


def reference(url: Made) -> tuple[object, ...]:
    """What two URLs have to have in common to be one: the documented steps, by tokens."""
    scheme = url.scheme.lower()
    port = "" if url.port.lstrip("0") == _DEFAULT[scheme] else url.port.lstrip("0")
    path: list[tuple[str, ...]] = []
    segments = [_tokens(segment) for segment in url.path or ("",)]
    for segment in segments:
        if segment == (".", "."):
            del path[-1:]
        elif segment != (".",):
            path.append(segment)
    is_open = segments[-1] in ((), (".",), (".", ".")) or not any(path)
    path = [segment for segment in path if segment]
    query = tuple(
        _tokens(pair.replace("%27", "'")) for pair in url.query if pair and not _tracks(pair)
    )
    return scheme, url.host.lower(), port, tuple(path), is_open, query


def _tokens(text: str) -> tuple[str, ...]:
    found: list[str] = []
    for part in re.findall(r"%[0-9A-Fa-f]{2}|.", text, re.DOTALL):
        if len(part) == 3:
            character = chr(int(part[1:], 16))
            found.append(character if character in _UNRESERVED else part.upper())
        elif part == "%":
            found.append("%25")
        elif part in _UNRESERVED or part in "!$&'()*+,;=:@/?":
            found.append(part)
        else:
            found.extend(f"%{byte:02X}" for byte in part.encode())
    return tuple(found)


def _tracks(pair: str) -> bool:
    name = "".join(_tokens(pair.partition("=")[0])).lower()
    return name.startswith("utm_") or name in {known.lower() for known in TRACKING}


_LABELS = st.sampled_from(["a", "www", "evil", "xn--bcher-kva", "a-b", "x_y", "com"])
HOSTS = st.one_of(
    st.lists(_LABELS, min_size=1, max_size=3).map(lambda labels: ".".join([*labels, "example"])),
    st.sampled_from(["192.0.2.1", "[2001:db8::1]", "127.0.0.1", "xn--zzzzz-invalid-.example"]),
)
_ESCAPES = ["%41", "%2e", "%2f", "%2F", "%3F", "%27", "%25", "%20", "%c3%A9", "%", "%zz"]
_CHARACTERS = (*"aZ0-._~!'*+,;:@", *'[]|"< ', "é", "ß", "İ", "\U0001f600", *_ESCAPES)


def _pool(size: int, longest: int) -> list[str]:
    """Short texts of such characters, shortest first; drawing them one by one is slow."""
    chance = random.Random(7)
    texts = {"".join(chance.choices(_CHARACTERS, k=n % longest + 1)) for n in range(size)}
    return sorted((text for text in texts if text == text.strip(" ")), key=lambda t: (len(t), t))


_SPECIAL_SEGMENTS = ("", ".", "..", "%2e", "%2E.", "login", "Login", "index.html", "...", "%2f")
_SEGMENTS = st.one_of(
    st.sampled_from(_pool(1500, 5)),
    st.sampled_from(_SPECIAL_SEGMENTS),
)
_VALUES = st.sampled_from(_pool(800, 3))
_SPECIAL_PAIRS = (
    *("", "a", "a=", "=", "==", "id=1", "id=2", "ID=1", "a=b=c", "q=a+b", "utm=1", "gclidx=1"),
)
_PAIRS = st.one_of(
    st.sampled_from(
        ["", "a", "a=", "=", "==", "id=1", "id=2", "ID=1", "a=b=c", "utm=1", "gclidx=1"]
    ),
    st.sampled_from(TRACKING).map(lambda name: f"{name}=1"),
    st.tuples(st.sampled_from(["q", "to", "utm%5fid", "%61"]), _VALUES).map("=".join),
)
MADE = st.builds(
    Made,
    scheme=st.sampled_from(["http", "https", "ftp"]),
    host=HOSTS,
    port=st.sampled_from(["", "", "80", "443", "8080", "21", "0443", "1"]),
    path=st.lists(_SEGMENTS, min_size=1, max_size=4).map(tuple),
    query=st.lists(_PAIRS, max_size=3).map(tuple),
).filter(lambda made: made.written() == made.written().strip())


def _at(place: int, change: Callable[[str], tuple[str, ...]]) -> Callable[[Made], Made]:
    """A change of the path's segment at that place, counted from its end."""

    def changed(made: Made) -> Made:
        at = len(made.path) - 1 - place % len(made.path)
        return replace(made, path=(*made.path[:at], *change(made.path[at]), *made.path[at + 1 :]))

    return changed


_ON_SEGMENT: tuple[Callable[[str], tuple[str, ...]], ...] = (
    lambda segment: (segment.swapcase(),),
    lambda segment: (segment, ""),
    lambda segment: ("", segment),
    lambda segment: (),
    lambda segment: (segment, segment),
    lambda segment: (segment, "index.html"),
    lambda segment: (segment, "..", segment),
    lambda segment: (segment, "", "..", "x"),
    lambda segment: (f"{segment}%2F",),
    lambda segment: (f"x{segment}",),
    lambda segment: (f"{segment}%2Fx",),
    lambda segment: (segment, "x"),
    lambda segment: (segment.replace("%2F", "/").replace("%2f", "/"),),
    lambda segment: (segment.replace("%25", "%"),),
    lambda segment: (segment.replace("%", "%25"),),
    lambda segment: (quote(segment, safe=""),),
    lambda segment: (unquote(segment, errors="ignore").replace("?", "%3F"),),
)
_ON_QUERY: tuple[Callable[[tuple[str, ...]], tuple[str, ...]], ...] = (
    lambda pairs: (),
    lambda pairs: tuple(reversed(pairs)),
    lambda pairs: tuple(sorted(pairs)),
    lambda pairs: pairs[1:],
    lambda pairs: (*pairs, *pairs[:1]),
    lambda pairs: (*pairs, "id=7"),
    lambda pairs: (*pairs, "gclid=7"),
    lambda pairs: ("", *pairs, ""),
    lambda pairs: tuple(dict.fromkeys(pairs)),
    lambda pairs: tuple(pair.swapcase() for pair in pairs),
    lambda pairs: tuple(pair.removesuffix("=") for pair in pairs),
    lambda pairs: tuple(f"{pair}=" for pair in pairs if pair),
    lambda pairs: tuple(pair.replace("+", "%20") for pair in pairs),
    lambda pairs: tuple(unquote(pair, errors="ignore") for pair in pairs),
)
_ON_REST: tuple[Callable[[Made], Made], ...] = (
    lambda made: made,
    lambda made: replace(made, scheme={"http": "https"}.get(made.scheme, "http")),
    lambda made: replace(made, port={"8080": "", "": "8080"}.get(made.port, "")),
    lambda made: replace(made, port="8081"),
    lambda made: replace(made, host=made.host.upper()),
    lambda made: replace(made, host=f"www.{made.host}") if made.host[-1] == "e" else made,
)


def _on_query(change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Callable[[Made], Made]:
    return lambda made: replace(made, query=change(made.query))


CHANGES: tuple[Callable[[Made], Made], ...] = (
    *_ON_REST,
    *map(_on_query, _ON_QUERY),
    *(_at(place, change) for place in range(3) for change in _ON_SEGMENT),
)
"""Small changes, some of which lead elsewhere."""

NEIGHBOURS = st.tuples(MADE, st.sampled_from(CHANGES)).map(
    lambda drawn: (drawn[0], drawn[1](drawn[0]))
)


def made_at_random(number: int) -> list[Made]:
    """So many URLs, the same ones each time: much quicker than drawing them."""
    chance = random.Random(number)
    segments = [*_pool(400, 4), *[*_SPECIAL_SEGMENTS] * 20]
    values = _pool(200, 3)
    return [
        Made(
            scheme=chance.choice(["http", "https", "ftp"]),
            host=chance.choice(["a.example", "www.a.example", "x_y.com.example", "192.0.2.1"]),
            port=chance.choice(["", "", "80", "443", "8080"]),
            path=tuple(chance.choices(segments, k=chance.randint(1, 4))),
            query=tuple(
                chance.choice([*_SPECIAL_PAIRS, f"q={chance.choice(values)}x"])
                for _ in range(chance.randint(0, 3))
            ),
        )
        for _ in range(number)
    ]


def _any_text(size: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=()), max_size=size)


_PIECES = st.one_of(
    st.sampled_from(list("/\\?#@:.%&=[]ßİé。．\u200b\u00ad \n\t\0\x7f\ud800\udcff")),
    st.sampled_from(["..", "%2e", "%2F", "%41", "%25", "%00", "%ff", "utm_a=1", "xn--", "xn--a-"]),
    st.sampled_from(
        ["0x7f", "127.1", "0177.0.0.1", "4294967296", "1.2.3.4.5", "[::1]", "[::1%25a]"]
    ),
    st.sampled_from(["http://", "https:", "//", "ftp:/", "javascript:", "google.com/url?q="]),
    st.sampled_from(["a.example", "bücher.example", "☃.example", "ＡＢＣ.example", "مثال.example"]),
    st.sampled_from(
        ["urldefense.com/v3/__", "__;", "!!a!b$", "**", "***A", "urldefense.com/v2/url?u="]
    ),
    st.sampled_from(["a.translate.goog/?_x_tr_enc=0,1&_x_tr_hp=", "click.pstmrk.it/3s/"]),
    st.sampled_from(["www.bing.com/ck/a?u=a1", "x.protection.sophos.com/?u=", "href.li/?"]),
    st.sampled_from(["www.google.com/amp/s/", "nam.safelinks.protection.outlook.com/?url="]),
)
RAW = st.one_of(
    _any_text(30),
    st.lists(st.one_of(_PIECES, _any_text(3)), max_size=12).map(
        lambda pieces: "http://" + "".join(pieces)
    ),
)
LONG = st.tuples(_PIECES, _PIECES, st.sampled_from([2_000, 65_000, 65_536, 100_000])).map(
    lambda made: "http://" + made[0] + (made[1] * made[2])[: made[2] - len(made[0]) - 7]
)
