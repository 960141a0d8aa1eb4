"""An organisation over a week: mail, users who move it, an automatic action, approved ones, reverts.

All of it goes through the services, over a mailbox system in memory and a real database.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from clawback.core.clustering import excluded_mailboxes
from clawback.hunting.engine import MirrorEngine
from clawback.hunting.explorer.explorer import MirrorExplorer
from clawback.hunting.mirror.mirror import Mirror
from clawback.mail.extract import EXTRACTOR_VERSION
from clawback.mailboxes.guard import GuardedSource
from clawback.mailboxes.memory import MemorySource
from clawback.ports import MailboxSource
from clawback.services import approvals, batches, revert
from clawback.services.context import Context
from clawback.services.sync import sync
from clawback.store.engine import open_store
from models.actions import Choice
from models.hunting import HuntLimits
from models.mails import OrganisationProfile
from tests.pretending import PretendedRuns
from tests.services.scene import ANALYST, Scene, SetClock

BOXES = tuple(f"{name}@example.com" for name in ("ann", "bob", "cem", "dora", "emil", "fee"))
SENDERS = (
    ("billing@suppliers.test", "Billing"),
    ("Sales@Suppliers.test", "Sales"),
    ("news@letters.test", "Weekly letters"),
    ("it@evil.test", "IT Service"),
    ("ceo@evil.test", "The Chief"),
    ("friend@mail.test", ""),
)
SUBJECTS = ("Invoice overdue", "Your invoice 100%", "Weekly news", "Reset_your password", "Grüße")
HOSTS = ("portal.parcel.test", "login.evil.test", "www.letters.test", "docs.suppliers.test")
MALWARE = b"%PDF-1.4 the malicious one " * 40
MALWARE_SHA256 = hashlib.sha256(MALWARE).hexdigest()
PHISH = "https://login.evil.test/reset?id=7"
FIRST_DAY = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
DAYS = 6
LIMITS = HuntLimits(rows=10_000, seconds=60.0)


@dataclass
class Organisation:
    """What happened lies in the database; what is asked is answered by the real engine."""

    scene: Scene
    engine: MirrorEngine

    @property
    def ctx(self) -> Context:
        """The services' context."""
        return self.scene.ctx

    def close(self) -> None:
        """End every process and connection."""
        self.engine.close()
        self.scene.store.close()


def build_organisation(folder: Path, address: str = "") -> Organisation:
    """The whole week, in this database or in a file of the folder; the same each time."""
    organisation = empty_organisation(folder, address or f"sqlite:///{folder / 'clawback.db'}")
    dice, seconds = random.Random(11), count(1)
    for day in range(DAYS):
        for hour in (7, 12, 18):
            organisation.scene.clock.at = FIRST_DAY + timedelta(days=day, hours=hour)
            _deliver(organisation.scene, dice, seconds, day)
            asyncio.run(sync(organisation.ctx, processes=1))
        _happen(organisation.scene, dice, day)
    return organisation


def empty_organisation(folder: Path, address: str) -> Organisation:
    """The mailboxes, with nothing in them."""
    source, clock, runs = MemorySource("memory", BOXES), SetClock(FIRST_DAY), PretendedRuns()
    sources: dict[str, MailboxSource] = {}
    store = open_store(address, extractor_version=EXTRACTOR_VERSION)
    engine = MirrorEngine(lambda: Mirror(folder / "hunting", store.mirror))
    ctx = Context(
        store=store,
        sources=sources,
        verdict_sources=(),
        clock=clock,
        holder="this process",
        organisation=OrganisationProfile(domains=frozenset({"example.com"})),
        runs=runs,
        hunting=engine,
        hunt_limits=LIMITS,
        explorer=MirrorExplorer(engine, LIMITS),
    )
    sources["memory"] = GuardedSource(
        source,
        lambda: batches.check_may_move(ctx),
        lambda: excluded_mailboxes(ctx.store.settings.current()[0]),
    )
    return Organisation(Scene(source, store, clock, runs, ctx), engine)


def _deliver(scene: Scene, dice: random.Random, seconds: Iterator[int], day: int) -> None:
    """Some mails, each to some mailboxes; new senders turn up as days go by."""
    for _ in range(dice.randint(2, 4)):
        address, name = SENDERS[dice.randrange(min(len(SENDERS), 2 + day))]
        boxes = dice.sample(BOXES, dice.choice((1, 1, 2, 4)))
        raw = _mail(dice, address, name, boxes)
        for box in boxes:
            at = scene.clock.now() - timedelta(seconds=next(seconds))
            folder = dice.choice(("INBOX", "INBOX", "INBOX", "Junk"))
            scene.source.deliver(box, raw, folder, at=at)


def _mail(dice: random.Random, address: str, name: str, boxes: list[str]) -> bytes:
    number = dice.randrange(10**9)
    is_evil = address.endswith("evil.test")
    links = [
        f"https://{dice.choice(HOSTS)}/p/{dice.randrange(5)}" for _ in range(dice.randrange(4))
    ]
    files = [] if dice.random() < 0.6 else [(f"report{dice.randrange(4)}.txt", b"report " * 20)]
    if is_evil and dice.random() < 0.9:
        links.append(PHISH)
    if is_evil and dice.random() < 0.5:
        files.append((dice.choice(("invoice.pdf", "Invoice_final.PDF")), MALWARE))
    text = f"number {number} " + " ".join(f"see {link} now" for link in links)
    parts = [f"--x\r\nContent-Type: text/plain\r\n\r\n{text}\r\n".encode()]
    for file_name, content in files:
        parts.append(
            f"--x\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; "
            f'filename="{file_name}"\r\n\r\n'.encode()
            + content
            + b"\r\n"
        )
    head = (
        f"Return-Path: <bounce-{address}>\r\nFrom: {name} <{address}>\r\nTo: {', '.join(boxes)}\r\n"
        f"Subject: {dice.choice(SUBJECTS)}\r\nMessage-ID: <{number}@{address.split('@')[1]}>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    )
    return head.encode() + b"".join(parts) + b"--x--\r\n"


def _happen(scene: Scene, dice: random.Random, day: int) -> None:
    """What users, the automation and an analyst do on the evening of a day."""
    scene.clock.forward(hours=2)
    _users_move(scene, dice)
    if day == 3:
        scene.set(similar_files=True)
        action = _investigated(scene, MALWARE_SHA256)
        asyncio.run(scene.execute(action))
    if day in (3, 4):
        action = _investigated(scene, PHISH)
        approvals.decide(scene.ctx, action, Choice.APPROVE, actor=ANALYST, reason="phishing")
        scene.clock.forward(minutes=30)
        asyncio.run(scene.execute(action))
    if day == 4:
        made = revert.request(
            scene.ctx, action, revert.RevertTo.ORIGINAL, actor=ANALYST, reason="a rehearsal"
        )
        scene.clock.forward(minutes=30)
        asyncio.run(scene.execute(made.id))


def _investigated(scene: Scene, indicator: str) -> int:
    action = asyncio.run(scene.investigate(indicator)).action_id
    assert action is not None
    return action


def _users_move(scene: Scene, dice: random.Random) -> None:
    for box in BOXES:
        places = sorted(
            (place for place, _ in scene.source.contents(box) if place.folder in ("INBOX", "Junk")),
            key=lambda place: (place.folder, place.handle),
        )
        if places and dice.random() < 0.5:
            place = dice.choice(places)
            folder = dice.choice(("Trash", "Projects", ""))
            if folder:
                scene.source.user_move(box, place, folder)
            else:
                scene.source.user_delete(box, place)
