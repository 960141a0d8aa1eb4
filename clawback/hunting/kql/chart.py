"""What `render` asks for. The engine's answer is the table; the chart is drawn by who shows it."""

from __future__ import annotations

from collections.abc import Sequence

from clawback.hunting.kql.literals import string_value
from clawback.hunting.kql.pipelines import Tokens, is_mark, is_name, operator_of, split_level
from clawback.hunting.kql.tokens import Kind, Token
from models.hunting import Chart


def without_chart(tokens: Sequence[Token]) -> tuple[Tokens, Chart | None]:
    """A query's statement without its last `render`, and what that asks for."""
    segments = split_level(tokens, "|")
    if len(segments) < 2 or operator_of(segments[-1])[0] != "render":
        return list(tokens), None
    last = segments[-1]
    return list(tokens[: len(tokens) - len(last) - 1]), _read(last[1:])


def _read(tokens: Sequence[Token]) -> Chart | None:
    """The kind and its properties: `with (name=value, …)`, or `name=value` without brackets."""
    if not tokens:
        return None
    properties: dict[str, str] = {}
    words = [
        token for token in tokens[1:] if not is_name(token, "with") and token.text not in "(),"
    ]
    index = 0
    while index + 2 < len(words):
        if words[index].kind is Kind.NAME and is_mark(words[index + 1], "="):
            start = index + 2
            end = start + 1
            while end < len(words) and not (end + 1 < len(words) and is_mark(words[end + 1], "=")):
                end += 1
            properties[words[index].text] = ", ".join(_value(word) for word in words[start:end])
            index = end
        else:
            index += 1
    return Chart(tokens[0].text.lower(), properties)


def _value(token: Token) -> str:
    return string_value(token) if token.kind is Kind.STRING else token.text
