"""What is wrong with the set-up of an IMAP source, one line each that says what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from clawback.mailboxes.imap.door import Door
from clawback.mailboxes.imap.pool import Pool
from clawback.mailboxes.imap.problems import MailboxFault, ServerFault
from clawback.mailboxes.imap.session import Session
from models.copies import SourceFault

TRIED = 50
"""Mailboxes that a check opens, spread over all: enough to see what is wrong with a kind of them."""

_SAID = {
    SourceFault.DENIED: "the server refuses the login: check the secret, master_user and the address",
    SourceFault.UNAVAILABLE: "the server does not open them now: look at its log",
    SourceFault.CORRUPT: "the server answers what is not IMAP: look at its log",
    SourceFault.QUOTA: "the server says that a limit is reached: look at its log",
    SourceFault.GONE: "the server has no such mailbox: take it out of the list",
}


async def problems_of(door: Door, pool: Pool, mailboxes: Sequence[str]) -> tuple[str, ...]:
    """What keeps us from these mailboxes; nothing in them is touched, and no folder is made."""
    try:
        await door.look()
        return await _unopened(pool, mailboxes)
    except ServerFault as fault:
        return (fault.line,)


async def _unopened(pool: Pool, mailboxes: Sequence[str]) -> tuple[str, ...]:
    step = max(1, -(-len(mailboxes) // TRIED))
    tried = mailboxes[::step]
    faults: Counter[SourceFault] = Counter()
    for mailbox in tried:
        try:
            await pool.run(mailbox, _see_inbox)
        except MailboxFault as fault:
            faults[fault.fault] += 1
    return tuple(
        f"{count} of {len(tried)} mailboxes tried: {_SAID.get(fault, fault.value)}"
        for fault, count in sorted(faults.items())
    )


async def _see_inbox(session: Session) -> None:
    selected, _ = await session.select("INBOX", read_only=True)
    assert selected is not None
