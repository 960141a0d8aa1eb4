"""What the bench of the console stands on: an organisation in index and mirror, and ten thousand actions."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from bench.console.mail_system import IndexedMail
from bench.grounds import SOURCE
from bench.hunt import ground
from bench.measuring import NotMeasured
from clawback.core.indicators import parse_file_indicator, parse_url_indicator
from clawback.lab.campaigns import CampaignKind
from clawback.lab.facts import facts_clusters, iter_facts
from clawback.lab.options import LabOptions
from clawback.services import approvals, batches, decide, intake, investigate, locate, remediate
from clawback.services.context import Context
from models.actions import ActionStatus, Actor, Choice, DecidedVia
from models.indicators import Indicator
from models.mails import MailFacts

PERSON = Actor("bench", DecidedVia.CLI, verified=True)

WAITING_EACH = 10
"""One action in so many is left pending, and one is rejected; the others are carried out."""


def fill(ctx: Context, messages: int) -> None:
    """So many messages, delivered over the last thirty days."""
    ground.fill(ctx, messages, LabOptions(mailboxes=max(1, messages // 100)))


def act(ctx: Context, messages: int, actions: int) -> None:
    """So many actions over some of these messages, each made and ended by the services."""
    lab = LabOptions(mailboxes=max(1, messages // 100))
    acting = replace(ctx, sources={SOURCE: IndexedMail(SOURCE)})
    made = 0
    for number, indicator in enumerate(_indicators(messages, actions, lab)):
        made += _act(acting, number, indicator)
        if made == actions:
            return
    raise NotMeasured(f"{messages} messages have files and links for {made} actions, not {actions}")


def _indicators(messages: int, actions: int, lab: LabOptions) -> Iterator[Indicator]:
    """Clusters, the largest first, which waits: it is over the cap. Then a file or link of single
    messages, far apart."""
    for found in sorted(facts_clusters(messages, lab), key=lambda each: -each.size):
        parse = parse_file_indicator if found.kind is CampaignKind.FILE else parse_url_indicator
        yield parse(found.indicator)
    # An odd step: what is in a mail goes by powers of two.
    step = max(1, messages // (actions * 3)) | 1
    for number, (*_, facts) in enumerate(iter_facts(messages, lab)):
        if number % step == 0:
            yield from islice(_own(number, facts), 1)


def _own(number: int, facts: MailFacts) -> Iterator[Indicator]:
    """The files and links that no other message carries."""
    for file in facts.attachments:
        if file.filename.startswith("file"):
            yield parse_file_indicator(file.sha256)
    for link in facts.urls:
        if f"/p/{number:x}/" in link.url:
            yield parse_url_indicator(link.url)


def _act(ctx: Context, number: int, indicator: Indicator) -> bool:
    """One alert up to the end of its action; whether there was one."""
    alert = intake.alert_for_indicators(
        [indicator],
        source="bench",
        external_id=f"bench-{number}",
        reported_by="bench",
        now=ctx.clock.now(),
    )
    found, _ = intake.raise_alert(ctx, alert)
    investigate.start(ctx, found.id, "", 1)
    investigate.judge(ctx, found.id)
    cluster = investigate.build_cluster(ctx, found.id, 0)
    if not cluster.cluster_id:
        investigate.conclude(ctx, found.id)
        return False
    asyncio.run(locate.check_locations(ctx, cluster.cluster_id))
    action_id = decide.apply_policy(ctx, cluster.cluster_id).action_id
    if action_id is not None:
        _end(ctx, number, action_id)
    investigate.conclude(ctx, found.id)
    return action_id is not None


def _end(ctx: Context, number: int, action_id: int) -> None:
    match number % WAITING_EACH:
        case 0:
            return
        case 1:
            choice = Choice.REJECT
        case _:
            choice = Choice.APPROVE
    if ctx.store.cases.action(action_id).status is ActionStatus.PENDING:
        approvals.decide(ctx, action_id, choice, actor=PERSON, reason="bench")
    if ctx.store.cases.action(action_id).status is ActionStatus.RUNNING:
        execution = remediate.open_execution(ctx, action_id)
        for batch in execution.batches:
            asyncio.run(batches.run_batch(ctx, execution.lease, batch.source, batch.size))
        remediate.finish(ctx, execution.lease)
