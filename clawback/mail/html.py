"""Links in HTML: what a reader can follow, and what a client fetches to show the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote, urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from clawback.mail.found import Found, FoundLink, Unread
from clawback.mail.limits import Budget
from clawback.mail.scripts import Page, pages_in_data, pages_in_script
from clawback.mail.tags import is_too_deep, links_in_tags
from clawback.mail.text import links_in_text
from clawback.mail.xml_text import FETCHED_HREF
from models.mails import LinkRole

_MAX_DEPTH = 4

_MAX_BASE_CHARS = 2_000
# Searched from both ends and not as one expression, which hostile text could make quadratic.
_CONDITION = re.compile(r"<!--\[if\b", re.IGNORECASE)
_END_CONDITION = re.compile(r"<!\[endif\]", re.IGNORECASE)
_HOLDS_LINK = re.compile(r"href|src|url\(|://|action", re.IGNORECASE)
_CSS_URL = re.compile(r"url\(\s*[\"']?([^\"')]+)|@import\s+[\"']([^\"']+)", re.IGNORECASE)
_TEMPLATE = re.compile(r"<template\b[^<>]*>", re.IGNORECASE)
_HAS_HANDLER = re.compile(r"[\s\"'/]on[a-z]{3,20}\s*=|srcdoc|script:", re.IGNORECASE)
_SCRIPT_LINK = re.compile(r"\s*(?:j\s*a\s*v\s*a|v\s*b)\s*s\s*c\s*r\s*i\s*p\s*t\s*:", re.IGNORECASE)
_REFRESH = re.compile(r"url\s*=\s*[\"']?([^\"']+)", re.IGNORECASE)
_LOOKS_HTML = re.compile(r"<(?:a\s[^<>]*href|html|body|img\s|table|!doctype html)", re.IGNORECASE)
_UNDECODED_QP = re.compile(r"^\s*3D[\"']?(?=\s*(?:https?|ftp|//))", re.IGNORECASE)

# Attribute -> what it is for. href is told apart by its element.
_LINK_ATTRIBUTES = ("action", "formaction", "originalsrc", "data-saferedirecturl")
_FETCHED_ATTRIBUTES = ("src", "background", "data", "poster", "lowsrc", "dynsrc", "longdesc")
_SELECTOR = ",".join(
    f"[{name}]" for name in (*_LINK_ATTRIBUTES, *_FETCHED_ATTRIBUTES, "href", "srcset")
)
_UNSEEN = frozenset({"script", "style", "template", "noscript", "title", "textarea"})
_INLINE = re.compile(
    r"abbr|b|bdi|bdo|big|code|em|font|i|ins|kbd|mark|o:p|s|small|span|strike|strong|sub|sup|tt|u"
    r"|var|wbr"
)


def looks_like_html(text: str) -> bool:
    """True for text that a sender labelled plain though it is a page."""
    return _LOOKS_HTML.search(text) is not None


def links_in_html(source: str, budget: Budget) -> Iterator[Found]:
    """Every link of the page and of the pages that it hides, resolved against its base.

    Those in comments, scripts that write and `data:` links count as pages; says "too-many-pages" or
    "too-deep" where a limit kept some from being read. Raises `LimitReached`.

    Entities are decoded once, by the parser. What stands after `</html>` counts, and so do
    conditional comments, strings that a script unescapes or decodes, and `data:` pages.
    """
    pages = [Page(source)]
    for _ in range(_MAX_DEPTH):
        inner: list[Page] = []
        for page in pages:
            budget.take_pages()
            mark = page.opened_from
            if is_too_deep(page.text):
                yield from _marked(links_in_tags(page.text), mark)
                yield Unread("too-deep")
                continue
            tree = LexborHTMLParser(page.text)
            links = _links_of_tree(tree)
            yield from links if mark is None else _marked(links, mark)
            below = _inner_pages(page.text, tree)
            inner.extend(one if one.opened_from else Page(one.text, mark) for one in below)
        pages = inner
    if pages:
        yield Unread("too-many-pages")


def _marked(links: Iterator[FoundLink], mark: str | None) -> Iterator[FoundLink]:
    return (replace(link, opened_from=mark) for link in links)


def _inner_pages(page: str, tree: LexborHTMLParser) -> Iterator[Page]:
    if "<!--[" in page:
        for piece in _CONDITION.split(page)[1:]:
            inner = _END_CONDITION.split(piece, maxsplit=1)[0].partition(">")[2]
            if _HOLDS_LINK.search(inner):
                yield Page(inner)
    if "<template" in page:  # its content is a page of its own until a script puts it in
        for piece in _TEMPLATE.split(page)[1:]:
            yield Page(piece.partition("</template")[0])
    if "<script" in page or "<SCRIPT" in page:
        for script in tree.css("script"):
            yield from pages_in_script(script.text())
    if "data:" in page:
        for node in tree.css('[href^="data:"],[src^="data:text"],[data^="data:"]'):
            for value in node.attributes.values():
                yield from map(Page, pages_in_data(value or ""))
    if _HAS_HANDLER.search(page):
        yield from _pages_of_attributes(tree)


def _pages_of_attributes(tree: LexborHTMLParser) -> Iterator[Page]:
    """Pages of frames, and the page's handlers and script links as one script."""
    scripts: list[str] = []
    for node in tree.css("*"):
        for name, value in node.attributes.items():
            if value and name.startswith("on"):
                scripts.append(value)
            elif value and _SCRIPT_LINK.match(value):
                scripts.append(unquote(_SCRIPT_LINK.sub("", value)))
            elif value and name == "srcdoc":
                yield Page(value)
    if scripts:
        yield from pages_in_script(";\n".join(scripts))


def _links_of_tree(tree: LexborHTMLParser) -> Iterator[FoundLink]:
    base = tree.css_first("base[href]")
    root = (base.attributes.get("href") or "").strip() if base is not None else ""
    root = root if len(root) <= _MAX_BASE_CHARS else ""
    for node in tree.css(_SELECTOR):
        for found in _links_of_node(node):
            yield _resolved(found, root)
    for node in tree.css('meta[http-equiv="refresh" i]'):
        if match := _REFRESH.search(node.attributes.get("content") or ""):
            yield _resolved(FoundLink(match[1]), root)
    yield from _links_of_styles(tree)
    yield from _links_of_text(tree)


def _links_of_node(node: LexborNode) -> Iterator[FoundLink]:
    tag = node.tag or ""
    for name, value in node.attributes.items():
        if not value:
            continue
        if name in ("href", "xlink:href"):
            fetched = tag in FETCHED_HREF
            yield FoundLink(value, LinkRole.RESOURCE if fetched else LinkRole.LINK)
        elif name in _LINK_ATTRIBUTES:
            yield FoundLink(value)
        elif name in _FETCHED_ATTRIBUTES:
            yield FoundLink(value, LinkRole.RESOURCE)
        elif name == "srcset":
            for candidate in re.split(r",\s+", value):
                yield FoundLink(candidate.strip().split(" ")[0], LinkRole.RESOURCE)


def _resolved(found: FoundLink, base: str) -> FoundLink:
    """The link against the page's base, and without the mark of undecoded quoted-printable."""
    raw = found.raw
    if match := _UNDECODED_QP.match(raw):
        raw = raw[match.end() :].rstrip("\"'")
    if base and ":" not in raw.partition("/")[0]:
        try:
            raw = urljoin(base, raw.strip())
        except ValueError:
            return found
    return found if raw is found.raw else FoundLink(raw, found.role)


def _links_of_styles(tree: LexborHTMLParser) -> Iterator[FoundLink]:
    texts = [node.text() for node in tree.css("style")]
    texts += [node.attributes.get("style") or "" for node in tree.css('[style*="url(" i]')]
    for text in texts:
        for match in _CSS_URL.finditer(text):
            yield FoundLink(match[1] or match[2], LinkRole.RESOURCE)


def _links_of_text(tree: LexborHTMLParser) -> Iterator[FoundLink]:
    body = tree.body
    if body is None:
        return
    quick = body.text(separator="\n")
    if ":/" in quick or ":\\" in quick or "www." in quick.lower():
        yield from links_in_text(_visible_text(body))


def _visible_text(body: LexborNode) -> str:
    """The text as it is shown: inline elements join, links and blocks part."""
    pieces: list[str] = []
    for node in body.traverse(include_text=True):
        if not node.is_text_node:
            if not _is_inline(node):
                pieces.append("\n")
            continue
        parent = node.parent
        if parent is None or parent.tag in _UNSEEN:
            continue
        before = node.prev
        if before is not None and not before.is_text_node and not _is_inline(before):
            pieces.append("\n")
        pieces.append(node.text())
    return "".join(pieces)


def _is_inline(node: LexborNode) -> bool:
    return _INLINE.fullmatch(node.tag or "") is not None
