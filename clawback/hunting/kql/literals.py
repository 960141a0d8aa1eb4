"""Literals: read from tokens, and written as the query language or SQL."""

from __future__ import annotations

import re
from collections.abc import Sequence

from clawback.core.kql_text import kql_string
from clawback.hunting.kql.tokens import Kind, Token, made


def string_value(token: Token) -> str:
    """The value of a string token, its escapes resolved."""
    text = token.text.lstrip("hH")
    for fence in ("```", "~~~"):
        if text.startswith(fence):
            return text[3:-3]
    if text.startswith("@"):
        quote = text[1]
        return text[2:-1].replace(quote * 2, quote)
    return _unescaped(text[1:-1])


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def _unescaped(text: str) -> str:
    parts: list[str] = []
    at = 0
    while at < len(text):
        if text[at] != "\\" or at + 1 == len(text):
            parts.append(text[at])
            at += 1
        elif text[at + 1] in "uU":
            width = 4 if text[at + 1] == "u" else 8
            digits = text[at + 2 : at + 2 + width]
            point = int(digits, 16) if re.fullmatch(r"[0-9a-fA-F]+", digits) else 0xFFFD
            parts.append(chr(min(point, 0x10FFFF)))
            at += 2 + len(digits)
        else:
            parts.append(_ESCAPES.get(text[at + 1], text[at + 1]))
            at += 2
    whole = "".join(parts)
    return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def plain_strings(tokens: Sequence[Token]) -> list[Token]:
    """`tokens` with strings in the notations that the translator knows."""
    return [
        made(kql_string(string_value(token)), token, Kind.STRING, space=token.space)
        if token.kind is Kind.STRING
        and (token.text[0] in "hH`~" or re.search(r"\\[uUabfv]", token.text))
        else token
        for token in tokens
    ]


def kql_name(name: str) -> str:
    """`name` as a column's name in the query language, in brackets where it has to be."""
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else f"[{kql_string(name)}]"


def sql_string(value: str) -> str:
    """`value` as a string of SQL."""
    return "'" + value.replace("'", "''") + "'"


def sql_name(name: str) -> str:
    """`name` as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def constant(tokens: Sequence[Token]) -> str | None:
    """The value of a run that is one string or number; None for anything else."""
    if len(tokens) != 1 or tokens[0].kind not in (Kind.STRING, Kind.NUMBER):
        return None
    return string_value(tokens[0]) if tokens[0].kind is Kind.STRING else tokens[0].text
