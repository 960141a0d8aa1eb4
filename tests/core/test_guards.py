"""Guards: what is refused, what a person judges, and what passes without a finding."""

from __future__ import annotations

import hashlib

import pytest

from clawback.core.guards import (
    Evidence,
    guard_findings,
    is_host,
    is_listed,
    names_something,
    refusal,
)
from clawback.core.indicators import parse_indicator
from clawback.core.platforms import Sharing, sharing_of
from clawback.core.trivial import EMPTY_SHA256, is_trivial_hash
from clawback.mail.magic import IMAGES, file_type
from models.indicators import GuardLevel, Indicator, IndicatorKind, UrlMatch
from models.settings import Settings

MANY_SENDERS = Settings().many_senders
REFUSE, APPROVE = GuardLevel.REFUSE, GuardLevel.APPROVE
PATH = UrlMatch.PATH
HASH = "ab" * 32
FILE = parse_indicator(HASH)
EMPTY = Indicator(IndicatorKind.FILE, EMPTY_SHA256, EMPTY_SHA256)


def codes(
    indicator: Indicator, evidence: Evidence | None = None, **settings: tuple[str, ...] | int
) -> list[tuple[GuardLevel, str]]:
    found = guard_findings(
        indicator,
        Settings(**settings),  # type: ignore[arg-type]
        evidence or Evidence(),
    )
    assert all(one.reason.endswith(".") and "\n" not in one.reason for one in found)
    return [(one.level, one.code) for one in found]


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (Evidence(), []),
        (Evidence(sizes_bytes=(0,)), [(REFUSE, "trivial-file")]),
        (Evidence(sizes_bytes=(16,)), [(REFUSE, "trivial-file")]),
        (Evidence(sizes_bytes=(17,)), []),
        (Evidence(unrelated_senders=MANY_SENDERS - 1), []),
        (Evidence(unrelated_senders=MANY_SENDERS), [(APPROVE, "many-senders")]),
        (Evidence(types=("application/pdf",)), []),
        (Evidence(types=("application/pdf", "image/png")), [(APPROVE, "image")]),
        (Evidence(types=("PNG",)), [(APPROVE, "image")]),
        (Evidence(types=("IMAGE/JPEG; name=x",)), [(APPROVE, "image")]),
        (Evidence(types=("image/svg+xml", "svg")), []),
    ],
)
def test_a_file_is_judged_by_size_senders_and_type(
    evidence: Evidence, expected: list[tuple[GuardLevel, str]]
) -> None:
    assert codes(FILE, evidence) == expected


def test_the_empty_file_is_refused_by_its_hash_alone() -> None:
    assert codes(EMPTY) == [(REFUSE, "trivial-file")]
    assert refusal(guard_findings(EMPTY, Settings())) is not None
    assert refusal(guard_findings(FILE, Settings())) is None


@pytest.mark.parametrize(
    ("url", "match", "expected"),
    [
        ("https://evil.example/login", UrlMatch.EXACT, []),
        ("https://evil.example/", UrlMatch.EXACT, []),
        ("https://docs.google.com/document/d/1", UrlMatch.EXACT, []),
        ("https://docs.google.com/?id=1", UrlMatch.EXACT, []),
        ("https://docs.google.com/", UrlMatch.EXACT, [(APPROVE, "shared-host")]),
        ("https://bit.ly", UrlMatch.EXACT, [(APPROVE, "shared-host")]),
        ("https://www.google.com/", UrlMatch.EXACT, [(APPROVE, "shared-host")]),
        ("https://tenant.github.io/", UrlMatch.EXACT, [(APPROVE, "shared-host")]),
        ("https://notbit.ly/", UrlMatch.EXACT, []),
        ("https://evil.example/login", PATH, [(APPROVE, "path-match")]),
        (
            "https://docs.google.com/d/1",
            PATH,
            [(APPROVE, "path-match"), (APPROVE, "shared-path")],
        ),
        ("https://tenant.github.io/x", PATH, [(APPROVE, "path-match")]),
        ("https://tenant.github.io/x", UrlMatch.EXACT, []),
        ("https://www.google.com/search?q=x", UrlMatch.EXACT, [(APPROVE, "brand-host")]),
        ("https://www.microsoft.com/privacy", UrlMatch.EXACT, [(APPROVE, "brand-host")]),
        ("https://fonts.googleapis.com/css?family=x", UrlMatch.EXACT, [(APPROVE, "brand-host")]),
        ("https://code.jquery.com/jquery-3.min.js", UrlMatch.EXACT, [(APPROVE, "brand-host")]),
        ("https://storage.googleapis.com/bucket/x", UrlMatch.EXACT, []),
        ("https://x.cloudapp.azure.com/y", UrlMatch.EXACT, []),
        (
            "https://www.microsoft.com/privacy",
            PATH,
            [(APPROVE, "path-match"), (APPROVE, "brand-host")],
        ),
        ("https://t.co/abc", UrlMatch.EXACT, []),
        ("https://microsoft.com.evil.example/privacy", UrlMatch.EXACT, []),
        ("docs.google.com/", PATH, [(REFUSE, "shared-host"), (APPROVE, "path-match")]),
        ("https://bit.ly/?a=1", PATH, [(REFUSE, "shared-host"), (APPROVE, "path-match")]),
        ("https://github.io/", PATH, [(REFUSE, "shared-host"), (APPROVE, "path-match")]),
        (
            "https://tenant.github.io/",
            PATH,
            [(APPROVE, "path-match"), (APPROVE, "shared-host")],
        ),
    ],
)
def test_a_url_is_judged_by_host_path_and_match(
    url: str, match: UrlMatch, expected: list[tuple[GuardLevel, str]]
) -> None:
    assert codes(parse_indicator(url, IndicatorKind.URL, match=match)) == expected


def test_an_administrator_adds_shared_hosts() -> None:
    url = parse_indicator("https://files.intranet.example/", match=PATH)

    assert codes(url) == [(APPROVE, "path-match")]
    for entry in ("intranet.example", "*.intranet.example", "FILES.intranet.example"):
        assert (REFUSE, "shared-host") in codes(url, shared_hosts=(entry,))


def test_an_administrator_takes_a_shipped_platform_out() -> None:
    ours = parse_indicator("https://contoso.sharepoint.com/", match=PATH)
    theirs = parse_indicator("https://fabrikam.sharepoint.com/", match=PATH)
    out = ("contoso.sharepoint.com",)

    assert codes(ours) == [(APPROVE, "path-match"), (APPROVE, "shared-host")]
    assert codes(ours, unshared_hosts=out) == [(APPROVE, "path-match")]
    assert codes(theirs, unshared_hosts=out) == codes(theirs)
    assert codes(ours, unshared_hosts=("*.sharepoint.com",)) == [(APPROVE, "path-match")]
    # What was added counts more, in doubt.
    assert (REFUSE, "shared-host") in codes(ours, unshared_hosts=out, shared_hosts=out)


@pytest.mark.parametrize(("limit", "senders", "waits"), [(2, 2, True), (9, 8, False), (9, 9, True)])
def test_an_administrator_says_how_many_senders_are_many(
    limit: int, senders: int, waits: bool
) -> None:
    found = codes(FILE, Evidence(unrelated_senders=senders), many_senders=limit)
    assert found == ([(APPROVE, "many-senders")] if waits else [])


def test_a_url_without_a_host_is_refused() -> None:
    assert codes(Indicator(IndicatorKind.URL, "nonsense", "x")) == [(REFUSE, "no-host")]


URL = "https://train.example/lure?user=1"


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        (URL, True),
        ("hxxps://train[.]example/lure?user=1", True),
        ("https://train.example/lure?user=2", False),
        ("https://train.example/lure", True),
        ("https://train.example/other", False),
        ("train.example", True),
        ("https://TRAIN.example/", True),
        ("*.example", True),
        ("*.train.example", True),
        ("rain.example", False),
        ("other.example", False),
        ("", False),
        ("not a url", False),
        (HASH, False),
    ],
)
def test_a_setting_names_a_url_by_itself_its_path_or_its_host(entry: str, names: bool) -> None:
    assert is_listed(parse_indicator(URL), [entry]) is names


def test_a_simulation_url_is_refused_and_an_allowed_one_asks_a_person() -> None:
    url = parse_indicator(URL)

    assert codes(url, simulation_urls=(URL,)) == [(REFUSE, "simulation")]
    assert codes(url, allowed_indicators=("train.example",)) == [(APPROVE, "allowed")]
    assert codes(FILE, allowed_indicators=(HASH.upper(),)) == [(APPROVE, "allowed")]
    assert codes(FILE, allowed_indicators=("cd" * 32,)) == []


def test_an_entry_given_as_a_wrapper_names_what_it_wraps() -> None:
    wrapped = (
        "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Ftrain.example%2Flure"
    )

    assert is_listed(parse_indicator(URL), [wrapped])
    assert not is_listed(parse_indicator("https://other.example/lure"), [wrapped])


@pytest.mark.parametrize(
    ("entry", "host", "something"),
    [
        ("train.example", True, True),
        ("*.train.example", True, True),
        ("*.example", True, True),
        ("192.0.2.1", True, True),
        ("https://train.example/lure?user=1", False, True),
        ("hxxps://train[.]example/lure", False, True),
        ("train.example/lure", False, True),
        (HASH, False, True),
        (HASH.upper(), False, True),
        ("d41d8cd98f00b204e9800998ecf8427e", False, False),
        ("train", False, False),
        ("not a host.example", False, False),
        ("*.", False, False),
        ("", False, False),
        ("mailto:clerk@train.example", False, False),
    ],
)
def test_an_entry_of_a_list_is_a_hash_a_url_or_a_host(
    entry: str, host: bool, something: bool
) -> None:
    assert (is_host(entry), names_something(entry)) == (host, something)


def test_a_path_match_that_would_take_in_a_simulation_is_refused() -> None:
    path = parse_indicator("https://train.example/lure", match=PATH)

    assert (REFUSE, "simulation") in codes(path, simulation_urls=(URL,))


@pytest.mark.parametrize(
    ("host", "sharing"),
    [
        ("bit.ly", Sharing.HOST),
        ("www.dropbox.com", Sharing.HOST),
        ("storage.googleapis.com", Sharing.HOST),
        ("x.web.app", Sharing.SUBDOMAIN),
        ("web.app", Sharing.HOST),
        ("a.blob.core.windows.net", Sharing.SUBDOMAIN),
        ("contoso.sharepoint.com", Sharing.SUBDOMAIN),
        ("s3.amazonaws.com", Sharing.HOST),
        ("bucket.s3.eu-west-1.amazonaws.com", Sharing.SUBDOMAIN),
        ("docs.google.com", Sharing.HOST),
        ("accounts.google.com", Sharing.BRAND),
        ("evilgoogle.com", None),
        ("google.com.evil.example", None),
        ("tenant.notion.site", Sharing.SUBDOMAIN),
        ("u1.ct.sendgrid.net", Sharing.HOST),
        ("eur01.safelinks.protection.outlook.com", Sharing.HOST),
    ],
)
def test_a_host_is_shared_as_its_longest_entry_says(host: str, sharing: Sharing | None) -> None:
    assert sharing_of(host) is sharing


@pytest.mark.parametrize("kind", sorted(IMAGES))
def test_every_picture_that_the_first_bytes_tell_waits_for_a_person(kind: str) -> None:
    assert codes(FILE, Evidence(types=(kind,))) == [(APPROVE, "image")]


PCX = b"\x0a\x05\x01\x08".ljust(128, b"\0") + b"x"
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg"><use href="#a"/><path d="M0 0"/></svg>'


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b" \r\n" * 40, "blank"),
        (bytes(100_000), "blank"),
        (b"\xff\xfe" + " \n".encode("utf-16-le") * 20, "blank"),
        (bytes(100_000) + b"x", ""),
        (b"ActiveMime\0\0\1\xf0" + bytes(40), "mso"),
        (PCX, "pcx"),
        (b"\nplain text that begins with a line end" * 9, ""),
        (DRAWING, "svg-image"),
        (DRAWING.replace(b"<path", b"<script>x</script><path"), "svg"),
        (DRAWING.replace(b"<path", b"<path onload='x()'"), "svg"),
        (DRAWING.replace(b"#a", b"https://evil.example/"), "svg"),
        (DRAWING.replace(b"<path", b"<a xlink:href='x'/><path"), "svg"),
    ],
)
def test_blank_files_program_data_and_drawings_are_told_by_their_bytes(
    content: bytes, kind: str
) -> None:
    assert file_type(content) == kind


def test_blank_blocks_of_the_usual_sizes_are_trivial_by_their_hash_alone() -> None:
    for content in (bytes(32), bytes(4_096), b" " * 512):
        assert is_trivial_hash(hashlib.sha256(content).hexdigest())
    assert not is_trivial_hash(hashlib.sha256(b"x" * 512).hexdigest())
