"""The editor of queries: what it sends and is told. The text is the browser's until somebody runs it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import nicegui.elements.codemirror  # noqa: F401  the module `nicegui-codemirror` that the component imports
from nicegui.element import Element

from clawback.errors import BadQuery, Unavailable
from models.hunting import HuntTable, HuntWord

ANSWER_SECONDS = 10.0
"""How long a browser may take to say what is in the editor."""


@dataclass(frozen=True, slots=True)
class Written:
    """What is in an editor: all of it, and what is asked, which is the selected part if there is one."""

    text: str
    asked: str


class Editor(Element, component="editor.js"):
    """An editor with colours, completion and hover; `on_run` and `on_save` are its keys."""

    def __init__(
        self,
        label: str,
        text: str,
        tables: Sequence[HuntTable],
        words: Sequence[HuntWord],
        *,
        on_run: Callable[[Written], Awaitable[None]],
        on_save: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__()
        self.props["label"] = label
        self.props["schema"] = {
            "tables": [_table(table) for table in tables],
            "words": [_word(word) for word in words],
        }
        self._edition = 0
        self.show(text)
        self.show_error(None)
        self.on("run", lambda event: on_run(_written(event.args)))
        self.on("save", lambda _: on_save(), args=[])

    def show(self, text: str) -> None:
        """Another text in place of what is written."""
        self._edition += 1
        self.props["given"] = {"text": text, "edition": self._edition}

    def show_error(self, error: BadQuery | None) -> None:
        """Underline the place of an error in what was asked last, or take the mark away."""
        self._edition += 1
        place = {} if error is None else _place(error)
        self.props["error"] = {**place, "edition": self._edition}

    def insert(self, name: str) -> None:
        """Write a name of the schema where the cursor is."""
        self.run_method("insert", name)

    async def written(self) -> Written:
        """What is in it now. Raises `Unavailable` where the browser does not say."""
        try:
            said = await self.run_method("asked", timeout=ANSWER_SECONDS)
        except TimeoutError:
            raise Unavailable("the browser does not answer: load the page anew") from None
        return _written(said)


def _written(said: Any) -> Written:
    given = said if isinstance(said, dict) else {}
    text, asked = given.get("text"), given.get("asked")
    return Written(text if isinstance(text, str) else "", asked if isinstance(asked, str) else "")


def _place(error: BadQuery) -> dict[str, object]:
    return {
        "line": error.line,
        "column": error.column,
        "length": error.length,
        "text": error.text,
    }


def _table(table: HuntTable) -> dict[str, object]:
    columns = [
        {"name": one.name, "type": one.type.value, "about": one.about, "empty": one.is_empty}
        for one in table.columns
    ]
    return {"name": table.name, "about": table.about, "columns": columns}


def _word(word: HuntWord) -> dict[str, str]:
    return {"name": word.name, "kind": word.kind.value, "form": word.form, "about": word.about}
