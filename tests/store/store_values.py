"""Values for the tests of the store: mails, deltas, clusters and actions, named by what differs."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from clawback.store.engine import SqlStore
from models.actions import (
    AUTOMATION,
    ActionSource,
    ActionStatus,
    ActionType,
    Actor,
    DecidedVia,
    Lease,
    RemediationAction,
)
from models.alerts import Entity, EntityClaim, NewAlert
from models.clusters import Cluster, ClusterKind, Member
from models.copies import FolderRole, LiveCopy, Place
from models.indicators import GuardFinding, GuardLevel, Indicator, IndicatorKind, UrlMatch
from models.locations import Bucket, CopyLocation, DeliveryLocation, LocationCounts
from models.mails import AttachmentFact, Direction, LinkPlace, LinkRole, MailFacts, UrlFact
from models.outcomes import RestorePoint
from models.planning import NewAction, PlannedCopy
from models.syncing import MailboxDelta, NewCopy

NOW = datetime(2026, 11, 24, 9, 30, 15, 123456, tzinfo=UTC)
TTL = timedelta(minutes=2)
ANALYST = Actor("analyst", DecidedVia.CLI, True)
URL = "https://login.evil.test/a/b?id=7"


def sha(text: str) -> str:
    """A hash that stands for some content."""
    return hashlib.sha256(text.encode()).hexdigest()


FILE = Indicator(IndicatorKind.FILE, sha("invoice"), sha("invoice"))
LINK = Indicator(IndicatorKind.URL, URL, "hxxps://login.evil[.]test/a/b?id=7")
PATH = Indicator(IndicatorKind.URL, "login.evil.test/a/b", URL, UrlMatch.PATH)


def attachment(
    content: str = "invoice", size_bytes: int = 48_213, **changes: Any
) -> AttachmentFact:
    """A file."""
    fact = AttachmentFact(sha(content), "invoice.pdf", size_bytes, "application/pdf", "1.2")
    return fact._replace(**changes)


def link(url: str = URL, place: LinkPlace = LinkPlace.BODY, **changes: Any) -> UrlFact:
    """A link."""
    fact = UrlFact(url, "login.evil.test", url, place, LinkRole.LINK, None, "1.1")
    return fact._replace(**changes)


def mail(name: str, **changes: Any) -> MailFacts:
    """What a mail says; `name` makes its key and content."""
    facts = MailFacts(
        content_sha256=sha(f"bytes of {name}"),
        mail_key=sha(f"key of {name}"),
        extractor_version=1,
        size_bytes=2_000,
        internet_message_id=f"<{name}@mail.test>",
        subject=f"about {name}",
        sent_at=NOW,
        from_address="sender@evil.test",
        from_name="Sender",
        sender_address="",
        return_path="",
        to=("a@example.com",),
        cc=(),
        client_ip="",
        authentication_results="",
        direction=Direction.INBOUND,
        language="",
        attachments=(attachment(),),
        urls=(link(),),
        header_urls=(),
        problems=(),
    )
    return replace(facts, **changes)


def new_copy(facts: MailFacts, handle: str, folder: str = "INBOX") -> NewCopy:
    """A copy of a mail."""
    return NewCopy(Place(folder, handle), FolderRole.INBOX, facts.content_sha256)


def delta(
    mailbox: str = "a@example.com", *mails: MailFacts, source: str = "main", **changes: Any
) -> MailboxDelta:
    """A sync that finds one copy of each mail, with handles h1, h2, …"""
    new = tuple(new_copy(facts, f"h{number}") for number, facts in enumerate(mails, 1))
    found = MailboxDelta(source, mailbox, "cursor-1", new, (), (), mails)
    return replace(found, **changes)


def deliver(store: SqlStore, *mailboxes: str) -> tuple[Member, ...]:
    """The members of FILE after each mailbox got one copy of the same mail."""
    facts = mail("campaign")
    store.index.apply([delta(mailbox, facts) for mailbox in mailboxes], NOW)
    return store.index.find(FILE)


def alert(external_id: str = "1", indicator: Indicator = FILE) -> NewAlert:
    """An alert that names one indicator."""
    entity = Entity(indicator, EntityClaim.NAMED)
    return NewAlert("cli", external_id, "A malicious file", (entity,), "operator", NOW)


def cluster(store: SqlStore, members: tuple[Member, ...], indicator: Indicator = FILE) -> Cluster:
    """A cluster over these members."""
    return Cluster(
        kind=ClusterKind.SIMILAR_FILES,
        indicator=indicator,
        name="a file",
        members=members,
        facts=store.index.cluster_facts(members, indicator),
        guards=(GuardFinding(GuardLevel.APPROVE, "many-senders", "sent by many"),),
        external_recipients=0,
        excluded={"SecOps mailbox": 1},
        query_at=NOW,
    )


def located(members: tuple[Member, ...], role: FolderRole = FolderRole.INBOX) -> list[CopyLocation]:
    """Every member where the index has it."""
    return [
        CopyLocation(
            member.ref.copy_id,
            LiveCopy(
                member.ref.copy_id,
                member.ref.place,
                role,
                member.ref.content_sha256,
                frozenset({"Seen", "Flagged"}),
            ),
            DeliveryLocation.INBOX,
            Bucket.MAILBOX,
        )
        for member in members
    ]


def counts(number: int) -> LocationCounts:
    """So many in mailboxes."""
    return LocationCounts(
        NOW,
        {Bucket.MAILBOX: number},
        {DeliveryLocation.INBOX: number},
        {"main": {Bucket.MAILBOX: number}},
    )


def case(store: SqlStore, *mailboxes: str) -> tuple[int, tuple[Member, ...]]:
    """A cluster in an investigation, and its members."""
    members = deliver(store, *mailboxes)
    investigation, _ = store.cases.add_alert(alert())
    return store.cases.save_cluster(investigation.id, cluster(store, members)), members


def new_action(cluster_id: int, members: tuple[Member, ...], **changes: Any) -> NewAction:
    """A pending soft delete of the members."""
    planned = tuple(
        PlannedCopy(member.ref.copy_id, "", FolderRole.RECOVERABLE, "Recoverable")
        for member in members
    )
    made = NewAction(
        key=f"soft-delete:{cluster_id}",
        cluster_id=cluster_id,
        decision_id=None,
        type=ActionType.SOFT_DELETE,
        status=ActionStatus.PENDING,
        source=ActionSource.MANUAL,
        decided_by="",
        decided_via="",
        verified=False,
        reason="a person has to decide",
        copies=planned,
        expires_at=NOW + timedelta(days=7),
    )
    return replace(made, **changes)


AUTOMATED: dict[str, Any] = {
    "status": ActionStatus.RUNNING,
    "source": ActionSource.AUTOMATED,
    "decided_by": AUTOMATION,
    "decided_via": DecidedVia.AUTOMATION.value,
    "verified": True,
}


def running(store: SqlStore, *mailboxes: str) -> tuple[RemediationAction, Lease]:
    """An automated soft delete that runs, and the lease of worker-1."""
    cluster_id, members = case(store, *mailboxes)
    action = store.cases.create_action(new_action(cluster_id, members, **AUTOMATED), NOW)
    return action, store.ledger.acquire(action.id, "worker-1", ttl=TTL, now=NOW)


def restore_points(store: SqlStore, action_id: int) -> dict[int, RestorePoint]:
    """The restore point of every copy of an action, from the index."""
    return {
        entry.copy.copy_id: RestorePoint(entry.copy.place, entry.copy.role, frozenset({"Seen"}))
        for entry in store.ledger.entries(action_id)
    }
