"""The lists among the settings: what may stand in each."""

from __future__ import annotations

from clawback.core.guards import is_host, names_something
from clawback.core.indicators import BadIndicator, parse_url_indicator
from clawback.core.showing import inert
from clawback.errors import BadInput
from models.settings import Settings

LISTS = (
    "secops_mailboxes",
    "simulation_urls",
    "allowed_indicators",
    "shared_hosts",
    "unshared_hosts",
)
"""The settings that are lists."""


def check_lists(wanted: Settings) -> None:
    """Return where each entry of the lists can be used: investigations read them on every run, and one
    bad entry would stop them all. Raises `BadInput` naming the setting and the entry.
    """
    for key in LISTS:
        for entry in getattr(wanted, key):
            if fault := entry_fault(key, entry):
                raise BadInput(f"{key}: {fault}")


def entry_fault(key: str, entry: str) -> str:
    """What is wrong with one entry of the list `key`, safe to show; empty where it can be used."""
    match key:
        case "secops_mailboxes":
            name, at, domain = entry.rpartition("@")
            is_address = name and at and domain and entry.split() == [entry]
            return "" if is_address else f"{inert(entry, 60)} is no mail address"
        case "simulation_urls":
            try:
                parse_url_indicator(entry)
            except BadIndicator as error:
                return f"{inert(entry, 60)}: {str(error).removesuffix('.')}"
            return ""
        case "allowed_indicators":
            is_known = names_something(entry)
            return "" if is_known else f"{inert(entry, 60)} is no SHA-256, URL, host or *.host"
        case "shared_hosts" | "unshared_hosts":
            is_known = is_host(entry)
            return "" if is_known else f"{inert(entry, 60)} is no host, such as files.example.com"
    raise ValueError(f"{key} is no list among the settings")
