"""Each rule of the fuzzer for facts is broken by facts that break it, and by no seed."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from clawback.mail.extract import extract
from models.limits import DEFAULT_LIMITS, Limits
from models.mails import MailFacts, Problem
from tests.fuzzing.invariants import broken_rules
from tests.fuzzing.seeds import seeds

RAW = seeds()["hidden: a page in a zip"]
FACTS = extract(RAW)


def changed(value: Any, **to: Any) -> Any:
    """The same value with other fields, of a frozen class or a named tuple."""
    return value._replace(**to) if hasattr(value, "_replace") else dataclasses.replace(value, **to)


def with_file(**to: Any) -> MailFacts:
    first, *rest = FACTS.attachments
    return changed(FACTS, attachments=(changed(first, **to), *rest))


def with_link(**to: Any) -> MailFacts:
    first, *rest = FACTS.urls
    return changed(FACTS, urls=(changed(first, **to), *rest))


NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
PROBLEM = Problem("bad-archive", "1!2")
BROKEN: dict[str, Callable[[], MailFacts]] = {
    "the message's hash and size are those of its bytes": lambda: changed(FACTS, size_bytes=1),
    "a mail's key is a hash": lambda: changed(FACTS, mail_key="x"),
    "times are in UTC": lambda: changed(
        FACTS, sent_at=NOON.astimezone(timezone(timedelta(hours=1)))
    ),
    "addresses are in lower case": lambda: changed(FACTS, to=("A@b.example",)),
    "every text can be stored": lambda: with_file(filename="a\ud800"),
    "a problem's code is a constant": lambda: changed(FACTS, problems=(Problem("x 1", ""),)),
    "a problem's place is a path": lambda: changed(FACTS, problems=(Problem("x", "page.html"),)),
    "a problem is told once": lambda: changed(FACTS, problems=(PROBLEM, PROBLEM)),
    "each file has a place of its own": lambda: changed(FACTS, attachments=FACTS.attachments * 2),
    "a link is told once for each place": lambda: changed(FACTS, urls=FACTS.urls * 2),
    "a file has a hash and a size": lambda: with_file(sha256="A" * 64),
    "the empty hash is that of empty files": lambda: with_file(size_bytes=0),
    "a file's place is a path": lambda: with_file(where="2!page.html"),
    "the canonical form of a canonical form is itself": lambda: with_link(url="HTTP://a.example"),
    "a link was opened from a link or by a known trick": lambda: with_link(opened_from="x"),
    "a link's place is a path": lambda: with_link(where=""),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_facts_that_break_a_rule_are_named(rule: str) -> None:
    assert broken_rules(RAW, FACTS, DEFAULT_LIMITS) == []
    assert rule in broken_rules(RAW, BROKEN[rule](), DEFAULT_LIMITS)


def test_a_part_of_three_encodings_breaks_no_rule() -> None:
    named = "".join(
        f"Content-Transfer-Encoding: {encoding}\r\n"
        for encoding in ("7bit", "base64", "quoted-printable")
    )
    body = base64.b64encode(b"https://a.example/xy").decode()
    raw = f"From: a@b.example\r\nContent-Type: text/x\r\n{named}\r\n{body}=20\r\n".encode()
    facts = extract(raw)
    assert {fact.where for fact in facts.attachments} == {"1", "1.0", "1.0.0"}
    assert broken_rules(raw, facts, DEFAULT_LIMITS) == []


def test_more_than_the_limits_allow_is_named() -> None:
    found = broken_rules(RAW, FACTS, Limits(links=0, parts=0, members=0))
    assert found == [
        "there are no more links than the limit",
        "there are no more files than the limits",
    ]
