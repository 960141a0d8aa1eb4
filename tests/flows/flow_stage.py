"""A small organisation for flow tests: real Maildir, real database, and a server only for Prefect."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterId,
)
from prefect.client.schemas.objects import State

from clawback.clock import SystemClock
from clawback.core.indicators import parse_file_indicator, parse_url_indicator
from clawback.mailboxes.maildir import MaildirSource
from clawback.ports import MailboxSource
from clawback.services import intake
from clawback.services.context import Context
from models.actions import Actor, DecidedVia, RemediationAction
from models.indicators import Indicator
from models.pausing import Pause
from tests.pretending import PretendedRuns, change_settings, open_context

FILE = b"%PDF-1.4 an invoice that nobody ordered"
URL = "https://login.parcel.test/track?id=77"
FILE_INDICATOR = parse_file_indicator(hashlib.sha256(FILE).hexdigest())
URL_INDICATOR = parse_url_indicator(URL)
MAILBOXES = ("a@example.com", "b@example.com", "c@example.com")
ADMIN = Actor("admin", DecidedVia.CLI, verified=True)
SETTLE_SECONDS = 30.0


def raw_message(number: int, *, file: bool, url: bool) -> bytes:
    """A mail with the malicious file, the malicious link, or neither."""
    message = EmailMessage()
    message["From"] = "billing@sender.test"
    message["To"] = ", ".join(MAILBOXES)
    message["Subject"] = f"Invoice {number}"
    message["Date"] = "Mon, 02 Nov 2026 09:00:00 +0000"
    message["Message-ID"] = f"<{number}@sender.test>"
    message.set_content(f"See {URL}\n" if url else "Nothing to see.\n")
    if file:
        message.add_attachment(FILE, maintype="application", subtype="pdf", filename="invoice.pdf")
    return message.as_bytes()


@dataclass
class Stage:
    """The organisation of one test."""

    root: Path
    source: MailboxSource
    ctx: Context
    runs: PretendedRuns

    @classmethod
    def build(cls, folder: Path, *, source: MailboxSource | None = None) -> Stage:
        """A stage in an empty directory; both kinds are off."""
        root = folder / "mail"
        for mailbox in MAILBOXES:
            for part in ("cur", "new", "tmp"):
                (root / mailbox / part).mkdir(parents=True)
        chosen = source or MaildirSource("maildir", root)
        runs = PretendedRuns()
        ctx, _ = open_context(folder, {chosen.name: chosen}, clock=SystemClock(), runs=runs)
        return cls(root, chosen, ctx, runs)

    def deliver(self, *, file: int = 0, url: int = 0, harmless: int = 0) -> None:
        """So many messages with the file, with the link and with neither, in every mailbox."""
        kinds = [(True, False)] * file + [(False, True)] * url + [(False, False)] * harmless
        for mailbox in MAILBOXES:
            for number, (has_file, has_url) in enumerate(kinds):
                raw = raw_message(number, file=has_file, url=has_url)
                (self.root / mailbox / "new" / f"1000.M{number}.host").write_bytes(raw)

    def opt_in(self, **settings: Any) -> None:
        """Change the settings as an administrator."""
        change_settings(self.ctx, ADMIN, **settings)

    def alert(self, *indicators: Indicator) -> int:
        """The investigation of a new alert by an operator."""
        alert = intake.alert_for_indicators(
            indicators,
            source="test",
            external_id="1",
            reported_by="operator",
            now=self.ctx.clock.now(),
        )
        investigation, _ = intake.raise_alert(self.ctx, alert)
        return investigation.id

    def pause(self) -> None:
        """Press the stop button."""
        self._press(True)

    def resume(self) -> None:
        """Let moves go on."""
        self._press(False)

    def _press(self, paused: bool) -> None:
        pause = Pause(paused, "a test", "admin", self.ctx.clock.now())
        self.ctx.store.settings.set_pause(pause, ADMIN)

    def actions(self) -> list[RemediationAction]:
        """All actions, oldest first."""
        return sorted(self.ctx.store.cases.actions(), key=lambda action: action.id)

    def folder_counts(self) -> dict[str, int]:
        """Messages on disk: in the Inboxes and in Recoverable Items."""
        inbox = sum(
            len(list((self.root / m / part).iterdir()))
            for m in MAILBOXES
            for part in ("cur", "new")
        )
        gone = sum(
            1
            for mailbox in MAILBOXES
            for part in ("cur", "new")
            for _ in (self.root / mailbox / ".Recoverable Items" / part).glob("*")
        )
        return {"inbox": inbox, "recoverable": gone}


@dataclass(frozen=True)
class Shown:
    """What Prefect shows of one run: task runs by name with their state names, and artifacts."""

    run_id: UUID
    name: str
    tasks: dict[str, str]
    artifacts: dict[str, str]


def run(flow: Coroutine[Any, Any, Any]) -> State[Any]:
    """The final state of a flow."""
    state = asyncio.run(flow)
    assert isinstance(state, State)
    return state


async def _shown(run_id: UUID, tasks: int) -> Shown:
    async with get_client() as client:
        deadline = time.monotonic() + SETTLE_SECONDS
        these = FlowRunFilter(id=FlowRunFilterId(any_=[run_id]))
        while True:  # task runs reach the server as events, a little later
            found = await client.read_task_runs(flow_run_filter=these)
            done = [one for one in found if one.state and one.state.is_final()]
            if len(done) >= tasks or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.1)
        artifacts = await client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
        )
        flow_run = await client.read_flow_run(run_id)
        return Shown(
            run_id,
            flow_run.name,
            {one.name: one.state_name or "" for one in found},
            {str(one.key): str(one.type) for one in artifacts},
        )


def shown(state: State[Any], *, tasks: int) -> Shown:
    """What Prefect shows of the run that ended in this state, once so many tasks are recorded."""
    run_id = state.state_details.flow_run_id
    assert run_id is not None
    return asyncio.run(_shown(run_id, tasks))
