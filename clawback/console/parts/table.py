"""Tables: rows as values, drawn by one component of ours that knows text and links, and no markup."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from clawback.console.parts.tags import sets_of


@dataclass(frozen=True, slots=True)
class Column:
    """One column. With `sort` its heading is a link to that address; `sorted` is "", "asc" or "desc".

    `kind` is "text", "number" or "code"; `wide` columns may wrap.
    """

    name: str
    label: str
    kind: str = "text"
    sort: str = ""
    sorted: str = ""
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell that is more than a text: a link, a badge of a tone, a whole text on pointing at it.

    `is_run` says that `href` is the address of a run: it opens in a window of its own.
    """

    text: str
    href: str = ""
    tone: str = ""
    title: str = ""
    is_run: bool = False

    def as_json(self) -> dict[str, object]:
        """What the component reads."""
        return {
            "text": self.text,
            "href": self.href,
            "sets": sets_of(self.href),
            "tone": self.tone,
            "title": self.title,
            "run": self.is_run,
        }


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its key, its cells in the order of the columns, and whether it is the open one."""

    key: str
    cells: Sequence[object]
    current: bool = False
    label: str = ""


class Table(Element, component="table.js"):
    """A table with a caption for those who hear it; rows may be chosen where `on_choose` is given.

    `on_choose` gets the keys of all chosen rows whenever they change; `chosen` are so at first.
    """

    def __init__(
        self,
        caption: str,
        columns: Sequence[Column],
        rows: Sequence[Row],
        *,
        empty: str = "Nothing to show.",
        on_choose: Callable[[list[str]], Awaitable[None] | None] | None = None,
        sticky: bool = False,
        chosen: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.props["caption"] = caption
        self.props["columns"] = [_column(column) for column in columns]
        self.props["empty"] = empty
        self.props["choosable"] = on_choose is not None
        self.props["sticky"] = sticky
        self.props["first"] = list(chosen)
        self.show(rows)
        if on_choose is not None:
            self.on("choose", lambda event: on_choose(_keys(event)))

    def show(self, rows: Sequence[Row]) -> None:
        """Other rows; as one text, since a value would be kept as an object for each cell."""
        self.props["rows"] = json.dumps(
            [
                {
                    "key": row.key,
                    "label": row.label or row.key,
                    "current": row.current,
                    "cells": [_cell(cell) for cell in row.cells],
                }
                for row in rows
            ]
        )


def _column(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "label": column.label,
        "kind": column.kind,
        "sort": column.sort,
        "sets": sets_of(column.sort),
        "sorted": column.sorted,
        "wide": column.wide,
    }


def _cell(cell: object) -> object:
    if isinstance(cell, Cell):
        return cell.as_json()
    return "" if cell is None else str(cell)


def _keys(event: GenericEventArguments) -> list[str]:
    given = event.args
    return [str(key) for key in given] if isinstance(given, list) else []
