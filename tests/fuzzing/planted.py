"""Faults put in on purpose, to prove that the fuzzer finds such. No seed meets one, some changes do."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from dataclasses import replace

from models.mails import MailFacts

Plant = Callable[[bytes, MailFacts], MailFacts]


def meets(raw: bytes) -> bool:
    """Whether the message is one that a planted fault is about: in UTF-7, which no seed is."""
    return b"utf-7" in raw


def _crash(raw: bytes, facts: MailFacts) -> MailFacts:
    if meets(raw):
        os.kill(os.getpid(), signal.SIGSEGV)
    return facts


def _raise(raw: bytes, facts: MailFacts) -> MailFacts:
    if meets(raw):
        raise IndexError
    return facts


def _hang(raw: bytes, facts: MailFacts) -> MailFacts:
    if meets(raw):
        re.match(r"(?:a|a)*b", "a" * 60)  # in C, holding the interpreter's lock
    return facts


def _greed(raw: bytes, facts: MailFacts) -> MailFacts:
    kept = []
    while meets(raw):
        kept.append(bytearray(b"x") * 10_000_000)
    return facts


def _lie(raw: bytes, facts: MailFacts) -> MailFacts:
    return replace(facts, subject=facts.subject + "\0") if meets(raw) else facts


PLANTED: dict[str, Plant] = {
    "crash": _crash,
    "exception": _raise,
    "hang": _hang,
    "greed": _greed,
    "lie": _lie,
}
