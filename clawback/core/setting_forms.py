"""The settings as a form: its fields from the model, and what was typed read back into values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, assert_never

from clawback.core.setting_diffs import title_of
from clawback.core.setting_lists import entry_fault
from models.settings import Settings

LINES_MAX = 10_000
"""Entries of one list: each is compared with every indicator."""

_WHOLE = re.compile(r"-?[0-9]{1,12}")


class FieldKind(StrEnum):
    """How a setting is given."""

    FLAG = "flag"
    NUMBER = "number"
    CHOICE = "choice"
    LINES = "lines"  # a list, one entry a line


@dataclass(frozen=True, slots=True)
class SettingField:
    """One field: what people call it, what it means, and what it takes."""

    key: str
    title: str
    description: str
    kind: FieldKind
    least: int = 0
    most: int = 0
    choices: tuple[str, ...] = ()


def fields() -> tuple[SettingField, ...]:
    """All settings, in the order of the model."""
    return _FIELDS


def typed(settings: Settings) -> dict[str, str]:
    """The settings as they stand in a form: "on" or "", digits, a word, lines."""
    return {each.key: _typed(getattr(settings, each.key)) for each in fields()}


def values_of(given: Mapping[str, str]) -> dict[str, object]:
    """The values of what was typed where no fault is in it: see `faults_in`."""
    return {each.key: _value(each, given[each.key]) for each in fields() if each.key in given}


def faults_in(given: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """What is wrong with what was typed, by field: of lists each line's fault, with its number."""
    found = {each.key: _faults(each, given[each.key]) for each in fields() if each.key in given}
    return {key: faults for key, faults in found.items() if faults}


def _field(key: str, schema: Mapping[str, Any], words: Mapping[str, Any]) -> SettingField:
    """One field from the model's own schema."""
    kind = _KINDS.get(schema.get("type", ""), FieldKind.CHOICE)
    choices = words[schema["$ref"].rpartition("/")[2]]["enum"] if "$ref" in schema else ()
    return SettingField(
        key,
        title_of(key),
        Settings.model_fields[key].description or "",
        kind,
        schema.get("minimum", 0),
        most=schema.get("maximum", 0),
        choices=tuple(choices),
    )


_KINDS = {
    "boolean": FieldKind.FLAG,
    "integer": FieldKind.NUMBER,
    "array": FieldKind.LINES,
}


def _typed(value: object) -> str:
    match value:
        case bool():
            return "on" if value else ""
        case tuple():
            return "\n".join(value)
    return str(value)


def _value(each: SettingField, text: str) -> object:
    match each.kind:
        case FieldKind.FLAG:
            return text == "on"
        case FieldKind.NUMBER:
            return int(_digits(text))
        case FieldKind.CHOICE:
            return text
        case FieldKind.LINES:
            return tuple(entry for _, entry in _lines(text))
        case _:
            assert_never(each.kind)


def _faults(each: SettingField, text: str) -> tuple[str, ...]:
    match each.kind:
        case FieldKind.FLAG:
            return ()
        case FieldKind.NUMBER:
            is_number = _WHOLE.fullmatch(_digits(text)) is not None
            if is_number and each.least <= int(_digits(text)) <= each.most:
                return ()
            return (f"Give a whole number from {each.least:,} to {each.most:,}.",)
        case FieldKind.CHOICE:
            return () if text in each.choices else (f"Choose {' or '.join(each.choices)}.",)
        case FieldKind.LINES:
            lines = _lines(text)
            if len(lines) > LINES_MAX:
                return (f"These are {len(lines):,} entries: at most {LINES_MAX:,} may stand here.",)
            found = ((number, entry_fault(each.key, entry)) for number, entry in lines)
            return tuple(f"Line {number}: {fault}." for number, fault in found if fault)
        case _:
            assert_never(each.kind)


def _digits(text: str) -> str:
    return text.strip().replace(",", "").replace("_", "")


def _lines(text: str) -> list[tuple[int, str]]:
    """Entries with the numbers of their lines; empty lines and repeated entries are none."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            found.setdefault(line.strip(), number)
    return [(number, entry) for entry, number in found.items()]


_SCHEMA = Settings.model_json_schema()
_FIELDS = tuple(
    _field(key, schema, _SCHEMA.get("$defs", {})) for key, schema in _SCHEMA["properties"].items()
)
