"""Bench `crash`: executors of real actions killed with SIGKILL wherever chance has it."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass

from bench.crash.graph import graph_store
from bench.crash.imap import imap_store
from bench.crash.maildir import maildir_store
from bench.crash.stores import OpenStore
from bench.crash.trial import hold_trial
from bench.grounds import temporary
from bench.measuring import NotMeasured, seconds_of
from bench.offering import choice, one_of
from bench.results import Figure, Result

STORES: dict[str, OpenStore] = {
    "maildir": maildir_store,
    "imap": imap_store,
    "graph": graph_store,
}
_SEEDS = 10**6


@dataclass(frozen=True, slots=True)
class CrashOptions:
    """Which store, how many kills, and the chance to have again."""

    source: str = one_of("maildir", tuple(STORES), "the kind of mail system")
    kills: int = choice(30, "kills, at least; more until each phase was hit")
    mailboxes: int = choice(8, "mailboxes of the campaign, with six copies in each")
    seed: int = choice(0, "the seed of a trial, to have it again; 0 takes a new one", least=0)


def run(options: CrashOptions) -> Result:
    """One trial. Its seed is in the options of the result, and in the error where it has none."""
    seed = options.seed or random.randrange(1, _SEEDS)
    facts: dict[str, object] = {}
    is_sound = False

    def trial() -> None:
        nonlocal is_sound
        with temporary() as home:
            tally, more = hold_trial(
                home,
                STORES[options.source],
                mailboxes=options.mailboxes,
                kills=options.kills,
                seed=seed,
            )
        facts.update({**tally.as_facts(), **more})
        is_sound = not tally.breaches

    try:
        seconds = seconds_of(trial)
    except NotMeasured as error:
        raise NotMeasured(f"{error} (seed {seed})") from error
    shown = {**asdict(options), "seed": seed}
    return Result("crash", shown, (), (Figure("trial", seconds, "s"),), facts, is_sound)
