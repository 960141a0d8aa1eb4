"""One mail has one key however it was carried, and no other mail has it."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_mail import HEAD, message, part

from clawback.mail import identity
from clawback.mail.extract import extract
from clawback.mail.identity import network_message_id

BODY = "Grüße,\r\nplease open https://evil.example/x\r\n"
FILE = bytes(range(256)) * 4


def mail(
    body: str = BODY,
    *,
    cte: str = "base64",
    charset: str = "utf-8",
    head: str = HEAD,
    file: bytes = FILE,
) -> bytes:
    return message(
        part(body.encode(charset), f"text/plain; charset={charset}", cte=cte),
        part(file, "application/octet-stream", cte="base64"),
        head=head,
    )


KEY = extract(mail()).mail_key

CARRIED = {
    "received lines": b"Received: from a by b; x\r\nDelivered-To: c@example.org\r\n" + mail(),
    "other unix line ends": mail().replace(b"\r\n", b"\n"),
    "a mailbox separator": b"From sender Tue Mar  3 10:00:00 2026\n" + mail(),
    "another encoding": mail(cte="quoted-printable"),
    "no encoding": mail(cte="8bit"),
    "no encoding and unix line ends": mail(cte="8bit").replace(b"\r\n", b"\n"),
    "another charset": mail(charset="iso-8859-1"),
    "one more line end": mail(BODY + "\r\n"),
    "a folded header": mail(head=HEAD.replace("From: Billing ", "From: Billing\r\n ")),
    "an encoded name": mail(head=HEAD.replace("From: Billing", "From: =?utf-8?q?Billing?=")),
    "a marked subject": mail(head=HEAD.replace("Subject: ", "Subject: [EXTERNAL] ")),
    "another boundary": mail().replace(b"edge", b"other-edge"),
}

OTHER = {
    "another text": mail(BODY.replace("/x", "/y")),
    "another file": mail(file=FILE[:-1]),
    "another date": mail(head=HEAD.replace("10:00", "10:01")),
    "another sender": mail(head=HEAD.replace("billing@", "paying@")),
    "another message-id": mail(head=HEAD.replace("<one@", "<two@")),
    "no message-id": mail(head=HEAD.replace("Message-ID: <one@sender.example>\r\n", "")),
    "another type": mail().replace(b"text/plain", b"text/html"),
}


@pytest.mark.parametrize("how", CARRIED)
def test_the_way_a_mail_was_carried_keeps_its_key(how: str) -> None:
    facts = extract(CARRIED[how])
    assert facts.mail_key == KEY
    assert facts.content_sha256 != extract(mail()).content_sha256


@pytest.mark.parametrize("what", OTHER)
def test_other_content_has_another_key(what: str) -> None:
    assert extract(OTHER[what]).mail_key != KEY


def test_text_that_moves_from_one_part_to_the_next_changes_the_key() -> None:
    one = message(part("ab"), part("c"))
    other = message(part("a"), part("bc"))
    assert extract(one).mail_key != extract(other).mail_key


def test_a_key_over_the_message_id_alone_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "_identity_bytes", lambda leaf: b"")
    broken = extract(mail()).mail_key
    assert extract(OTHER["another text"]).mail_key == broken


_LINES = st.lists(st.text(st.characters(codec="latin-1", exclude_categories=["C"])), min_size=1)


@settings(max_examples=100, deadline=None)
@given(
    _LINES, st.sampled_from(["base64", "quoted-printable"]), st.sampled_from(["utf-8", "latin-1"])
)
def test_no_re_encoding_of_any_text_changes_the_key(
    lines: list[str], cte: str, charset: str
) -> None:
    body = "\r\n".join(lines) + "\r\nend"
    carried = b"Received: x\r\n" + mail(body, cte=cte, charset=charset)
    assert extract(carried).mail_key == extract(mail(body)).mail_key


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=1), st.text(min_size=1))
def test_two_texts_share_a_key_only_if_they_differ_in_line_ends(one: str, other: str) -> None:
    def normal(text: str) -> str:
        return text.replace("\r\n", "\n").rstrip("\r\n")

    first, second = (extract(mail(f"x{body}")).mail_key for body in (one, other))
    assert (first == second) == (normal(one) == normal(other))


def test_the_network_message_id_is_a_stable_uuid_of_the_mail() -> None:
    first = network_message_id(KEY)
    assert uuid.UUID(first).version == 5
    assert first == network_message_id(KEY)
    assert first != network_message_id(extract(OTHER["another text"]).mail_key)
    assert network_message_id("0" * 64) == "db060519-b8f3-51f1-bcfa-a94caa6f4512"
