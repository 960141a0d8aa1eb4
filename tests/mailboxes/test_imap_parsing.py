"""Whatever a server sends is read or refused, and every name and handle leads back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clawback.mailboxes.imap.handles import handle_for, identity_of, parse_handle, search_key
from clawback.mailboxes.imap.names import Names, quoted
from clawback.mailboxes.imap.parsing import (
    copied,
    message_of,
    moment_of,
    status_of,
    tokens_of,
    uid_sets,
    uids_of,
)
from clawback.mailboxes.imap.wire import BadAnswer, ConnectionLost, Response, Wire

PIECES = b'* ,1 ,FETCH ,(,),",\\,{3},UID ,5 ,BODY[,],FLAGS ,NIL,[COPYUID ,1:9,\r\n,OK ,A1 ,\xff,abc'
LINES = st.lists(st.sampled_from(PIECES.split(b",")), max_size=30).map(b"".join)


def read_all(data: bytes) -> list[Response]:
    """The responses in some bytes that a server sent before it closed."""

    async def run() -> list[Response]:
        wire, found = Wire(0.01), []
        wire.data_received(data)
        wire.eof_received()
        try:
            while True:
                found.append(await wire.response(100))
        except ConnectionLost:
            return found

    return asyncio.run(run())


@settings(max_examples=200, deadline=None)
@given(LINES)
def test_nothing_that_a_server_sends_raises_anything_but_a_refusal(data: bytes) -> None:
    try:
        for response in read_all(data):
            status = status_of(response[0])
            if status is not None:
                copied(status, at_most=10)
            message_of(response)
            tokens_of(response)
    except BadAnswer:
        pass


def test_a_literal_is_one_token_and_text_for_people_is_not_searched_for_one() -> None:
    (response,) = read_all(b"* 1 FETCH (UID 5 BODY[]<0> {5}\r\na\r\n)b FLAGS (\\Seen))\r\n")
    message = message_of(response)
    assert message is not None
    assert (message.uid, message.body, message.flags) == (5, b"a\r\n)b", {"Seen"})
    assert read_all(b"* OK see {5}\r\n* BYE\r\n") == [(b"* OK see {5}",), (b"* BYE",)]


@pytest.mark.parametrize(
    "line",
    [
        b'* 7 FETCH (UID 5 FLAGS (\\Seen b) RFC822.SIZE 20 X-GUID "a b")',
        b"* 7 fetch (rfc822.size 20 flags (\\SEEN b) uid 5 x-guid {3}\r\na b)",
        b"* 7 FETCH (MODSEQ (9) EMAILID (x) UID 5 FLAGS (\\Seen) RFC822.SIZE 20 X-GUID NIL)",
    ],
)
def test_the_items_of_a_fetch_come_in_any_order_and_form(line: bytes) -> None:
    (response,) = read_all(line + b"\r\n")
    message = message_of(response)
    assert message is not None
    assert (message.uid, message.size_bytes, message.flags) == (5, 20, {"Seen"})
    assert message.identity in ("ga b".replace(" ", "%20"), "ga b", "ex")


@given(st.sets(st.integers(1, 5000), max_size=3000))
def test_uid_sets_name_exactly_what_was_asked_and_fit_in_a_line(uids: set[int]) -> None:
    sets = list(uid_sets(uids))
    assert sorted(uid for _, some in sets for uid in some) == sorted(uids)
    for text, some in sets:
        assert len(text) < 8_000
        assert uids_of(text, at_most=5000) == list(some)


def test_four_thousand_million_uids_are_not_unfolded() -> None:
    assert uids_of(b"1:4294967295", at_most=100) is None
    for text in (b"0", b"1:*", b"1,,2", b"4294967296", b"-1", b"1:2:3", "²".encode()):
        with pytest.raises(BadAnswer):
            uids_of(text, at_most=100)


@pytest.mark.parametrize(
    "names", [Names(), Names(b"INBOX.", b".", (b"user.",)), Names(b"", b""), Names(b"", b".", ())]
)
@given(raw=st.binary(min_size=1, max_size=40) | st.text(max_size=9).map(str.encode))
def test_every_name_of_a_server_is_one_folder_and_leads_back(names: Names, raw: bytes) -> None:
    folder = names.folder(raw)
    if folder is None:
        assert raw.startswith(names.foreign)
    elif raw:
        expected = b"INBOX" if raw.upper() == b"INBOX" else raw
        assert names.raw(folder) == expected
        folder.encode()


def test_folder_names_are_as_people_read_them() -> None:
    assert Names().folder(b"Gel&APY-schte Elemente") == "Gelöschte Elemente"
    assert Names(b"INBOX.", b".").folder(b"INBOX.Projects.&U9dP4Q-") == "Projects/受信"
    assert Names(b"INBOX.", b".").raw("Recoverable Items") == b"INBOX.Recoverable Items"
    assert Names(b"", b"/", (b"shared/",)).folder(b"shared/else/INBOX") is None
    assert quoted(b'a"b\\c') == b'"a\\"b\\\\c"'
    for bad in ("", "a//b", "a\0b", "\ud800", ".%0d%0aA1 DELETE INBOX"):
        with pytest.raises(ValueError, match=r"."):
            quoted(Names().raw(bad))


@given(st.binary(max_size=210), st.sampled_from([b"X-GUID", b"EMAILID"]))
def test_an_identity_goes_into_a_handle_and_out_into_a_search(value: bytes, kind: bytes) -> None:
    identity = identity_of(kind, value)
    handle = parse_handle(handle_for("INBOX", 7, 5, 20, identity))
    assert handle is not None
    assert handle.has_identity == bool(identity) == (0 < len(value) <= 200)
    if handle.has_identity:
        key = search_key(handle.identity)
        assert key is None or b"\r" not in key
        if value.isalnum() and value.isascii():
            assert key == kind + b' "' + value + b'"'


def test_two_folders_without_identities_never_share_a_handle() -> None:
    assert handle_for("INBOX", 7, 5, 20, "") != handle_for("Junk", 7, 5, 20, "")
    for text in ("", "7.5", "7.0:1:g1", "7.5:1:x", "7.5:1:ga\n", "²7.5:1:g", "7.5:1:"):
        assert parse_handle(text) is None


@pytest.mark.parametrize(
    ("date", "wanted"),
    [
        (b"17-Jul-1996 02:44:25 -0700", datetime(1996, 7, 17, 9, 44, 25, tzinfo=UTC)),
        (b" 1-jan-2026 00:00:60 +0130", datetime(2025, 12, 31, 22, 30, 59, tzinfo=UTC)),
        (b"31-Feb-2026 00:00:00 +0000", None),
        (b"01-Jan-0001 00:00:00 +1400", None),
        (b"01-Jan-2026 00:00:00 +9999", None),
        (b"yesterday", None),
        (b"", None),
    ],
)
def test_an_internal_date_is_a_time_or_none(date: bytes, wanted: datetime | None) -> None:
    assert moment_of(date) == wanted
