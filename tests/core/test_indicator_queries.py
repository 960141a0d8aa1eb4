"""Links from an action to hunting and the Explorer: quoted so that an indicator is only a text."""

from __future__ import annotations

import pytest

from clawback.core.indicator_queries import explorer_conditions, hunting_query
from clawback.core.indicators import parse_file_indicator, parse_url_indicator
from clawback.services.explore import read_filter
from models.explore import ExploreField
from models.indicators import Indicator, IndicatorKind, UrlMatch

SHA256 = "ab" * 32
URL = "https://evil.test/a/b?id=7"
SELECTION = Indicator(IndicatorKind.SELECTION, SHA256, SHA256)


def test_a_file_is_looked_for_by_its_hash() -> None:
    found = parse_file_indicator(SHA256)
    assert f'SHA256 == "{SHA256}"' in hunting_query(found)
    assert explorer_conditions(found) == (f"attachment_sha256={SHA256}",)


def test_a_link_and_a_path() -> None:
    assert f'Url == "{URL}"' in hunting_query(parse_url_indicator(URL))
    assert explorer_conditions(parse_url_indicator(URL)) == (f"url={URL}",)
    path = parse_url_indicator("https://evil.test:8443/a/b", match=UrlMatch.PATH)
    query = hunting_query(path)
    for part in ("https://evil.test:8443/a/b", "http://evil.test:8443/a/b", "startswith"):
        assert part in query
    assert explorer_conditions(path) == ("url_domain=evil.test",)


def test_selected_messages_are_named() -> None:
    assert '("a", "b")' in hunting_query(SELECTION, ["a", "b"])
    assert explorer_conditions(SELECTION, ["a", "b"]) == (
        "network_message_id=a",
        "network_message_id=b",
    )


@pytest.mark.parametrize("text", ['"| drop', "\\", 'a\\"b', "line\nbreak", "tab\there"])
def test_no_indicator_ends_its_quotes(text: str) -> None:
    hostile = Indicator(IndicatorKind.URL, text, text)
    [line] = [one for one in hunting_query(hostile).split("\n") if "Url ==" in one]
    literal = line.partition("Url == ")[2]
    inner = literal[1:-1].replace("\\\\", "").replace('\\"', "")
    assert literal[0] == literal[-1] == '"'
    assert '"' not in inner
    assert "\t" not in inner


def test_the_explorer_reads_what_is_written_for_it() -> None:
    for indicator in (parse_file_indicator(SHA256), parse_url_indicator(URL)):
        [condition] = read_filter(explorer_conditions(indicator)).conditions
        assert condition.values == (indicator.value,)
        assert condition.field in (ExploreField.ATTACHMENT_SHA256, ExploreField.URL)
