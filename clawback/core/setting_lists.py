"""The lists among the settings: what may stand in each."""

from __future__ import annotations

from clawback.core.guards import is_host, names_something
from clawback.core.indicators import BadIndicator, parse_url_indicator
from clawback.core.showing import inert
from clawback.errors import BadInput
from models.settings import Settings


def check_lists(wanted: Settings) -> None:
    """Return where each entry of the lists can be used: investigations read them on every run, and one
    bad entry would stop them all. Raises `BadInput` naming the setting and the entry.
    """
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
