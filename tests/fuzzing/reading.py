"""One input read in a process behind the product's fence, and what was seen while it was read."""

from __future__ import annotations

import hashlib
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any
from zlib import crc32

from clawback.mail import documents, findings
from clawback.mail.extract import extract_head
from clawback.mail.found import Found
from clawback.mail.limits import Budget, LimitReached
from clawback.services.extraction import timed_extract
from clawback.services.fenced import peak_memory_bytes
from models.limits import Limits
from models.mails import MailFacts, OrganisationProfile
from tests.fuzzing.invariants import broken_rules
from tests.fuzzing.planted import PLANTED

PROFILE = OrganisationProfile(
    domains=frozenset({"example.org"}),
    authserv_ids=frozenset({"mx.example.org"}),
    trusted_relays=frozenset({"mx.example.org"}),
)
_CODE = str(Path(findings.__file__).resolve().parents[1])
_READ_TWICE = 40  # of so many inputs one
_OF_HEAD = ("subject", "from_address", "to", "cc", "sent_at", "internet_message_id", "client_ip")
EXPECTED = (LimitReached, ValueError)
"""What a reader may end with: a limit, or content that is not what it says it is."""


@dataclass(frozen=True, slots=True)
class Input:
    """A message; `file` is the hash that one of its files must have, where that is known."""

    raw: bytes
    file: str = ""


@dataclass(frozen=True, slots=True)
class Manner:
    """How to read: within which limits, with which planted fault, and whether paths are recorded."""

    limits: Limits
    planted: str = ""
    traced: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What reading one input cost and what is wrong with it; `edges` are paths not taken before."""

    seconds: float
    peak_bytes: int
    wrong: tuple[str, ...]
    codes: frozenset[str]
    edges: frozenset[int]


def observed(item: Input, manner: Manner) -> Seen:
    """Read one input and judge the facts. What ends the process is the parent's to see."""
    _watch_readers()
    _broken.clear()
    _forget_peak()
    started = time.process_time()
    try:
        facts = _read(item.raw, manner)
    except Exception as error:
        facts, wrong, codes = None, [f"raised: {_place_of(error)}"], frozenset[str]()
    seconds, peak_bytes = time.process_time() - started, peak_memory_bytes()
    if facts is not None:
        _edges.update(_features(facts))
        codes = frozenset(problem.code for problem in facts.problems)
        wrong = [*_broken, *_broken_rules(item, facts, manner)]
    fresh = frozenset(_edges - _told)
    _told.update(fresh)
    return Seen(seconds, peak_bytes, tuple(dict.fromkeys(wrong)), codes, fresh)


def _broken_rules(item: Input, facts: MailFacts, manner: Manner) -> Iterator[str]:
    yield from broken_rules(item.raw, facts, manner.limits)
    codes = {problem.code for problem in facts.problems}
    hashes = {fact.sha256 for fact in facts.attachments}
    if item.file and not codes and item.file not in hashes:
        yield "a file's hash is that of its decoded bytes"
    is_twice = crc32(item.raw) % _READ_TWICE == 0 and "out-of-time" not in codes
    if is_twice and _read(item.raw, replace(manner, traced=False)) != facts:
        yield "the same bytes give the same facts"
    head = extract_head(item.raw, PROFILE, manner.limits)
    if not manner.planted and any(getattr(head, of) != getattr(facts, of) for of in _OF_HEAD):
        yield "the header says the same alone"


def _features(facts: MailFacts) -> Iterator[int]:
    """Numbers for what the facts look like, so that an input with a new sort of answer is kept."""
    seen = {
        *((problem.code, problem.where.count("!")) for problem in facts.problems),
        *((fact.file_type, fact.where.count("!")) for fact in facts.attachments),
        *((fact.location, fact.role, (fact.opened_from or "")[:12]) for fact in facts.urls),
        ("links", len(facts.urls).bit_length()),
        ("files", len(facts.attachments).bit_length()),
    }
    return (-crc32(repr(one).encode()) for one in seen)


def _read(raw: bytes, manner: Manner) -> MailFacts:
    plant = PLANTED.get(manner.planted)
    if manner.traced:
        sys.settrace(_enter)
    try:
        facts = timed_extract(raw, PROFILE, manner.limits)
        return plant(raw, facts) if plant is not None else facts
    finally:
        sys.settrace(None)


# --- what the readers' own nets catch ---------------------------------------------------------

_broken: list[str] = []


@cache
def _watch_readers() -> None:
    """Record what ends a reader: the message survives it, and nobody would ever hear of it."""
    documents.READERS = tuple(replace(kind, read=_watched(kind.read)) for kind in documents.READERS)
    told = findings.code_of

    def code_of(error: Exception) -> str:
        _record(error)
        return told(error)

    findings.code_of = code_of


def _watched(read: documents.Reader) -> documents.Reader:
    def reader(document: documents.Document, budget: Budget) -> Iterator[Found]:
        try:
            yield from read(document, budget)
        except Exception as error:
            _record(error)
            raise

    return reader


def _record(error: Exception) -> None:
    if not isinstance(error, EXPECTED):
        _broken.append(f"broke a reader: {_place_of(error)}")


def _place_of(error: Exception) -> str:
    """The error's kind and the last line of the project's own that it came through."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if _CODE in frame.filename]
    where = f"{Path(ours[-1].filename).name}:{ours[-1].name}" if ours else "elsewhere"
    return f"{type(error).__name__} in {where}"


# --- memory and paths ---------------------------------------------------------------------------


def _forget_peak() -> None:
    """Let the kernel's count of the peak begin anew, where it can (Linux)."""
    with suppress(OSError), open("/proc/self/clear_refs", "w") as control:
        control.write("5")


_edges: set[int] = set()
_told: set[int] = set()
_Trace = Callable[[FrameType, str, Any], Any]


@cache
def _base_of(code: CodeType) -> int:
    """A number for the function's file, with room for two lines; 0 for code that is not ours."""
    return crc32(code.co_filename.encode()) << 32 if code.co_filename.startswith(_CODE) else 0


def _enter(frame: FrameType, _event: str, _argument: Any) -> _Trace | None:
    base = _base_of(frame.f_code)
    if not base:
        return None
    before = 0

    def step(frame: FrameType, event: str, _argument: Any) -> _Trace:
        nonlocal before
        if event == "line":
            line = frame.f_lineno
            _edges.add(base | before << 16 | line)
            before = line
        return step

    return step


def hash_of(content: bytes) -> str:
    """The hash that a file with this content must have."""
    return hashlib.sha256(content).hexdigest()
