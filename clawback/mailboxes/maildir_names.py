"""Names in a Maildir++ tree: folders, handles, flags and mailboxes, to text and back.

Source of the rules: the Maildir++ description of the Courier documentation, the Maildir page of
cr.yp.to, and RFC 3501 section 5.1.3 for modified UTF-7.
"""

from __future__ import annotations

import binascii
import itertools
import os
import re
import socket
import time
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from clawback.mailboxes.folder_roles import INBOX, SEPARATOR

MAX_NAME_BYTES = 255  # NAME_MAX of every common Linux file system
_BASE64_RUN = re.compile(r"&([A-Za-z0-9+,]*)-")
_WIDE_RUN = re.compile(r"[^\x20-\x7e]+|&")
_STORED_SIZE = re.compile(r",S=(\d{1,15})(?=,|$|:)")
_SECONDS = re.compile(r"([0-9]{9,11})[.,_]")
_FIRST_MAIL = 315_532_800  # 1980: before Internet mail, so the time of a file that has none
_DAY = 86_400  # what clocks of two hosts may differ
_FLAG_LETTERS = {"S": "Seen", "R": "Answered", "F": "Flagged", "T": "Deleted", "D": "Draft"}
_counter = itertools.count()


def encode_mutf7(text: str) -> str:
    """`text` in modified UTF-7: printable ASCII only. Raises `ValueError` for lone surrogates."""

    def run(match: re.Match[str]) -> str:
        if match[0] == "&":
            return "&-"
        packed = binascii.b2a_base64(match[0].encode("utf-16-be"), newline=False).decode()
        return "&" + packed.rstrip("=").replace("/", ",") + "-"

    return _WIDE_RUN.sub(run, text)


def decode_mutf7(text: str) -> str:
    """The text behind modified UTF-7. Raises `ValueError` where a run does not decode."""

    def run(match: re.Match[str]) -> str:
        packed = match[1].replace(",", "/")
        if not packed:
            return "&"
        return binascii.a2b_base64(packed + "=" * (-len(packed) % 4)).decode("utf-16-be")

    return _BASE64_RUN.sub(run, text)


def shown(name: str) -> str:
    """A file name as text that any database holds: odd bytes become %XX; `stored` reverses it."""
    if name.isprintable() and "%" not in name:  # lone surrogates, so bytes, are not printable
        return name
    return quote(os.fsencode(name), safe=" !#$&'()*+,:;=@[]")


def stored(text: str) -> str:
    """The file name behind `shown`."""
    return text if "%" not in text else os.fsdecode(unquote_to_bytes(text))


def folder_of(directory: str) -> str:
    """The folder's name for people: `.a.b` is `a/b`, the top (empty) is `INBOX`.

    A directory whose name no folder name encodes to keeps its leading dot: `.INBOX` or raw UTF-8.
    So every directory has exactly one folder name, and `directory_of` leads back.
    """
    if not directory:
        return INBOX
    try:
        folder = SEPARATOR.join(decode_mutf7(part) for part in directory[1:].split("."))
        if folder.isprintable() and _canonical(folder) == directory:
            return folder
    except ValueError:
        pass
    return "." + shown(directory[1:])


def directory_of(folder: str) -> str:
    """The directory of a folder, empty for the top. Raises `ValueError` where none can hold it."""
    if folder == INBOX:
        return ""
    directory = "." + stored(folder[1:]) if folder.startswith(".") else _canonical(folder)
    if directory in (".", "..") or "/" in directory or "\0" in directory:
        raise ValueError("no directory can have this folder's name")
    if len(os.fsencode(directory)) > MAX_NAME_BYTES:
        raise ValueError("the folder's name is too long")
    return directory


def _canonical(folder: str) -> str:
    parts = folder.split(SEPARATOR)
    if folder == INBOX or not all(parts) or any("." in part for part in parts):
        raise ValueError("not the name of a Maildir++ folder")
    return "." + ".".join(encode_mutf7(part) for part in parts)


def handle_of(name: str) -> str:
    """The handle of a file: its unique part, before the colon."""
    return shown(name.partition(":")[0] or name)


def flags_of(name: str) -> frozenset[str]:
    """The IMAP system flags in a file name's suffix; keyword letters are left out."""
    return _flags(name.partition(":2,")[2])


@lru_cache(maxsize=1024)
def _flags(letters: str) -> frozenset[str]:
    return frozenset(_FLAG_LETTERS[letter] for letter in letters if letter in _FLAG_LETTERS)


def size_in(name: str) -> int | None:
    """The size that Dovecot and others wrote into the name as `,S=`, or None."""
    match = _STORED_SIZE.search(name)
    return int(match[1]) if match else None


def delivered_at(handle: str, modified_ns: int) -> datetime | None:
    """When a message was delivered, by its unique name or its file's time, whichever is earlier.

    "The first field is the number of seconds since the epoch" (cr.yp.to/proto/maildir.html) at the
    time of delivery. A client that copies a message gives it another name and keeps the file's time;
    a restored backup has new times and keeps the names. What cannot be a time of mail is no time.
    """
    begun = _SECONDS.match(handle)
    told = (int(begun[1]) if begun else 0, modified_ns // 1_000_000_000)
    sane = [seconds for seconds in told if _FIRST_MAIL <= seconds <= time.time() + _DAY]
    return datetime.fromtimestamp(min(sane), UTC) if sane else None


def in_cur(name: str) -> str:
    """The name that a file has in a `cur` directory: one from `new` gets the empty suffix."""
    return name if ":" in name else name + ":2,"


def renamed(name: str) -> str:
    """`name` with a unique part of our own, where its own is taken; sizes and flags are kept."""
    unique, colon, info = name.partition(":")
    _, comma, attributes = unique.partition(",")
    now = time.time_ns()
    host = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:40] or "localhost"
    fresh = f"{now // 10**9}.M{now // 1000 % 10**6}P{os.getpid()}Q{next(_counter)}.{host}"
    return fresh + comma + attributes + colon + info


def is_mailbox_name(name: str) -> bool:
    """Whether `name` can be a mailbox: one visible path component of printable text."""
    return (
        bool(name)
        and not name.startswith(".")
        and "/" not in name
        and name.isprintable()
        and len(os.fsencode(name)) <= MAX_NAME_BYTES
    )
