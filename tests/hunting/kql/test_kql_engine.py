"""What we put into the translator's registries is there, for the version that is pinned."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from duckdb_kql import translate
from duckdb_kql.translate import functions as registry
from kql_asking import rows_of, translated, value_of

from clawback.hunting.kql import additions
from clawback.hunting.kql.functions import aggregates, bags, comparing, series, text
from clawback.hunting.kql.hygiene import with_own_variables
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


def test_words_that_differ_by_row_are_looked_for_as_text_before_they_are_a_pattern() -> None:
    sql = translated("EmailEvents | where Subject has SenderDisplayName").sql
    assert "contains(lower" in sql
    words = "datatable(t: string, w: string)['a b', 'b', 'ab', 'b', 'x', '', 'a.b', '.', 'A', 'a']"
    assert [row[0] for row in rows_of(f"{words} | project t has w")] == [
        True,
        False,
        True,
        True,
        True,
    ]
    assert [row[0] for row in rows_of(f"{words} | project t !has w")] == [
        False,
        True,
        False,
        False,
        False,
    ]
    assert [row[0] for row in rows_of(f"{words} | project t hasprefix w")] == [
        True,
        False,
        True,
        True,
        True,
    ]
    listed = "let some = toscalar(print make = dynamic(['b', 'zz'])); "
    assert rows_of(f"{listed}{words} | where t has_any (some) | count") == [(2,)]


NAMES = (
    "a",
    "b",
    "c",
    "e",
    "f",
    "g",
    "h",
    "i",
    "j",
    "k",
    "l",
    "m",
    "o",
    "p",
    "q",
    "s",
    "t",
    "u",
    "v",
    "w",
    "x",
    "y",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_column_of_any_name_is_never_taken_for_a_variable_of_ours(name: str) -> None:
    bag, array = 'dynamic({"n": 1, "z": 2})', 'dynamic(["n", "z"])'
    text = (
        f"print {name} = {bag} | extend r1 = bag_keys({name}), r2 = bag_merge({name}, {bag}), "
        f"r3 = bag_remove_keys({name}, dynamic(['n'])) | mv-expand {name} | count"
    )
    assert rows_of(text) == [(2,)]
    assert rows_of(
        f"print {name} = {bag} | project bag_keys({name}), bag_remove_keys({name}, dynamic(['n']))"
    ) == [(["n", "z"], {"z": 2})]
    assert rows_of(
        f"print {name} = {array} | project array_rotate_left({name}, 1), set_union({name}, {name})"
    ) == [(["z", "n"], ["n", "z"])]
    assert rows_of(f"print {name} = 'n m' | where {name} has_any ({array}) | count") == [(1,)]
    assert rows_of(
        f"print {name} = dynamic([1, 2, 6]) | project series_fit_line_dynamic({name}).slope"
    ) == [(2.5,)]
    assert rows_of(
        f"print {name} = '10.1.2.3' | project ipv4_is_private({name}), bin(strlen({name}), 5)"
    ) == [(True, 5)]


def test_variables_are_renamed_and_nothing_else() -> None:
    sql = "list_transform(\"k\", lambda k, i: k.k || 'k i' || struct_pack(k := i) || k(1))"
    assert with_own_variables(sql) == (
        "list_transform(\"k\", lambda kqlv_k, kqlv_i: kqlv_k.k || 'k i' || struct_pack(k := kqlv_i) || k(1))"
    )
