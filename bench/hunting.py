"""Bench `hunting`: its options; what measures is loaded when it runs, for the benches that do without."""

from __future__ import annotations

from dataclasses import dataclass

from bench.offering import choice, file
from bench.results import Result
from clawback.hunting.engine import check_installed


@dataclass(frozen=True, slots=True)
class HuntingOptions:
    """How large the organisation is, which queries run, and how often each thing is measured."""

    messages: int = choice(100_000, "messages in the organisation", least=40)
    queries: str = file("JSON Lines with published queries, each with at least `query`")
    commits: int = choice(15, "commits whose way into the mirror is measured")
    loads: int = choice(2, "fills of the whole mirror")
    repeats: int = choice(7, "repeats of each pair of query and bare SQL")


def run(options: HuntingOptions) -> Result:
    """Measure all of it. Raises `SetupError` where hunting is not installed."""
    check_installed()
    from bench.hunt.measured import measure

    return measure(options)
