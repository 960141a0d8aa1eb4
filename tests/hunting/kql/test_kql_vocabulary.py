"""The words that are offered while somebody types are those of the translator, and described truly."""

from __future__ import annotations

import duckdb
import pytest
from kql_asking import ask

from clawback.core.hunt_examples import EXAMPLES, Example
from clawback.core.hunting_words import DESCRIBED
from clawback.errors import BadQuery
from clawback.hunting.kql.vocabulary import words
from models.hunting import WordKind

KNOWN = {(word.kind, word.name) for word in words()}


def test_every_word_that_is_described_is_one_that_the_translator_knows() -> None:
    described = {(kind, name) for kind, lines in DESCRIBED.items() for name in lines}
    assert described <= KNOWN
    assert (WordKind.FUNCTION, "no_such_function") not in KNOWN


def test_no_word_is_one_that_the_translation_makes_or_refuses() -> None:
    names = {name for _, name in KNOWN}
    assert not {name for name in names if name.startswith(("kql_", "_"))}
    assert not names & {"externaldata", "scan", "fork", "facet", "make-graph", "count_of"}


PLUGINS = {"bag_unpack", "pivot"}
"""They come after `evaluate` alone."""


def test_no_function_that_is_described_is_unknown_when_it_is_called() -> None:
    """Without arguments most are refused, but not as unknown."""
    unknown = []
    for name in DESCRIBED[WordKind.FUNCTION].keys() - PLUGINS:
        try:
            ask(f"print x = {name}()")
        except BadQuery as error:
            unknown += [name] if "there is no function" in str(error) else []
        except duckdb.Error:
            continue  # it was translated: the engine takes no such arguments
    assert unknown == []


def test_a_function_that_is_not_there_is_told_so() -> None:
    with pytest.raises(BadQuery, match="there is no function no_such_function"):
        ask("print x = no_such_function()")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_an_example_runs(example: Example) -> None:
    columns, _ = ask(example.text)
    assert columns
