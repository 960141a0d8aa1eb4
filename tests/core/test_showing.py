"""Text from messages is inert wherever people read it: Markdown, HTML, terminal, rich markup."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.text import Text

from clawback.core.indicators import parse_indicator
from clawback.core.showing import counted, inert, shortened, show_indicator, show_url
from models.indicators import Indicator, IndicatorKind, UrlMatch
from tests.core.hostile_texts import HOSTILE, dangers


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_becomes_inert_on_one_line(text: str) -> None:
    shown = inert(text)

    assert dangers(shown) == []
    assert len(shown) <= 120
    assert Text.from_markup(shown).plain == shown
    assert not Text.from_markup(shown).spans


RENDERER = MarkdownIt("gfm-like", {"html": True, "linkify": False})


@pytest.mark.parametrize("text", HOSTILE)
def test_a_markdown_renderer_makes_plain_text_of_it_also_in_a_table(text: str) -> None:
    shown = inert(text)
    table = RENDERER.render(f"| name |\n| --- |\n| {shown} |")

    assert set(re.findall(r"<[^>]*>", RENDERER.render(shown))) <= {"<p>", "</p>"}
    assert table.count("<td>") == (1 if shown else table.count("<td>"))
    assert not re.search(r"<(a|img|script|code|em|strong|s|h1)\b", table)


def test_the_renderer_would_show_what_is_active() -> None:
    assert any("<a href" in RENDERER.render(text) for text in HOSTILE)
    assert any("<script" in RENDERER.render(text) for text in HOSTILE)


@given(st.text(max_size=300), st.integers(min_value=4, max_value=200))
def test_any_text_becomes_inert_within_its_limit(text: str, limit: int) -> None:
    shown = inert(text, limit)

    assert dangers(shown) == []
    assert len(shown) <= limit


@pytest.mark.parametrize("text", [text for text in HOSTILE if dangers(text)])
def test_showing_a_text_as_it_is_would_be_caught(text: str) -> None:
    assert dangers(text) != []


def test_most_of_the_hostile_texts_are_dangerous_as_they_are() -> None:
    assert sum(bool(dangers(text)) for text in HOSTILE) > 20


def test_harmless_text_stays_as_it_is() -> None:
    for text in ("Invoice_2024-03 (final).pdf", "Grüße, 見積書", "a/b: 100%, 5+5=10; it's", "x_y"):
        assert inert(text) == text


def test_a_reader_sees_that_something_was_hidden() -> None:
    assert inert("invoice\u202efdp.exe") == "invoice\ufffdfdp.exe"
    assert inert("a\n\n  b\tc") == "a b c"


def test_a_pile_of_accents_does_not_cover_the_lines_around_it() -> None:
    assert inert("Z" + "\u0336\u0337\u0338\u0339" * 9 + "a") == "Z\u0336\u0337a"


def test_long_text_keeps_its_start_and_its_end() -> None:
    assert shortened("abcdefghij", 10) == "abcdefghij"
    assert shortened("abcdefghijk", 10) == "abcdefg…jk"


def shown(text: str, match: UrlMatch = UrlMatch.EXACT, *, whole: bool = False) -> str:
    return show_indicator(parse_indicator(text, match=match), whole=whole)


def test_a_url_is_defanged_and_its_path_and_query_are_shortened() -> None:
    assert shown("https://evil.example/a") == "hxxps://evil[.]example/a"
    assert shown("http://evil.example:8080/a?user=1") == "hxxp://evil[.]example:8080/a?…"
    long = shown("https://evil.example/" + "abcdefghi/" * 20)
    assert long.startswith("hxxps://evil[.]example/abcdefghi/")
    assert "…" in long
    assert len(long) <= len("hxxps://evil[.]example") + 40


def test_the_whole_url_is_shown_on_demand_and_is_defanged_all_the_same() -> None:
    assert shown("https://evil.example/a?b=c", whole=True) == "hxxps://evil[.]example/a?b=c"


def test_a_path_match_says_that_any_query_is_meant() -> None:
    assert shown("https://evil.example/a", UrlMatch.PATH) == "evil[.]example/a (any query)"


def test_a_hash_is_shortened_or_whole() -> None:
    digest = "3f2a" + "0" * 56 + "9c1b"

    assert shown(digest) == "3f2a…9c1b"
    assert shown(digest, whole=True) == digest


def test_the_end_of_a_long_host_is_kept_since_it_says_who_owns_it() -> None:
    host = "login.bank.example." + "a" * 30 + "." + "b" * 60 + ".evil.example"

    assert show_url(f"https://{host}/").endswith("evil[.]example/")


def test_a_user_name_before_the_host_is_not_taken_for_the_host() -> None:
    assert show_url("https://bank.example@evil.example/x") == "hxxps://evil[.]example/x"


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("form", ["{}", "https://evil.example/{}?{}", "https://{}/x", "{}://h/"])
def test_no_indicator_holds_anything_active_even_if_it_is_not_canonical(
    text: str, whole: bool, form: str
) -> None:
    for kind in IndicatorKind:
        value = form.replace("{}", text)
        plain = show_indicator(Indicator(kind, value, value), whole=whole)

        bare = re.sub(r"^(hxxps?|fxp)://", "", plain.replace("[.]", ""))
        assert dangers(bare) == []
        assert not Text.from_markup(plain).spans
        assert all(unicodedata.category(char) != "Cc" for char in plain)


def test_numbers_are_counted_with_their_nouns() -> None:
    assert counted(1, "message") == "1 message"
    assert counted(0, "message") == "0 messages"
    assert counted(10_001, "message") == "10,001 messages"
