"""A mail system in memory, a real database and a pretended orchestrator, for use cases."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from clawback.core.clustering import excluded_mailboxes
from clawback.core.indicators import parse_file_indicator, parse_url_indicator
from clawback.mailboxes.guard import GuardedSource
from clawback.mailboxes.memory import MemorySource
from clawback.ports import MailboxSource
from clawback.services import batches, decide, intake, investigate, remediate
from clawback.services.context import Context
from clawback.services.decide import DecisionSummary
from clawback.services.locate import check_locations
from clawback.services.sync import sync
from clawback.store.engine import SqlStore
from models.actions import Actor, DecidedVia
from models.alerts import EntityClaim
from tests.pretending import PretendedRuns, change_settings, open_context

FILE = b"%PDF-1.4 a file that nobody asked for"
FILE_SHA256 = hashlib.sha256(FILE).hexdigest()
URL = "https://portal.parcel.test/pay?id=9"
BOXES = ("a@example.com", "b@example.com")
ANALYST = Actor("analyst", DecidedVia.CLI, True)


@dataclass
class SetClock:
    """A clock that a test moves."""

    at: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """The time that the test set."""
        return self.at

    def forward(self, **span: float) -> None:
        """Let time pass."""
        self.at += timedelta(**span)


@dataclass
class Scene:
    """What a use case works on."""

    source: MemorySource
    store: SqlStore
    clock: SetClock
    runs: PretendedRuns
    ctx: Context

    @classmethod
    def build(cls, folder: Path) -> Scene:
        """An empty organisation of two mailboxes."""
        source, clock, runs = MemorySource("memory", BOXES), SetClock(), PretendedRuns()
        sources: dict[str, MailboxSource] = {}
        ctx, store = open_context(folder, sources, clock=clock, runs=runs)
        sources["memory"] = GuardedSource(
            source,
            lambda: batches.check_may_move(ctx),
            lambda: excluded_mailboxes(ctx.store.settings.current()[0]),
        )
        return cls(source, store, clock, runs, ctx)

    def deliver(
        self, box: str = BOXES[0], *, text: str = "", file: bytes = b"", folder: str = "INBOX"
    ) -> bytes:
        """One message with this text and file; its bytes."""
        raw = message(text, file)
        self.source.deliver(box, raw, folder)
        return raw

    def set(self, **changes: object) -> None:
        """Change settings."""
        change_settings(self.ctx, ANALYST, **changes)

    def alert(self, text: str, claim: EntityClaim = EntityClaim.NAMED) -> int:
        """The investigation of an alert about a hash or URL; not started."""
        indicator = parse_file_indicator(text) if len(text) == 64 else parse_url_indicator(text)
        alert = intake.alert_for_indicators(
            [indicator],
            source="test",
            external_id=f"{text}-{self.clock.now()}",
            reported_by="test",
            now=self.clock.now(),
            list_name="feed" if claim is EntityClaim.LISTED else "",
        )
        return intake.raise_alert(self.ctx, alert)[0].id

    async def investigate(self, text: str) -> DecisionSummary:
        """Everything up to the decision, without execution."""
        investigation_id = self.alert(text)
        investigate.start(self.ctx, investigation_id, f"investigate-{investigation_id}-1", 1)
        self.runs.states[f"investigate-{investigation_id}-1"] = "COMPLETED"
        await sync(self.ctx, processes=1)
        investigate.judge(self.ctx, investigation_id)
        (label,) = investigate.indicators_to_cluster(self.ctx, investigation_id)
        cluster = investigate.build_cluster(self.ctx, investigation_id, label.number)
        await check_locations(self.ctx, cluster.cluster_id)
        summary = decide.apply_policy(self.ctx, cluster.cluster_id)
        investigate.conclude(self.ctx, investigation_id)
        return summary

    async def execute(self, action_id: int) -> None:
        """Run a decided action to its end."""
        execution = remediate.open_execution(self.ctx, action_id)
        for batch in execution.batches:
            await batches.run_batch(
                self.ctx, execution.lease, batch.source, batch.size, last_try=True
            )
        remediate.finish(self.ctx, execution.lease)

    def folders(self, box: str = BOXES[0]) -> list[str]:
        """The folder of each message in a mailbox."""
        return sorted(place.folder for place, _ in self.source.contents(box))


_serial = iter(range(1, 1_000_000))


def message(text: str = "", file: bytes = b"") -> bytes:
    """A small message of its own, with a file if there is one."""
    number = next(_serial)
    parts = [f"--x\r\nContent-Type: text/plain\r\n\r\nnumber {number} {text}\r\n".encode()]
    if file:
        disposition = b'Content-Disposition: attachment; filename="n.pdf"'
        parts.append(
            b"--x\r\nContent-Type: application/pdf\r\n" + disposition + b"\r\n\r\n" + file + b"\r\n"
        )
    head = (
        f"From: s{number}@example.org\r\nTo: a@example.com\r\nSubject: n{number}\r\n"
        f"Message-ID: <{number}@example.org>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
    )
    return head.encode() + b"".join(parts) + b"--x--\r\n"
