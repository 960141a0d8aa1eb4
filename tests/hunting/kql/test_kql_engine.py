"""What we put into the translator's registries is there, for the version that is pinned."""

from __future__ import annotations

from importlib.metadata import version

from duckdb_kql import translate
from duckdb_kql.translate import functions as registry
from kql_asking import translated, value_of

from clawback.hunting.kql import additions
from clawback.hunting.kql.functions import aggregates, bags, comparing, series, text
from clawback.hunting.kql.terms import any_word_sql


def test_the_translator_is_the_version_whose_registries_are_known() -> None:
    assert version("duckdb-kql") == "1.1.2"


def test_every_function_and_aggregate_of_ours_is_known() -> None:
    for section in (text, bags, series):
        assert all(additions.is_known(name) for name in section.FUNCTIONS)
    assert all(additions.is_known(name) for name in aggregates.AGGREGATES)
    assert not additions.is_known("frobnicate")
    assert all(
        registry.BINARY_OPERATORS[sign].template == sql for sign, sql in comparing.OPERATORS.items()
    )
    assert translate._is_dynamic is additions._is_dynamic


def test_no_macro_reads_a_table_a_file_or_a_setting() -> None:
    for macro in additions.MACROS:
        body = macro.lower()
        assert not any(
            word in body for word in (" from ", "read_", "getenv", "current_setting", "attach")
        )


def test_a_plain_comparison_stays_one_that_a_scan_can_use() -> None:
    sql = translated("EmailEvents | where Timestamp > ago(1d) and Subject has 'x'").sql
    assert "typeof" not in sql.split("WHERE")[1], (
        "columns whose type is known need no branch for another"
    )


def test_all_words_of_a_list_are_one_pattern() -> None:
    sql = any_word_sql("s", ["alpha", "beta", "a b", "über", "-x"])
    assert sql.count("(?:alpha|beta|a") == 1, "whole words are one pattern; others have their own"
    listed = translated("EmailEvents | where Subject has_any ('a1', 'b2', 'c3', 'd4')").sql
    assert listed.count("regexp_matches") == 1


def test_words_are_matched_at_their_boundaries_whatever_they_hold() -> None:
    for expression, expected in {
        "'xa.b' has 'a.b'": False,
        "'x a.b' has 'a.b'": True,
        "'x a+b' has 'a.b'": False,
        "'100%' has '100%'": True,
        "'a_b' has 'b'": True,
        "'über uns' has 'über'": True,
        "'x' has ''": True,
        "'c:\\\\temp' has 'temp'": True,
        "'a-b' has_any ('-b', 'zz')": True,
        "'ab' has_any ('a', 'b')": False,
        "'INVOICE' has 'invoice'": True,
        "'invoice' has_cs 'INVOICE'": False,
    }.items():
        assert value_of(expression) is expected, expression
