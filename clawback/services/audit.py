"""The audit log as a whole: checked, and written out for others to check."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import chain

from clawback.core.chaining import FORM, Chain, check_noted
from clawback.errors import BadInput
from clawback.services.context import Context
from models.actions import Actor
from models.audit import AuditEntry, AuditHead, AuditReport, Fault
from models.history import Event

_DIGITS = 19
"""Of the largest number that a database counts to; Python refuses to read thousands of them."""

FAULTS_KEPT = 1_000
"""Where somebody rewrote a million entries, the first thousand say enough."""


def verify(ctx: Context, noted: AuditHead | None = None) -> AuditReport:
    """What is wrong with the log, entry by entry, in the order of the log; then with its end.

    `noted` is a head that somebody kept elsewhere: only by such a one it is seen that the log was
    rewritten as a whole, or that its end was cut off and its head put back.
    """
    walk, faults, found = Chain(), list[Fault](), 0
    with ctx.store.audit.snapshot() as log:
        told = chain(_entries(walk, log.entries(), noted), walk.end(log.head()))
        for fault in chain(told, walk.rows(log.covered())):
            found += 1
            if len(faults) < FAULTS_KEPT:
                faults.append(fault)
    return AuditReport(
        walk.entries, AuditHead(walk.number, walk.digest, walk.entries), tuple(faults), found
    )


def _entries(
    walk: Chain, entries: Iterator[AuditEntry], noted: AuditHead | None
) -> Iterator[Fault]:
    seen: AuditEntry | None = None
    for entry in entries:
        yield from walk.follow(entry)
        if noted is not None and entry.number == noted.number:
            seen = entry
    if noted is not None:
        yield from check_noted(seen, noted)


def export(ctx: Context, write: Callable[[str], object], *, actor: Actor) -> AuditHead:
    """Write every entry as a line of JSON, oldest first; returns the last one as the head.

    That one tells of this export: it is written first, so that none leaves without a trace.
    """
    ctx.store.audit.append(Event.AUDIT_EXPORTED, actor, ctx.clock.now(), {"form": FORM})
    head = AuditHead(0, "", 0)
    with ctx.store.audit.snapshot() as log:
        for entry in log.entries():
            write(json.dumps(asdict(entry)) + "\n")
            head = AuditHead(entry.number, entry.digest, head.entries + 1)
    return head


def parse_head(text: str) -> AuditHead:
    """The head in `NUMBER:DIGEST`, as `verify` prints it. Raises `BadInput`."""
    number, colon, digest = text.strip().partition(":")
    is_digest = len(digest) == 64 and all(char in "0123456789abcdef" for char in digest)
    is_number = number.isascii() and number.isdigit() and len(number) <= _DIGITS and int(number)
    if not (colon and is_number and is_digest):
        raise BadInput("a head is NUMBER:DIGEST, as `clawback audit verify` prints it")
    return AuditHead(int(number), digest)
