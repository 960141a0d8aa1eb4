"""Where the change feed of one mailbox stands, as text that the index keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_VERSION = 2  # 1: queries that did not ask when a message was received


@dataclass(frozen=True, slots=True)
class Cursor:
    """For each folder id its path and the query that asks for what changed since."""

    folders: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def text(self) -> str:
        """What `read_cursor` reads."""
        folders = {key: list(value) for key, value in self.folders.items()}
        return json.dumps([_VERSION, folders], ensure_ascii=False, separators=(",", ":"))


def read_cursor(text: str) -> Cursor:
    """The cursor in a text; an empty one where it is none of ours."""
    try:
        version, folders = json.loads(text)
        if version != _VERSION or type(version) is not int:
            return Cursor()
        read = {key: (path, query) for key, (path, query) in folders.items()}
    except (ValueError, TypeError, AttributeError):
        return Cursor()
    is_text = all(isinstance(one, str) for pair in read.values() for one in pair)
    return Cursor(read) if is_text else Cursor()


def query_of(link: str) -> str:
    """The part of a delta link that is worth keeping: the rest is the folder's own path."""
    try:
        return urlsplit(link).query
    except ValueError:  # nothing to go on with: the folder is listed whole next time
        return ""
