"""Links in HTML: what a reader can follow, and what a client fetches to show the page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from clawback.mail.elements import Elements, elements_of
from clawback.mail.found import Found, FoundLink, Unread
from clawback.mail.limits import Budget
from clawback.mail.scripts import Page
from clawback.mail.tags import links_in_tags, unfit, with_plain_elements
from clawback.mail.text import links_in_text

_MAX_DEPTH = 4
# Searched from both ends and not as one expression, which hostile text could make quadratic.
_CONDITION = re.compile(r"<!--\[if\b", re.IGNORECASE)
_END_CONDITION = re.compile(r"<!\[endif\]", re.IGNORECASE)
_HOLDS_LINK = re.compile(r"href|src|url\(|://|action", re.IGNORECASE)
_TEMPLATE = re.compile(r"<(/?)template\b[^<>]*>?", re.IGNORECASE)
_LOOKS_HTML = re.compile(r"<(?:a\s[^<>]*href|html|body|img\s|table|!doctype html)", re.IGNORECASE)

_UNSEEN = frozenset({"script", "style", "template", "noscript", "title", "textarea"})
_INLINE = frozenset(
    {"abbr", "b", "bdi", "bdo", "big", "code", "em", "font", "i", "ins", "kbd", "mark", "o:p", "s"}
    | {"small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr", "-comment"}
)


def looks_like_html(text: str) -> bool:
    """True for text that a sender labelled plain though it is a page."""
    return _LOOKS_HTML.search(text) is not None


def links_in_html(source: str, budget: Budget) -> Iterator[Found]:
    """Every link of the page and of the pages that it hides, resolved against its base.

    Those in comments, scripts that write and `data:` links count as pages; says "too-many-pages",
    "too-deep" or "expands-too-far" where a limit kept some from being read. Raises `LimitReached`.
    With a limit of no pages no tree is built: the page is read tag by tag, in time and memory that grow
    with its size alone.

    Entities are decoded once, by the parser. What stands after `</html>` counts, and so do
    conditional comments, strings that a script unescapes or decodes, and `data:` pages.
    """
    if not budget.limits.pages:
        budget.check_time()
        yield from links_in_tags(source)
        return
    pages = [Page(source)]
    for _ in range(_MAX_DEPTH):
        inner: list[Page] = []
        for page in pages:
            budget.take_pages()
            mark = page.opened_from
            tree, code = _tree(page.text)
            if tree is None:
                yield from _marked(links_in_tags(page.text), mark)
                yield Unread(code)
                continue
            elements = elements_of(tree)
            links = _links_of_page(tree, elements)
            yield from links if mark is None else _marked(links, mark)
            below = _inner_pages(page.text, elements)
            inner.extend(one if one.opened_from else Page(one.text, mark) for one in below)
        pages = inner
    if pages:
        yield Unread("too-many-pages")


def _tree(page: str) -> tuple[LexborHTMLParser | None, str]:
    """The page's tree, or why there is none."""
    if code := unfit(page):
        return None, code
    try:
        return LexborHTMLParser(with_plain_elements(page)), ""
    except SelectolaxError:  # the parser's way to say that it gets no more memory
        return None, "out-of-memory"


def _marked(links: Iterator[FoundLink], mark: str | None) -> Iterator[FoundLink]:
    return (link._replace(opened_from=mark) for link in links)


def _inner_pages(page: str, elements: Elements) -> Iterator[Page]:
    if "<!--[" in page:
        for piece in _CONDITION.split(page)[1:]:
            inner = _END_CONDITION.split(piece, maxsplit=1)[0].partition(">")[2]
            if _HOLDS_LINK.search(inner):
                yield Page(inner)
    if "<template" in page:  # its content is a page of its own until a script puts it in
        yield from map(Page, _templates(page))
    yield from elements.pages()


def _templates(page: str) -> Iterator[str]:
    """What stands in each template, with what stands in templates within it."""
    depth = start = 0
    pieces: list[str] = []
    for match in _TEMPLATE.finditer(page):
        if depth:
            pieces.append(page[start : match.start()])
        depth = max(0, depth - 1) if match[1] else depth + 1
        start = match.end()
        if not depth and pieces:
            yield "".join(pieces)
            pieces = []
    if depth:
        yield "".join((*pieces, page[start:]))


def _links_of_page(tree: LexborHTMLParser, elements: Elements) -> Iterator[FoundLink]:
    yield from elements.links()
    yield from _links_of_text(tree)


def _links_of_text(tree: LexborHTMLParser) -> Iterator[FoundLink]:
    body = tree.body
    if body is None:
        return
    quick = body.text(separator="\n")
    if ":/" in quick or ":\\" in quick or _names_www(quick):
        yield from links_in_text(_visible_text(body))


def text_of_page(page: str) -> str:
    """The text that a page shows, line by line; the page itself where no tree can be made of it."""
    tree, _ = _tree(page)
    if tree is None or tree.body is None:
        return page
    lines = (" ".join(line.split()) for line in _visible_text(tree.body).splitlines())
    return "\n".join(line for line in lines if line)


def _names_www(text: str) -> bool:
    return ("w." in text or "W." in text) and "www." in text.lower()


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
    return node.tag in _INLINE
