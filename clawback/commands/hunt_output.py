"""A result of Advanced hunting: JSON Lines or CSV for programs, a table and bars for people."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from clawback.commands import screen
from clawback.core.csv_text import csv_lines
from clawback.core.showing import counted, inert, shortened, show_url

if TYPE_CHECKING:
    from clawback.errors import BadQuery
    from models.hunting import HuntResult

CELL, WIDE_CELL = 60, 500
"""Characters of a cell in a table, and in a record that has the whole width."""

BARS, BAR_WIDTH, LABEL = 40, 40, 40
NUMBERS = frozenset(("long", "int", "real", "decimal"))
DRAWN = frozenset(("barchart", "columnchart", "piechart", "timechart", "linechart", "areachart"))
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")
_TIMESPAN = re.compile(r"-?(?:\d+\.)?\d\d:\d\d:\d\d(?:\.\d+)?", re.ASCII)
_URL = re.compile(r"(?:https?|ftp)://")
_ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,255}")


def emit_json(result: HuntResult) -> None:
    """One object a row, then the facts about the result."""
    names = [column.name for column in result.columns]
    for row in result.rows:
        screen.emit(dict(zip(names, row, strict=True)))
    screen.emit(
        {
            "rows": len(result.rows),
            "truncated": result.truncated,
            "elapsed_s": round(result.elapsed.total_seconds(), 3),
            "mirror_lag_s": round(result.mirror_lag.total_seconds(), 3),
        }
    )


def emit_csv(result: HuntResult) -> None:
    """All rows as CSV; what there is to say about them goes to standard error."""
    try:
        for line in csv_lines([column.name for column in result.columns], result.rows):
            # What no encoding can hold, half of a surrogate pair, becomes a question mark.
            sys.stdout.write(line.encode("utf-8", "replace").decode())
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise screen.ReaderGone from error
    screen.notes().print(summary(result), style="dim")


def show(result: HuntResult, limit: int) -> None:
    """The first rows, a drawing where the query asks for one, and what is to be known of it."""
    out = screen.console()
    if not result.rows:
        out.print("No rows.")
    elif result.chart is not None and (bars := _bars(result)):
        _draw(bars)
    else:
        _show_rows(result, limit)
    if result.chart is not None and result.rows and not _bars(result):
        kind = inert(result.chart.kind, 30)
        screen.notes().print(f"render {kind} is not drawn in a terminal.", style="dim")
    screen.notes().print(summary(result), style="yellow" if result.truncated else "dim")


def summary(result: HuntResult) -> str:
    """How many rows in what time, how old the data may be, and whether anything was cut off."""
    cut = " (cut off: there are more; --limit or narrow the query)" if result.truncated else ""
    lag = result.mirror_lag.total_seconds()
    fresh = f"; data {lag:,.0f} s behind the database" if lag >= 1 else ""
    rows = counted(len(result.rows), "row")
    return f"{rows}{cut} in {result.elapsed.total_seconds():.2f} s{fresh}."


def show_place(error: BadQuery, text: str) -> None:
    """The line of the query that an error is in, with a mark under what is meant."""
    lines = text.split("\n")
    if not 1 <= error.line <= len(lines):
        return
    line, start = lines[error.line - 1], max(error.column - 1, 0)
    width = max(screen.notes().width - 6, 20)
    if cell_len(line) > len(line):
        width //= 2
    cut = max(0, start - width // 2)
    seen = "".join(map(_printable, line[cut : cut + width]))
    # A mark has to stand under what it means, and some characters take two places or none.
    before, meant = seen[: start - cut], seen[start - cut : start - cut + max(error.length, 1)]
    mark = " " * cell_len(before) + "^" * max(1, cell_len(meant))
    screen.notes().print(f"  {seen}\n  {mark}", style="red", soft_wrap=True)


def _printable(char: str) -> str:
    return char if char.isprintable() else " " if char.isspace() else "\ufffd"


def _show_rows(result: HuntResult, limit: int) -> None:
    names = [_heading(column.name) for column in result.columns]
    rows = [[_cell(name, value) for name, value in zip(names, row, strict=True)]
            for row in result.rows[:limit]]  # fmt: skip
    if _fits(names, rows):
        right = [_heading(one.name) for one in result.columns if one.type.value in NUMBERS]
        made = screen.table(*names, numbers=right)
        for cells in rows:
            screen.add_row(made, cells)
        screen.console().print(made)
    else:
        _show_records(result, names, limit)
    if (left := len(result.rows) - limit) > 0:
        screen.console().print(f"… and {counted(left, 'more row')}: --show, --json or --csv")


def _heading(name: str) -> str:
    """A column's name as it is typed in a query; inert where data gave it another form."""
    return name if _NAME.fullmatch(name) else inert(name, 60)


def _fits(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table has room for its columns without folding most of them."""
    widths = [
        max(len(name), *(min(len(row[at]), 30) for row in rows)) for at, name in enumerate(names)
    ]
    return sum(widths) + 2 * len(widths) <= screen.console().width


def _show_records(result: HuntResult, names: Sequence[str], limit: int) -> None:
    """One block a row, without its empty cells."""
    for number, row in enumerate(result.rows[:limit], start=1):
        screen.console().print(f"Row {number:,}", style="bold")
        pairs = [
            (f"  {name}", _cell(name, value, WIDE_CELL))
            for name, value in zip(names, row, strict=True)
        ]
        screen.console().print(screen.fields(pairs))


def _cell(name: str, value: object, limit: int = CELL) -> str:
    """A value on one line, harmless; a mailbox's address so that it can be copied."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return shortened(str(value), limit)
        case str():
            text = value
        case _:
            text = json.dumps(value, ensure_ascii=False)
    if _URL.match(text):
        return shortened(show_url(text), limit)
    if len(text) <= limit and _TIMESPAN.fullmatch(text):
        return text  # its dot makes no link
    if name == "RecipientEmailAddress" and len(text) <= limit and _ADDRESS.fullmatch(text):
        return text
    return inert(text, limit)


def _bars(result: HuntResult) -> list[tuple[str, float]]:
    """Labels and numbers of a chart, in order of time where there is one: the last number of each row
    under all else that is in it."""
    if result.chart is None or result.chart.kind not in DRAWN:
        return []
    numbers = [at for at, column in enumerate(result.columns) if column.type.value in NUMBERS]
    if not numbers or len(result.columns) < 2:
        return []
    value = numbers[-1]
    rows = result.rows
    if times := [at for at, column in enumerate(result.columns) if column.type.value == "datetime"]:
        rows = tuple(sorted(rows, key=lambda row: str(row[times[0]] or "")))
    bars = []
    for row in rows:
        label = " ".join(
            _cell(result.columns[at].name, cell, LABEL)
            for at, cell in enumerate(row)
            if at != value
        )
        number = row[value]
        bars.append((label, float(number) if isinstance(number, int | float) else 0.0))
    return bars


def _draw(bars: Sequence[tuple[str, float]]) -> None:
    most = max((number for _, number in bars), default=0.0)
    shown = [f"{number:,.10g}" for _, number in bars[:BARS]]
    room = screen.console().width - LABEL - max(map(len, shown)) - 4
    widest = max(1, min(BAR_WIDTH, room))
    pairs = []
    for (label, number), text in zip(bars, shown, strict=False):
        length = round(widest * number / most) if most > 0 and number > 0 else 0
        pairs.append((shortened(label, LABEL), f"{'█' * length} {text}".strip()))
    screen.console().print(screen.fields(pairs))
    if (left := len(bars) - BARS) > 0:
        screen.console().print(f"… and {counted(left, 'more row')}: --json or --csv")
