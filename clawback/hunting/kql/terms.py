"""`has` and `has_any` over words that the query spells out, as patterns that are quick to make and run.

A pattern for whole words names all letters and digits of Unicode, which takes milliseconds to compile:
one for each word of a long list costs more than the query. All words of a list are one pattern instead,
and a single word is looked for as plain text before its boundaries are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from duckdb_kql import ir, translate
from duckdb_kql.translate import functions as registry
from duckdb_kql.translate.functions import can_fold_term_boundary, is_term_char, term_match_sql

from clawback.hunting.kql.literals import sql_string

_START, _END = r"(?:^|[^\pL\pN])", r"(?:$|[^\pL\pN])"


def any_word_sql(value: str, words: Sequence[str]) -> str:
    """SQL that is true where one of `words` is in `value` as a whole term, whatever its case."""
    by_edges: dict[tuple[bool, bool], list[str]] = {}
    tests: list[str] = []
    for word in dict.fromkeys(words):
        if can_fold_term_boundary(word):
            edges = is_term_char(word[:1]), is_term_char(word[-1:])
            by_edges.setdefault(edges, []).append(_escaped(word))
        else:
            tests.append(term_match_sql(value, sql_string(word), needle_text=word))
    for (lead, trail), alternatives in by_edges.items():
        pattern = f"(?i){_START if lead else ''}(?:{'|'.join(alternatives)}){_END if trail else ''}"
        tests.append(f"regexp_matches({value}, {sql_string(pattern)})")
    return f"({' OR '.join(tests)})"


def _escaped(word: str) -> str:
    return "".join(
        char if char.isalnum() or ord(char) > 127 else f"\\x{{{ord(char):x}}}" for char in word
    )


def _one_word_sql(value: str, word: str) -> str:
    match = any_word_sql(value, [word])
    if not word.isascii():
        return match
    like = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"({value} ILIKE {sql_string(f'%{like}%')} ESCAPE '\\' AND {match})"


_CASE_SENSITIVE = translate._render_term_operator
_UNROLLED = translate._unrolled_needles


def _render_has(node: ir.BinaryOp, sqls: Sequence[str]) -> str | None:
    literal = node.right
    if (
        node.op not in ("has", "!has")
        or not isinstance(literal, ir.Literal)
        or literal.kind != "string"
    ):
        return _CASE_SENSITIVE(node, sqls)
    match = _one_word_sql(sqls[0], str(literal.value))
    return match if node.op == "has" else f"NOT {match}"


def _render_has_any(node: ir.HasList, value: str, item: ir.Expr) -> str | None:
    words = translate._literal_needles(item)
    if words is None or node.require_all or any(word is None for word in words):
        return _UNROLLED(node, value, item)
    return any_word_sql(value, [word for word in words if word is not None])


def _guarded(value: str, word: str, match: str) -> str:
    """A pattern that is made anew for each row, only where the text holds the word at all."""
    return f"(CASE WHEN contains(lower({value}), lower({word})) THEN {match} ELSE false END)"


def _term_match(
    haystack: str,
    needle: str,
    *,
    case_sensitive: bool = False,
    needle_text: str | None = None,
    lead: bool = True,
    trail: bool = True,
) -> str:
    match = term_match_sql(
        haystack,
        needle,
        case_sensitive=case_sensitive,
        needle_text=needle_text,
        lead=lead,
        trail=trail,
    )
    return match if needle_text is not None else _guarded(haystack, needle, match)


_GUARDED = ("has", "has_cs", "hasprefix", "hasprefix_cs", "hassuffix", "hassuffix_cs")


def install() -> None:
    """Put these in the place of the translator's own."""
    translate.term_match_sql = _term_match  # type: ignore[attr-defined]
    for operator in _GUARDED:
        spec = registry.BINARY_OPERATORS[operator]
        match = _guarded("{0}", "{1}", spec.template)
        registry.BINARY_OPERATORS[operator] = replace(spec, template=match)
        negated = registry.BINARY_OPERATORS[f"!{operator}"]
        registry.BINARY_OPERATORS[f"!{operator}"] = replace(negated, template=f"NOT {match}")
    translate._render_term_operator = _render_has
    translate._unrolled_needles = _render_has_any
