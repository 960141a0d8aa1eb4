"""What the lab's tenant reads from a mail's header, ordinary and hostile."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clawback.lab.graph.parsed import body_of, header_properties, internet_message_headers

_NAMES = ("From", "To", "Subject", "Message-ID", "Date", "References", "Content-Type", "Sender")
_VALUES = st.one_of(
    st.binary(max_size=40),
    st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace")),
    st.sampled_from(
        [
            b"=?utf-8?b?%%%?=",
            b"=?utf-8?B?A?=",
            b"=?nothing?q?x?=",
            b"=?utf-8?q?=ff?=",
            b'"a" <a@example.org>, <',
            b"Mon, 99 Nov 99999 99:99:99 +9999",
            b"<a@example.org>\r\n <b@example.org>",
            b"(((((",
            b"@" * 300,
            b" " * 300 + b"<",
        ]
    ),
)
_MAILS = st.lists(st.tuples(st.sampled_from(_NAMES), _VALUES), max_size=6).map(
    lambda fields: (
        b"".join(name.encode() + b": " + value + b"\r\n" for name, value in fields) + b"\r\nText"
    )
)


@settings(max_examples=150, deadline=None)
@given(_MAILS)
@example(b"")
@example(b"\r\n\r\n")
@example(b"Subject: =?utf-8?b?A?=\n\n")
def test_no_mail_makes_it_raise_and_all_it_says_is_json(raw: bytes) -> None:
    said = [header_properties(raw), internet_message_headers(raw), body_of(raw)]
    assert json.loads(json.dumps(said)) == said
    json.dumps(said).encode()


@pytest.mark.parametrize(
    ("header", "name", "value"),
    [
        (b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=", "subject", "Grüße"),
        (b"Subject: Gr\xc3\xbc\xc3\x9fe", "subject", "Grüße"),
        (b"Subject: one\r\n two", "subject", "one two"),
        (b"Message-ID:\r\n <a@example.org>", "internetMessageId", "<a@example.org>"),
        (b"Date: Mon, 02 Nov 2026 10:00:00 +0100", "sentDateTime", "2026-11-02T09:00:00Z"),
        (b"Date: never", "sentDateTime", None),
        (b"Importance: High", "importance", "high"),
        (b"Content-Type: multipart/mixed; boundary=x", "hasAttachments", True),
        (
            b'From: "Doe, J." <j@example.org>',
            "from",
            {"emailAddress": {"name": "Doe, J.", "address": "j@example.org"}},
        ),
        (
            b"To: a@example.org, B <b@example.org>",
            "toRecipients",
            [
                {"emailAddress": {"name": "a@example.org", "address": "a@example.org"}},
                {"emailAddress": {"name": "B", "address": "b@example.org"}},
            ],
        ),
    ],
)
def test_a_header_gives_the_property(header: bytes, name: str, value: object) -> None:
    assert header_properties(header + b"\r\n\r\n")[name] == value
