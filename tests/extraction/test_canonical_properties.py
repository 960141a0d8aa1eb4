"""What holds of the canonical form of any URL, and forms with one rule wrong, which are caught."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clawback.core.urls import MAX_WRAPPERS, CanonicalUrl, canonical_url, key_chain
from tests.extraction.canonical_urls import (
    CHANGES,
    LONG,
    MADE,
    NEIGHBOURS,
    RAW,
    Made,
    made_at_random,
    reference,
)
from tests.extraction.wrapper_forms import OPENED

EXPLORE = int(os.environ.get("CLAWBACK_EXPLORE", "0"))
Form = Callable[[str], CanonicalUrl | None]


def looked_for(examples: int, *, explore: int = EXPLORE) -> settings:
    """The same examples each time; with CLAWBACK_EXPLORE=N there are N new ones."""
    return settings(
        max_examples=explore or examples,
        derandomize=not explore,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )


def key(form: Form, raw: str) -> str:
    found = form(raw)
    assert found is not None, raw
    return found.url


# The properties, each of any form and any URL.


def idempotent(form: Form, raw: str) -> None:
    found = form(raw)
    if found is None:
        return
    again = form(found.url)
    assert again is not None
    assert (again.url, again.host, again.path_key) == (found.url, found.host, found.path_key)
    assert (again.userinfo, again.fragment) == ("", "")


def well_formed(form: Form, raw: str) -> None:
    found = form(raw)
    if found is None:
        return
    assert re.fullmatch(r"(?:https?|ftp)://[!-~]+", found.url)
    assert re.match(r"[a-z]+://([^/?#]+)(/[^?#]*)(\?[^#]+)?$", found.url)
    assert not re.search(r"%(?![0-9A-F]{2})", found.url)
    assert found.url.partition("://")[2].partition("?")[0] == found.path_key
    assert found.path_key.startswith(found.host)
    assert found.host == found.host.lower()


def same_link(form: Form, one: Made, other: str) -> None:
    assert key(form, other) == key(form, one.written()), other


def same_as_reference(form: Form, pair: tuple[Made, Made]) -> None:
    one, other = pair
    keys_agree = key(form, one.written()) == key(form, other.written())
    assert keys_agree is (reference(one) == reference(other))


def cased(made: Made, swap: str) -> str:
    """The URL with scheme, host and hex digits of escapes in another case."""
    change = str.upper if swap == "upper" else str.title
    path = tuple(re.sub(r"%[0-9A-Fa-f]{2}", lambda m: m[0].swapcase(), s) for s in made.path)
    changed = replace(made, scheme=change(made.scheme), host=change(made.host), path=path)
    return changed.written()


def ported(made: Made) -> str:
    ports = {"http": "80", "https": "443", "ftp": "21"}
    default = ports[made.scheme]
    return replace(made, port={"": default, default: ""}.get(made.port, made.port)).written()


def dotted(made: Made, step: str, place: int) -> str:
    """The URL with a segment that leads nowhere put before one of its segments."""
    at = place % len(made.path)
    steps = tuple(step.split("/"))
    return replace(made, path=(*made.path[:at], *steps, *made.path[at:])).written()


_PADDING = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), max_size=5)


@dataclass(frozen=True)
class Property:
    """What is drawn, and what has to hold of any of it; the check raises where it does not."""

    drawn: st.SearchStrategy[Any]
    check: Callable[[Form, Any], None]


_INFO = _PADDING.map(lambda text: re.sub(r"[/\\?#@]", "", text) + "@")
_FRAGMENTS = _PADDING.map(lambda text: f"#{text}x")
_STEPS = st.sampled_from([".", "x/..", "%2e", "x/%2E.", "./x/../."])
_TEXTS = st.one_of(MADE.map(Made.written), RAW)
PROPERTIES = {
    "idempotent": Property(_TEXTS, idempotent),
    "well formed": Property(_TEXTS, well_formed),
    "case": Property(
        st.tuples(MADE, st.sampled_from(["upper", "title"])),
        lambda form, made: same_link(form, made[0], cased(*made)),
    ),
    "default port": Property(MADE, lambda form, made: same_link(form, made, ported(made))),
    "userinfo and fragment": Property(
        st.tuples(MADE, _INFO, _FRAGMENTS),
        lambda form, made: same_link(
            form, made[0], made[0].written(userinfo=made[1], fragment=made[2])
        ),
    ),
    "dot segments": Property(
        st.tuples(MADE, _STEPS, st.integers(0, 3)),
        lambda form, made: same_link(form, made[0], dotted(*made)),
    ),
    "no wrong merge": Property(NEIGHBOURS, same_as_reference),
}


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_property_of_the_canonical_form_holds_of_any_url(name: str) -> None:
    made = PROPERTIES[name]
    looked_for(150)(given(made.drawn)(lambda drawn: made.check(canonical_url, drawn)))()


@looked_for(150)
@given(RAW, st.sampled_from(sorted(OPENED)))
def test_no_text_and_no_payload_of_a_wrapper_makes_it_fail(raw: str, name: str) -> None:
    canonical_url(raw)
    for link in (raw, OPENED["google url"]("x") + raw):
        assert len(key_chain(link)) <= MAX_WRAPPERS + 1
    try:
        wrapped = OPENED[name](raw)
    except UnicodeEncodeError:  # the form itself can't write a lone surrogate
        return
    for found in key_chain(wrapped):
        idempotent(canonical_url, found.url)


@looked_for(100)
@given(st.sampled_from(sorted(OPENED)), MADE)
def test_what_a_wrapper_opens_to_is_the_link_that_was_wrapped(name: str, made: Made) -> None:
    if not name.startswith(("google url", "safe links", "bing", "clicktime", "slack", "vk")):
        name = "safe links in Teams"
    chain = key_chain(OPENED[name](made.written()))
    assert chain[1].url == key(canonical_url, made.written())


@looked_for(25)
@given(LONG)
def test_a_hundred_thousand_characters_are_read_in_bounded_time(raw: str) -> None:
    started = time.process_time()
    canonical_url(raw)
    key_chain(raw)
    # Measured 10 to 60 ms; something quadratic in 65,536 characters takes minutes.
    assert time.process_time() - started < 5


def _after(change: Callable[[str, CanonicalUrl], str]) -> Form:
    """The form with its key changed, as a rule that is wrong would."""

    def form(raw: str) -> CanonicalUrl | None:
        found = canonical_url(raw)
        if found is None:
            return None
        url = change(raw, found)
        path_key = url.partition("://")[2].partition("?")[0]
        return found._replace(url=url, path_key=path_key)

    return form


def _before(change: Callable[[str], str]) -> Form:
    return lambda raw: canonical_url(change(raw))


def _host_as_written(raw: str, found: CanonicalUrl) -> str:
    match = re.search(re.escape(found.host), raw, re.IGNORECASE)
    return found.url.replace(found.host, match[0], 1) if match else found.url


def _path_of(url: str) -> tuple[str, str, str]:
    match = re.match(r"([a-z]+://[^/]+)([^?]*)(.*)", url, re.DOTALL)
    assert match is not None
    return match[1], match[2], match[3]


def _on_path(change: Callable[[str], str]) -> Form:
    def changed(raw: str, found: CanonicalUrl) -> str:
        head, path, query = _path_of(found.url)
        return head + change(path) + query

    return _after(changed)


def _on_query(change: Callable[[list[str]], list[str]]) -> Form:
    def changed(raw: str, found: CanonicalUrl) -> str:
        head, path, query = _path_of(found.url)
        pairs = change(query[1:].split("&")) if query else []
        return head + path + ("?" + "&".join(pairs) if pairs else "")

    return _after(changed)


def _dots_kept(raw: str, found: CanonicalUrl) -> str:
    has_dots = re.search(r"/(?:\.|%2[eE]){1,2}(?:[/?#]|$)", raw)
    return found.url + "/." if has_dots else found.url


def _port_kept(raw: str, found: CanonicalUrl) -> str:
    head, path, query = _path_of(found.url)
    match = re.match(r"\w+://[^/]*?:(?:80|443|21)/", raw)
    return f"{head}:80{path}{query}" if match and head.count(":") == 1 else found.url


def _scheme_as_written(raw: str, found: CanonicalUrl) -> str:
    return raw[: raw.find(":")] + found.url[found.url.find(":") :]


def _escapes_as_written(raw: str, found: CanonicalUrl) -> str:
    return found.url.replace("%2F", "%2f") if "%2f" in raw else found.url


BROKEN: dict[str, Form] = {
    "scheme's case kept": _after(_scheme_as_written),
    "host's case kept": _after(_host_as_written),
    "default port kept": _after(_port_kept),
    "fragment kept": _after(lambda raw, found: found.url + found.fragment),
    "userinfo kept": _after(lambda raw, found: found.url + found.userinfo),
    "dot segments kept": _after(_dots_kept),
    "percent case kept": _after(_escapes_as_written),
    "path in lower case": _on_path(str.lower),
    "escaped slash decoded": _on_path(lambda path: path.replace("%2F", "/")),
    "escaped percent decoded": _on_path(lambda path: path.replace("%25", "%")),
    "decoded once more": _before(unquote),
    "last slash dropped": _on_path(lambda path: path.rstrip("/") or "/"),
    "index page dropped": _on_path(lambda path: path.removesuffix("index.html")),
    "query dropped": _on_query(lambda pairs: []),
    "query sorted": _on_query(sorted),
    "query in lower case": _on_query(lambda pairs: [pair.lower() for pair in pairs]),
    "equal pairs once": _on_query(lambda pairs: list(dict.fromkeys(pairs))),
    "empty value dropped": _on_query(lambda pairs: [pair.removesuffix("=") for pair in pairs]),
    "id taken for tracking": _on_query(lambda pairs: [p for p in pairs if p[:3] != "id="]),
    "plus taken for a blank": _on_query(lambda pairs: [p.replace("+", "%20") for p in pairs]),
    "www dropped": _after(lambda raw, found: found.url.replace("://www.", "://", 1)),
    "http taken for https": _after(lambda raw, found: found.url.replace("http:", "https:", 1)),
    "other ports dropped": _after(lambda raw, found: re.sub(r":8080/", "/", found.url)),
    "non-ASCII kept": _on_path(lambda path: path.replace("%C3%A9", "é")),
    "fails at a lone surrogate": _before(lambda raw: raw.encode().decode()),
}


@cache
def examples() -> list[tuple[str, Any]]:
    """What each property looks at here: fixed, since drawing so many takes long."""
    few, many = made_at_random(40), made_at_random(200)
    texts = [made.written() for made in many] + ["http://a.example/\ud800"]
    return [
        *(("idempotent", text) for text in texts),
        *(("well formed", text) for text in texts),
        *(("case", (made, swap)) for made in many for swap in ("upper", "title")),
        *(("default port", made) for made in many),
        *(("userinfo and fragment", (made, "me@", "#x")) for made in few),
        *(("dot segments", (made, "x/..", 1)) for made in many),
        *(("no wrong merge", (made, change(made))) for made in few for change in CHANGES),
    ]


def holds(form: Form) -> bool:
    try:
        for name, drawn in examples():
            PROPERTIES[name].check(form, drawn)
    except (AssertionError, UnicodeError):
        return False
    return True


def test_the_form_itself_is_right_where_the_wrong_ones_are_caught() -> None:
    assert holds(canonical_url)


@pytest.mark.parametrize("name", BROKEN)
def test_a_form_with_one_rule_wrong_is_caught(name: str) -> None:
    assert not holds(BROKEN[name])
