"""The rows of a hunting answer as people see them: order, search, texts of cells, messages they name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from clawback.core.csv_text import value_text
from clawback.core.report_ids import report_id
from clawback.core.showing import plain, show_url
from models.hunting import HuntResult, KqlType

NUMBERS = frozenset({KqlType.INT, KqlType.LONG, KqlType.REAL, KqlType.DECIMAL})

_URL = re.compile(r"(?i)(?:https?|ftp)://")
_REPORT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d{1,19}", re.ASCII)
_MAIL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_ADDRESS_LIMIT = 1_000


def shown_value(value: object, limit: int) -> str:
    """A value of at most `limit` characters, for what shows text and no markup; URLs are defanged."""
    text = value_text(value)
    if not isinstance(value, str):
        return plain(text, limit)
    return show_url(text, whole=limit > 1_000) if _URL.match(text) else plain(text, limit)


def arranged(
    result: HuntResult, *, by: int | None = None, descending: bool = False, find: str = ""
) -> list[int]:
    """The numbers of the rows that hold `find` in any cell, in any case, ordered by a column.

    Nulls come last. Rows that are equal keep the order of the answer, which is that of all where no
    column is given.
    """
    wanted = find.casefold()
    numbers = [
        number
        for number, row in enumerate(result.rows)
        if not wanted or any(wanted in value_text(cell).casefold() for cell in row)
    ]
    if by is None or not 0 <= by < len(result.columns):
        return numbers
    rows = result.rows
    known = [number for number in numbers if rows[number][by] is not None]
    known.sort(key=lambda number: _place(rows[number][by]), reverse=descending)
    return known + [number for number in numbers if rows[number][by] is None]


def _place(value: object) -> tuple[int, float, str]:
    """Where a value stands among others of its column; numbers before texts where both occur."""
    if isinstance(value, bool | int | float):
        return (0, float(value), "") if value == value else (0, float("-inf"), "")
    return (1, 0.0, value_text(value).casefold())


def names_messages(result: HuntResult) -> bool:
    """Whether rows can name messages: by ReportId, or by NetworkMessageId and RecipientEmailAddress."""
    at = _positions(result)
    return "ReportId" in at or {"NetworkMessageId", "RecipientEmailAddress"} <= at.keys()


def message_of(result: HuntResult, row: Sequence[object]) -> str:
    """The ReportId of the message in a mailbox that the row names; empty where it names none.

    A ReportId of another kind, such as that of a link's row, names a mail and no mailbox.
    """
    at = _positions(result)
    given = row[at["ReportId"]] if "ReportId" in at else None
    if isinstance(given, str) and _REPORT_ID.fullmatch(given):
        return given
    if not {"NetworkMessageId", "RecipientEmailAddress"} <= at.keys():
        return ""
    mail, recipient = row[at["NetworkMessageId"]], row[at["RecipientEmailAddress"]]
    if not isinstance(mail, str) or not isinstance(recipient, str) or not _MAIL.fullmatch(mail):
        return ""
    return report_id(mail, recipient) if 0 < len(recipient) <= _ADDRESS_LIMIT else ""


def _positions(result: HuntResult) -> dict[str, int]:
    return {column.name: at for at, column in enumerate(result.columns)}
