"""HTML read tag by tag, for pages whose tree would cost too much to build.

A parser has to look through all open elements at many a tag, so a page of 100,000 open elements
takes it half a minute. No mail client shows such a page as meant; its links still count.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from clawback.mail.found import FoundLink
from clawback.mail.text import links_in_text
from models.mails import LinkRole

MAX_OPEN_ELEMENTS = 3_000  # browsers flatten what is nested deeper than 512
_FEW_TAGS = 8_000  # so few cost a parser at most 0.1 s, however they are nested

_TAG = re.compile(r"<(/?)([a-z][^\s/<>]*)", re.IGNORECASE)
_FEWEST_TAGS = 500
# What a parser opens again in every block after one that was left open (HTML Standard, "reconstruct
# the active formatting elements"): 60 kB of it make a tree of 3 GB.
_FORMATTING = re.compile(
    r"<(/?)(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])", re.IGNORECASE
)
# Elements that hold nothing, or that the next of their kind closes.
_FLAT = frozenset(
    {"br", "img", "hr", "input", "meta", "link", "area", "base", "col", "wbr", "source", "param"}
    | {"p", "li", "td", "th", "tr", "dt", "dd", "option", "tbody", "html", "head", "body"}
)
_WHOLE_TAG = re.compile(r"<(?:(/?)([a-z][^\s/<>]*)|[!?/])([^<>]*)>?", re.IGNORECASE)  # or comment
_CELLS = frozenset({"td", "th", "caption"})
_OUT_OF_PLACE = frozenset(
    {"tr", "tbody", "thead", "tfoot", "col", "colgroup", "frame", "frameset", "head", "body"}
    | {"html", "form", "image"}
)
_ROWS = frozenset({"tr", "tbody", "thead", "tfoot"})
_MOST_COPIED = 10**9  # characters: some 400 MB
# As the HTML Standard's tokenizer parts them; nothing is tried twice.
_NAME = r"[^\s/>][^\s/>=]*+"
_VALUE = r"(?:\s*+=\s*+(?:\"[^\"]*+\"?|'[^']*+'?|[^\s>\"'][^\s>]*+|(?=>)))?+"
_ANY_ATTRIBUTE = re.compile(rf"({_NAME}){_VALUE}")
_ATTRIBUTES = re.compile(rf"(?:[\s/]++|{_NAME}{_VALUE})*+")
_MERGED = frozenset({"html", "body"})  # later ones give their attributes to the first
_MANY_FROM_CHARS = 100_000  # of a page: attributes in it take at most 0.6 s
_MOST_COMPARED = 10**9  # pairs of attributes: 2 s
_MOST_ATTRIBUTES = 32_000  # of one tag: so many are more pairs than that
_MOST_NAMES = 20_000  # of tags, or of attributes: the parser's table of them does not grow
_MOST_OPTIONS = 10_000  # at each of which a parser goes through all those of its list: 0.4 to 1.5 s
_OPTION = re.compile(r"<option", re.IGNORECASE)
_MOST_WALKED = 5 * 10**8  # open elements, at tags that may look through all of them: 1.5 s
_MOST_TIMES_READ = 4  # for attributes, of honest pages once
_ATTRIBUTE = re.compile(
    r"\b(href|src|action|formaction|background|data)\s{0,9}=\s{0,9}"
    r"(?:\"([^\"]{0,65536})\"|'([^']{0,65536})'|([^\s\"'<>]+))",
    re.IGNORECASE,
)
_FOLLOWED = ("href", "action", "formaction")


def with_plain_elements(page: str) -> str:
    """The page with `span` for elements that only set type, where there are tags enough to matter.

    Neither their attributes nor what is read of them depends on their name.
    """
    if page.count("<") <= _FEWEST_TAGS:
        return page
    return _FORMATTING.sub(r"<\1span", page)


def unfit(page: str) -> str:
    """Why the page's tree would cost too much, as the code of a `Problem`; "" where it would not."""
    if is_too_deep(page):
        return "too-deep"
    is_dear = _copies_text(page) or _has_many_options(page) or _compares_attributes(page)
    return "expands-too-far" if is_dear else ""


def _has_many_options(page: str) -> bool:
    return page.count("<") > _MOST_OPTIONS and len(_OPTION.findall(page)) > _MOST_OPTIONS


def _compares_attributes(page: str) -> bool:
    """True where to compare attributes with all others of their tag, or names with all others of the page,
    takes seconds.

    Whatever looks like a tag counts, within comments and quotes too, where it may be the one that a parser
    sees: all tags that are some are among them.
    """
    if len(page) < _MANY_FROM_CHARS:
        return False
    compared = merged = read = 0
    names: set[str] = set()
    tags: set[str] = set()
    counts: dict[str, int] = {"": 0}
    for match in _TAG.finditer(page):
        tag = match[2].lower()
        tags.add(tag)
        attributes = _ATTRIBUTES.match(page, match.end())
        text = attributes[0] if attributes else ""
        read += len(text)
        count = counts.get(text)
        if count is None:
            found = [one[1] for one in islice(_ANY_ATTRIBUTE.finditer(text), _MOST_ATTRIBUTES)]
            names.update(found)
            count = counts[text] = len(found)
        if tag in _MERGED:
            merged += count
            compared += count * merged
        else:
            compared += count * count
        if compared > _MOST_COMPARED or max(len(names), len(tags)) > _MOST_NAMES:
            return True
        if read > _MOST_TIMES_READ * len(page):
            return True
    return False


def _copies_text(page: str) -> bool:
    """True where a tree would hold the page's text many thousand times over.

    A tag that is out of place makes no element, an end tag never does, and the text before and behind
    it is one. The parser copies all of that text to where its attributes end, and lets none of the
    memory go.
    """
    if page.count("<") * len(page) < 2 * _MOST_COPIED:
        return False
    in_frames = "<frameset" in page.lower()  # where no tag is in its place
    in_cell: list[bool] = []  # for each open table; its other text is moved before it, and is one
    copied = run = moved = end = 0
    for match in _WHOLE_TAG.finditer(page):
        size = len(page[end : match.start()].strip()) if in_cell else match.start() - end
        end, name, is_end = match.end(), (match[2] or "").lower(), bool(match[1])
        if in_cell and not in_cell[-1]:
            moved += size
        run += size
        _follow(in_cell, name, is_end=is_end)
        has_attributes = bool(match[3].strip("/ \t\r\n"))
        is_lost = is_end or in_frames or name in _OUT_OF_PLACE
        if not name:  # a comment: it stays where it is when the text before it does not
            copied += moved
        elif is_lost or (name in _CELLS and not in_cell):
            copied += (run + moved) * has_attributes
        else:
            run = 0
            copied += moved * has_attributes
        if copied > _MOST_COPIED:
            return True
    return False


def _follow(in_cell: list[bool], name: str, *, is_end: bool) -> None:
    """Keep the list of open tables, and whether text would stand in a cell of each."""
    if name == "table":
        if not is_end:
            in_cell.append(False)
        elif in_cell:
            in_cell.pop()
    elif in_cell and (name in _CELLS or name in _ROWS):
        in_cell[-1] = name in _CELLS and not is_end


def is_too_deep(page: str) -> bool:
    """True for a page with more open elements at once than any honest page has."""
    if page.count("<") <= _FEW_TAGS:
        return False
    opened: Counter[str] = Counter()
    depth = walked = 0
    for match in _TAG.finditer(page):
        name = match[2].lower()
        walked += depth
        if depth > MAX_OPEN_ELEMENTS or walked > _MOST_WALKED:
            return True
        if name in _FLAT:
            continue
        if not match[1]:
            opened[name] += 1
            depth += 1
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
    return depth > MAX_OPEN_ELEMENTS


def links_in_tags(page: str) -> Iterator[FoundLink]:
    """Links in attributes and in the text between tags; neither base nor scripts are read."""
    for match in _ATTRIBUTE.finditer(page):
        role = LinkRole.LINK if match[1].lower() in _FOLLOWED else LinkRole.RESOURCE
        yield FoundLink(html.unescape(match[2] or match[3] or match[4] or ""), role)
    for piece in page.split("<"):
        yield from links_in_text(html.unescape(piece.partition(">")[2]))
