"""What a command prints: JSON Lines for programs, or text and tables for people.

Standard output carries results alone; progress, hints and errors go to standard error. Cells are
plain text, never markup: what came out of a mail or a list passes `clawback.core.showing` first.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clawback.core.showing import inert, shortened
from clawback.errors import BadQuery

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

AsJson = Annotated[
    bool, typer.Option("--json", help="JSON Lines on standard output, nothing else.")
]
"""The option that every command has."""

PIPED_WIDTH = 140
"""Columns where there is no terminal: a pipe has no width, and 80 would cut what people grep for."""

LITERAL_LIMIT = 200


class ReaderGone(Exception):
    """Whoever read standard output has enough, as `head` does; no error of ours."""


def emit(view: Mapping[str, object]) -> None:
    """Write one JSON line to standard output at once, ASCII alone, so that any terminal is safe.

    Raises `ReaderGone`.
    """
    try:
        sys.stdout.write(json.dumps(view) + "\n")
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise ReaderGone from error


def console() -> Console:
    """Standard output for people."""
    return _console(stderr=False)


def notes() -> Console:
    """Standard error for people: progress, hints and errors."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    piped = not stream.isatty() and "COLUMNS" not in os.environ
    return Console(
        stderr=stderr, width=PIPED_WIDTH if piped else None, highlight=False, markup=False
    )


def table(
    *columns: str, numbers: Iterable[str] = (), whole: Iterable[str] = (), title: str = ""
) -> Table:
    """A table with these headings; `numbers` stand to the right, `whole` are not folded."""
    from rich import box
    from rich.table import Table

    made = Table(
        box=box.SIMPLE_HEAD,
        title=title or None,
        title_justify="left",
        title_style="bold",
        pad_edge=False,
    )
    right, unfolded = set(numbers), {*numbers, *whole}
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in right else "left"
        made.add_column(column, justify=justify, overflow="fold", no_wrap=column in unfolded)
    return made


def add_row(to: Table, cells: Sequence[str], style: str = "") -> None:
    """Add a row whose cells are taken literally."""
    from rich.text import Text

    to.add_row(*(Text(cell) for cell in cells), style=style or None)


def fields(pairs: Sequence[tuple[str, str]]) -> Table:
    """Names and values, one pair a line; pairs without a value are left out."""
    from rich.table import Table
    from rich.text import Text

    made = Table.grid(padding=(0, 2))
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in pairs:
        if value:
            made.add_row(name, Text(value))
    return made


def said(text: str, limit: int = 300) -> str:
    """A sentence of Clawback's own, such as a policy's reason: its mail parts are inert already.

    Made inert once more, defanged hosts would turn into something else.
    """
    return shortened(one_line_of(text), limit)


def link(name: str, url: str) -> None:
    """A named address on a line of its own, never folded, so that it can be opened and copied."""
    if url:
        console().print(f"[dim]{name}[/]  ", markup=True, end="")
        console().print(url, soft_wrap=True)


def literal(text: str) -> str:
    """A text as an administrator wrote it, such as a mailbox's address, so that it can be copied.

    The inert form where it holds anything but printable ASCII.
    """
    plain = text.isascii() and text.isprintable() and len(text) <= LITERAL_LIMIT
    return text if plain else inert(text, LITERAL_LIMIT)


def at(moment: datetime | None) -> str:
    """A time for people, in UTC as everywhere in Clawback."""
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"


def counts(numbers: Mapping[str, int]) -> str:
    """Counts in words: "340 moved, 2 failed"; those of zero are left out."""
    return ", ".join(f"{number:,} {name}" for name, number in numbers.items() if number)


@contextmanager
def busy(what: str, *, quiet: bool) -> Iterator[None]:
    """A block during which a person who looks on sees that something goes on."""
    on = notes()
    if quiet or not on.is_terminal:
        yield
        return
    with on.status(what):
        yield


def complain(error: Exception, *, as_json: bool, exit_code: int | None = None) -> None:
    """Write one error to standard error: a line for people, or `{"error": …}` for programs.

    Of a query the object says where in its text the error is, 0 where that is not known.
    """
    code = getattr(error, "exit_code", 1) if exit_code is None else exit_code
    text = one_line(error)
    if as_json:
        place = {"line": error.line, "column": error.column} if isinstance(error, BadQuery) else {}
        sys.stderr.write(json.dumps({"error": text, **place, "exit_code": code}) + "\n")
    else:
        sys.stderr.write(f"clawback: {text}\n")
    sys.stderr.flush()


def one_line(error: Exception) -> str:
    """The text of an error on one line, without anything that a terminal would act on."""
    return one_line_of(str(error)) or type(error).__name__


def one_line_of(message: str) -> str:
    """A text on one line, without anything that a terminal would act on."""
    text = " ".join(message.split())
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
