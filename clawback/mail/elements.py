"""What the elements of a page link to and hide, found in one walk over its tree.

No selectors: setting those up costs more than all the rest on most pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote, urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from clawback.mail.found import FoundLink
from clawback.mail.intents import links_of_intents
from clawback.mail.scripts import Page, pages_in_data, pages_in_script
from clawback.mail.xml_text import FETCHED_HREF
from models.mails import LinkRole

_MAX_BASE_CHARS = 2_000
_CSS_URL = re.compile(r"url\(\s*[\"']?([^\"')]+)|@import\s+[\"']([^\"']+)", re.IGNORECASE)
_SCRIPT_LINK = re.compile(r"\s*(?:j\s*a\s*v\s*a|v\s*b)\s*s\s*c\s*r\s*i\s*p\s*t\s*:", re.IGNORECASE)
# The HTML Standard's "shared declarative refresh steps" let "url=" be left out.
_REFRESH = re.compile(
    r"(?:url\s*=\s*[\"']?|^[\s\d.]*[;,\s]\s*[\"']?(?=https?:|//))([^\"']+)", re.IGNORECASE
)
# A link that hands another one to a program: `ms-word:ofe|u|https://…`, `microsoft-edge:https://…`.
_HANDED_ON = re.compile(
    r"\s*(?!https?:|ftp:|mailto:|data:|cid:|tel:|sms:|javascript:|vbscript:|about:|file:)"
    r"[a-z][a-z0-9.+-]{1,40}:[^/?#\s]{0,40}?(?=https?:[/\\])",
    re.IGNORECASE,
)
_UNDECODED_QP = re.compile(r"^\s*3D[\"']?(?=\s*(?:https?|ftp|//))", re.IGNORECASE)
# HTML Standard, "parse a srcset attribute": commas end a URL only before a blank.
_CANDIDATE = re.compile(r"[\s,]*([^\s]+)([^,(]*(?:\([^)]*\)?[^,(]*)*)")
_ABSOLUTE = re.compile(r"(?:https?|ftp):|//", re.IGNORECASE)

_HREFS = frozenset({"href", "xlink:href"})
_FOLLOWED = frozenset({"action", "formaction", "originalsrc", "data-saferedirecturl"})
_FETCHED = frozenset({"src", "background", "data", "poster", "lowsrc", "dynsrc", "longdesc"})
_LINKS = frozenset({*_HREFS, *_FOLLOWED, *_FETCHED, "srcset"})
# What SVG puts into another attribute, a script link perhaps.
_ANIMATED = frozenset({"to", "from", "by", "values"})
# Values that hold a page of their own; as pictures they hold none.
_DATA_STARTS = {"href": "data:", "xlink:href": "data:", "src": "data:text", "data": "data:"}
_READ_TAGS = frozenset({"base", "meta", "style", "script"})


@dataclass(slots=True)
class Elements:
    """What was found, each kind in the order of the page."""

    _base: str | None = None
    _links: list[FoundLink] = field(default_factory=list)
    _refreshes: list[str] = field(default_factory=list)
    _styles: list[str] = field(default_factory=list)
    _inline_styles: list[str] = field(default_factory=list)
    _scripts: list[str] = field(default_factory=list)
    _data: list[str] = field(default_factory=list)
    _frames: list[str] = field(default_factory=list)
    _handlers: list[str] = field(default_factory=list)

    def links(self) -> Iterator[FoundLink]:
        """Every link in an attribute or a style, resolved against the page's base."""
        base = self._base or ""
        base = base if len(base) <= _MAX_BASE_CHARS else ""
        is_used = False
        refreshes = filter(None, map(_REFRESH.search, self._refreshes))
        for found in (*self._links, *(FoundLink(match[1]) for match in refreshes)):
            resolved = _resolved(found, base)
            is_used = is_used or (bool(base) and resolved is not found)
            yield resolved
        if is_used:  # by itself it leads nowhere
            yield FoundLink(base)
        for text in (*self._styles, *self._inline_styles):
            for match in _CSS_URL.finditer(text):
                yield FoundLink(match[1] or match[2], LinkRole.RESOURCE)

    def pages(self) -> Iterator[Page]:
        """Pages in scripts, `data:` links and frames; handlers and script links are one script."""
        for script in self._scripts:
            yield from pages_in_script(script)
        for value in self._data:
            yield from map(Page, pages_in_data(value))
        yield from map(Page, self._frames)
        if self._handlers:
            yield from pages_in_script(";\n".join(self._handlers))

    def _add(self, node: LexborNode, tag: str, attributes: Mapping[str, str | None]) -> None:
        if tag == "base" and self._base is None and "href" in attributes:
            self._base = (attributes["href"] or "").strip()
        elif tag == "style":
            self._styles.append(node.text())
        elif tag == "script":
            self._scripts.append(node.text())
        elif tag == "meta" and (attributes.get("http-equiv") or "").lower() == "refresh":
            self._refreshes.append(attributes.get("content") or "")

    def _add_value(
        self, tag: str, name: str, value: str, attributes: Mapping[str, str | None]
    ) -> None:
        if name.startswith("on"):
            self._handlers.append(value)
        elif _SCRIPT_LINK.match(value):
            self._handlers.append(unquote(_SCRIPT_LINK.sub("", value)))
        elif name == "srcdoc":
            self._frames.append(value)
        elif name in _ANIMATED and _animates_link(attributes):
            self._animate(value)
        if name not in _LINKS or tag == "base":
            return
        start = value[:12].lstrip().lower()
        if start.startswith("data:") and start.startswith(_DATA_STARTS.get(name, "\0")):
            self._data += [each or "" for each in attributes.values()]
        self._add_link(tag, name, value)

    def _animate(self, value: str) -> None:
        for end in map(str.strip, value.split(";")):
            if _ABSOLUTE.match(end):
                self._links.append(FoundLink(end))

    def _add_link(self, tag: str, name: str, value: str) -> None:
        if name == "srcset":
            self._links += [FoundLink(raw, LinkRole.RESOURCE) for raw in _candidates(value)]
        elif name in _FETCHED or (name in _HREFS and tag in FETCHED_HREF):
            self._links.append(FoundLink(value, LinkRole.RESOURCE))
        elif value[:12].lstrip().lower().startswith("intent:"):
            self._links += map(FoundLink, links_of_intents("".join(value.split())))
        else:
            handed = None if value.startswith("http") else _HANDED_ON.match(value)
            self._links.append(FoundLink(value[handed.end() :] if handed else value))


def elements_of(tree: LexborHTMLParser) -> Elements:
    """What the page's elements hold, those after `</html>` with them; templates stay closed."""
    found = Elements()
    root = tree.root
    for node in () if root is None else root.traverse():
        attributes = node.attributes
        tag = node.tag or ""
        if attributes:
            for name in _read_names(tuple(attributes)):
                if value := attributes[name]:
                    if name == "style":
                        if "(" in value and "url(" in value.lower():
                            found._inline_styles.append(value)
                    else:
                        found._add_value(tag, name, value, attributes)
        if tag in _READ_TAGS:
            found._add(node, tag, attributes)
    return found


def _animates_link(attributes: Mapping[str, str | None]) -> bool:
    names = (value for key, value in attributes.items() if key.lower() == "attributename")
    return any("href" in (name or "").lower() for name in names)


def _candidates(value: str) -> Iterator[str]:
    """The URLs of a `srcset`."""
    at = 0
    while match := _CANDIDATE.match(value, at):
        yield match[1].rstrip(",")
        at = match.end(1) if match[1].endswith(",") else match.end()


@lru_cache(maxsize=4096)
def _read_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of an element's attributes that are read; few combinations make up most of mail."""
    read = _LINKS | _ANIMATED | {"style", "srcdoc"}
    return tuple(name for name in names if name in read or name.startswith("on"))


def _resolved(found: FoundLink, base: str) -> FoundLink:
    """The link against the page's base, and without the mark of undecoded quoted-printable."""
    raw = found.raw
    if not base and raw.startswith("http"):
        return found
    if match := _UNDECODED_QP.match(raw):
        raw = raw[match.end() :].rstrip("\"'")
    if base and ":" not in raw.partition("/")[0]:
        try:
            raw = urljoin(base, raw.strip())
        except ValueError:
            return found
    return found if raw is found.raw else FoundLink(raw, found.role)
