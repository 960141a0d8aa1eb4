"""A folder of messages and the `manifest.json` that says what is in them; docs/benches.md has the format."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clawback.core.trivial import MAX_TRIVIAL_BYTES
from clawback.errors import BadInput

FILE = "manifest.json"
EXPECTED = "docs/benches.md shows the format"
_PACKAGE_TYPES = ("officedocument", "openxmlformats")
_PACKAGE_NAMES = ("[Content_Types].xml", "word/", "xl/", "ppt/")


@dataclass(frozen=True, slots=True)
class ListedMessage:
    """What a message must give, and what it may give: canonical URLs with their raw forms, hashes."""

    path: str
    urls: Mapping[str, tuple[str, ...]]
    urls_may: Mapping[str, tuple[str, ...]]
    files: frozenset[str]
    package_members: frozenset[str]


@dataclass(frozen=True, slots=True)
class ListedClusters:
    """Paths by indicator. `paths` maps host and path to the messages and their canonical URLs."""

    files: Mapping[str, frozenset[str]]
    urls: Mapping[str, frozenset[str]]
    members: Mapping[str, frozenset[str]]
    trivial: tuple[str, ...]
    paths: Mapping[str, tuple[frozenset[str], tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Corpus:
    """The folder, its messages and its clusters."""

    root: Path
    messages: tuple[ListedMessage, ...]
    clusters: ListedClusters

    def raw_forms(self, key: str) -> tuple[str, ...]:
        """Every form in which some message has this URL."""
        forms = dict.fromkeys(
            raw
            for message in self.messages
            for listed in (message.urls, message.urls_may)
            for raw in listed.get(key, ())
        )
        return tuple(forms)

    def holders(self, key: str) -> frozenset[str]:
        """The messages that must or may have this URL."""
        return frozenset(
            message.path
            for message in self.messages
            if key in message.urls or key in message.urls_may
        )


def read_corpus(root: Path) -> Corpus:
    """The corpus in a folder. Raises `BadInput` saying what does not fit, and where."""
    path = root / FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}): {EXPECTED}") from error
    except ValueError as error:
        raise BadInput(f"{path} is no JSON: {EXPECTED}") from error
    listed = _list(_member(document, "messages", "the manifest"), "messages")
    messages = tuple(_message(root, item, number) for number, item in enumerate(listed))
    return Corpus(root, messages, _clusters(document, {message.path for message in messages}))


def _message(root: Path, item: Any, number: int) -> ListedMessage:
    where = f"messages[{number}]"
    path = _text(_member(item, "path", where), f"{where}.path")
    inside = (root / path).resolve()
    if not (inside.is_file() and inside.is_relative_to(root.resolve())):
        raise BadInput(f"{where}.path names no file in the folder: {EXPECTED}")
    files = list(_files(item.get("attachments", []), f"{where}.attachments"))
    return ListedMessage(
        path,
        _urls(_member(item, "urls", where), f"{where}.urls"),
        _urls(item.get("urls_may", []), f"{where}.urls_may"),
        frozenset(sha256 for sha256, is_needed, _ in files if is_needed),
        frozenset(member for _, _, members in files for member in members),
    )


def _urls(listed: Any, where: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for number, item in enumerate(_list(listed, where)):
        key = _text(_member(item, "key", f"{where}[{number}]"), f"{where}[{number}].key")
        found[key] = (*found.get(key, ()), *_texts(item.get("raw", []), f"{where}[{number}].raw"))
    return found


def _files(listed: Any, where: str) -> Iterator[tuple[str, bool, list[str]]]:
    """Hash of each file, whether it must be found, and the members of an Office package."""
    for number, item in enumerate(_list(listed, where)):
        at = f"{where}[{number}]"
        sha256 = _text(_member(item, "sha256", at), f"{at}.sha256")
        size = _member(item, "size", at)
        if not isinstance(size, int):
            raise BadInput(f"{at}.size must be a number of bytes: {EXPECTED}")
        members = [_member(each, "sha256", f"{at}.members") for each in item.get("members", [])]
        is_needed = size > MAX_TRIVIAL_BYTES and bool(item.get("must", True))
        yield sha256, is_needed, members if _is_package(item) else []


def _is_package(item: Mapping[str, Any]) -> bool:
    names = [str(each.get("name", "")) for each in item.get("members", [])]
    return any(name.startswith(_PACKAGE_NAMES) for name in names) or any(
        word in str(item.get("content_type", "")) for word in _PACKAGE_TYPES
    )


def _clusters(document: Mapping[str, Any], known: set[str]) -> ListedClusters:
    where = "expected_clusters"
    clusters = _mapping(document.get(where, {}), where)

    def by_indicator(name: str) -> dict[str, frozenset[str]]:
        listed = _mapping(clusters.get(name, {}), f"{where}.{name}")
        return {key: _paths(paths, f"{where}.{name}", known) for key, paths in listed.items()}

    paths = _mapping(clusters.get("url_personalised_k2", {}), f"{where}.url_personalised_k2")
    at = f"{where}.url_personalised_k2"
    return ListedClusters(
        by_indicator("file"),
        by_indicator("url"),
        by_indicator("archive_member"),
        tuple(key.split()[0] for key in by_indicator("trivial_files_must_never_match")),
        {
            key: (
                _paths(_member(item, "messages", at), f"{at}.messages", known),
                _texts(_member(item, "keys", at), f"{at}.keys"),
            )
            for key, item in paths.items()
        },
    )


def _paths(listed: Any, where: str, known: set[str]) -> frozenset[str]:
    found = frozenset(_texts(listed, where))
    if found - known:
        raise BadInput(f"{where} names a message that is not in messages: {EXPECTED}")
    return found


def _member(item: Any, name: str, where: str) -> Any:
    if not isinstance(item, dict) or name not in item:
        raise BadInput(f"{where} must be an object with {name!r}: {EXPECTED}")
    return item[name]


def _mapping(item: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(item, dict):
        raise BadInput(f"{where} must be an object: {EXPECTED}")
    return item


def _list(item: Any, where: str) -> Sequence[Any]:
    if not isinstance(item, list):
        raise BadInput(f"{where} must be a list: {EXPECTED}")
    return item


def _text(item: Any, where: str) -> str:
    if not isinstance(item, str):
        raise BadInput(f"{where} must be text: {EXPECTED}")
    return item


def _texts(item: Any, where: str) -> tuple[str, ...]:
    return tuple(_text(each, where) for each in _list(item, where))
