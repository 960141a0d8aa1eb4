"""Every known wrapper opens to what it carries, and both keys are kept; nothing else opens."""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest

from clawback.core import urls, wrappers
from clawback.core.indicators import parse_url_indicator
from clawback.core.urls import MAX_WRAPPERS, key_chain
from clawback.core.wrappers import WRAPPERS
from tests.extraction.wrapper_forms import (
    OPAQUE,
    OPENED,
    SCHEMELESS,
    TARGET,
    YOUTUBE_PAGE,
    b64,
    q,
    v2,
)

NO_LINKS = (
    "",
    "javascript:alert(1)",
    "mailto:clerk@evil.example",
    "data:text/html,hi",
    "file:///etc/passwd",
    "/relative/login",
    "login/page.html",
    "page.html",
    "not a link",
    "https://",
    "%%%",
)


def chain(raw: str) -> list[str]:
    return [found.url for found in key_chain(raw)]


def at_host(raw: str, change: Callable[[str], str]) -> str:
    """The link with another authority, the rest as it was."""
    scheme, _, rest = raw.partition("://")
    end = min(rest.find(mark) % (len(rest) + 1) for mark in "/?")
    return f"{scheme}://{change(rest[:end])}{rest[end:]}"


def prefixed(host: str) -> str:
    """The host with its registrable label changed: `www.google.co.uk` to `www.notgoogle.co.uk`."""
    name = host.partition(":")[0]
    labels = name.split(".")
    place = -3 if labels[-2] in ("co", "com") and len(labels) > 2 else -2
    labels[place] = f"not{labels[place]}"
    return ".".join(labels)


@pytest.mark.parametrize("name", OPENED)
def test_a_wrapper_opens_to_its_target_and_both_keys_are_kept(name: str) -> None:
    found = chain(OPENED[name](TARGET))
    assert found[1:] == [TARGET]
    assert found[0].startswith("https://")


@pytest.mark.parametrize("name", OPENED)
def test_an_indicator_given_as_a_wrapper_means_what_it_wraps(name: str) -> None:
    assert parse_url_indicator(OPENED[name](TARGET)).value == TARGET


@pytest.mark.parametrize("name", OPENED)
def test_scheme_and_host_are_read_in_any_case(name: str) -> None:
    scheme, _, rest = OPENED[name](TARGET).partition("://")
    raw = at_host(f"{scheme.upper()}://{rest}", str.upper)
    assert chain(raw)[1:] == [TARGET]


@pytest.mark.parametrize("name", OPENED)
def test_a_look_alike_of_a_wrappers_host_is_no_wrapper(name: str) -> None:
    raw = OPENED[name](TARGET)
    for change in (
        lambda host: f"{host.partition(':')[0]}.evil.example",
        lambda host: f"{host.partition(':')[0]}@evil.example",
        lambda host: f"evil.example%2F{host.partition(':')[0]}",
        lambda host: "evil.example",
        prefixed,
    ):
        other = at_host(raw, change)
        assert len(chain(other)) <= 1, other


@pytest.mark.parametrize("name", sorted(OPENED.keys() - SCHEMELESS))
def test_a_payload_that_is_no_web_link_is_not_opened(name: str) -> None:
    for payload in NO_LINKS:
        assert len(chain(OPENED[name](payload))) == 1, payload


@pytest.mark.parametrize("name", sorted(OPENED.keys() - SCHEMELESS))
def test_a_payload_escaped_once_more_is_opened_all_the_same(name: str) -> None:
    # What is unescaped in the wrapper may be escaped there, and what is escaped, twice.
    assert chain(OPENED[name](q(TARGET)))[1:] == [TARGET]


def test_every_line_of_the_table_opens_one_of_the_forms() -> None:
    raws = [form(TARGET) for form in OPENED.values()] + [YOUTUBE_PAGE]
    links = [parts for raw in raws if (parts := urls._split(raw)) is not None]
    for host, path, opener in WRAPPERS:
        opened = [
            opener(wrappers.WrappedLink(link.host, link.path, link.query))
            for link in links
            if re.fullmatch(host, link.host) and re.match(path, link.path, re.IGNORECASE)
        ]
        assert any(opened), (host, path)


@pytest.mark.parametrize("raw", OPAQUE)
def test_a_link_that_does_not_carry_its_target_stays_as_it_is(raw: str) -> None:
    assert len(chain(raw)) == 1


@pytest.mark.parametrize(
    "raw",
    [
        "https://www.google.com/search?q=https://evil.example",
        "https://google.foo.com/url?q=https://evil.example/",
        "https://www.google.com.evil.example/url?q=https://other.example/",
        "https://evilsafelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example%2F",
        "https://safelinks.protection.outlook.com.evil.example/?url=https%3A%2F%2Fa.example%2F",
        "https://statics.teams.cdn.office.net/other.html?url=https%3A%2F%2Fevil.example%2F",
        "https://vk.com/id1?to=https://evil.example",
        "https://www.bing.com/ck/a?u=a1%%%",
        "https://www.bing.com/ck/a?u=aHR0cHM6Ly9ldmlsLmV4YW1wbGUv",
        "https://urldefense.com/v3/__nothing",
        "https://urldefense.com/v3/__https://evil.example/*__;!!a!b$",
        "https://urldefense.com/v3/__https://evil.example/*__;_w!!a!b$",
        "https://www.google.com/amp/about",
        "https://www.google.com/amp/s/",
    ],
)
def test_what_is_no_wrapper_or_carries_nothing_stays_as_it_is(raw: str) -> None:
    assert len(chain(raw)) == 1


@pytest.mark.parametrize(
    ("raw", "target"),
    [
        # Single characters and runs; the alphabet of lengths starts at two.
        (
            f"https://urldefense.com/v3/__https:/evil.example/?q=a*b*c**B41__;{b64('+é&==')}!!x!y$",
            "https://evil.example/?q=a+b%C3%A9c&==41",
        ),
        (
            "https://urldefense.com/v3/__https://evil.example/*x__;Iw!!L-I_m!6$",
            "https://evil.example/",
        ),
        (
            "https://urldefense.com/v3/__https://evil.example/a**Ab__;JiY!!a!b$",
            "https://evil.example/a&&b",
        ),
        # Entities of the HTML source that was rewritten.
        (
            "https://urldefense.proofpoint.com/v2/url?u=" + v2("https://evil.example/?a=1&amp;b=2"),
            "https://evil.example/?a=1&b=2",
        ),
        (
            "https://urldefense.proofpoint.com/v1/url?u=https://evil.example/&amp;k=oI%3D%0A",
            "https://evil.example/",
        ),
        # Google Translate's documented steps: hyphens, punycode, a name cut in two, plain http.
        (
            "https://evil--site-example.translate.goog/x?a=1&_x_tr_sch=http&_x_tr_sl=auto",
            "http://evil-site.example/x?a=1",
        ),
        (
            "https://0-bcher--kva-example.translate.goog/?_x_tr_enc=0&_x_tr_sl=de",
            "https://xn--bcher-kva.example/",
        ),
        (
            "https://1-0--evil-example.translate.goog/?_x_tr_enc=1",
            "https://0-evil.example/",
        ),
        (
            "https://name-example.translate.goog/?_x_tr_hp=very-long-",
            "https://very.long.name.example/",
        ),
        ("https://www.google.com/amp/evil.example/x", "http://evil.example/x"),
        ("https://www.google.com/amp/s/192.0.2.1/x", "https://192.0.2.1/x"),
        (
            "https://www.google.com/amp/s/me@evil.example/x%2Fy?id=1",
            "https://evil.example/x%2Fy?id=1",
        ),
        (YOUTUBE_PAGE, "https://www.youtube.com/watch?v=xYz&feature=share"),
        # A target that stands unescaped ends where the wrapper's next parameter starts.
        ("https://l.facebook.com/l.php?u=https://evil.example/x&h=AT0", "https://evil.example/x"),
        # A semicolon belongs to the target, a plus sign too, one before it is a blank.
        (
            "https://l.facebook.com/l.php?u=+https://evil.example/x;id=1?a+b&h=AT0",
            "https://evil.example/x;id=1?a+b",
        ),
        ("https://www.google.com/url?q=https://evil.example/a%2B", "https://evil.example/a+"),
        ("https://www.google.com/url?q=//evil.example/x", "https://evil.example/x"),
        ("https://www.google.com/url?q=evil.example/x", "http://evil.example/x"),
        ("https://www.google.com/url?q=HTTPS://EVIL.example/X", "https://evil.example/X"),
        ("https://www.google.com/url?q=&q=https://evil.example/x", "https://evil.example/x"),
        ("https://www.google.com:8443/url?q=https://evil.example/x", "https://evil.example/x"),
        (f"https://www.google.com/url?q={quote(q(q(TARGET)))}", TARGET),
    ],
)
def test_a_target_is_read_as_its_wrapper_writes_it(raw: str, target: str) -> None:
    assert chain(raw)[1:] == [target]


@pytest.mark.parametrize("path", ["//url", "%75rl", "/url/", "URL"])
def test_a_wrapper_is_known_however_its_path_is_spelled(path: str) -> None:
    raw = f"https://WWW.Google.com/{path}?x=1&%71={q(TARGET)}"
    assert chain(raw)[-1] == TARGET


def test_nested_wrappers_open_one_after_the_other() -> None:
    inner = f"https://urldefense.com/v3/__{TARGET}__;!!a!b$"
    clicktime = f"https://clicktime.symantec.com/x?u={q(inner)}"
    outer = f"https://eur01.safelinks.protection.outlook.com/?url={q(clicktime)}"
    assert [found.host for found in key_chain(outer)] == [
        "eur01.safelinks.protection.outlook.com",
        "clicktime.symantec.com",
        "urldefense.com",
        "evil.example",
    ]


@pytest.mark.parametrize("name", sorted(OPENED.keys() - SCHEMELESS))
def test_every_wrapper_opens_inside_another_and_around_one(name: str) -> None:
    google = OPENED["google url"]
    assert chain(google(OPENED[name](TARGET)))[-1] == TARGET
    assert chain(OPENED[name](google(TARGET)))[-1] == TARGET


@pytest.mark.parametrize("levels", range(1, MAX_WRAPPERS + 4))
def test_wrappers_are_opened_up_to_the_limit_and_no_deeper(levels: int) -> None:
    raw = TARGET
    for level in range(levels):
        raw = f"https://www.google.com/url?n={level}&q={q(raw)}"
    found = chain(raw)
    assert len(found) == min(levels, MAX_WRAPPERS) + 1
    assert (found[-1] == TARGET) is (levels <= MAX_WRAPPERS)


def test_a_wrapper_that_wraps_itself_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    me = f"https://www.google.com/url?q={q(TARGET)}"
    monkeypatch.setattr(urls, "open_wrapper", lambda link: me)
    assert len(key_chain(me)) == 1

    pair = itertools.cycle([f"{me}&n=1", me])
    monkeypatch.setattr(urls, "open_wrapper", lambda link: next(pair))
    assert len(key_chain(me)) == 2

    count = itertools.count()
    monkeypatch.setattr(urls, "open_wrapper", lambda link: f"{me}&n={next(count)}")
    assert len(key_chain(me)) == MAX_WRAPPERS + 1


def test_a_wrapper_doubled_without_escapes_opens_to_the_end() -> None:
    once = "https://www.google.com/url?q="
    assert chain(f"{once}{once}https://evil.example/x&usg=A")[-1] == "https://evil.example/x"


def test_a_gateway_that_put_its_payload_in_standard_base64_is_read() -> None:
    text = base64.b64encode(b"https://evil.example/?q=\xc3\xbb\xc3\xbf>>>").decode()
    raw = f"https://us-west-2.protection.sophos.com/?d=evil.example&u={text}&i=1"
    assert "+" in text
    assert chain(raw)[-1] == "https://evil.example/?q=%C3%BB%C3%BF%3E%3E%3E"
