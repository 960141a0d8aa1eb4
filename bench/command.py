"""The command line of the benches: which there are, with what options, and how results are shown."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import extract, find, graph, hunting, imap, investigate, move, sync
from bench.console import bench as console
from bench.crash import bench as crash
from bench.measuring import NotMeasured
from bench.offering import add_options, chosen
from bench.results import Result
from bench.screen import show
from clawback.errors import BadInput, ClawbackError


@dataclass(frozen=True, slots=True)
class Bench:
    """One bench: what it measures, its options and how it is run."""

    name: str
    about: str
    options: type[Any]
    run: Callable[[Any], Result]


BENCHES = (
    Bench(
        "console",
        "every page of the console: server time, first paint, memory",
        console.ConsoleOptions,
        console.run,
    ),
    Bench("extract", "links and files found in known mail", extract.ExtractOptions, extract.run),
    Bench("find", "look-ups and clusters in the index", find.FindOptions, find.run),
    Bench(
        "hunting",
        "queries over the mirror, its filling and its lag",
        hunting.HuntingOptions,
        hunting.run,
    ),
    Bench("move", "soft delete and revert on a Maildir", move.MoveOptions, move.run),
    Bench("sync", "the index brought up to date", sync.SyncOptions, sync.run),
    Bench(
        "investigate",
        "alert to last verified outcome on a running server",
        investigate.InvestigateOptions,
        investigate.run,
    ),
    Bench("imap", "soft delete, revert and sync on a Dovecot", imap.ImapOptions, imap.run),
    Bench("graph", "soft delete, revert and sync in a Graph tenant", graph.GraphOptions, graph.run),
    Bench(
        "crash",
        "executors killed anywhere: nothing lost, doubled, repeated or untrue",
        crash.CrashOptions,
        crash.run,
    ),
)


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; 0 when it was measured, 1 when it could not be, 2 for bad input.

    A missed target is a result, not an error, unless `--strict` is given. What must never be, such
    as a lost message, is 1.
    """
    parsed = _parser().parse_args(list(arguments))
    if parsed.directory is not None:
        tempfile.tempdir = parsed.directory
    benches = [bench for bench in BENCHES if parsed.bench in (None, bench.name)]
    results = []
    for bench in benches:
        options = bench.options() if parsed.bench is None else chosen(bench.options, parsed)
        result = _measured(bench, options)
        if isinstance(result, int):
            return result
        results.append(result)
        if not parsed.json:
            show(Console(), result)
    if parsed.json:
        print(json.dumps(_as_json(results, alone=parsed.bench is not None)))
    if not all(result.is_sound for result in results):
        return 1
    return 1 if parsed.strict and not all(result.is_met for result in results) else 0


def _measured(bench: Bench, options: Any) -> Result | int:
    """The result, or the exit code after saying on the error stream why there is none."""
    errors = Console(stderr=True)
    try:
        with errors.status(f"{bench.name}: {bench.about} …"):
            return bench.run(options)
    except (ClawbackError, NotMeasured, OSError) as error:
        said = f"{bench.name}: {error}"
        errors.print(said, style="red", markup=False, highlight=False, soft_wrap=True)
        return 2 if isinstance(error, BadInput) else 1


def _as_json(results: Sequence[Result], *, alone: bool) -> dict[str, object]:
    """One object: the bench's own, or by name where all were run."""
    if alone:
        return results[0].as_json()
    return {result.bench: result.as_json() for result in results}


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    _add_shared(shared, defaults=False)
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure Clawback against floors and peers in the same run. Without a name all run.",
    )
    _add_shared(parser, defaults=True)
    names = parser.add_subparsers(dest="bench", metavar="NAME")
    for bench in BENCHES:
        described = names.add_parser(
            bench.name, help=bench.about, description=bench.about, parents=[shared]
        )
        add_options(described, bench.options)
    return parser


def _add_shared(parser: argparse.ArgumentParser, *, defaults: bool) -> None:
    # A subcommand's own default would undo what was said before its name.
    default: Any = False if defaults else argparse.SUPPRESS
    parser.add_argument(
        "--json", action="store_true", default=default, help="print one JSON object"
    )
    parser.add_argument(
        "--strict", action="store_true", default=default, help="exit 1 if a target is missed"
    )
    parser.add_argument(
        "--directory",
        type=_directory,
        default=None if defaults else argparse.SUPPRESS,
        metavar="DIR",
        help="where temporary files go: the file system there is what is measured",
    )


def _directory(text: str) -> str:
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is no directory: make it first")
    return str(path.absolute())
