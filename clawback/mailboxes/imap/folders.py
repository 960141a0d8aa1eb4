"""The folders of a mailbox: names, roles and, in one command where the server can, their state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from clawback.mailboxes.folder_roles import FolderRoles
from clawback.mailboxes.imap.names import quoted
from clawback.mailboxes.imap.parsing import Token, number_of, tokens_of
from clawback.mailboxes.imap.problems import MailboxFault, fault_in
from clawback.mailboxes.imap.session import Answer, Session
from clawback.mailboxes.imap.wire import BadAnswer
from models.copies import FolderRole, SourceFault

# RFC 6154. \All, \Flagged and \Important show messages of other folders over again.
_ROLES = {
    b"\\TRASH": FolderRole.DELETED,
    b"\\JUNK": FolderRole.JUNK,
    b"\\ARCHIVE": FolderRole.ARCHIVE,
    b"\\SENT": FolderRole.SENT,
    b"\\DRAFTS": FolderRole.DRAFTS,
}
_VIEWS = {b"\\ALL", b"\\FLAGGED", b"\\IMPORTANT"}
_NOT_FOLDERS = {b"\\NOSELECT", b"\\NONEXISTENT"}
_AT_ONCE = 50  # STATUS commands in one write


class State(NamedTuple):
    """A folder's numbers: what tells whether anything happened in it. 0 where a server keeps none."""

    uidvalidity: int
    uidnext: int
    modseq: int
    exists: int


class RoleBook:
    """What folders are for: by the configuration, by SPECIAL-USE, by their names, in this order."""

    def __init__(self, overrides: Mapping[str, FolderRole], soft_delete_folder: str) -> None:
        given = {soft_delete_folder: FolderRole.RECOVERABLE, **overrides}
        self._given = {folder.casefold() for folder in given}
        self.by_name = FolderRoles(given)

    async def role_in(self, session: Session, folder: str) -> FolderRole:
        """The role of a folder in this mailbox; asks the server once where the name says nothing."""
        role = self.by_name.role_of(folder)
        if role is not FolderRole.USER or not session.has("SPECIAL-USE"):
            return role
        if session.roles is None:
            await states_of(session, with_state=False)
        return self.role_of(session, folder)

    def role_of(self, session: Session, folder: str) -> FolderRole:
        """The role of a folder by what is known of the mailbox already."""
        role = self.by_name.role_of(folder)
        known = session.roles or {}
        is_ours = folder.casefold() in self._given or role is FolderRole.RECOVERABLE
        return role if is_ours else known.get(folder, role)


async def states_of(session: Session, *, with_state: bool = True) -> Mapping[str, State | None]:
    """The folders that hold messages, by name; None for one whose state the server did not tell.

    Raises `MailboxFault`. The roles that the server knows are kept with the session.
    """
    in_one = with_state and session.has("LIST-STATUS")
    options = (
        [b"SPECIAL-USE"] if session.has("SPECIAL-USE") and session.has("LIST-EXTENDED") else []
    )
    if in_one:
        options.append(b"STATUS " + _status_items(session))
    command = b'LIST "" "*"' + (b" RETURN (" + b" ".join(options) + b")" if options else b"")
    (answer,) = await session.run(command)
    if not answer.is_ok:
        raise MailboxFault(fault_in(answer.status))
    try:
        names = _listed(session, answer)
        states = _states(session, (answer,))
        if with_state and not in_one:
            states = await _asked(session, list(names))
    except BadAnswer:
        raise MailboxFault(SourceFault.CORRUPT) from None
    if not names:
        raise MailboxFault(SourceFault.DENIED)  # there is always an INBOX: it is hidden from us
    return {folder: states.get(folder) for folder in names}


def _status_items(session: Session) -> bytes:
    modseq = b" HIGHESTMODSEQ" if session.has("CONDSTORE") or session.has("QRESYNC") else b""
    return b"(UIDVALIDITY UIDNEXT MESSAGES" + modseq + b")"


def _listed(session: Session, answer: Answer) -> list[str]:
    folders: dict[str, None] = {}
    roles: dict[str, FolderRole] = {}
    for response in answer.responses:
        if response[0][:7].upper() != b"* LIST ":
            continue
        tokens = tokens_of(response)
        if len(tokens) < 5 or not isinstance(tokens[2], list):
            raise BadAnswer
        attributes = {word.upper() for word in tokens[2] if isinstance(word, bytes)}
        folder = session.names.folder(_name(tokens[4]))
        if folder is None or attributes & _NOT_FOLDERS or attributes & _VIEWS:
            continue
        folders[folder] = None
        for word in attributes & _ROLES.keys():
            roles[folder] = _ROLES[word]
    session.roles = roles
    return list(folders)


def _name(token: Token) -> bytes:
    if isinstance(token, list):
        raise BadAnswer
    return b"NIL" if token is None else token  # a folder may be called so


async def _asked(session: Session, folders: Sequence[str]) -> dict[str, State]:
    """The states by a STATUS for each, where there is no LIST-STATUS."""
    found: dict[str, State] = {}
    items = _status_items(session)
    for start in range(0, len(folders), _AT_ONCE):
        names = (_writable(session, folder) for folder in folders[start : start + _AT_ONCE])
        commands = [b"STATUS " + name + b" " + items for name in names if name]
        answers = await session.run(*commands) if commands else []
        found.update(_states(session, answers))
    return found


def _writable(session: Session, folder: str) -> bytes:
    """The name as a command has it; empty where none can: such a folder is opened by nobody."""
    try:
        return quoted(session.names.raw(folder))
    except ValueError:
        return b""


def _states(session: Session, answers: Iterable[Answer]) -> dict[str, State]:
    found: dict[str, State] = {}
    for answer in answers:
        for response in answer.responses:
            if response[0][:9].upper() == b"* STATUS ":
                tokens = tokens_of(response)
                pairs = tokens[3] if len(tokens) == 4 else None
                folder = session.names.folder(_name(tokens[2])) if len(tokens) == 4 else None
                if isinstance(pairs, list) and folder is not None:
                    found[folder] = _state(pairs)
    return found


def _state(pairs: list[Token]) -> State:
    numbers = {
        key.upper(): number_of(value) or 0
        for key, value in zip(pairs[::2], pairs[1::2], strict=False)
        if isinstance(key, bytes)
    }
    keys = (b"UIDVALIDITY", b"UIDNEXT", b"HIGHESTMODSEQ", b"MESSAGES")
    return State(*(numbers.get(key, 0) for key in keys))
