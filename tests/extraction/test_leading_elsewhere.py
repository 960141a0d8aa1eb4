"""Links to an app, a page's base, and links in emphasis: what leads somewhere is a link, and only that."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from made_mail import html, text

from clawback.mail.extract import extract

LINK = "https://evil.example/in?id=7"
FALLBACK = "https://other.example/a?b=1"


def _links(raw: bytes) -> set[str]:
    return {fact.url for fact in extract(raw).urls}


@pytest.mark.parametrize("encoded", [FALLBACK, quote(FALLBACK, safe="")])
@pytest.mark.parametrize("scheme", ["https", "HTTPS", "app", ""])
@pytest.mark.parametrize("start", ["intent", "INTENT", " intent"])
def test_an_intent_leads_to_its_page_and_to_that_of_a_browser(
    encoded: str, scheme: str, start: str
) -> None:
    named = f"scheme={scheme};" if scheme else ""
    link = f"{start}://evil.example/in?id=7#Intent;{named}S.browser_fallback_url={encoded};end"
    expected = {FALLBACK} | ({LINK} if scheme.lower() == "https" else set())
    assert _links(html(f'<a href="{link}">go</a>')) == expected
    assert expected <= _links(html(f"<script>location = '{link}'</script>"))


@pytest.mark.parametrize("page", ["<p>x</p>", f'<a href="{LINK}">x</a>', '<a name="x">x</a>'])
def test_a_base_that_nothing_uses_is_no_link(page: str) -> None:
    links = _links(html(f'<base href="https://base.example/x/">{page}'))
    assert not any("base.example" in link for link in links)


@pytest.mark.parametrize("page", ['<a href="y">x</a>', '<a href="#y">x</a>', '<img src="y">'])
def test_a_base_that_something_uses_is_one(page: str) -> None:
    links = _links(html(f'<base href="https://base.example/x/">{page}'))
    assert "https://base.example/x/" in links


@pytest.mark.parametrize("around", ["_", "__", "*", "~~", "(", ""])
def test_an_address_without_a_scheme_may_stand_in_emphasis(around: str) -> None:
    end = around.replace("(", ")")
    assert _links(text(f"See {around}www.evil.example/in{end} now")) == {
        "http://www.evil.example/in"
    }


@pytest.mark.parametrize("before", ["a_", "a", "1_", "x.", "a@"])
def test_what_is_part_of_a_longer_word_is_no_address(before: str) -> None:
    assert not _links(text(f"See {before}www.evil.example/in now"))
