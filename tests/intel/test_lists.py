"""Indicator lists: what is read, what is refused with its line, and what counts as known."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clawback.core.indicators import parse_indicator
from clawback.errors import BadInput, SetupError
from clawback.intel.lists import ListVerdictSource, read_indicator_file
from models.indicators import IndicatorKind, UrlMatch, Verdict

HASH = "ab" * 32
URL = "https://evil.example/login?id=1"


def written(folder: Path, *lines: str | bytes, name: str = "feed.txt") -> Path:
    path = folder / name
    path.write_bytes(b"\n".join(one.encode() if isinstance(one, str) else one for one in lines))
    return path


def test_lines_comments_defanged_urls_and_json_lines_are_read_in_order_and_once(
    tmp_path: Path,
) -> None:
    path = written(
        tmp_path,
        b"\xef\xbb\xbf# a feed",
        "",
        f"  {HASH.upper()}  # seen in March\r",
        "hxxps://evil[.]example/login?id=1",
        URL,
        f'{{"indicator": "{"cd" * 32}", "kind": "file"}}',
        '{"indicator": "https://evil.example/path", "match": "path"}',
    )

    found = read_indicator_file(path)

    assert [(one.kind, one.match, one.value) for one in found] == [
        (IndicatorKind.FILE, UrlMatch.EXACT, HASH),
        (IndicatorKind.URL, UrlMatch.EXACT, URL),
        (IndicatorKind.FILE, UrlMatch.EXACT, "cd" * 32),
        (IndicatorKind.URL, UrlMatch.PATH, "evil.example/path"),
    ]


def test_an_empty_list_is_a_list(tmp_path: Path) -> None:
    assert read_indicator_file(written(tmp_path, "# nothing yet")) == ()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("not an indicator", "neither a SHA-256 nor a whole URL"),
        ("d41d8cd98f00b204e9800998ecf8427e", "an MD5"),
        (b"https://evil.example/\xff\xfe", "not UTF-8"),
        ('{"indicator": ', "no valid JSON"),
        ('{"indicator": "https://e.example/", "confidence": 5}', "The field confidence is wrong"),
        ('{"kind": "file"}', "The field indicator is wrong"),
        ('{"indicator": "https://e.example/", "match": "host"}', "The field match is wrong"),
        ('{"indicator": "https://e.example/", "kind": "file"}', "no hash"),
        ("{" * 20_000, "no valid JSON"),
        ('{"indicator": ' + "[" * 20_000, "no valid JSON"),
    ],
)
def test_one_bad_line_refuses_the_list_and_is_named(
    tmp_path: Path, line: str | bytes, words: str
) -> None:
    path = written(tmp_path, HASH, "# comment", line, URL)

    with pytest.raises(BadInput) as caught:
        read_indicator_file(path)

    assert "line 3:" in str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(SetupError, match=r"Indicator list feed: .*line 3:"):
        ListVerdictSource("feed", path).judge([parse_indicator(HASH)])


def test_a_file_that_cannot_be_read_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no such file"):
        read_indicator_file(tmp_path / "missing.txt")
    with pytest.raises(BadInput, match="this is a directory"):
        read_indicator_file(tmp_path)
    with pytest.raises(SetupError, match=r"Indicator list feed: .*there is no such file"):
        ListVerdictSource("feed", tmp_path / "missing.txt").judge([])


def test_a_list_judges_what_is_on_it_and_is_silent_on_the_rest(tmp_path: Path) -> None:
    source = ListVerdictSource("feed", written(tmp_path, HASH, URL))
    known = [parse_indicator(HASH), parse_indicator(URL)]
    unknown = [
        parse_indicator("cd" * 32),
        parse_indicator("https://evil.example/login?id=2"),
        parse_indicator(URL, match=UrlMatch.PATH),
    ]

    said = source.judge([*known, *unknown])

    assert list(said) == known
    assert {(one.verdict, one.source) for one in said.values()} == {
        (Verdict.MALICIOUS, "list:feed")
    }
    assert source.name == "feed"


def test_a_path_on_a_list_covers_every_url_with_that_path(tmp_path: Path) -> None:
    line = '{"indicator": "https://evil.example/login", "match": "path"}'
    source = ListVerdictSource("feed", written(tmp_path, line))
    covered = parse_indicator(URL)
    asked = parse_indicator("evil.example/login", match=UrlMatch.PATH)
    other = parse_indicator("https://evil.example/other")

    assert list(source.judge([covered, asked, other])) == [covered, asked]


def test_a_list_that_was_replaced_is_read_again_and_a_broken_one_is_never_half_in_force(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, HASH)
    source = ListVerdictSource("feed", path)
    file, url = parse_indicator(HASH), parse_indicator(URL)
    assert list(source.judge([file, url])) == [file]

    os.replace(written(tmp_path, URL, name="new.txt"), path)
    assert list(source.judge([file, url])) == [url]

    os.replace(written(tmp_path, HASH, "nonsense here", name="new.txt"), path)
    for _ in range(2):
        with pytest.raises(SetupError, match="line 2"):
            source.judge([file, url])
    assert [one.value for one in ListVerdictSource("x", written(tmp_path, URL)).indicators()] == [
        URL
    ]
