"""Pages, shortcuts and texts that are written so that a plain reader would miss their links."""

from __future__ import annotations

import pytest
from made_mail import attached, html, text

from clawback.mail.extract import extract
from clawback.mail.passwords import passwords_in

LINK = "https://evil.example/in?id=7"
SHORTCUT = f"[InternetShortcut]\r\nURL={LINK}\r\n"

HIDDEN = {
    "a template in a template": html(
        f'<template><p><template>x</template><a href="{LINK}">go</a></p></template>'
    ),
    "a template in two": html(
        f'<template><template><TEMPLATE><a href="{LINK}">go</a></TEMPLATE></template></template>'
    ),
    "an open template": html(f'<template><template></template><a href="{LINK}">go</a>'),
    "an animation": html(f'<svg><a><animate attributeName="href" values="#;{LINK}"/></a></svg>'),
    "a set": html(f'<svg><a><set attributeName="xlink:href" to="{LINK}"/></a></svg>'),
    "a set of pictures": html(f'<img srcset="https://a.example/a,b 1x,{LINK} 2x">'),
    "the first of a set": html(f'<img srcset="{LINK}, https://a.example/ 2x">'),
    "a shortcut of two bytes a letter": attached(
        SHORTCUT.encode("utf-16-le"), "application/octet-stream", "a.url"
    ),
    "a shortcut the other way round": attached(
        SHORTCUT.encode("utf-16-be"), "application/octet-stream", "a.url"
    ),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_link_is_found_where_a_plain_reader_would_miss_it(name: str) -> None:
    assert LINK in {fact.url for fact in extract(HIDDEN[name]).urls}


def test_a_comma_within_a_picture_s_link_is_part_of_it() -> None:
    links = {fact.url for fact in extract(html('<img srcset="https://a.example/a,b 1x">')).urls}
    assert links == {"https://a.example/a,b"}


@pytest.mark.parametrize("around", ["_", "__", "~", "~~", "*", "**"])
def test_emphasis_around_a_link_is_no_part_of_it(around: str) -> None:
    assert [fact.url for fact in extract(text(f"See {around}{LINK}{around} now")).urls] == [LINK]


def test_a_link_that_ends_so_by_itself_stays_whole() -> None:
    assert [fact.url for fact in extract(text(f"See {LINK}_ now")).urls] == [f"{LINK}_"]


@pytest.mark.parametrize("tags", ["Pass<b>word</b>: ", "P<i>a</i>ssw<span x=y>ord</span>: "])
def test_a_password_is_known_whatever_type_its_name_is_set_in(tags: str) -> None:
    assert passwords_in([f"<p>{tags}Tr0ub4dor</p>"])[0] == "Tr0ub4dor"
