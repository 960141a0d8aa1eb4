"""Plainly written address headers are read without the full parser, and give what it gives."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

import pytest

from clawback.mail import headers

_NAMES = (
    *("", "Ann", "Ann Bee", "Mr. Ann", "A-B", "Ann's", "Ärzte", "=?utf-8?q?J=C3=B6rg?=", "x=?y"),
    *(
        '"Ann"',
        '"Bee, Ann"',
        '"a@b.example"',
        '"<x>"',
        '"(c)"',
        '""',
        '"Ann;"',
        '"=?utf-8?b?w6Q=?="',
    ),
    *('"a\\"b"', "(c) Ann", "Ann:", "Ann, Bee", 'A "B" C', "\\", '"', "a@b"),
)
_ADDRESSES = (
    "a@b.example",
    "A.B+c@B.example",
    "ä@b.example",
    "a'b@b",
    "a@",
    "@b",
    "a b@c",
    "a@b@c",
)
_FORMS = ("{0} <{1}>", "{0}<{1}>", "{1}", "<{1}>", "{0} <{1}", "{1}>", "{0} {1}", "{0}  <{1}> ")
_BETWEEN = (", ", ",", " , ", ",, ", "; ", " ")


def _made(random_: random.Random) -> str:
    made = ""
    for _ in range(random_.choice((1, 1, 2, 3, 6))):
        plain = random_.random() < 0.8
        name = random_.choice(_NAMES[:17] if plain else _NAMES)
        address = random_.choice(_ADDRESSES[:4] if plain else _ADDRESSES)
        made += random_.choice(_FORMS[:4] if plain else _FORMS).format(name, address)
        made += random_.choice(_BETWEEN[:2] if plain else _BETWEEN)
    return made if random_.random() < 0.2 else made.rstrip(" ,;")


def _differing(count: int = 4_000) -> list[str]:
    """Headers that the quick way reads otherwise than the full parser."""
    random_ = random.Random(1)
    raws = [_made(random_) for _ in range(count)]
    quick: list[Sequence[tuple[str, str]]] = [headers._addresses(raw) for raw in raws]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(headers, "_simple_addresses", lambda raw: None)
        return [
            raw
            for raw, found in zip(raws, quick, strict=True)
            if list(found) != list(headers._addresses(raw))
        ]


def test_plain_headers_are_read_as_the_full_parser_reads_them() -> None:
    assert _differing() == []


def test_lists_with_quoted_names_need_no_full_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(raws: Sequence[str]) -> list[tuple[str, str]]:
        raise AssertionError(raws)

    monkeypatch.setattr(headers, "getaddresses", refused)
    raw = '"Bee, Ann" <Ann@B.example>, c@d.example,"=?utf-8?q?J=C3=B6rg?=" <e@f.example>'
    assert headers._addresses(raw) == [
        ("Bee, Ann", "ann@b.example"),
        ("", "c@d.example"),
        ("Jörg", "e@f.example"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda pattern: pattern.replace(r'[^"<>@,;:()\\]*', r'[^"<>@,;()\\]*'),
        lambda pattern: pattern.replace("(?:, ?(?=.)|$)", "(?:[, ]|$)"),
    ],
)
def test_a_wider_expression_is_noticed(
    change: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pattern = change(headers._SIMPLE.pattern)
    assert pattern != headers._SIMPLE.pattern
    monkeypatch.setattr(headers, "_SIMPLE", re.compile(pattern))
    assert _differing() != []
