"""Bench `move`: soft delete and revert of real copies on a Maildir, by the services themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.cases import alerted, soft_delete_all
from bench.floors import rename
from bench.grounds import RECOVERABLE, files_in, make_lab, opened, temporary
from bench.measuring import Pair, expect, seconds_of
from bench.offering import choice
from bench.results import Figure, Ratio, Result
from clawback.lab.options import LabOptions
from clawback.services import batches, remediate, revert
from clawback.services.context import Context
from clawback.services.sync import sync
from models.actions import ActionStatus, Actor, DecidedVia, RemediationAction
from models.outcomes import Outcome

AGAINST = "os.rename and one fsync of both directories per mailbox"
PERSON = Actor("bench", DecidedVia.CLI, verified=True)


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
            bench = _Campaign(ctx, cluster_id, options.copies, str(root))
            first = Figure(f"first_soft_delete_{label}", seconds_of(bench.take_out), "s")
            bench.put_back()
            pairs = [bench.pair(floor_first=bool(number % 2)) for number in range(repeats)]
    return [
        Ratio(f"soft_delete_{label}", AGAINST, [pair for pair, _ in pairs], at_most),
        Ratio(f"revert_{label}", AGAINST, [pair for _, pair in pairs], at_most),
    ], first


class _Campaign:
    """One campaign that is taken out and put back, by the services and by the floor in turn.

    Both work on the same tree, in which Recoverable Items exists everywhere by then.
    """

    def __init__(self, ctx: Context, cluster_id: int, copies: int, root: str) -> None:
        self._ctx = ctx
        self._cluster_id = cluster_id
        self._copies = copies
        self._root = root
        self._action: RemediationAction | None = None

    def pair(self, *, floor_first: bool) -> tuple[Pair, Pair]:
        """Soft delete and revert, each ours and the floor's."""
        sides: list[Callable[[], tuple[float, float]]] = [self._ours, self._floor]
        if floor_first:
            floor, ours = [side() for side in reversed(sides)]
        else:
            ours, floor = [side() for side in sides]
        return Pair(ours[0], floor[0]), Pair(ours[1], floor[1])

    def take_out(self) -> None:
        """A soft delete from the action's row to its final status."""
        self._action = self._executed(soft_delete_all(self._ctx, self._cluster_id, PERSON))

    def put_back(self) -> None:
        """The revert of it, to the original folders, likewise."""
        expect(self._action is not None, "nothing was taken out")
        request = revert.request(
            self._ctx,
            self._action.id if self._action else 0,
            revert.RevertTo.ORIGINAL,
            actor=PERSON,
            reason="bench",
        )
        self._executed(request)

    def _ours(self) -> tuple[float, float]:
        return seconds_of(self.take_out), seconds_of(self.put_back)

    def _floor(self) -> tuple[float, float]:
        out = files_in(Path(self._root))
        expect(sum(map(len, out.values())) == self._copies, "some copies were not put back")
        taking = seconds_of(lambda: rename.move_all(self._root, out, ".", RECOVERABLE))
        putting = seconds_of(lambda: rename.move_all(self._root, out, RECOVERABLE, "."))
        return taking, putting

    def _executed(self, action: RemediationAction) -> RemediationAction:
        done = asyncio.run(_execute(self._ctx, action.id))
        expect(done.status is ActionStatus.COMPLETED, f"the action is {done.status.value}")
        moved = done.outcomes.get(Outcome.MOVED.value, 0)
        expect(moved == self._copies, f"{moved} of {self._copies} copies were moved")
        return done


async def _execute(ctx: Context, action_id: int) -> RemediationAction:
    """What the flow does, without Prefect: take the lease, run the batches, close the action."""
    execution = remediate.open_execution(ctx, action_id)
    for batch in execution.batches:
        await batches.run_batch(ctx, execution.lease, batch.source, batch.size)
    return remediate.finish(ctx, execution.lease)
