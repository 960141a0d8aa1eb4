"""Bench `investigate`: from the alert to the last verified outcome, on a running server."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.floors import verified_move
from bench.flow_memory import watched
from bench.grounds import RECOVERABLE, files_in, make_lab, temporary
from bench.measuring import Pair, Spread, expect, seconds_of
from bench.offering import choice
from bench.results import Figure, Ratio, Result
from bench.stage import Stage, investigated, running
from clawback.lab.manifest import LabManifest
from clawback.lab.options import LabOptions
from clawback.services.context import Context
from clawback.services.sync import sync
from models.actions import AUTOMATION, ActionStatus, RemediationAction
from models.alerts import Investigation
from models.decisions import Effect
from models.outcomes import LedgerState, Outcome

SECONDS = 20.0
PEAK_MEGABYTES = 400.0
_SEEDS = 1000  # apart: every campaign has a file of its own, which the index has not seen


@dataclass(frozen=True, slots=True)
class InvestigateOptions:
    """How many copies, in how many mailboxes, and how often."""

    copies: int = choice(10_000, "copies of each campaign: also the cap, which one more exceeds")
    mailboxes: int = choice(200, "mailboxes of the first shape; the second has one copy in each")
    repeats: int = choice(3, "campaigns of the first shape")
    wide_repeats: int = choice(1, "campaigns of the second shape; 0 leaves it out", least=0)


@dataclass(frozen=True, slots=True)
class _Tree:
    """One campaign's mail, and the same mail again for the floor."""

    name: str
    root: Path
    twin: Path
    manifest: LabManifest


@dataclass(frozen=True, slots=True)
class _Run:
    """Seconds from alert to last outcome, of an empty investigation, and of the floor."""

    campaign: float
    empty: float
    floor: float
    peak_bytes: int


def run(options: InvestigateOptions) -> Result:
    """Each campaign once: after it, its mailboxes are clean and its file is known."""
    shapes = [(options.mailboxes, options.repeats)]
    if options.wide_repeats:
        shapes.append((options.copies, options.wide_repeats))
    ratios: list[Ratio] = []
    figures: list[Figure] = []
    facts: dict[str, object] = {}
    with temporary() as home, running(home / "home") as stage:
        for number, (mailboxes, repeats) in enumerate(shapes):
            label = f"{mailboxes}x{options.copies // mailboxes}"
            seeds = range(number * _SEEDS + 1, number * _SEEDS + 1 + repeats)
            trees = [_tree(home, options.copies, mailboxes, seed) for seed in seeds]
            with stage.over({tree.name: tree.root for tree in trees}, options.copies) as ctx:
                asyncio.run(sync(ctx))
                runs = [_measured(stage, ctx, tree) for tree in trees]
                if not facts:
                    facts["cap"] = _cap(ctx, trees[0], options.copies)
            ratios += _ratios(label, runs)
            figures += _figures(label, runs)
    return Result("investigate", asdict(options), ratios, figures, facts)


def _tree(folder: Path, copies: int, mailboxes: int, seed: int) -> _Tree:
    """A tree with a malicious file and a malicious URL of its own, the URL with one copy more."""
    lab = LabOptions(
        seed=seed,
        mailboxes=mailboxes,
        messages_per_mailbox=0,
        file_copies=copies,
        url_copies=copies + 1 if seed == 1 else 0,
        scatter=False,
    )
    root, twin = folder / f"mail-{seed}", folder / f"twin-{seed}"
    make_lab(twin, lab)
    _make_targets(twin)
    return _Tree(f"tree-{seed}", root, twin, make_lab(root, lab))


def _make_targets(root: Path) -> None:
    for mailbox in root.iterdir():
        (mailbox / RECOVERABLE / "cur").mkdir(parents=True)


def _measured(stage: Stage, ctx: Context, tree: _Tree) -> _Run:
    """An investigation of a file that nobody has, of the campaign's file, and the floor."""
    nobody = hashlib.sha256(f"nobody has this {tree.name}".encode()).hexdigest()
    empty = _seconds(ctx, investigated(ctx, nobody))
    with watched(stage.stack.worker.pid) as memory:
        campaign = _seconds(ctx, investigated(ctx, tree.manifest.malicious_sha256))
    return _Run(campaign, empty, _floor(tree), memory.peak_bytes)


def _floor(tree: _Tree) -> float:
    names = files_in(tree.twin)

    def move() -> None:
        files = sum(map(len, names.values()))
        same = verified_move.move_verified(str(tree.twin), names, ".", RECOVERABLE)
        expect(same == files, "the floor lost a file")

    # The twin holds the URL campaign as well: the floor is for as many as ours moves.
    copies = tree.manifest.file.copies
    return seconds_of(move) * copies / sum(map(len, names.values()))


def _seconds(ctx: Context, found: Investigation) -> float:
    """From the alert to the last verified outcome; to the end where there was nothing to do."""
    action = _action(ctx, found)
    if action is None:
        expect(found.ended_at is not None, f"the investigation is {found.status.value}")
        last = found.updated_at
    else:
        expect(action.status is ActionStatus.COMPLETED, f"the action is {action.status.value}")
        expect(action.decided_by == AUTOMATION, "a person had to decide")
        rows = ctx.store.ledger.entries(action.id, LedgerState.DONE)
        expect(all(row.outcome is Outcome.MOVED for row in rows), "some copies were not moved")
        last = max(row.finished_at for row in rows if row.finished_at)
    return (last - found.created_at).total_seconds()


def _action(ctx: Context, found: Investigation) -> RemediationAction | None:
    return next(iter(ctx.store.cases.actions(investigation_id=found.id)), None)


def _cap(ctx: Context, tree: _Tree, cap: int) -> dict[str, object]:
    """What became of a campaign of `cap` copies, and what becomes of one with one copy more."""
    first = ctx.store.cases.actions(decided_by=AUTOMATION)[0]
    over = _action(ctx, investigated(ctx, tree.manifest.malicious_url))
    expect(over is not None, f"{cap + 1} copies made no action")
    assert over is not None
    decision = ctx.store.cases.latest_decision(over.cluster_id)
    expect(over.status is ActionStatus.PENDING, f"{over.copies} copies are {over.status.value}")
    expect(
        decision is not None and decision.effect is Effect.AWAIT_APPROVAL, "no approval is asked"
    )
    return {
        "automatic": {
            "copies": first.copies,
            "status": first.status.value,
            "decided_by": first.decided_by,
        },
        "over": {"copies": over.copies, "status": over.status.value, "reason": over.reason},
    }


def _ratios(label: str, runs: list[_Run]) -> list[Ratio]:
    return [
        Ratio(
            f"campaign_{label}",
            "reading and hashing, os.rename, fsync, reading and hashing",
            [Pair(one.campaign, one.floor) for one in runs],
        ),
        Ratio(
            f"campaign_{label}_over_empty",
            "the same flow over a file that nobody has",
            [Pair(one.campaign, one.empty) for one in runs],
        ),
    ]


def _figures(label: str, runs: list[_Run]) -> list[Figure]:
    seconds = Spread.of([one.campaign for one in runs]).median
    peak = max(one.peak_bytes for one in runs)
    return [
        Figure(f"alert_to_last_outcome_{label}", seconds, "s", SECONDS),
        Figure(f"flow_peak_memory_{label}", peak / 1e6, "MB", PEAK_MEGABYTES),
    ]
