"""A small organisation on disk: lab mail in Maildir, campaigns of any size on top, and its context."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from clawback.config import load_config
from clawback.core.indicators import parse_file_indicator, parse_indicator
from clawback.lab.maildir import create_lab
from clawback.lab.manifest import CampaignManifest, LabManifest
from clawback.lab.options import LabOptions
from clawback.services import decide, intake, investigate
from clawback.services.context import Context
from clawback.services.locate import check_locations
from clawback.services.sync import sync
from clawback.wiring import open_app
from models.actions import Actor, DecidedVia
from models.alerts import NewAlert
from models.indicators import Indicator

ADMIN = Actor("admin", DecidedVia.CLI, verified=True)

IN_MAILBOX = ("inbox", "junk", "archive", "user")
"""Roles whose copies an action takes with the settings of a fresh install."""

TOML = """[organisation]
domains = ["example.com"]

[[sources]]
name = "maildir"
kind = "maildir"
root = "mail"
"""


@dataclass(frozen=True)
class Organisation:
    """The home of one organisation; its mail is under `home`/mail."""

    home: Path
    manifest: LabManifest

    @property
    def mail(self) -> Path:
        return self.home / "mail"

    def context(self, api_url: str = "") -> Context:
        """Everything that services need, as a command of this home has it."""
        environment = {"CLAWBACK_HOME": str(self.home)}
        if api_url:
            environment["PREFECT_API_URL"] = api_url
        return open_app(load_config(environment))

    def deliver_file(self, name: str, *, mails: int) -> tuple[Indicator, int]:
        """A campaign of so many mails with one file, each to every mailbox; and its copies."""
        content = b"%PDF-1.4 invoice " + name.encode() + b" that nobody ordered"
        for number in range(mails):
            message = _message(name, number, "Please see the invoice.\n")
            message.add_attachment(
                content, maintype="application", subtype="pdf", filename=f"{name}.pdf"
            )
            self._deliver(f"{name}{number}", message)
        indicator = parse_file_indicator(hashlib.sha256(content).hexdigest())
        return indicator, mails * len(self.people)

    def deliver_url(self, name: str, *, mails: int) -> tuple[Indicator, int]:
        """A campaign of so many mails with one link, each to every mailbox; and its copies."""
        url = f"https://{name}.parcel.test/track?id=77"
        for number in range(mails):
            self._deliver(f"{name}{number}", _message(name, number, f"Your parcel: {url}\n"))
        return parse_indicator(url), mails * len(self.people)

    @property
    def people(self) -> tuple[str, ...]:
        """The mailboxes without that of the SecOps team."""
        return tuple(m for m in self.manifest.mailboxes if m != self.manifest.secops_mailbox)

    def _deliver(self, name: str, message: EmailMessage) -> None:
        for mailbox in self.people:
            (self.mail / mailbox / "new" / f"1764000000.{name}.host").write_bytes(bytes(message))


def _message(name: str, number: int, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "billing@sender.test"
    message["To"] = "everybody@example.com"
    message["Subject"] = f"Notice {number}"
    message["Date"] = "Mon, 02 Nov 2026 09:00:00 +0000"
    message["Message-ID"] = f"<{name}-{number}@sender.test>"
    message.set_content(text)
    return message


def found_organisation(home: Path, *, copies: int) -> Organisation:
    """A lab of twelve mailboxes with scattered campaigns of so many copies, in an empty home."""
    options = LabOptions(
        mailboxes=12,
        messages_per_mailbox=2,
        file_copies=copies,
        url_copies=copies,
        base_at=datetime.now(UTC).replace(microsecond=0),
    )
    (home / "clawback.toml").write_text(TOML, encoding="utf-8")
    return Organisation(home, create_lab(home / "mail", options))


def to_be_taken(campaign: CampaignManifest) -> int:
    """How many copies of a lab's campaign an action takes."""
    return sum(campaign.by_role.get(role, 0) for role in IN_MAILBOX)


def opt_in(ctx: Context, manifest: LabManifest, **kinds: bool) -> None:
    """Opt in to kinds of clusters, with the SecOps mailbox excluded."""
    settings, version = ctx.store.settings.current()
    secops = (manifest.secops_mailbox,) if manifest.secops_mailbox else ()
    changed = settings.model_copy(update={"secops_mailboxes": secops, **kinds})
    ctx.store.settings.save(changed, based_on=version, actor=ADMIN, now=ctx.clock.now())


def alert_about(ctx: Context, indicator: Indicator) -> NewAlert:
    """The alert of an operator who names an indicator."""
    return intake.alert_for_indicators(
        [indicator],
        source="test",
        external_id=indicator.value,
        reported_by="operator",
        now=ctx.clock.now(),
    )


def decided_action(ctx: Context, indicator: Indicator) -> int:
    """The action that an investigation comes to, without a server: decided, nothing moved yet."""
    investigation, _ = intake.raise_alert(ctx, alert_about(ctx, indicator))
    return asyncio.run(_decided_action(ctx, investigation.id))


async def _decided_action(ctx: Context, investigation_id: int) -> int:
    investigate.start(ctx, investigation_id, "", 1)
    await sync(ctx, processes=1)
    investigate.judge(ctx, investigation_id)
    [label] = investigate.indicators_to_cluster(ctx, investigation_id)
    cluster = investigate.build_cluster(ctx, investigation_id, label.number)
    await check_locations(ctx, cluster.cluster_id)
    summary = decide.apply_policy(ctx, cluster.cluster_id)
    assert summary.action_id is not None, summary.reason
    return summary.action_id
