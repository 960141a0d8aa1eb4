"""`KEY=VALUE` read into settings: all of them, or a line that says what is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from clawback.core.guards import is_host, names_something
from clawback.core.indicators import BadIndicator, parse_url_indicator
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
    _check_lists(wanted)
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


def _check_lists(wanted: Settings) -> None:
    """Lists that investigations read on every run: one bad entry would stop them all."""
    for mailbox in wanted.secops_mailboxes:
        name, at, domain = mailbox.rpartition("@")
        if not (name and at and domain) or mailbox.split() != [mailbox]:
            raise BadInput(f"secops_mailboxes: {inert(mailbox, 60)} is no mail address")
    for url in wanted.simulation_urls:
        try:
            parse_url_indicator(url)
        except BadIndicator as error:
            raise BadInput(f"simulation_urls: {inert(url, 60)}: {error}") from error
    for entry in wanted.allowed_indicators:
        if not names_something(entry):
            raise BadInput(
                f"allowed_indicators: {inert(entry, 60)} is no SHA-256, URL, host or *.host"
            )
    for key in ("shared_hosts", "unshared_hosts"):
        for entry in getattr(wanted, key):
            if not is_host(entry):
                raise BadInput(f"{key}: {inert(entry, 60)} is no host, such as files.example.com")


def _meaning(current: Settings, key: str) -> str:
    field = type(current).model_fields.get(key)
    return (field.description or key) if field else key
