"""The canonical form, step by step: what is the same link has the same key."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clawback.core.urls import CanonicalUrl, canonical_url, key_chain, refang

SAME = [
    # 1: invisible characters and blanks
    ("  http://a.example/x\n", "http://a.example/x"),
    ("http://a.exa\r\n\tmple/x", "http://a.example/x"),
    ("http://a\u200b.ex\u00adample/\u202ex", "http://a.example/x"),
    # 2: scheme and slashes
    ("HtTpS://a.example/x", "https://a.example/x"),
    ("//a.example/x", "https://a.example/x"),
    ("https:/a.example/x", "https://a.example/x"),
    ("https:////a.example/x", "https://a.example/x"),
    ("http:\\\\a.example\\x", "http://a.example/x"),
    ("ftp://a.example/x", "ftp://a.example/x"),
    # 4: host, port, userinfo
    ("http://A.EXAMPLE/Path", "http://a.example/Path"),
    ("http://%61.example/", "http://a.example/"),
    ("http://bücher.example/", "http://xn--bcher-kva.example/"),
    ("http://BÜCHER。example/", "http://xn--bcher-kva.example/"),
    ("http://ａ.example/", "http://a.example/"),
    ("http://straße.example/", "http://xn--strae-oqa.example/"),
    ("http://xn--zzzzz-invalid-.example/", "http://xn--zzzzz-invalid-.example/"),
    ("http://.a.example./", "http://a.example/"),
    ("http://2130706433/", "http://127.0.0.1/"),
    ("http://0x7f.1/", "http://127.0.0.1/"),
    ("http://0177.0.0.01/", "http://127.0.0.1/"),
    ("http://[2001:DB8:0:0:0:0:0:1]/", "http://[2001:db8::1]/"),
    ("http://a.example:80/", "http://a.example/"),
    ("https://a.example:443/", "https://a.example/"),
    ("https://a.example:8443/", "https://a.example:8443/"),
    ("https://www.known.example@evil.example/x", "https://evil.example/x"),
    ("https://[an_21]@a.example/x", "https://a.example/x"),
    # 5: path
    ("http://a.example", "http://a.example/"),
    ("http://a.example/%7Euser/%2f", "http://a.example/~user/%2F"),
    ("http://a.example/a b", "http://a.example/a%20b"),
    ("http://a.example/é[1]", "http://a.example/%C3%A9%5B1%5D"),
    ("http://a.example/a/./b/../c", "http://a.example/a/c"),
    ("http://a.example/a/%2e%2e/c/..", "http://a.example/"),
    ("http://a.example//files///x", "http://a.example/files/x"),
    ("http://a.example/files///../x", "http://a.example/files/x"),
    ("http://a.example/50%", "http://a.example/50%25"),
    # 6: query
    ("http://a.example/?b=2&a=1", "http://a.example/?b=2&a=1"),
    ("http://a.example/?utm_source=x&id=1&fbclid=y", "http://a.example/?id=1"),
    ("http://a.example/?gclid=x", "http://a.example/"),
    ("http://a.example/?&&id=1&", "http://a.example/?id=1"),
    ("http://a.example/?s==1&to=", "http://a.example/?s==1&to="),
    ("http://a.example/o'b/%27?q=o%27b'", "http://a.example/o'b/%27?q=o'b'"),
    # 7: fragment
    ("http://a.example/x#to=clerk@example.org", "http://a.example/x"),
]


@pytest.mark.parametrize(("raw", "key"), SAME)
def test_every_spelling_of_a_link_has_its_canonical_key(raw: str, key: str) -> None:
    found = canonical_url(raw)
    assert found is not None
    assert found.url == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://a.example/x", "https://a.example/x"),
        ("http://a.example/x", "http://a.example/X"),
        ("http://a.example/x", "http://a.example/x/"),
        ("http://a.example/?a=1&b=2", "http://a.example/?b=2&a=1"),
        ("http://a.example/%2F", "http://a.example//"),
        ("http://a.example/?id=1", "http://a.example/?id=2"),
        ("http://a.example:81/", "http://a.example/"),
    ],
)
def test_links_that_may_lead_elsewhere_keep_different_keys(one: str, other: str) -> None:
    first, second = canonical_url(one), canonical_url(other)
    assert first is not None
    assert second is not None
    assert first.url != second.url


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "mailto:clerk@example.org",
        "javascript:alert(1)",
        "cid:logo",
        "/relative/path",
        "http://",
        "http:///",
        "http://a b.example/",
        "http://a.example:99999/",
        "http://a.example:x/",
        "http://1.2.3.4.5/",
        "http://256.1.1.1/",
        "http://[::1/",
        "http://%ff.example/",
        "hxxp://a.example/",
        "http://{{host}}/",
        "http://%\ud800/",
        "http://\ud800.example/",
    ],
)
def test_what_is_no_web_link_has_no_key(raw: str) -> None:
    assert canonical_url(raw) is None


def test_userinfo_and_fragment_are_kept_beside_the_key() -> None:
    assert canonical_url("https://me:pw@a.example:8443/p?q=1#frag") == CanonicalUrl(
        url="https://a.example:8443/p?q=1",
        path_key="a.example:8443/p",
        host="a.example",
        userinfo="me:pw",
        fragment="frag",
    )


def test_the_path_key_leaves_out_scheme_and_query() -> None:
    one, other = canonical_url("http://a.example/p?t=1"), canonical_url("https://a.example/p?t=2")
    assert one is not None
    assert other is not None
    assert one.path_key == other.path_key == "a.example/p"


@pytest.mark.parametrize(
    ("defanged", "plain"),
    [
        ("hxxps://evil[.]example/x", "https://evil.example/x"),
        ("hXXp[:]//evil[.]example", "http://evil.example"),
        ("hxxps[://]evil(.)example", "https://evil.example"),
        ("https://evil[dot]example/x", "https://evil.example/x"),
        ("<https://evil.example/x>", "https://evil.example/x"),
        ("http://[2001:db8::1]/", "http://[2001:db8::1]/"),
    ],
)
def test_refang_undoes_the_usual_ways_to_make_a_link_safe(defanged: str, plain: str) -> None:
    assert refang(defanged) == plain


_PIECES = st.one_of(
    st.sampled_from(list("/\\?#@:.%&=[]ßİé。\u200b \n")),
    st.sampled_from(["..", "%2e", "%2F", "%41", "%25", "utm_a=1", "xn--", "0x7f", "127.1"]),
    st.sampled_from(["http://", "google.com/url?q=", "a.example"]),
)
_RAW_URLS = st.lists(st.one_of(_PIECES, st.text(max_size=3)), max_size=12).map(
    lambda pieces: "http://" + "".join(pieces)
)


@settings(max_examples=400, deadline=None)
@given(_RAW_URLS)
def test_the_canonical_form_of_a_canonical_form_is_itself(raw: str) -> None:
    for found in key_chain(raw):
        again = canonical_url(found.url)
        assert again is not None
        assert (again.url, again.host, again.path_key) == (found.url, found.host, found.path_key)
        assert found.url.isascii()


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_no_text_makes_the_canonical_form_fail(raw: str) -> None:
    canonical_url(raw)
    key_chain("https://www.google.com/url?q=" + raw)
