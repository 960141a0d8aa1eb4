"""The shape of a query: statements, the operators of a pipeline, and lists, all as runs of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from clawback.hunting.kql.tokens import CLOSING, OPENING, Kind, Token, matching

Tokens = list[Token]


def split_level(tokens: Sequence[Token], mark: str) -> list[Tokens]:
    """`tokens` cut at each `mark` that stands in no bracket; the marks are left out."""
    parts: list[Tokens] = [[]]
    depth = 0
    for token in tokens:
        if token.kind is Kind.MARK:
            if token.text in OPENING:
                depth += 1
            elif token.text in CLOSING:
                depth -= 1
            elif token.text == mark and depth == 0:
                parts.append([])
                continue
        parts[-1].append(token)
    return parts


def split_list(tokens: Sequence[Token]) -> list[Tokens]:
    """The items of a comma list; none where there are no tokens."""
    return [] if not tokens else split_level(tokens, ",")


def statements(tokens: Sequence[Token]) -> list[Tokens]:
    """The statements that are not empty."""
    return [part for part in split_level(tokens, ";") if part]


def is_mark(token: Token, text: str) -> bool:
    """Whether `token` is this mark."""
    return token.kind is Kind.MARK and token.text == text


def is_name(token: Token, *names: str) -> bool:
    """Whether `token` is one of these names."""
    return token.kind is Kind.NAME and token.text in names


def operator_of(segment: Sequence[Token]) -> tuple[str, int]:
    """The operator that a segment begins with, such as project-away, and how many tokens it takes."""
    if not segment or segment[0].kind is not Kind.NAME:
        return "", 0
    words, index = segment[0].text, 1
    while (
        index + 1 < len(segment)
        and is_mark(segment[index], "-")
        and not segment[index].space
        and not segment[index + 1].space
        and segment[index + 1].kind is Kind.NAME
    ):
        words += "-" + segment[index + 1].text
        index += 2
    return words, index


def bracketed(tokens: Sequence[Token], at: int) -> Tokens:
    """What stands in the bracket that opens at `at`."""
    return list(tokens[at + 1 : matching(tokens)[at]])


def calls(tokens: Sequence[Token], *names: str) -> Iterator[tuple[int, int]]:
    """Where one of these functions is called: the index of its name and of its closing bracket."""
    pairs = matching(tokens)
    for index, token in enumerate(tokens[:-1]):
        if is_name(token, *names) and is_mark(tokens[index + 1], "("):
            yield index, pairs[index + 1]


def named(item: Sequence[Token]) -> tuple[Token | None, Tokens]:
    """A list's item as its name (None where it has none) and its expression."""
    if len(item) > 2 and item[0].kind is Kind.NAME and is_mark(item[1], "="):
        return item[0], list(item[2:])
    if len(item) > 4 and is_mark(item[0], "[") and is_mark(item[2], "]") and is_mark(item[3], "="):
        return item[1], list(item[4:])
    return None, list(item)


def joined(parts: Iterable[Sequence[Token]], mark: Token) -> Tokens:
    """The parts as one run, with `mark` between."""
    run: Tokens = []
    for part in parts:
        if run:
            run.append(mark)
        run.extend(part)
    return run
