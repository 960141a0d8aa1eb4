"""Bench `move`: soft delete and revert of real copies on a Maildir, by the services themselves."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.campaigns import Campaign
from bench.cases import alerted
from bench.floors import rename
from bench.grounds import RECOVERABLE, files_in, make_lab, opened, temporary
from bench.measuring import expect, seconds_of
from bench.offering import choice
from bench.results import Figure, Ratio, Result
from clawback.lab.options import LabOptions
from clawback.services.sync import sync

AGAINST = "os.rename and one fsync of both directories per mailbox"


@dataclass(frozen=True, slots=True)
class MoveOptions:
    """How many copies, in how many mailboxes, and how often."""

    copies: int = choice(10_000, "copies to take out and put back")
    mailboxes: int = choice(200, "mailboxes of the first shape; the second has one copy in each")
    repeats: int = choice(5, "repeats of each pair in the first shape")
    wide_repeats: int = choice(
        3, "repeats of each pair in the second shape; 0 leaves it out", least=0
    )


def run(options: MoveOptions) -> Result:
    """Both shapes: some copies in each of a few mailboxes, and one copy in each of many."""
    shapes = [
        (options.mailboxes, options.repeats, 6.0),
        (options.copies, options.wide_repeats, 2.0),
    ]
    ratios: list[Ratio] = []
    figures: list[Figure] = []
    for mailboxes, repeats, at_most in shapes:
        if repeats:
            more, first = _shape(options, mailboxes, repeats, at_most)
            ratios += more
            figures.append(first)
    return Result("move", asdict(options), ratios, figures)


def _shape(
    options: MoveOptions, mailboxes: int, repeats: int, at_most: float
) -> tuple[list[Ratio], Figure]:
    lab = LabOptions(
        mailboxes=mailboxes,
        messages_per_mailbox=0,
        file_copies=options.copies,
        url_copies=0,
        scatter=False,
    )
    label = f"{mailboxes}x{options.copies // mailboxes}"
    with temporary() as home:
        root = home / "mail"
        manifest = make_lab(root, lab)
        with opened(home / "home", root) as ctx:
            asyncio.run(sync(ctx))
            cluster_id = alerted(ctx, manifest.malicious_sha256)
            campaign = Campaign(ctx, cluster_id, options.copies)
            first = Figure(f"first_soft_delete_{label}", seconds_of(campaign.take_out), "s")
            campaign.put_back()
            pairs = [
                campaign.pair(lambda: _floor(root, options.copies), other_first=bool(number % 2))
                for number in range(repeats)
            ]
    return [
        Ratio(f"soft_delete_{label}", AGAINST, [pair for pair, _ in pairs], at_most),
        Ratio(f"revert_{label}", AGAINST, [pair for _, pair in pairs], at_most),
    ], first


def _floor(root: Path, copies: int) -> tuple[float, float]:
    """Out and back by bare renames, in seconds; Recoverable Items exists everywhere by then."""
    out = files_in(root)
    expect(sum(map(len, out.values())) == copies, "some copies were not put back")
    taking = seconds_of(lambda: rename.move_all(str(root), out, ".", RECOVERABLE))
    putting = seconds_of(lambda: rename.move_all(str(root), out, RECOVERABLE, "."))
    return taking, putting
