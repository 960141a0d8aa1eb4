"""Columns of the Explorer's list: what each shows of a copy, and which are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from clawback.console.here import Here
from clawback.console.parts.layout import filters, when
from clawback.console.parts.table import Cell, Column
from clawback.console.parts.tags import tag
from clawback.core.showing import plain
from models.explore import ExploredEmail, ExploreOrder

Value = str | int
Read = Callable[[ExploredEmail], Value]

TITLE_CHARACTERS = 500
_LONG = 40
"""Characters above which a cell says the whole value on pointing at it."""


def _result(method: str) -> Read:
    return lambda email: email.authentication.get(method, "")


def _date(email: ExploredEmail) -> str:
    return when(email.delivered_at).removesuffix(" UTC")


_READ: Mapping[str, tuple[str, Read]] = {
    "date": ("Date (UTC)", _date),
    "subject": ("Subject", lambda email: email.subject),
    "recipient": ("Recipient", lambda email: email.recipient),
    "recipient_domain": ("Recipient domain", lambda email: email.recipient_domain),
    "sender": ("Sender address", lambda email: email.sender),
    "sender_name": ("Sender display name", lambda email: email.sender_name),
    "sender_domain": ("Sender domain", lambda email: email.sender_domain),
    "sender_ip": ("Sender IP", lambda email: email.sender_ip),
    "mail_from": ("Sender mail from address", lambda email: email.mail_from),
    "mail_from_domain": ("Sender mail from domain", lambda email: email.mail_from_domain),
    "additional_actions": ("Additional actions", lambda email: ", ".join(email.additional_actions)),
    "delivery_action": ("Delivery action", lambda email: email.delivery_action),
    "latest_location": ("Latest delivery location", lambda email: email.latest_location),
    "original_location": ("Original delivery location", lambda email: email.original_location),
    "threats": ("Threat type", lambda email: ", ".join(email.threats)),
    "directionality": ("Directionality", lambda email: email.directionality),
    "override": ("System overrides", lambda email: email.override),
    "spf": ("SPF", _result("SPF")),
    "dkim": ("DKIM", _result("DKIM")),
    "dmarc": ("DMARC", _result("DMARC")),
    "compauth": ("Composite", _result("CompAuth")),
    "internet_message_id": ("Internet message ID", lambda email: email.internet_message_id),
    "network_message_id": ("Network message ID", lambda email: email.network_message_id),
    "language": ("Mail language", lambda email: email.language),
    "cluster_id": ("Cluster ID", lambda email: str(email.cluster_id or "")),
    "attachment_count": ("Attachment count", lambda email: email.attachment_count),
    "url_count": ("URL count", lambda email: email.url_count),
    "size": ("Email size", lambda email: email.size_bytes),
    "source": ("Mailbox source", lambda email: email.source),
}
_KINDS = {
    **dict.fromkeys(("attachment_count", "url_count", "size"), "number"),
    **dict.fromkeys(("internet_message_id", "network_message_id", "cluster_id"), "code"),
}

COLUMNS: Mapping[str, Column] = {
    name: Column(name, label, _KINDS.get(name, "text")) for name, (label, _) in _READ.items()
}
"""All columns by name, in the order in which they are shown."""


def value_of(name: str, email: ExploredEmail) -> Value:
    """What stands in a column, whole and as it is."""
    return _READ[name][1](email)


def cell_of(name: str, email: ExploredEmail) -> Cell:
    """The same for people: hidden characters are marked, the whole value is said on pointing at it."""
    value = value_of(name, email)
    if isinstance(value, int):
        return Cell(f"{value:,}")
    title = plain(value, TITLE_CHARACTERS) if len(value) > _LONG else ""
    tone = "bad" if name == "threats" and value else ""
    return Cell(plain(value), title=title, tone=tone)


USUAL = (
    *("date", "subject", "recipient", "sender", "additional_actions", "delivery_action"),
    *("latest_location", "original_location", "threats"),
)


def chosen_columns(here: Here) -> Sequence[str]:
    """The names of the columns that the address asks for, in our order; the usual ones else."""
    asked = set(here.values("column")) & COLUMNS.keys()
    return [name for name in COLUMNS if name in asked] or list(USUAL)


def table_columns(here: Here, order: ExploreOrder) -> list[Column]:
    """The headings; that of the date turns the order around."""
    is_newest = order is ExploreOrder.NEWEST
    turned = here.link(sort=ExploreOrder.OLDEST.value if is_newest else None, page=None)
    date = replace(COLUMNS["date"], sort=turned, sorted="desc" if is_newest else "asc")
    return [date if name == "date" else COLUMNS[name] for name in chosen_columns(here)]


def column_chooser(here: Here) -> None:
    """Check boxes that keep the choice in the address."""
    chosen = set(chosen_columns(here))
    with tag("details", cls="column-chooser"):
        tag("summary", "Customize columns", cls="button small")
        with filters("Columns", resets="open"), tag("fieldset"):
            tag("legend", "Columns that are shown")
            for name, column in COLUMNS.items():
                with tag("label", cls="check"):
                    tag("input", type="checkbox", name="column", value=name, checked=name in chosen)
                    tag("span", column.label)
