"""`KEY=VALUE` read into settings: all of them, or a line that says what is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from clawback.core.setting_lists import check_lists
from clawback.core.showing import inert
from clawback.errors import BadInput

if TYPE_CHECKING:
    from models.settings import Settings

WORDS: Mapping[str, bool] = {
    **dict.fromkeys(("on", "true", "yes", "1"), True),
    **dict.fromkeys(("off", "false", "no", "0"), False),
}


def assigned(current: Settings, assignments: Sequence[str]) -> Settings:
    """The settings with these changes. Raises `BadInput` naming key, value and what is allowed."""
    changes = dict(_read(current, text) for text in assignments)
    try:
        wanted = current.with_changes(changes)
    except ValueError as error:
        key = str(error).partition(":")[0]
        raise BadInput(f"{error} ({_meaning(current, key)})") from error
    check_lists(wanted)
    return wanted


def _read(current: Settings, text: str) -> tuple[str, object]:
    key, equals, value = text.partition("=")
    keys = type(current).model_fields
    if not equals:
        raise BadInput(f"{inert(text, 60)}: write KEY=VALUE, such as similar_files=on")
    if key not in keys:
        raise BadInput(f"there is no setting {inert(key, 60)}: there are {', '.join(keys)}")
    return key, _value(key, getattr(current, key), value.strip())


def _value(key: str, now: object, text: str) -> object:
    """A text in the type of the value that the setting has now."""
    if isinstance(now, bool):
        if text.lower() not in WORDS:
            raise BadInput(f"{key} is on or off, not {inert(text, 40) or 'empty'}")
        return WORDS[text.lower()]
    if isinstance(now, tuple):
        return _list(key, text)
    if isinstance(now, int):
        try:
            return int(text.replace(",", "").replace("_", ""))
        except ValueError:
            raise BadInput(f"{key} is a whole number, not {inert(text, 40) or 'empty'}") from None
    return text


def _list(key: str, text: str) -> tuple[str, ...]:
    """Items separated by commas, or a JSON array for items that hold a comma themselves."""
    if not text.startswith("["):
        return tuple(item.strip() for item in text.split(",") if item.strip())
    try:
        items = json.loads(text)
    except ValueError:
        items = None
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise BadInput(f'{key}: this is no JSON array of texts: write ["a", "b"], or a,b')
    return tuple(items)


def _meaning(current: Settings, key: str) -> str:
    field = type(current).model_fields.get(key)
    return (field.description or key) if field else key
