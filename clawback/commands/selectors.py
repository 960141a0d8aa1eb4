"""What `find` and `investigate` look for: one file, hash, URL, list of indicators, or message.

Everything is read and checked before anything is opened or written. A file is hashed and never kept;
only regular files are read, so that a pipe or device cannot make a command wait for ever.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from clawback.core.indicators import BadIndicator, parse_file_indicator, parse_url_indicator
from clawback.core.trivial import MAX_TRIVIAL_BYTES, is_blank, is_trivial_hash
from clawback.errors import BadInput
from models.indicators import Indicator, IndicatorKind, UrlMatch
from models.mails import MessageHead

BLOCK_BYTES = 1 << 20


class Selector(StrEnum):
    """The options that say what to look for; exactly one of them is given."""

    FILE = "--file"
    SHA256 = "--sha256"
    URL = "--url"
    INDICATORS = "--indicators"
    MESSAGE = "--message"


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked for: indicators, or a message's file. `list_name` names their list."""

    indicators: tuple[Indicator, ...] = ()
    message: Path | None = None
    list_name: str = ""


def select(
    given: Mapping[Selector, Path | str | None], match: UrlMatch, *, most: int | None = None
) -> Selection:
    """What the options name, `most` indicators of a list. Raises `BadInput` saying what to give."""
    chosen = {selector: value for selector, value in given.items() if value is not None}
    if len(chosen) != 1:
        choices = [str(selector) for selector in given]
        raise BadInput(f"give exactly one of {', '.join(choices[:-1])} or {choices[-1]}")
    [(selector, value)] = chosen.items()
    if match is UrlMatch.PATH and selector is not Selector.URL:
        raise BadInput(
            '--match path goes with --url; in a list, write {"indicator": "…", "match": "path"}'
        )
    with readable(selector):
        selection = _read(selector, value, match)
    number = len({(one.kind, one.match, one.value) for one in selection.indicators})
    if most is not None and number > most:
        raise BadInput(
            f"{selector}: {number:,} indicators are more than one investigation takes ({most:,}): "
            "split the list, allow more with --max-indicators, or put it under [[lists]] in "
            "clawback.toml for `sweep`"
        )
    return selection


def _read(selector: Selector, value: Path | str, match: UrlMatch) -> Selection:
    match selector:
        case Selector.FILE:
            return Selection((file_indicator(Path(value)),))
        case Selector.SHA256:
            return Selection((hash_indicator(str(value)),))
        case Selector.URL:
            return Selection((parse_url_indicator(str(value), match=match),))
        case Selector.INDICATORS:
            return _listed(Path(value))
        case Selector.MESSAGE:
            return Selection(message=_message(Path(value)))


@contextmanager
def readable(selector: str) -> Iterator[None]:
    """A block whose unusable indicators come out as `BadInput` that names the option."""
    try:
        yield
    except BadIndicator as error:
        raise BadInput(f"{selector}: {error}") from error


def hash_indicator(text: str) -> Indicator:
    """The file of that SHA-256; a trivial file's is taken and left for the guards to refuse."""
    if is_trivial_hash(text.strip()):
        return Indicator(IndicatorKind.FILE, text.strip().lower(), text.strip())
    return parse_file_indicator(text)


def file_indicator(path: Path) -> Indicator:
    """The indicator of a file on this machine, by its bytes. Raises `BadInput`."""
    digest, blank = hashlib.sha256(), True
    with _open(path) as file:
        size = os.fstat(file.fileno()).st_size
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
            blank = blank and is_blank(block)
    if size <= MAX_TRIVIAL_BYTES:
        raise BadInput(
            f"{path} has {size} bytes: files of {MAX_TRIVIAL_BYTES} bytes or fewer are in much "
            "harmless mail and never looked for"
        )
    if blank:
        raise BadInput(
            f"{path} is blank: files of white space and zeros alone are in much harmless mail "
            "and never looked for"
        )
    return Indicator(IndicatorKind.FILE, digest.hexdigest(), digest.hexdigest())


def read_message(path: Path, at_most: int) -> bytes | MessageHead:
    """A message's bytes, or of one larger than that its head and the hash of all. Raises `BadInput`.

    The same that a sync reads of it, so that no file on this machine fills the memory.
    """
    with _open(path) as file:
        head = file.read(at_most + 1)
        if len(head) <= at_most:
            return head
        digest, size = hashlib.sha256(head), len(head)
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
            size += len(block)
    return MessageHead(head[:at_most], digest.hexdigest(), size)


def _message(path: Path) -> Path:
    with _open(path) as file:
        while block := file.read(BLOCK_BYTES):
            if block.strip():
                return path
    raise BadInput(f"{path} is empty: give a message as it was stored (.eml)")


@contextmanager
def _open(path: Path) -> Iterator[BinaryIO]:
    """A regular file, open to read. Raises `BadInput` naming what is wrong with it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BadInput(f"{path} is no regular file: give the path of a file")
            yield file
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(f"{path} cannot be read ({reason}): check the path and its mode") from error


def _listed(path: Path) -> Selection:
    from clawback.wiring import read_indicators

    with _open(path):  # a pipe would be empty when it is read again
        indicators = read_indicators(path)
    if not indicators:
        raise BadInput(f"{path} names no indicator: write one SHA-256 or URL a line")
    return Selection(indicators, list_name=path.name)
