"""Columns named like keywords: the language allows most of them, the translator's grammar does not.

`summarize count = count() by date | sort by count` is common. Such a name is put in brackets where it
names or reads a column, and left where it is what the grammar takes it for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clawback.core.kql_text import kql_string
from clawback.hunting.kql.pipelines import Tokens, is_mark, is_name
from clawback.hunting.kql.tokens import Kind, Token, made

KEYWORDS = frozenset(
    {
        *(
            "anomalychart",
            "areachart",
            "barchart",
            "boolean",
            "card",
            "columnchart",
            "count",
            "datascope",
        ),
        *(
            "date",
            "datetime",
            "decimal",
            "distinct",
            "double",
            "dynamic",
            "filter",
            "find",
            "first",
        ),
        *(
            "flags",
            "float",
            "int",
            "invoke",
            "join",
            "kind",
            "last",
            "like",
            "limit",
            "linechart",
            "long",
        ),
        *(
            "order",
            "others",
            "panels",
            "parse",
            "piechart",
            "print",
            "project",
            "real",
            "regex",
            "relaxed",
        ),
        *(
            "sample",
            "scan",
            "scatterchart",
            "search",
            "set",
            "simple",
            "sort",
            "string",
            "summarize",
        ),
        *(
            "table",
            "take",
            "time",
            "timechart",
            "timeline",
            "timespan",
            "title",
            "to",
            "top",
            "treemap",
        ),
        *(
            "union",
            "accumulate",
            "serialize",
            "extend",
            "expandoutput",
            "hotcache",
            "uint",
            "ulong",
        ),
        *(
            "int8",
            "int16",
            "int32",
            "int64",
            "uint8",
            "uint16",
            "uint32",
            "uint64",
            "uniqueid",
            "of",
        ),
        *("totable", "consume", "getschema", "isfuzzy", "withsource", "entity_group", "notlike"),
    }
)
_NAMING = (
    "extend",
    "project",
    "summarize",
    "print",
    "distinct",
    "serialize",
    "by",
    "rename",
    "where",
)


def bracketed_names(tokens: Sequence[Token], columns: Iterable[str]) -> Tokens:
    """`tokens` with such names in brackets; `columns` are those of the tables in scope."""
    own = {name for name in columns if name in KEYWORDS}
    own |= {token.text for index, token in enumerate(tokens) if _names(tokens, index)}
    run: Tokens = []
    for index, token in enumerate(tokens):
        if token.kind is not Kind.NAME or token.text not in KEYWORDS:
            run.append(token)
        elif index and is_mark(tokens[index - 1], ".") and not _called(tokens, index):
            run[-1:] = _in_brackets(token, run[-1].space)
        elif token.text in own and (_names(tokens, index) or _reads(tokens, index)):
            run += _in_brackets(token, token.space or " ")
        else:
            run.append(token)
    return run


def _in_brackets(token: Token, space: str) -> Tokens:
    return [
        made("[", token, Kind.MARK, space=space),
        made(kql_string(token.text), token, Kind.STRING, space=""),
        made("]", token, Kind.MARK, space=""),
    ]


def _called(tokens: Sequence[Token], index: int) -> bool:
    return index + 1 < len(tokens) and is_mark(tokens[index + 1], "(")


def _names(tokens: Sequence[Token], index: int) -> bool:
    """Whether a column is given this name here."""
    if tokens[index].text not in KEYWORDS or not index or index + 1 >= len(tokens):
        return False
    before = tokens[index - 1]
    begins = is_mark(before, ",") or is_name(before, *_NAMING)
    return begins and is_mark(tokens[index + 1], "=")


def _reads(tokens: Sequence[Token], index: int) -> bool:
    """Whether the name can only be a column's here."""
    before = tokens[index - 1] if index else None
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    if before is None or is_mark(before, "|") or is_mark(before, ":") or is_mark(before, ";"):
        return False
    if following is not None and (is_mark(following, "(") or is_mark(following, "=")):
        return False
    typed = is_mark(before, "(") and index > 1 and is_name(tokens[index - 2], "typeof")
    converted = following is not None and is_name(following, "typeof")
    return not typed and not converted
