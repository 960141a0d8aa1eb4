"""Bench `graph`: soft delete, revert and sync in the lab's tenant, in a process of its own.

Ours is held against the ideal schedule that the tenant's limits allow (`bench/schedules.py`), and
against a plain loop over Microsoft's msgraph-sdk where `make interop` installed it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median

from bench import sdk
from bench.campaigns import Campaign
from bench.cases import alerted
from bench.grounds import SOURCE, environment, make_lab, opened_source, temporary
from bench.measuring import Pair, expect, seconds_of
from bench.offering import choice
from bench.results import Figure, Ratio, Result
from bench.schedules import PARTS_A_COPY, Schedule
from bench.tenant import TOKEN_VARIABLE, Tenant, renting
from clawback.lab.options import LabOptions
from clawback.services.context import Context
from clawback.services.sync import sync
from clawback.source_config import GraphConfig

AGAINST = "the ideal schedule of the tenant's limits"
LEAST_SHARE, LEAST_TIMES, MOST_REQUESTS = 0.9, 10.0, 0.11


@dataclass(frozen=True, slots=True)
class GraphOptions:
    """How many copies, in how many mailboxes, how far away, and how often."""

    copies: int = choice(10_000, "copies of the first shape to take out and put back")
    mailboxes: int = choice(200, "mailboxes of the first shape")
    wide: int = choice(
        2_000, "mailboxes of the second shape, with one copy each; 0 leaves it out", least=0
    )
    shared: int = choice(
        200, "copies where the limit is counted over all mailboxes; 0 leaves it out", least=0
    )
    latency_ms: int = choice(50, "milliseconds that each request takes", least=0)
    repeats: int = choice(3, "repeats of each")
    sdk: int = choice(100, "moves of the plain loop over msgraph-sdk")


@dataclass(frozen=True, slots=True)
class _Shape:
    copies: int
    mailboxes: int
    scope: str

    @property
    def label(self) -> str:
        return f"{self.mailboxes}x{self.copies // self.mailboxes}_per_{self.scope}"


def run(options: GraphOptions) -> Result:
    """Both shapes by mailbox, and both with fewer copies by application."""
    shapes = [_Shape(options.copies, options.mailboxes, "mailbox")]
    if options.wide:
        shapes.append(_Shape(options.wide, options.wide, "mailbox"))
    if options.shared:
        few = max(1, options.shared // 50)
        shapes.append(_Shape(options.shared // few * few, few, "application"))
        shapes.append(_Shape(options.shared, options.shared, "application"))
    ratios: list[Ratio] = []
    figures: list[Figure] = []
    for shape in shapes:
        more, numbers = _measured(shape, options, with_sdk=shape is shapes[0])
        ratios += more
        figures += numbers
    skipped = {"sdk_skipped": why} if (why := sdk.why_not()) else {}
    return Result("graph", asdict(options), ratios, figures, skipped)


def _measured(
    shape: _Shape, options: GraphOptions, *, with_sdk: bool
) -> tuple[list[Ratio], list[Figure]]:
    lab = LabOptions(
        mailboxes=shape.mailboxes,
        messages_per_mailbox=0,
        file_copies=shape.copies,
        url_copies=0,
        scatter=False,
    )
    latency = options.latency_ms / 1000
    with temporary() as home:
        manifest = make_lab(home / "mail", lab)
        users = sorted(os.listdir(home / "mail"))
        with (
            renting(
                home / "mail",
                latency_seconds=latency,
                concurrency_scope=shape.scope,
                requests_per_10_minutes=0,  # a bench does not wait for ten minutes between repeats
            ) as tenant,
            environment({TOKEN_VARIABLE: tenant.token}),
            opened_source(home / "home", _source(tenant, users, shape.scope)) as ctx,
        ):
            figures = [_sync(ctx, shape, "first", shape.copies)]
            campaign = Campaign(ctx, alerted(ctx, manifest.malicious_sha256), shape.copies)
            bench = _Bench(tenant, campaign, shape, _ideal(tenant, shape, latency))
            ratios = bench.ratios(options.repeats)
            figures += [*bench.figures(ratios), _sync(ctx, shape, "changed", 0)]
            figures.append(_sync(ctx, shape, "unchanged", 0))
            if with_sdk and not sdk.why_not():
                figures += _times_of_sdk(tenant, users, options, shape, ratios[0])
    return ratios, figures


def _source(tenant: Tenant, users: Sequence[str], scope: str) -> GraphConfig:
    return GraphConfig.model_validate(
        {
            "kind": "graph",
            "name": SOURCE,
            "credential": "token",
            "token_env": TOKEN_VARIABLE,
            "base_url": tenant.base_url,
            "concurrency_scope": scope,
            "users": tuple(users),
            "requests_per_10_minutes": 10_000_000,
        }
    )


def _ideal(tenant: Tenant, shape: _Shape, latency: float) -> float:
    """Seconds of the ideal schedule, computed from the switches as they are."""
    switches = tenant.switches()
    return Schedule(
        copies=shape.copies,
        mailboxes=shape.mailboxes,
        latency=latency,
        concurrency=switches["concurrency"],
        is_shared=switches["concurrency_scope"] == "application",
        per_second=switches["requests_per_second"],
    ).ideal_seconds


def _sync(ctx: Context, shape: _Shape, name: str, new: int) -> Figure:
    """The first sync, one after every copy went out and came back, and one without changes."""
    seconds = seconds_of(partial(_synced, ctx, new))
    if name == "unchanged":
        return Figure(f"sync_{name}_{shape.label}", shape.mailboxes / seconds, "mailboxes/s")
    return Figure(f"sync_{name}_{shape.label}", shape.copies / seconds, "messages/s")


def _synced(ctx: Context, new: int) -> None:
    report = asyncio.run(sync(ctx))
    expect(report.failed_mailboxes == 0, "a mailbox could not be read")
    expect(report.new == new, f"{report.new} of {new} messages were indexed")


class _Bench:
    """Ours, repeat by repeat; what the tenant counted meanwhile."""

    def __init__(self, tenant: Tenant, campaign: Campaign, shape: _Shape, ideal: float) -> None:
        self._tenant = tenant
        self._campaign = campaign
        self._shape = shape
        self._ideal = ideal
        self._requests = self._parts = self._moves = 0

    def ratios(self, repeats: int) -> list[Ratio]:
        """Both ways over the ideal schedule."""
        self._campaign.take_out()  # folders are learned: a first time has more to ask
        self._campaign.put_back()
        self._tenant.forget()
        pairs = [
            self._campaign.pair(lambda: (self._ideal, self._ideal), other_first=False)
            for _ in range(repeats)
        ]
        counted = self._tenant.statistics()
        self._requests = counted["requests"]
        self._parts = counted["parts"]
        self._moves = 2 * self._shape.copies * repeats  # out and back
        return [
            Ratio(f"{name}_{self._shape.label}", AGAINST, [pair[way] for pair in pairs])
            for way, name in enumerate(("soft_delete", "revert"))
        ]

    def figures(self, ratios: Sequence[Ratio]) -> Iterator[Figure]:
        """Shares of the ideal, and requests and parts for each message."""
        for ratio in ratios:
            share = median(_share(pair) for pair in ratio.pairs)
            yield Figure(f"{ratio.name}_of_ideal", share, "×", at_least=LEAST_SHARE)
        # Batches hold looks and moves side by side: their requests are shared by their parts.
        each = self._requests / max(self._parts, 1)
        proved = PARTS_A_COPY - 1
        yield Figure(
            f"requests_a_move_and_proof_{self._shape.label}",
            proved * each,
            "requests",
            at_most=MOST_REQUESTS if self._shape.scope == "mailbox" else None,
        )
        yield Figure(f"requests_a_look_before_{self._shape.label}", each, "requests")
        yield Figure(f"parts_a_message_{self._shape.label}", self._parts / self._moves, "parts")


def _share(pair: Pair) -> float:
    return pair.against / pair.ours


def _times_of_sdk(
    tenant: Tenant, users: Sequence[str], options: GraphOptions, shape: _Shape, ratio: Ratio
) -> Iterator[Figure]:
    """How many times as long a plain loop takes for a move; its moves are not proved."""
    theirs = sdk.seconds_a_move(tenant, users, options.sdk)
    ours = median(pair.ours for pair in ratio.pairs) / shape.copies
    yield Figure("sdk_moves", 1 / theirs, "messages/s")
    yield Figure(f"{ratio.name}_over_sdk", theirs / ours, "×", at_least=LEAST_TIMES)
