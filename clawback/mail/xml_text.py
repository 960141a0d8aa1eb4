"""XML as text: property lists, drawings and documents, with the entities that they declare."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from clawback.mail.found import FoundLink
from clawback.mail.text import links_in_text
from models.mails import LinkRole

_ENTITY = re.compile(
    r"<!ENTITY\s+([\w.-]{1,100})\s+(?:\"([^\"]{0,2000})\"|'([^']{0,2000})')\s*>", re.IGNORECASE
)
_REFERENCE = re.compile(r"&([\w.-]{1,100});")
_VALUE = re.compile(r">([^<>]{8,})<")
_ATTRIBUTE = re.compile(
    r"[\s:](href|dest|target|src|url|action|navigateuri)\s{0,9}=\s{0,9}(?:\"([^\"<]*)\"|'([^'<]*)')",
    re.IGNORECASE,
)
_TAG = re.compile(r"<([A-Za-z][\w:.-]{0,60})([^<>]{0,20000})")
_ANY_HREF = re.compile(
    r"[\s\"'](?:[\w.-]{1,60}:)?(href|src|action|formaction|to|from|by|values)\s{0,9}=\s{0,9}"
    r"(?:\"([^\"<]*)\"|'([^'<]*)')",
    re.IGNORECASE,
)
_ABSOLUTE = re.compile(r"(?:https?|ftp):|//", re.IGNORECASE)
_ANIMATIONS = frozenset({"animate", "set", "animatetransform", "animatemotion"})
# Elements whose href is fetched, not followed.
FETCHED_HREF = frozenset({"link", "image", "use", "feimage"})
_MOST_ENTITIES = 1_000


def with_entities(text: str) -> str:
    """The text with the entities replaced that it declares itself, once and no deeper.

    An entity may be made of entities: two levels hide a link well enough, ten make a bomb. What is
    put in is limited to the text's own size.
    """
    if "<!ENTITY" not in text and "<!entity" not in text:
        return text
    declared = {
        match[1]: match[2] if match[2] is not None else match[3]
        for match, _ in zip(_ENTITY.finditer(text), range(_MOST_ENTITIES), strict=False)
    }
    values = {name: _replaced(value, declared, 4_000) for name, value in declared.items()}
    return _replaced(text, values, len(text) + 100_000)


def _replaced(text: str, values: dict[str, str], most: int) -> str:
    left = most

    def put(match: re.Match[str]) -> str:
        nonlocal left
        value = values.get(match[1])
        if value is None or len(value) > left:
            return match[0]
        left -= len(value)
        return value

    return _REFERENCE.sub(put, text)


def links_in_drawing(text: str) -> Iterator[FoundLink]:
    """Links of a page or drawing that is XML, where a parser of HTML would see other elements.

    There any prefix may stand for XLink, `<title/>` is whole, and an animation can set a link.
    """
    for tag in _TAG.finditer(text):
        name = tag[1].rpartition(":")[2].lower()
        is_animation = name in _ANIMATIONS and "href" in tag[2]
        for match in _ANY_HREF.finditer(tag[2]):
            attribute = match[1].lower()
            value = html.unescape(match[2] or match[3] or "").strip()
            if attribute in ("to", "from", "values", "by"):
                ends = value.split(";") if is_animation else ()
                yield from (FoundLink(end.strip()) for end in ends if _ABSOLUTE.match(end.strip()))
            elif _ABSOLUTE.match(value):
                fetched = attribute == "src" or name in FETCHED_HREF
                yield FoundLink(value, LinkRole.RESOURCE if fetched else LinkRole.LINK)


def _without_sections(text: str) -> str:
    """The text with the content of its CDATA sections as other text."""
    first, *pieces = text.split("<![CDATA[")
    ends = (piece.partition("]]>") for piece in pieces)
    return first + "".join((html.escape(one) if end else one) + rest for one, end, rest in ends)


def links_in_xml(text: str) -> Iterator[FoundLink]:
    """Links in the text of elements and in the attributes that are meant for them.

    Those in other attributes and in declarations are mostly name spaces.
    """
    text = _without_sections(with_entities(text))
    for match in _ATTRIBUTE.finditer(text):
        role = LinkRole.RESOURCE if match[1].lower() == "src" else LinkRole.LINK
        for link in links_in_text(html.unescape(match[2] or match[3] or "")):
            yield link._replace(role=role)
    yield from links_in_text(html.unescape("\n".join(_VALUE.findall(text))))
