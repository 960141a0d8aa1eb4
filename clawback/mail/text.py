"""Links in plain text, as a mail client would underline them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clawback.mail.found import FoundLink
from clawback.mail.intents import links_of_intents

# Where a link in running text ends for certain: blanks, controls, angle brackets, double quotes of
# any script, and the punctuation of scripts that do not put a blank after it.
_END = r"\s\x00-\x20<>\"\u201c-\u201f\u00ab\u00bb\u3001\u3002\u3008-\u3011\uff08\uff09\uff0c\uff1b"
_LINK = re.compile(
    rf"(?:https?|ftp):[/\\]+[^{_END}]+|(?<![^\W_])(?<![^\W_]_)(?<![.@/:=-])www\.[\w-]+\.[^{_END}]+",
    re.IGNORECASE,
)
_WRAPPED = re.compile(r"<\s*((?:https?|ftp):[/\\][^<>]{1,8000})>", re.IGNORECASE)
_FOLD = re.compile(r"[ \t]*\r?\n[ \t>]*")
_ENDS = ("p:", "P:", "s:", "S:", "w.", "W.")  # of the schemes and of "www."
# Scripts that put no blank between a link and the sentence that goes on after it.
_GLUED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_AFTER_HOST = re.compile(r"[^:]*:[/\\]+[^/\\?#]+[/\\?#]")
_TRAILING = ".,;:!?'*|\\`([{\u2019\u2026"
_EMPHASIS = "_~"  # of Markdown; where it opens before a link it closes behind it
_PAIRS = {")": "(", "]": "[", "}": "{"}
_CLOSING = {start: close for close, start in _PAIRS.items()}


def links_in_text(text: str, *, delsp: bool = False) -> Iterator[FoundLink]:
    """Every link that stands in the text, once per place.

    A link in angle brackets may be folded over several lines; `delsp` says that the text is
    format=flowed with blanks to delete, so that any line may be.
    """
    if not may_hold_link(text):
        return
    if delsp:
        text = re.sub(r" \r?\n", "", text)
    joined: list[str] = []
    text = _WRAPPED.sub(lambda match: _unfolded(match, joined), text)
    for raw in (*joined, *links_of_intents(text)):
        yield FoundLink(raw)
    for match in _LINK.finditer(text):
        raw = _trimmed(match[0])
        if match.start() and text[match.start() - 1] in _EMPHASIS:
            raw = _trimmed(raw.rstrip(text[match.start() - 1]))
        raw = raw if ":" in raw[:6] else f"http://{raw}"
        yield FoundLink(raw)
        if not raw.isascii() and (shorter := _unglued(raw)):
            yield FoundLink(shorter)


def may_hold_link(text: str) -> bool:
    """Whether it is worth a look: asked of much more text than holds one."""
    if "://" in text:
        return True
    if not any(end in text for end in _ENDS):
        return False  # most text: this is quicker than to lower all of it
    lower = text.lower()
    return "http:" in lower or "https:" in lower or "ftp:" in lower or "www." in lower


def _unfolded(match: re.Match[str], joined: list[str]) -> str:
    """The bracketed link taken out into `joined`, or the text as it was if it is no single link."""
    raw = _FOLD.sub("", match[1]).strip()
    if re.search(r"\s", raw):
        return match[0]
    joined.append(raw)
    return " "


def _unglued(raw: str) -> str:
    """The link up to where a sentence may go on within a word of its path; empty if nowhere.

    Not from a slash on: a path's part in such a script is no sentence.
    """
    host = _AFTER_HOST.match(raw)
    glued = _GLUED.search(raw, host.end()) if host else None
    if glued is None or raw[glued.start() - 1] in "/\\?#=&%":
        return ""
    return _trimmed(raw[: glued.start()])


def _trimmed(raw: str) -> str:
    """The link without what belongs to the sentence: punctuation, brackets that it did not open."""
    surplus = {close: raw.count(close) - raw.count(start) for close, start in _PAIRS.items()}
    end = len(raw)
    while end and (raw[end - 1] in _TRAILING or surplus.get(raw[end - 1], 0) > 0):
        end -= 1
        if raw[end] in surplus:
            surplus[raw[end]] -= 1
        elif raw[end] in _CLOSING:
            surplus[_CLOSING[raw[end]]] += 1
    return raw[:end]
