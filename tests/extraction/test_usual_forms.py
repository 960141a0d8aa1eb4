"""The short ways through extraction give what the long ways give."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clawback.core import urls
from clawback.core.urls import canonical_url, key_chain
from clawback.mail import headers
from clawback.mail.headers import read_headers, sent_at

_PIECES = st.sampled_from(
    [
        *(
            "http://",
            "https://",
            "ftp://",
            "HTTP://",
            "//",
            "/",
            "/.",
            "/..",
            "?",
            "#",
            "&",
            "=",
            "@",
            ":",
        ),
        *(
            "a.example",
            "A.example",
            "b_c.d-e.example",
            "1.2.3.4",
            "0x7f.1",
            "a",
            ".",
            "%41",
            "%2e",
            "%zz",
        ),
        *(
            "utm_source=x",
            "UTM_A",
            "gclid",
            "id=1",
            "%27",
            "'",
            "é",
            "\u200b",
            " ",
            "\\",
            ":443",
            ":8080",
        ),
        "www.google.com/url?q=https://x.example/y",
    ]
)
_DATES = st.sampled_from(
    [
        *("Mon, 2 Nov 2026 09:00:00 +0100", "02 Nov 2026 09:00:00 GMT (UTC)"),
        *("31 Feb 2026 09:00:00 +0000", "1 Jan 1000 00:00:00 +1959", "2 Nov 2026 23:59:60 -0000"),
        *("2 Nov 2026 24:00:00 -0700 (PDT)", "2 Nov 26 09:00:00 +0100", "2 nov 2026 9:00 +0100"),
        *("Tue, 2 Nov 2026 09:00:00 -0030", "x"),
    ]
)


def _long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urls, "_usual", lambda _: None)


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=7).map("".join))
def test_a_url_written_as_usual_has_the_key_of_the_long_way(raw: str) -> None:
    short = (canonical_url(raw), key_chain(raw))
    with pytest.MonkeyPatch.context() as patch:
        _long_way(patch)
        assert (canonical_url(raw), key_chain(raw)) == short


def test_most_urls_take_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urls, "_split", lambda _: None)
    found = canonical_url("https://www.a-b.example/x/y.html?utm_source=z&id=1#top")
    assert found is not None
    assert found.url == "https://www.a-b.example/x/y.html?id=1"
    assert (found.path_key, found.fragment) == ("www.a-b.example/x/y.html", "top")


@given(_DATES)
def test_a_date_written_as_usual_is_read_as_the_standard_library_reads_it(raw: str) -> None:
    try:
        expected = parsedate_to_datetime(raw)
        aware = expected if expected.tzinfo else expected.replace(tzinfo=UTC)
        moment: datetime | None = aware.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        moment = None
    assert sent_at(raw) == moment


def test_header_lines_are_found_however_they_are_written() -> None:
    head = (
        b"X-Subject: no\r\nSUBJECT \t:\r\n  folded\r\n\tover three\r\nFrom:a@example.org\n"
        b"To: b@example.com\nX: \n Cc: no@example.com\nto: c@example.com\n\nSubject: body\n"
    )
    found = read_headers(head)
    assert found.all("subject") == ["folded over three"]
    assert found.all("to") == ["b@example.com", "c@example.com"]
    assert (found.first("from"), found.all("cc"), found.first("date")) == ("a@example.org", [], "")


def test_headers_without_an_end_are_read_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headers, "MAX_HEADER_BYTES", 40)
    assert read_headers(b"From: a@example.org\nSubject: short and long\nTo: b@x").all("to") == []
