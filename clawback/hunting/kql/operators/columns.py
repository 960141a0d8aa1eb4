"""Operators and functions that need the names of the columns that are there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from clawback.core.kql_text import kql_string
from clawback.hunting.kql.casing import shown_name
from clawback.hunting.kql.literals import kql_name, string_value
from clawback.hunting.kql.operators import summarizing, tuples
from clawback.hunting.kql.pipelines import (
    Tokens,
    calls,
    is_mark,
    is_name,
    operator_of,
    split_list,
)
from clawback.hunting.kql.tokens import Kind, Token, made, matching, misplaced
from clawback.hunting.kql.weaving import Relation, Weaver
from models.hunting import KqlType

_PACK_ALL = ("pack_all", "bag_pack_columns")
_IF_EXISTS = ("column_ifexists", "columnifexists")


def special(segment: Sequence[Token]) -> Callable[[Weaver, Tokens, Tokens], Tokens] | None:
    """The handler for an operator that the translator knows, where it needs the columns."""
    operator, width = operator_of(segment)
    if any(is_name(token, *_PACK_ALL, *_IF_EXISTS) for token in segment):
        return _with_columns
    if operator == "distinct" and len(segment) == width + 1 and is_mark(segment[width], "*"):
        return _distinct_all
    if operator in ("where", "filter") and any(
        _is_any_column(segment, i) for i in range(1, len(segment))
    ):
        return _any_column
    if tuples.is_special(segment):
        return tuples.several_at_once
    if summarizing.is_special(segment):
        return summarizing.summarize
    return None


def project_reorder(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """The named columns first, in the order that is asked for, then the others."""
    relation = weaver.relation(source)
    first = _matching(relation, segment[operator_of(segment)[1] :])
    rest = [name for name in relation.names if name not in first]
    return _projected(weaver, relation, [*first, *rest], segment[0])


def project_keep(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """The columns that match, in the order of the table."""
    relation = weaver.relation(source)
    kept = set(_matching(relation, segment[operator_of(segment)[1] :]))
    return _projected(
        weaver, relation, [name for name in relation.names if name in kept], segment[0]
    )


def project_away(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """All columns but those that match; a name that is none is no error, as in the original."""
    relation = weaver.relation(source)
    gone = set(_matching(relation, segment[operator_of(segment)[1] :], strict=False))
    left = [name for name in relation.names if name not in gone]
    if not left:
        raise misplaced(segment[0], "project-away leaves no column: keep one")
    return _projected(weaver, relation, left, segment[0])


def _matching(relation: Relation, tokens: Tokens, *, strict: bool = True) -> list[str]:
    """The columns that a list of names and patterns means, each once."""
    found: list[str] = []
    for item in split_list(tokens):
        pattern, order = _pattern(item)
        names = [name for name in relation.names if fnmatchcase(name, pattern)]
        if not names and strict and "*" not in pattern:
            raise misplaced(item[0], f"there is no column {pattern} here")
        if order:
            names.sort(key=str.lower, reverse=order == "desc")
        found += [name for name in names if name not in found]
    return found


def _pattern(item: Tokens) -> tuple[str, str]:
    order = ""
    if len(item) > 1 and is_name(item[-1], "asc", "desc", "granny"):
        order = item[-1].text
        item = item[:-1]
    words = [string_value(one) if one.kind is Kind.STRING else one.text for one in item]
    text = "".join(word for word, one in zip(words, item, strict=True) if not _is_bracket(one))
    return text.replace("?", "[?]"), order


def _is_bracket(token: Token) -> bool:
    return is_mark(token, "[") or is_mark(token, "]")


def _projected(weaver: Weaver, relation: Relation, names: Sequence[str], origin: Token) -> Tokens:
    listed = ", ".join(kql_name(name) for name in names)
    return weaver.written(f"{relation.name} | project {listed}", origin)


def _distinct_all(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    relation = weaver.relation(source)
    listed = ", ".join(kql_name(name) for name in relation.names)
    return weaver.written(f"{relation.name} | distinct {listed}", segment[0])


def _with_columns(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """The operator with `pack_all` and `column_ifexists` as what they mean over these columns."""
    relation = weaver.relation(source)
    while found := next(calls(segment, *_PACK_ALL, *_IF_EXISTS), None):
        at, end = found
        arguments = split_list(segment[at + 2 : end])
        if segment[at].text == "pack_all":
            meant = _packed(weaver, relation, arguments, segment[at])
        elif segment[at].text == "bag_pack_columns":
            meant = _packed_columns(weaver, arguments, segment[at])
        else:
            meant = _existing(relation, arguments, segment[at])
        segment = [*segment[:at], *meant, *segment[end + 1 :]]
    return weaver.plain([made(relation.name, source[0])], segment)


def _is_any_column(segment: Sequence[Token], index: int) -> bool:
    """Whether a star stands for any column: `where * has "x"`."""
    before = segment[index - 1]
    starts = is_name(before, "where", "filter", "and", "or", "not") or is_mark(before, "(")
    return starts and is_mark(segment[index], "*")


def _any_column(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """A condition on any column as one on each that holds text."""
    relation = weaver.relation(source)
    texts = [kql_name(name) for name in relation.of_type(KqlType.STRING)]
    texts += [f"tostring({kql_name(name)})" for name in relation.of_type(KqlType.DYNAMIC)]
    run: Tokens = []
    index = 0
    while index < len(segment):
        if not (index and _is_any_column(segment, index)):
            run.append(segment[index])
            index += 1
            continue
        end = _end_of_condition(segment, index + 1)
        rest = segment[index + 1 : end]
        word = " and " if is_mark(rest[0], "!") or rest[0].text in ("!=", "!~") else " or "
        parts = [[*weaver.written(text, segment[index]), *rest] for text in texts]
        joint = weaver.written(word, segment[index])
        run += [made("(", segment[index], Kind.MARK), *parts[0]]
        for part in parts[1:]:
            run += [*joint, *part]
        run.append(made(")", segment[index], Kind.MARK, space=""))
        index = end
    return weaver.plain([made(relation.name, source[0])], run)


def _end_of_condition(segment: Tokens, at: int) -> int:
    pairs = matching(segment)
    while (
        at < len(segment)
        and not is_name(segment[at], "and", "or")
        and not is_mark(segment[at], ")")
    ):
        at = pairs.get(at, at) + 1
    return at


def _packed(weaver: Weaver, relation: Relation, arguments: list[Tokens], origin: Token) -> Tokens:
    """`pack_all([ignore_null_empty])`: a bag of every column."""
    pairs = ", ".join(
        f"{kql_string(shown_name(name))}, {kql_name(name)}" for name in relation.names
    )
    sparse = bool(arguments) and arguments[0][0].text == "true"
    return weaver.written(
        f"bag_without_empty(bag_pack({pairs}))" if sparse else f"bag_pack({pairs})", origin
    )


def _packed_columns(weaver: Weaver, arguments: list[Tokens], origin: Token) -> Tokens:
    pairs = ", ".join(
        f"{kql_string(item[0].text)}, {kql_name(item[0].text)}" for item in arguments if item
    )
    return weaver.written(f"bag_pack({pairs})", origin)


def _existing(relation: Relation, arguments: list[Tokens], origin: Token) -> Tokens:
    if len(arguments) != 2 or len(arguments[0]) != 1 or arguments[0][0].kind is not Kind.STRING:
        raise misplaced(
            origin, 'column_ifexists takes a name in quotes and what to take else: ("Name", "")'
        )
    name = string_value(arguments[0][0])
    if name in relation.names:
        return [made(kql_name(name), origin)] if kql_name(name) == name else made_path(name, origin)
    return [made("(", origin, Kind.MARK), *arguments[1], made(")", origin, Kind.MARK, space="")]


def made_path(name: str, origin: Token) -> Tokens:
    """A column's name in brackets."""
    return [
        made("[", origin, Kind.MARK),
        made(kql_string(name), origin, Kind.STRING, space=""),
        made("]", origin, Kind.MARK, space=""),
    ]
