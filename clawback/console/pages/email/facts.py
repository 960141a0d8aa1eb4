"""What is known of one message in one mailbox, as names and values: all texts are made visible first."""

from __future__ import annotations

from collections.abc import Mapping

from clawback.console.parts.layout import when
from clawback.core.showing import counted, plain
from clawback.services.context import Context
from clawback.services.explore import explorer
from models.explore import EmailEntity, ExploredEmail

ADDRESS_CHARACTERS = 320
METHODS = {"SPF": "SPF", "DKIM": "DKIM", "DMARC": "DMARC", "CompAuth": "Composite"}


def read_email(ctx: Context, email_id: str) -> EmailEntity:
    """The message. Raises `NotFound`."""
    return explorer(ctx).email(email_id)


def shown_subject(email: ExploredEmail) -> str:
    """The subject on one line."""
    return plain(email.subject, 300) or "(no subject)"


def delivery_facts(found: EmailEntity) -> Mapping[str, object]:
    """Where it was delivered, where it is, and what was done to it."""
    email = found.copies[0]
    latest = dict.fromkeys(copy.latest_location for copy in found.copies)
    actions = dict.fromkeys(one for copy in found.copies for one in copy.additional_actions)
    return {
        "Delivered": when(email.delivered_at),
        "Delivery action": plain(email.delivery_action),
        "Original delivery location": plain(email.original_location),
        "Latest delivery location": plain(", ".join(latest)),
        "Additional actions": plain(", ".join(actions)) or "None",
        "Threat type": plain(", ".join(email.threats)) or "None",
        "System overrides": plain(email.override) or "None",
        "Directionality": plain(email.directionality),
        "Copies in this mailbox": f"{len(found.copies):,}",
    }


def sender_facts(found: EmailEntity) -> Mapping[str, object]:
    """Who sent it by header and by envelope, and who got it."""
    email = found.copies[0]
    return {
        "Sender display name": plain(email.sender_name, ADDRESS_CHARACTERS),
        "Sender address (P2)": plain(email.sender, ADDRESS_CHARACTERS),
        "Sender mail from address (P1)": plain(email.mail_from, ADDRESS_CHARACTERS),
        "Sender IP": plain(email.sender_ip),
        "Recipient": plain(email.recipient, ADDRESS_CHARACTERS),
    }


def authentication_facts(found: EmailEntity) -> Mapping[str, object]:
    """What a configured server found."""
    results = found.copies[0].authentication
    return {label: plain(results.get(name, "")) or "none" for name, label in METHODS.items()}


def message_facts(found: EmailEntity) -> Mapping[str, object]:
    """What identifies it."""
    email = found.copies[0]
    return {
        "Internet message ID": plain(email.internet_message_id, 1_000),
        "Network message ID": plain(email.network_message_id),
        "Cluster ID": str(email.cluster_id) if email.cluster_id else "",
        "Mail language": plain(email.language),
        "Email size": counted(email.size_bytes, "byte"),
        "Mailbox source": plain(email.source),
    }
