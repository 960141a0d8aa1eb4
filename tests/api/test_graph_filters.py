"""What `$filter` refuses, it refuses with the place; nothing that it reads can grow without bound."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawback.api.graph.filters import CHARACTERS, read_filter
from clawback.errors import BadInput

WORDS = (
    "subject eq ne in not and or ( ) , 'x' 7 contains( '' ' sizeInBytes loggedDateTime 2026-11-01 "
    "latestDelivery/location 'quarantine' @"
)
PIECES = st.sampled_from(sorted(set(WORDS.split())))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("subject", "character 8: here should be eq"),
        ("subject eq", "character 11: here should be a value"),
        ("subject eq 'a' subject", "character 16: here should be and"),
        ("(subject eq 'a'", "character 16: here should be )"),
        ("body eq 'a'", "character 1: here should be a property"),
        ("threatTypes/any(t: t eq 'phish')", "character 18: this cannot be read"),
        ("subject eq 'a", "character 11: this cannot be read"),
        ("subject eq a", "single quotes"),
        ("contains(sizeInBytes, '1')", "takes a text"),
        ("sizeInBytes eq 1.5", "whole number"),
        ("sizeInBytes eq 99999999999999999999", "whole number"),
        ("loggedDateTime gt 'soon'", "no time"),
        ("directionality eq 'up'", "is one of inbound"),
        ("directionality gt 'inbound'", "eq, ne and in"),
        ("subject in ()", "a value"),
        ("subject in ('a'", "here should be )"),
        ("subject eq 'a' and", "a property"),
        ("not " * 40 + "subject eq 'a'", "too deep"),
        ("(" * 5_000 + "subject eq 'a'", "too deep"),
        (" or ".join(["subject eq 'a'"] * 200), "at most 200"),
        ("subject in (" + ",".join(["'a'"] * 300) + ")", "at most 200"),
        ("x" * (CHARACTERS + 1), "characters"),
    ],
)
def test_a_filter_that_cannot_be_understood_says_where(text: str, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_filter(text)
    assert said in str(refused.value)


@given(st.one_of(st.lists(PIECES, max_size=40).map(" ".join), st.text(max_size=200)))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(BadInput):
        read_filter(text)
