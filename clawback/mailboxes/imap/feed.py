"""The change feed of a mailbox: UIDVALIDITY, UIDNEXT, MESSAGES and HIGHESTMODSEQ of each folder.

With QRESYNC the server names what vanished; with CONDSTORE alone the numbers tell whether anything
did; a folder of a server without either is listed whole (RFC 7162).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from clawback.mailboxes.imap.folders import RoleBook, State, states_of
from clawback.mailboxes.imap.handles import handle_for, stem_of
from clawback.mailboxes.imap.parsing import Message, uids_of
from clawback.mailboxes.imap.problems import MailboxFault, fault_in
from clawback.mailboxes.imap.session import Answer, Selected, Session
from clawback.mailboxes.imap.wire import BadAnswer
from models.copies import Entry, FolderChanges, MailboxChanges, SourceFault

_VERSION = 1
_VANISHED_AT_MOST = 100_000  # more are told by listing what is left


class _Listed(NamedTuple):
    changes: FolderChanges
    state: State


async def changes_in(session: Session, cursor: str, roles: RoleBook) -> MailboxChanges:
    """What changed since the cursor. Raises `MailboxFault` where a folder cannot be read."""
    known = _parse(cursor)
    states: dict[str, State] = {}
    changed: list[FolderChanges] = []
    for folder, state in (await states_of(session)).items():
        before = known.get(folder)
        if before is not None and before == state and state.modseq:
            states[folder] = state
            continue
        try:
            listed = await _changed(session, folder, before, roles)
        except MailboxFault as fault:
            if fault.fault is SourceFault.GONE:
                continue  # deleted since it was listed
            raise
        states[folder] = listed.state
        changed.append(listed.changes)
    gone = tuple(folder for folder in known if folder not in states)
    written = json.dumps([_VERSION, states], ensure_ascii=False, separators=(",", ":"))
    return MailboxChanges(session.mailbox, tuple(changed), gone, written, complete=not known)


def _parse(cursor: str) -> Mapping[str, State]:
    try:
        version, states = json.loads(cursor)
        if version != _VERSION:
            return {}
        parsed = {str(name): State(*map(int, numbers)) for name, numbers in states.items()}
    except (ValueError, TypeError, AttributeError):  # JSON, but not what we wrote
        return {}
    return parsed


async def _changed(session: Session, folder: str, before: State | None, roles: RoleBook) -> _Listed:
    role = roles.role_of(session, folder)
    everything = b"UID FETCH 1:* " + session.items(b"RFC822.SIZE")
    since = before.modseq if before is not None else 0
    modifier = b" VANISHED" if session.has("QRESYNC") else b""
    command = everything + (b" (CHANGEDSINCE %d%s)" % (since, modifier) if since else b"")
    selected, (answer,) = await session.select(folder, command, read_only=True)
    state = State(selected.uidvalidity, selected.uidnext, selected.modseq, selected.exists)
    if before is not None and since and answer.is_ok:
        messages = _messages(answer)
        vanished = _vanished(session, answer, before, selected, messages)
        if vanished is not None:
            stems = tuple(stem_of(state.uidvalidity, uid) for uid in (*messages, *vanished))
            entries = _entries(folder, state.uidvalidity, messages)
            return _Listed(FolderChanges(folder, role, False, entries, (), stems), state)
    if since:
        (answer,) = await session.run(everything)
    if not answer.is_ok:
        raise MailboxFault(fault_in(answer.status))
    entries = _entries(folder, state.uidvalidity, _messages(answer))
    return _Listed(FolderChanges(folder, role, True, entries), state)


def _messages(answer: Answer) -> dict[int, Message]:
    """Those that were asked for; a size is missing where a server tells of flags by itself."""
    try:
        return {one.uid: one for one in answer.messages() if one.size_bytes >= 0}
    except BadAnswer:
        raise MailboxFault(SourceFault.CORRUPT) from None


def _entries(folder: str, uidvalidity: int, messages: Mapping[int, Message]) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            handle_for(folder, uidvalidity, one.uid, one.size_bytes, one.identity),
            one.flags,
            one.size_bytes,
        )
        for one in messages.values()
    )


def _vanished(
    session: Session,
    answer: Answer,
    before: State,
    selected: Selected,
    messages: Mapping[int, Message],
) -> list[int] | None:
    """The UIDs that are gone since `before`, or None where only a listing can tell."""
    if selected.uidvalidity != before.uidvalidity or selected.modseq < before.modseq:
        return None
    if not session.has("QRESYNC"):
        new = sum(before.uidnext <= uid < selected.uidnext for uid in messages)
        return [] if before.exists + new == selected.exists else None
    found: list[int] = []
    try:
        for response in answer.responses:
            words = response[0].split()
            if words[1:2] and words[1].upper() == b"VANISHED":
                uids = uids_of(words[-1], at_most=_VANISHED_AT_MOST - len(found))
                if uids is None:
                    return None
                found += uids
    except BadAnswer:
        raise MailboxFault(SourceFault.CORRUPT) from None
    return found
