"""What a person may type as an indicator, and what is refused with a line that helps."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clawback.core.indicators import (
    BadIndicator,
    parse_file_indicator,
    parse_indicator,
    parse_url_indicator,
)
from clawback.core.trivial import EMPTY_SHA256, is_trivial_file
from models.indicators import IndicatorKind, UrlMatch
from models.mails import AttachmentFact
from models.tables.columns import storable

SHA256 = "A0" * 32


def test_a_sha256_in_any_case_is_a_file() -> None:
    for text in (SHA256, f"  {SHA256.lower()}\n", f"sha256:{SHA256}", f"SHA-256 = {SHA256}"):
        found = parse_indicator(text)
        assert (found.kind, found.value) == (IndicatorKind.FILE, SHA256.lower())
        assert found.given == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("d41d8cd98f00b204e9800998ecf8427e", "MD5"),
        ("da39a3ee5e6b4b0d3255bfef95601890afd80709", "SHA-1"),
        ("a0" * 31, "62"),
        ("zz" * 32, "64 hex digits"),
        (EMPTY_SHA256, "empty file"),
        (EMPTY_SHA256.upper(), "empty file"),
        (hashlib.sha256(b"\r\n").hexdigest(), "few blank bytes"),
        (hashlib.sha256(b"\0").hexdigest(), "few blank bytes"),
    ],
)
def test_other_hashes_and_the_empty_file_are_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(BadIndicator, match=says) as error:
        parse_file_indicator(text)
    assert "\n" not in str(error.value)
    assert text not in str(error.value)


def test_a_defanged_url_is_read_as_the_link_that_it_names() -> None:
    assert parse_indicator("hxxps://Evil[.]example/x#me").value == "https://evil.example/x"


def test_a_wrapped_url_means_what_it_wraps() -> None:
    wrapped = "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example%2Fx"
    assert parse_url_indicator(wrapped).value == "https://evil.example/x"


def test_a_path_match_has_the_path_key_and_needs_no_scheme() -> None:
    for text in ("https://evil.example/x?t=1", "evil[.]example/x?t=2"):
        found = parse_url_indicator(text, match=UrlMatch.PATH)
        assert (found.value, found.match) == ("evil.example/x", UrlMatch.PATH)


@pytest.mark.parametrize(
    "text", ["", "   ", "evil.example/x", "javascript:x", "sftp://a.example/", "http://", "hello"]
)
def test_what_names_no_link_is_refused_with_one_line_that_says_what_to_do(text: str) -> None:
    with pytest.raises(BadIndicator, match="Give") as error:
        parse_indicator(text)
    assert "\n" not in str(error.value)


def test_a_kind_that_is_asked_for_is_not_guessed() -> None:
    with pytest.raises(BadIndicator):
        parse_indicator(SHA256, IndicatorKind.URL)
    with pytest.raises(BadIndicator):
        parse_indicator("https://evil.example/", IndicatorKind.FILE)


@pytest.mark.parametrize(("size", "trivial"), [(0, True), (2, True), (16, True), (17, False)])
def test_files_of_sixteen_bytes_or_fewer_are_trivial(size: int, trivial: bool) -> None:
    fact = AttachmentFact("ab" * 32, "x", size, "image/png", "2")
    assert is_trivial_file(fact) is trivial


LETTERS = st.text(max_size=8) | st.text(
    st.sampled_from("\x00\ud800\udfff\ufffea./?#%&@:0"), max_size=8
)
WRITTEN = st.builds(
    "{}://{}evil.test{}/{}?{}#{}".format,
    st.sampled_from(["https", "FTP"]),
    *[st.just("") | LETTERS] * 2,
    *[LETTERS] * 3,
)


@settings(
    max_examples=400,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(WRITTEN | WRITTEN.map("https://wrapper.test/?url={}".format), st.sampled_from(UrlMatch))
def test_a_canonical_url_holds_nothing_that_a_database_alters(text: str, match: UrlMatch) -> None:
    try:
        value = parse_url_indicator(text, match=match).value
    except BadIndicator:
        return
    assert storable(value) == value, text
