"""A running server and worker in a home of its own, over trees of mail that the bench chooses."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path

from bench.measuring import NotMeasured
from clawback.config import load_config
from clawback.core.indicators import parse_indicator
from clawback.services.context import Context
from clawback.services.dispatch import investigate
from clawback.services.intake import alert_for_indicators
from clawback.serving.stack import RunningStack, StackOptions
from clawback.store.engine import SqlStore
from clawback.wiring import open_app
from models.actions import Actor, DecidedVia
from models.alerts import Investigation, InvestigationStatus

POLL_SECONDS = 0.02
PATIENCE = timedelta(minutes=5)
"""Far more than the target: past this the run is stuck."""

WORKING = (InvestigationStatus.STARTING, InvestigationStatus.RUNNING)
PERSON = Actor("bench", DecidedVia.CLI, verified=True)
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Stage:
    """A home with everything that `clawback up` starts."""

    home: Path
    stack: RunningStack

    @contextmanager
    def over(self, roots: Mapping[str, Path], cap: int) -> Iterator[Context]:
        """The services over these Maildir trees, both kinds opted in up to `cap` copies.

        A flow reads the configuration when it starts, so trees can change between runs.
        """
        lines = ['[organisation]\ndomains = ["example.com"]\n']
        for name, root in roots.items():
            lines.append(f'[[sources]]\nkind = "maildir"\nname = "{name}"\nroot = "{root}"\n')
        (self.home / "clawback.toml").write_text("\n".join(lines), encoding="utf-8")
        addresses = {"CLAWBACK_HOME": str(self.home), "PREFECT_API_URL": self.stack.api_url}
        ctx = open_app(load_config(addresses))
        try:
            _opt_in(ctx, cap)
            yield ctx
        finally:
            if isinstance(ctx.store, SqlStore):
                ctx.store.close()


@contextmanager
def running(home: Path) -> Iterator[Stage]:
    """Server, deployments and worker at a free port, without schedules; nothing is left running."""
    with RunningStack(home, StackOptions(port=0, schedules=False)) as stack:
        yield Stage(stack.home, stack)


def investigated(ctx: Context, indicator: str) -> Investigation:
    """The investigation of a new alert after its run has decided and done what it may."""
    runs = ctx.runs
    if runs is None:
        raise NotMeasured("there is no server to run flows")
    alert = alert_for_indicators(
        [parse_indicator(indicator)],
        source="bench",
        external_id=f"bench-{next(_NUMBERS)}",
        reported_by="bench",
        now=ctx.clock.now(),
    )
    found, _ = investigate(ctx, runs, alert)
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while found.status in WORKING:
        if time.monotonic() > deadline:
            raise NotMeasured(f"the investigation is still {found.status.value}")
        time.sleep(POLL_SECONDS)
        found = ctx.store.cases.investigation(found.id)
    return found


def _opt_in(ctx: Context, cap: int) -> None:
    settings, version = ctx.store.settings.current()
    chosen = settings.model_copy(update={"similar_files": True, "similar_urls": True, "cap": cap})
    ctx.store.settings.save(chosen, based_on=version, actor=PERSON, now=ctx.clock.now())
