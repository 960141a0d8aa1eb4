"""Where copies are in one mailbox: at their place, else by identity, else by content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from clawback.mailboxes.imap.bodies import digests
from clawback.mailboxes.imap.folders import RoleBook, State, states_of
from clawback.mailboxes.imap.handles import Handle, handle_for, parse_handle, search_key
from clawback.mailboxes.imap.looking import messages_in, read
from clawback.mailboxes.imap.looks import Look, at_place
from clawback.mailboxes.imap.parsing import Message, uid_sets, uids_of
from clawback.mailboxes.imap.problems import MailboxFault
from clawback.mailboxes.imap.session import Answer, Session
from clawback.mailboxes.imap.wire import BadAnswer
from clawback.mailboxes.spreading import grouped
from models.copies import CopyRef, FolderRole, LiveCopy, Place, SourceFault

SEARCH_UP_TO = 8
"""Messages that the server is asked to search for; for more a listing costs less."""

_HITS_AT_MOST = 1_000_000


class Candidate(NamedTuple):
    """A message that may be the one that is looked for."""

    place: Place
    handle: Handle
    message: Message


class Wanted(NamedTuple):
    """A copy that is not at its place."""

    copy: CopyRef
    handle: Handle


async def locate_in(
    session: Session, copies: Sequence[CopyRef], roles: RoleBook, *, read_at_most: int
) -> list[LiveCopy]:
    """One answer for each copy, in any order. Raises `MailboxFault` if the mailbox fails."""
    answers: list[LiveCopy] = []
    missing: list[Wanted] = []
    session.unread.clear()
    for folder, group in grouped(copies, lambda copy: copy.place.folder).items():
        wanted = [
            Wanted(copy, handle) for copy in group if (handle := parse_handle(copy.place.handle))
        ]
        ours = {id(one.copy) for one in wanted}
        answers += [nowhere(copy) for copy in group if id(copy) not in ours]
        if wanted:
            missing += await _at_places(session, folder, wanted, roles, answers)
    if missing:
        taken = {live.place for live in answers if live.place is not None}
        search = _Search(session, roles, taken, read_at_most)
        answers += await search.find_all(missing)
    return answers


def nowhere(copy: CopyRef, fault: SourceFault | None = None) -> LiveCopy:
    """The answer for a copy that was not found: gone, or unknown with a fault."""
    known = fault is None or fault is SourceFault.GONE
    return LiveCopy(copy.copy_id, None, None, "", fault=None if known else fault)


async def _at_places(
    session: Session,
    folder: str,
    wanted: Sequence[Wanted],
    roles: RoleBook,
    answers: list[LiveCopy],
) -> list[Wanted]:
    """Adds the answers for copies that are at their places; returns those that are not."""
    try:
        await read(session, folder, (one.handle.uid for one in wanted))
    except MailboxFault as fault:
        if not session.is_open:
            raise
        if fault.fault in (SourceFault.GONE, SourceFault.UNAVAILABLE):
            if fault.fault is SourceFault.UNAVAILABLE:
                session.unread.add(folder)
            return list(wanted)  # the search looks whether the folder is there at all
        answers += [nowhere(one.copy, fault.fault) for one in wanted]
        return []
    assert session.selected is not None
    look = Look(session.selected, await roles.role_in(session, folder))
    missing: list[Wanted] = []
    for one in wanted:
        live = at_place(one.copy, one.handle, look)
        if live is None:
            missing.append(one)
        else:
            answers.append(live)
    return missing


class _Search:
    """A search through all folders of a mailbox."""

    def __init__(
        self, session: Session, roles: RoleBook, taken: set[Place], read_at_most: int
    ) -> None:
        self._session = session
        self._roles = roles
        self._taken = taken
        self._read_at_most = read_at_most
        self._searched: dict[str, State] = {}
        self._candidates: dict[Place, Candidate] = {}
        self._digests: dict[Place, str] = {}
        # What could not be read may hide what we miss.
        self._fault = SourceFault.UNAVAILABLE if session.unread else None

    async def find_all(self, missing: Sequence[Wanted]) -> list[LiveCopy]:
        """An answer for each. Gone is said only after a second look at folders that grew meanwhile.

        A message that is moved during the search could be missed where it was and where it is.
        """
        answers: list[LiveCopy] = []
        left = list(missing)
        for _ in range(2):
            await self._look(left)
            for find in (self._by_identity, self._by_content):
                hits, left = await find(left)
                answers += hits
            if not left:
                return answers
        return [*answers, *(nowhere(one.copy, self._fault) for one in left)]

    async def _look(self, wanted: Sequence[Wanted]) -> None:
        """Collect candidates from all folders into which messages came since the last look."""
        for folder, state in (await states_of(self._session)).items():
            before = self._searched.get(folder)
            if (
                before is not None
                and state is not None
                and (state.uidvalidity, state.uidnext) == (before.uidvalidity, before.uidnext)
            ):
                continue
            if state is not None:
                self._searched[folder] = state
            try:
                await self._look_in(folder, wanted)
            except MailboxFault as fault:
                if not self._session.is_open:
                    raise
                if fault.fault is not SourceFault.GONE:
                    self._fault = fault.fault

    async def _look_in(self, folder: str, wanted: Sequence[Wanted]) -> None:
        handles = [one.handle for one in wanted]
        for one in await candidates_in(self._session, folder, handles, b"RFC822.SIZE"):
            self._candidates[one.place] = one

    async def _by_identity(self, wanted: Sequence[Wanted]) -> tuple[list[LiveCopy], list[Wanted]]:
        """Those that the server gave an identity which is now elsewhere, outside first.

        Of two messages with one identity one may be what an interrupted move left in Recoverable
        Items: the other is still in the user's sight.
        """
        by_identity = grouped(self._candidates.values(), lambda one: one.handle.identity)
        hits: list[LiveCopy] = []
        left: list[Wanted] = []
        for one in wanted:
            offered = by_identity.get(one.handle.identity, []) if one.handle.has_identity else []
            free = [each for each in offered if self._is_free(each, one.copy)]
            free.sort(key=lambda each: (self._role(each) is FolderRole.RECOVERABLE, each.place))
            if free:
                hits.append(self._take(one.copy, free[0]))
            else:
                left.append(one)
        return hits, left

    async def _by_content(self, wanted: Sequence[Wanted]) -> tuple[list[LiveCopy], list[Wanted]]:
        """Those whose bytes are somewhere in the mailbox and are no sibling's."""
        sizes = {one.handle.size_bytes for one in wanted}
        await self._digest(
            [one for one in self._candidates.values() if one.handle.size_bytes in sizes]
        )
        hits: list[LiveCopy] = []
        left: list[Wanted] = []
        for one in wanted:
            same = (
                self._candidates[place]
                for place, digest in sorted(self._digests.items())
                if digest == one.copy.content_sha256
            )
            found = next((each for each in same if self._is_free(each, one.copy)), None)
            if found is not None:
                hits.append(self._take(one.copy, found))
            else:
                left.append(one)
        return hits, left

    async def _digest(self, candidates: Sequence[Candidate]) -> None:
        unread = [
            one
            for one in candidates
            if one.place not in self._digests and one.place not in self._taken
        ]
        for folder, group in grouped(unread, lambda one: one.place.folder).items():
            handles = {one.handle.uid: one.handle for one in group}
            places = {one.handle.uid: one.place for one in group}
            try:
                found = await digests(self._session, folder, handles, at_most=self._read_at_most)
            except MailboxFault as fault:
                if not self._session.is_open:
                    raise
                self._fault = fault.fault
                continue
            self._digests.update((places[uid], digest) for uid, digest in found.items())

    def _is_free(self, candidate: Candidate, copy: CopyRef) -> bool:
        place = candidate.place
        return place not in self._taken and place.handle not in copy.siblings

    def _role(self, candidate: Candidate) -> FolderRole:
        return self._roles.role_of(self._session, candidate.place.folder)

    def _take(self, copy: CopyRef, found: Candidate) -> LiveCopy:
        self._taken.add(found.place)
        return LiveCopy(
            copy.copy_id, found.place, self._role(found), copy.content_sha256, found.message.flags
        )


async def candidates_in(
    session: Session, folder: str, handles: Sequence[Handle], extra: bytes
) -> list[Candidate]:
    """The messages of a folder, which is selected, that may be one of these: by identity or by size.

    Few are searched for by the server; for many, or where it cannot, all messages are answered.
    Raises `MailboxFault`.
    """
    query = _query(handles) if len(handles) <= SEARCH_UP_TO else None
    listing = b"UID FETCH %s " + session.items(extra)
    if query is None:
        selected, answers = await session.select(folder, listing % b"1:*", read_only=True)
    else:
        returning = b"RETURN (ALL) " if session.has("ESEARCH") else b""
        search = b"UID SEARCH " + returning + query
        selected, (found,) = await session.select(folder, search, read_only=True)
        texts = [b"1:*"] if not found.is_ok else [text for text, _ in uid_sets(_hits(found))]
        answers = await session.run(*(listing % text for text in texts)) if texts else []
    return [
        _candidate(folder, selected.uidvalidity, message)
        for message in messages_in(answers).values()
        if message.size_bytes >= 0
    ]


def _candidate(folder: str, uidvalidity: int, message: Message) -> Candidate:
    text = handle_for(folder, uidvalidity, message.uid, message.size_bytes, message.identity)
    handle = parse_handle(text)
    if handle is None:
        raise MailboxFault(SourceFault.CORRUPT)
    return Candidate(Place(folder, text), handle, message)


def _query(handles: Sequence[Handle]) -> bytes | None:
    """A SEARCH key for messages with one of these identities or sizes; None if it cannot be put."""
    keys: list[bytes] = []
    for handle in handles:
        size = handle.size_bytes
        above = b"LARGER %d " % (size - 1) if size else b""
        keys.append(b"(" + above + b"SMALLER %d)" % (size + 1))
        if handle.has_identity:
            key = search_key(handle.identity)
            if key is None:
                return None
            keys.append(key)
    query = keys.pop()
    while keys:
        query = b"OR " + keys.pop() + b" " + query
    return query


def _hits(answer: Answer) -> list[int]:
    """The UIDs of an ESEARCH or SEARCH answer (RFC 4731). Raises `MailboxFault`."""
    found: list[int] = []
    try:
        for response in answer.responses:
            words = response[0].split()
            if len(words) > 2 and words[1].upper() == b"SEARCH":
                said = b",".join(words[2:])
            elif len(words) > 2 and words[1].upper() == b"ESEARCH" and b"ALL" in words[2:-1]:
                said = words[words.index(b"ALL", 2) + 1]
            else:
                continue
            hits = uids_of(said, at_most=_HITS_AT_MOST)
            if hits is None:
                raise BadAnswer
            found += hits
    except BadAnswer:
        raise MailboxFault(SourceFault.CORRUPT) from None
    return found
