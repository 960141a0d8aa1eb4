"""Rows as CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula. Source: OWASP, CSV Injection."""

_WITHIN = re.compile(r"([;\t\r\n][ \"]*)(?=[=+\-@＝＋－＠])")
"""A spreadsheet whose separator is another one than the comma begins a cell here."""


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """RFC 4180: a heading, then one record a row, each with its CRLF; text that begins like a formula
    gets an apostrophe in front, also within a cell where another separator would begin one.

    Numbers stay numbers. None is an empty cell; lists and objects are JSON.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for cells in chain((columns,), rows):
        writer.writerow([csv_cell(cell) for cell in cells])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def csv_cell(value: object) -> str:
    """One value as the text of a cell, harmless to a spreadsheet."""
    text = value_text(value)
    if value is None or isinstance(value, int | float):
        return text
    text = _WITHIN.sub(r"\1'", text.replace("\x00", "\ufffd"))
    return f"'{text}" if text.startswith(_STARTS) else text


def value_text(value: object) -> str:
    """A value of a row as text, whole: empty for null, JSON for what is dynamic."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)
