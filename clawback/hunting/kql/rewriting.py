"""Spellings that mean the same, brought to the one that the translator knows best."""

from __future__ import annotations

import json
from collections.abc import Sequence

from clawback.hunting.kql.literals import string_value
from clawback.hunting.kql.pipelines import Tokens, calls, is_mark, is_name, split_list
from clawback.hunting.kql.tokens import Kind, Token, made, matching

_ALIASES = {
    "makeset": "make_set",
    "makelist": "make_list",
    "pack_dictionary": "bag_pack",
    "any": "take_any",
    "anyif": "take_anyif",
    "argmax": "arg_max",
    "argmin": "arg_min",
}


def rewritten(tokens: Sequence[Token]) -> Tokens:
    """`tokens` with old names as new ones, and lists of literals as one literal."""
    return _one_list(_folded(_typed(_renamed(tokens))))


def _renamed(tokens: Sequence[Token]) -> Tokens:
    run: Tokens = []
    for index, token in enumerate(tokens):
        called = index + 1 < len(tokens) and is_mark(tokens[index + 1], "(")
        alias = _ALIASES.get(token.text) if called and token.kind is Kind.NAME else None
        if called and is_name(token, "count") and not is_mark(tokens[index + 2], ")"):
            alias = "count_of"
        run.append(made(alias, token, space=token.space) if alias else token)
    return run


_TYPED = ("extract", "extract_json", "extractjson", "extract_all")
_CONVERSIONS = {
    "long": "tolong",
    "int": "toint",
    "real": "todouble",
    "double": "todouble",
    "bool": "tobool",
    "datetime": "todatetime",
    "timespan": "totimespan",
    "dynamic": "todynamic",
    "guid": "toguid",
    "decimal": "todecimal",
}


def _typed(tokens: Tokens) -> Tokens:
    """`extract(…, typeof(long))` as `tolong(extract(…))`."""
    while True:
        for at, end in calls(tokens, *_TYPED):
            *_, last = split_list(tokens[at + 2 : end]) or [[]]
            if not last or not is_name(last[0], "typeof") or len(last) < 4:
                continue
            inner = [*tokens[at : end - len(last) - 1], tokens[end]]
            conversion = _CONVERSIONS.get(last[2].text)
            if conversion:
                opening = made("(", tokens[at], Kind.MARK, space="")
                inner = [
                    made(conversion, tokens[at]),
                    opening,
                    *inner,
                    made(")", tokens[end], Kind.MARK),
                ]
            tokens = [*tokens[:at], *inner, *tokens[end + 1 :]]
            break
        else:
            return tokens


def _folded(tokens: Tokens) -> Tokens:
    """`pack_array("a", "b")` as `dynamic(["a","b"])`: the words are then known when SQL is written."""
    while True:
        for at, end in calls(tokens, "pack_array"):
            values = _literals(tokens[at + 2 : end])
            if values is not None:
                origin = tokens[at]
                literal = [
                    made("dynamic", origin, space=origin.space),
                    made("(", origin, Kind.MARK, space=""),
                    *_array(values, origin),
                    made(")", origin, Kind.MARK, space=""),
                ]
                tokens = [*tokens[:at], *literal, *tokens[end + 1 :]]
                break
        else:
            return tokens


def _one_list(tokens: Tokens) -> Tokens:
    """`has_any ("a", "b")` as `has_any (dynamic(["a","b"]))`: one pattern instead of one for each word."""
    run: Tokens = []
    pairs = matching(tokens)
    index = 0
    while index < len(tokens):
        token = tokens[index]
        run.append(token)
        if (
            is_name(token, "has_any")
            and index + 1 < len(tokens)
            and is_mark(tokens[index + 1], "(")
        ):
            end = pairs[index + 1]
            words = [item for item in tokens[index + 2 : end] if item.kind is not Kind.MARK]
            values = _literals(tokens[index + 2 : end])
            if values and all(word.kind is Kind.STRING for word in words):
                opening = made("(", token, Kind.MARK)
                close = made(")", token, Kind.MARK, space="")
                run += [
                    opening,
                    made("dynamic", token),
                    opening,
                    *_array(values, token),
                    close,
                    close,
                ]
                index = end
        index += 1
    return run


def _array(values: Sequence[str], origin: Token) -> Tokens:
    run = [made("[", origin, Kind.MARK, space="")]
    for index, value in enumerate(values):
        if index:
            run.append(made(",", origin, Kind.MARK, space=""))
        run.append(made(value, origin, Kind.STRING, space=""))
    return [*run, made("]", origin, Kind.MARK, space="")]


def _literals(tokens: Tokens) -> list[str] | None:
    values: list[str] = []
    for item in split_list(tokens):
        if len(item) != 1:
            return None
        if item[0].kind is Kind.STRING:
            values.append(json.dumps(string_value(item[0]), ensure_ascii=False))
        elif is_name(item[0], "true", "false") or item[0].text.isdigit():
            values.append(item[0].text)
        else:
            return None
    return values or None
