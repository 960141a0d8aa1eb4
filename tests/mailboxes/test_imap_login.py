"""A login with further commands in the same write: only where the server is seen to take that."""

from __future__ import annotations

import base64

import pytest

from clawback.errors import SourceError
from clawback.mailboxes.imap import authentication
from clawback.mailboxes.imap.source import ImapSource
from models.copies import CopyRef, LiveCopy, SourceFault
from tests.mailboxes.imap_fake import CAPABILITY, Fake
from tests.mailboxes.imap_stage import ENV
from tests.mailboxes.stages import BEN, locate
from tests.mailboxes.test_imap_hostile import COPY, FETCHED, PLACE, on

TELLING = b"{tag} OK [CAPABILITY " + CAPABILITY + b"] logged in\r\n"
OTHER = COPY._replace(copy_id=2, mailbox=BEN)


async def one_by_one(source: ImapSource, *copies: CopyRef) -> list[LiveCopy]:
    """Each in a session of its own, so that what the first taught is known to the next."""
    return [(await locate(source, copy))[copy.copy_id] for copy in copies]


def logins(fake: Fake) -> list[bytes]:
    return [one for one in fake.commands if one.startswith(b"AUTHENTICATE")]


def test_where_it_is_taken_a_login_and_the_first_commands_are_one_write() -> None:
    fake = Fake({**FETCHED, b"AUTHENTICATE": TELLING}, wants_more=True)
    seen = on(fake, lambda source: one_by_one(source, COPY, OTHER), master_user="")
    assert [live.place for live in seen] == [PLACE, PLACE]
    assert len(logins(fake)) == 2
    assert fake.commands.count(b"CAPABILITY") == 1, "asked along with the first login alone"
    last = fake.commands.index(logins(fake)[1])
    assert [one.split()[0] for one in fake.commands[last:]] == [b"AUTHENTICATE", b"SELECT", b"UID"]


def test_a_server_that_throws_away_what_comes_along_is_tried_once_and_used_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(authentication, "ALONG_SECONDS", 0.3)
    fake = Fake({**FETCHED, b"AUTHENTICATE": TELLING}, drops_more=True)
    seen = on(fake, lambda source: one_by_one(source, COPY, OTHER), master_user="")
    assert [live.place for live in seen] == [PLACE, PLACE]
    assert len(logins(fake)) == 3, "one more for the first mailbox"


def test_a_server_that_tells_nothing_at_the_login_is_asked_in_each_session() -> None:
    fake = Fake(FETCHED)
    seen = on(fake, lambda source: one_by_one(source, COPY, OTHER), master_user="")
    assert [live.place for live in seen] == [PLACE, PLACE]
    assert fake.commands.count(b"CAPABILITY") == 2


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (b"{tag} NO [AUTHENTICATIONFAILED] -\r\n", SourceFault.DENIED),
        (b"{tag} NO [UNAVAILABLE] -\r\n", SourceFault.UNAVAILABLE),
        (b"+ \r\n{tag} NO -\r\n", SourceFault.CORRUPT),
        (b"* BYE -\r\n", SourceFault.UNAVAILABLE),
    ],
)
def test_of_a_login_that_is_refused_nothing_that_came_along_is_believed(
    said: bytes, fault: SourceFault
) -> None:
    refused = base64.b64encode(f"\0{BEN}\0{ENV['SECRET']}".encode())
    answers = {b"AUTHENTICATE": TELLING, b"AUTHENTICATE PLAIN " + refused: said}
    fake = Fake({**FETCHED, **answers})
    first, second, third = on(
        fake, lambda source: one_by_one(source, COPY, OTHER, COPY), master_user=""
    )
    assert (first.place, third.place) == (PLACE, PLACE)
    assert (second.place, second.fault) == (None, fault)


def test_capabilities_of_a_login_count_and_not_those_of_another_user() -> None:
    other = base64.b64encode(f"\0{BEN}\0{ENV['SECRET']}".encode())
    poor = b"{tag} OK [CAPABILITY IMAP4rev1] -\r\n"
    answers = {b"AUTHENTICATE": TELLING, b"AUTHENTICATE PLAIN " + other: poor}
    fake = Fake({**FETCHED, **answers})

    async def both(source: ImapSource) -> None:
        await locate(source, COPY)
        with pytest.raises(SourceError, match="no-safe-move"):
            await locate(source, OTHER)

    on(fake, both, master_user="")


@pytest.mark.parametrize("along", [False, True], ids=["alone", "along"])
@pytest.mark.parametrize(
    ("code", "is_told"),
    [
        (b"[UNAVAILABLE]", True),
        (b"[LIMIT]", True),
        (b"[AUTHENTICATIONFAILED]", False),
        (b"", False),
    ],
)
def test_a_server_that_lets_nobody_in_for_now_is_told_of(
    code: bytes, is_told: bool, along: bool
) -> None:
    """A refusal for good is none of it, wherever in a session the login stands."""
    refused = base64.b64encode(f"\0{BEN}\0{ENV['SECRET']}".encode())
    said = b"{tag} NO " + code + b" -\r\n"
    answers = {b"AUTHENTICATE": TELLING, b"AUTHENTICATE PLAIN " + refused: said}
    fake = Fake({**FETCHED, **answers})
    told: list[tuple[str, float, int | None]] = []
    on(
        fake,
        lambda source: one_by_one(source, *([COPY, OTHER] if along else [OTHER])),
        master_user="",
        connections=3,
        on_throttled=lambda *what: told.append(what),
    )
    assert told == ([("stage", 0.0, 3)] if is_told else [])
