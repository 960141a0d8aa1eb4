"""A small organisation in a store, and what is done to its mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from mirror_state import Follower
from store_values import (
    ANALYST,
    FILE,
    NOW,
    TTL,
    alert,
    attachment,
    cluster,
    delta,
    link,
    mail,
    new_action,
)

from clawback.store.engine import SqlStore
from models.actions import ActionType, Choice
from models.copies import FolderRole, Place
from models.mails import LinkPlace, MailFacts
from models.outcomes import CopyOutcome, Outcome, RestorePoint
from models.syncing import NewCopy

EARLIER = NOW - timedelta(days=2)
LATER = NOW + timedelta(minutes=7)
ANN, BEN = "ann@example.com", "ben@example.com"
WRAPPER, TARGET = "https://wrap.test/x", "https://login.evil.test/a"


def campaign() -> MailFacts:
    return mail(
        "campaign",
        subject="Your invoice",
        size_bytes=4_321,
        internet_message_id="<1@evil.test>",
        from_address="boss@evil.test",
        from_name="The Boss",
        return_path="bounce@mailer.test",
        to=(ANN, "carl@partner.test"),
        cc=(BEN,),
        client_ip="2001:db8::7",
        authentication_results="mx.example.com; dkim=fail; dkim=pass (spf=fail) header.d=x; spf=none",
        language="de",
        attachments=(
            attachment(filename="Invoice.PDF", file_type="pdf"),
            attachment("inner", 20, filename="no extension", where="1.2!1", content_type="text/x"),
        ),
        urls=(
            link(WRAPPER, host="wrap.test"),
            link(TARGET, host="login.evil.test", opened_from=WRAPPER),
            link(TARGET, host="login.evil.test", opened_from=WRAPPER),
            link(
                "https://plain.test/", LinkPlace.QR_CODE, host="plain.test", opened_from="image:qr"
            ),
        ),
        header_urls=(link("https://list.test/u", LinkPlace.HEADER, host="list.test"),),
    )


def copy(
    facts: MailFacts, handle: str, role: FolderRole, received_at: datetime | None = EARLIER
) -> NewCopy:
    return NewCopy(Place(role.value, handle), role, facts.content_sha256, received_at)


def fill(store: SqlStore) -> Follower:
    """Ann has the campaign in her Inbox, Ben in Junk without a time of delivery."""
    facts = campaign()
    store.index.apply(
        [
            delta(ANN, new=(copy(facts, "1", FolderRole.INBOX),), facts=(facts,)),
            delta(BEN, new=(copy(facts, "2", FolderRole.JUNK, received_at=None),)),
        ],
        NOW,
    )
    follower = Follower(store.mirror)
    follower.follow()
    return follower


def event_of(follower: Follower, recipient: str) -> dict[str, Any]:
    (row,) = (r for r in follower.rows("EmailEvents") if r["RecipientEmailAddress"] == recipient)
    return row


def act(
    store: SqlStore, kind: ActionType, to: FolderRole, outcome: Outcome = Outcome.MOVED, **how: Any
) -> int:
    """An action over Ann's copy, to its end; its number."""
    members = tuple(member for member in store.index.find(FILE) if member.ref.mailbox == ANN)
    found, _ = store.cases.add_alert(alert())
    number = store.cases.save_cluster(found.id, cluster(store, members))
    new = new_action(number, members, key=f"{kind}{how}", type=kind, **how)
    action = store.cases.create_action(new, NOW)
    if not how:
        store.cases.decide_action(action.id, Choice.APPROVE, ANALYST, "it is bad", NOW)
    lease = store.ledger.acquire(action.id, "worker", ttl=TTL, now=NOW)
    (entry,) = store.ledger.entries(action.id)
    point = RestorePoint(entry.copy.place, entry.copy.role, frozenset())
    store.ledger.write_intents(lease, {entry.copy.copy_id: point}, NOW)
    place, role = (Place(to.value, "9"), to) if outcome is Outcome.MOVED else (None, None)
    store.ledger.write_outcomes(
        lease, [CopyOutcome(entry.copy.copy_id, outcome, "", place, role)], None, LATER
    )
    store.ledger.release(lease)
    return action.id
