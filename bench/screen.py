"""Results for people: one table per bench."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from bench.measuring import Spread
from bench.results import Figure, Ratio, Result
from clawback.core.showing import inert

LISTED = 50


def show(console: Console, result: Result) -> None:
    """Print the ratios, then the figures, each with its target."""
    if result.ratios:
        console.print(_ratios(result))
    if result.figures:
        console.print(_figures(result))
    for name, fact in result.facts.items():
        if isinstance(fact, list):
            _list(console, name, fact)
        else:
            console.print(f"[dim]{name}:[/] {fact}", highlight=False)


def _list(console: Console, name: str, items: list[Mapping[str, object]]) -> None:
    """The items line by line, made inert: they may be links of malicious mail."""
    console.print(f"[dim]{name}:[/] {len(items)}", highlight=False)
    for item in items[:LISTED]:
        line = ", ".join(f"{key} {inert(str(value), 300)}" for key, value in item.items())
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    if len(items) > LISTED:
        console.print(f"  … and {len(items) - LISTED} more: --json has them all")


def _ratios(result: Result) -> Table:
    options = " ".join(f"{name}={value}" for name, value in result.options.items())
    table = Table(title=f"{result.bench}  [dim]{options}[/]", title_justify="left")
    table.add_column("what, and against what", overflow="fold", min_width=22)
    for heading in ("ours", "against", "ratio"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("target", no_wrap=True)
    for ratio in result.ratios:
        ours = Spread.of([pair.ours for pair in ratio.pairs])
        against = Spread.of([pair.against for pair in ratio.pairs])
        spread = ratio.ratio
        table.add_row(
            f"[bold]{ratio.name}[/]\n[dim]{ratio.against}[/]",
            f"{ours.median:.4g} s",
            f"{against.median:.4g} s",
            f"{spread.median:.2f}\n[dim]{spread.least:.2f} to {spread.most:.2f}[/]",
            _target(ratio),
        )
    return table


def _figures(result: Result) -> Table:
    table = Table(show_header=False)
    for figure in result.figures:
        table.add_row(figure.name, f"{figure.value:,.4g} {figure.unit}", _target(figure))
    return table


def _target(item: Ratio | Figure) -> str:
    word = "[green]met[/]" if item.is_met else "[red]missed[/]"
    if isinstance(item, Figure) and item.at_least is not None:
        return f"≥ {item.at_least:g} {word}"
    return "" if item.at_most is None else f"≤ {item.at_most:g} {word}"
